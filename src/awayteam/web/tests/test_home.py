"""Home: the three lists, as apps and clocks fill them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from awayteam.kernel import events, turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Clock
from awayteam.kernel.turns import Place, Total, TurnRow
from awayteam.web.tests.shop import Shop


def part(html: str, id: str) -> str:
    return html.split(f'id="{id}"', 1)[1].split("</section>", 1)[0]


def test_clocks_stand_in_their_lists_and_lead_to_what_they_are_about(
    ada: Client, sam: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_providers", {})
    Clock.objects.exclude(kind="test.answer").delete()
    html = ada.get("/").content.decode()
    yours = part(html, "turn-yours")
    assert yours.count("<tr>") == 3
    assert yours.count('href="/teams/default/orders/"') == 3
    assert yours.index("clock-overdue") < yours.index("clock-late") < yours.index("clock-running")
    assert "Your teams wait for nobody." in part(html, "turn-waiting")
    assert "Nobody waits for you." in part(sam.get("/").content.decode(), "turn-yours")


def test_an_app_fills_the_lists(shop: Shop, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = shop.actor("ada").teams

    def rows(actor: Actor, now: datetime) -> Iterable[TurnRow]:
        assert actor.teams == orders
        subject = Subject("request", 1, "Faster baskets")
        yield TurnRow(
            Place.WAITING, subject, "Faster <baskets>", "/there/", "decide", "Search (Sam)", now - timedelta(days=2),
            note="Half the time is spent waiting.",
        )  # fmt: skip
        for id in range(2, 22):
            yield TurnRow(Place.SOON, Subject("request", id, "r"), f"r{id}", "/r/", "sign", "Sam", now, now)

    monkeypatch.setattr(turns, "_providers", {})
    monkeypatch.setattr(turns, "_clocks", lambda _actor, _now, _told: [])
    turns.register("requests", rows, totals=lambda _a, _n: {Place.SOON: Total(31, "31 to sign", "/requests/?to=sign")})
    html = ada.get("/").content.decode()
    waiting = part(html, "turn-waiting")
    assert '<a data-row href="/there/">Faster &lt;baskets&gt;</a>' in waiting
    assert "Half the time is spent waiting." in waiting
    assert "since <time" in waiting
    soon = part(html, "turn-soon")
    assert soon.count("<tr>") == 12
    assert "8 more that press less." in soon
    assert '<a href="/requests/?to=sign">31 to sign</a>' in soon


def test_what_moved_stands_in_the_order_of_its_time(shop: Shop, ada: Client) -> None:
    ago = [timedelta(hours=2), timedelta(minutes=5), timedelta(hours=9)]
    for number, since in enumerate(ago):
        subject = Subject("team", min(shop.actor("ada").teams), f"Told {number}")
        events.append(
            events.EventName.TEAM_UPDATED, subject=subject, actor=shop.actor("ada"), now=timezone.now() - since,
            reason=f"because of {number}",
        )  # fmt: skip
    html = ada.get("/").content.decode()
    assert html.index("Told 1") < html.index("Told 0") < html.index("Told 2")
