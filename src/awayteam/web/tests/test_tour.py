"""The tour: it goes through pages that are there, remembers its place, and can be left."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client

from awayteam.kernel import tour
from awayteam.kernel.actor import Actor
from awayteam.kernel.tour import Look, Stop
from awayteam.web.tests.shop import Shop


def environment() -> Any:
    engine: Any = engines["pages"]
    return engine.env


@pytest.fixture(autouse=True)
def demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DEMO", True)
    monkeypatch.setitem(environment().globals, "demo", True)


@pytest.fixture
def own_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops of the test's own: nothing to show for question 2."""
    monkeypatch.setattr(tour, "_stops", {})

    def leads(to: str | None) -> Callable[[Actor], str | None]:
        return lambda _actor: to

    for question, address in ((1, "/services/"), (2, None), (3, "/teams/"), (5, "/people/")):
        tour.register(Stop(f"t{question}", question, f"Stop {question}", (Look("This."),), leads(address)))


def strip(html: str) -> str:
    return html.split('<section class="tour"', 1)[1].split("</section>", 1)[0]


def test_every_stop_of_ours_leads_to_a_page_that_has_what_it_says(shop: Shop, ada: Client) -> None:
    html, seen = ada.get("/tour/", follow=True).content.decode(), []
    for _ in range(5):
        here = strip(html)
        seen.append(re.findall(r"Tour (\d) of (\d)", here)[0])
        for anchor in re.findall(r'href="#([^"]+)"', here):
            assert f'id="{anchor}"' in html, anchor
        onward = re.search(r'href="(/tour/\d/)" data-key="n"', here)
        if onward is None:
            break
        response = ada.get(onward[1], follow=True)
        assert response.status_code == 200
        html = response.content.decode()
    assert seen[0][0] == "1"
    assert len(seen) >= 4
    assert 'name="over" value="yes" data-key="n"' in strip(html)


def test_stops_with_nothing_to_show_are_passed_over_both_ways(shop: Shop, ada: Client, own_stops: None) -> None:
    assert ada.get("/tour/")["Location"] == "/services/"
    assert ada.get("/tour/2/")["Location"] == "/teams/"
    assert ada.get("/tour/2/?back=1")["Location"] == "/services/"
    assert ada.get("/tour/4/")["Location"] == "/people/"
    assert ada.get("/tour/6/").status_code == 404


def test_the_weightiest_stop_that_has_something_is_taken(shop: Shop, ada: Client, own_stops: None) -> None:
    def nothing(_actor: Actor) -> None:
        return None

    tour.register(Stop("better", 1, "Better", (), lambda _: "/apis/", 5), Stop("best", 1, "Best", (), nothing, 9))
    assert ada.get("/tour/1/")["Location"] == "/apis/"
    assert "Better" in strip(ada.get("/activity/").content.decode())
    with pytest.raises(KeyError):
        tour.register(Stop("x", 6, "", (), nothing))


def test_it_remembers_its_place_and_can_be_left(shop: Shop, ada: Client, own_stops: None) -> None:
    assert "Take the tour" in ada.get("/").content.decode()
    ada.get("/tour/3/")
    html = ada.get("/people/").content.decode()
    assert "Stop 3" in strip(html)
    assert "Take the tour" not in html
    left = ada.post("/tour/leave/", {"next": "/people/"})
    assert (left.status_code, left["Location"]) == (303, "/people/")
    html = ada.get("/people/").content.decode()
    assert '<section class="tour"' not in html
    assert "Go on with the tour" in html
    assert ada.get("/tour/")["Location"] == "/teams/"
    ada.post("/tour/leave/", {"over": "yes"})
    html = ada.get("/").content.decode()
    assert "That was the tour." in html
    assert "Take the tour" in html
    assert ada.get("/tour/")["Location"] == "/services/"


@pytest.mark.parametrize("cookie", ["", "x", "9:t1", "1:nothing", "--1:t1", "1:t3", "2x:t1"])
def test_an_odd_cookie_counts_as_nothing(shop: Shop, ada: Client, own_stops: None, cookie: str) -> None:
    ada.cookies["tour"] = cookie
    html = ada.get("/people/").content.decode()
    assert '<section class="tour"' not in html


def test_outside_the_demonstration_there_is_no_tour(
    shop: Shop, ada: Client, monkeypatch: pytest.MonkeyPatch, own_stops: None
) -> None:
    ada.get("/tour/1/")
    monkeypatch.setattr(settings, "DEMO", False)
    monkeypatch.setitem(environment().globals, "demo", False)
    assert ada.get("/tour/").status_code == 404
    assert ada.post("/tour/leave/").status_code == 404
    assert '<section class="tour"' not in ada.get("/people/").content.decode()
