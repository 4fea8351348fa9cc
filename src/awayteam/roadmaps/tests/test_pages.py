"""Pages of roadmaps: they answer, say what matters, and what is done on them is done once, by those who may."""

from copy import deepcopy
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from awayteam.accounts.models import User
from awayteam.kernel.models import Event
from awayteam.organisation.models import Membership, Role
from awayteam.roadmaps.models import CapacityNote, Document, Goal, Item, KeyResult
from awayteam.roadmaps.tests import shop
from awayteam.roadmaps.tests.world import World, order
from awayteam.web.tests.test_pages import problems

TEAM = "/roadmaps/default/orders/"
WHY = {"reason": "Because."}


@pytest.fixture(scope="module")
def built(of_module: None) -> World:
    made = World()
    shop.build(made.orders, made.search, made.lead, timezone.now())
    return made


@pytest.fixture
def world(built: World, db: None) -> World:
    return deepcopy(built)


def client(world: World, name: str = "ada") -> Client:
    person = {"ada": world.ada, "bob": world.bob, "cleo": world.cleo}[name]
    user = User.objects.create_user(username=name, person=person)
    signed_in = Client()
    signed_in.force_login(user)
    return signed_in


def item(title: str) -> Item:
    return Item.objects.get(title=title)


def pages() -> list[str]:
    goal, figures = Goal.objects.get(title__startswith="Baskets"), Goal.objects.get(kind="pl")
    share = item("Share a basket").pk
    return [
        "/roadmaps/",
        "/roadmaps/?q=order&show=risk",
        "/roadmaps/?q=nothing-is-called-so",
        TEAM,
        "/roadmaps/default/search/",
        f"{TEAM}what-if/",
        f"{TEAM}what-if/?item={share}&rank=1",
        f"{TEAM}what-if/?item={share}&drop=yes",
        f"{TEAM}what-if/?title=New&effort=2&high=4&value=10&rank=1",
        f"{TEAM}new/",
        f"{TEAM}capacity/",
        f"{TEAM}goals/",
        f"{TEAM}goals/?closed=yes",
        f"{TEAM}goals/new/",
        f"{TEAM}documents/",
        f"{TEAM}documents/new/",
        f"{TEAM}documents/baskets-that-open-at-once/",
        f"{TEAM}documents/baskets-that-open-at-once/?version=1",
        f"{TEAM}documents/baskets-that-open-at-once/write/",
        f"{TEAM}documents/baskets-that-open-at-once/compare/",
        f"/goals/{goal.pk}/",
        f"/goals/{goal.pk}/edit/",
        f"/goals/{figures.pk}/",
        *(f"/roadmap-items/{one.pk}/" for one in Item.objects.all()),
        f"/roadmap-items/{share}/edit/",
        "/teams/default/orders/",
        "/people/default/ada/",
        "/",
    ]


def test_every_page_answers_with_good_html(world: World) -> None:
    ada = client(world)
    for address in pages():
        answer = ada.get(address)
        assert answer.status_code == 200, address
        assert problems(answer.content.decode()) == [], address


def test_a_roadmap_says_what_is_done_when_and_what_stands_in_the_way(world: World) -> None:
    text = client(world).get(TEAM).content.decode()
    for words in (
        "Cache baskets", "in work", "waits for", "Facets in search", "of Search", "can&#39;t be kept",
        "By value over effort", "Old tables", "names the goal", "1 finished item", '<svg class="roadmap-chart"',
    ):  # fmt: skip
        assert words in text, words
    assert text.count('class="promise') == 2
    assert "Idea" not in text


def test_items_are_moved_by_buttons_by_number_and_by_dragging(world: World) -> None:
    ada = client(world)
    before = order(world.orders)
    assert before == ["Cache baskets", "Share a basket", "Wish list"]
    answer = ada.post(f"{TEAM}rank/", {"move": f"{item('Wish list').pk}:2"}, follow=True)
    assert "is moved" in answer.content.decode()
    assert order(world.orders) == ["Cache baskets", "Wish list", "Share a basket"]
    ada.post(f"{TEAM}rank/", {"item": item("Wish list").pk, "rank": 1, **WHY})
    assert order(world.orders)[0] == "Wish list"
    assert Event.objects.filter(name="item.moved").order_by("-pk")[0].reason == "Because."
    stale = ada.post(f"{TEAM}rank/", {"item": item("Wish list").pk, "rank": 2, "version": 1})
    assert stale.status_code == 409
    assert ada.post(f"{TEAM}rank/", {"item": "x", "rank": 2}).status_code == 422
    assert ada.post(f"{TEAM}rank/", {"item": item("Facets in search").pk, "rank": 2}).status_code == 404
    assert order(world.orders)[0] == "Wish list"


def test_the_suggested_order_is_taken_over_as_one_change(world: World) -> None:
    ada = client(world)
    for _ in range(2):  # the second time there is nothing to change
        ada.post(f"{TEAM}order/", WHY)
        assert order(world.orders) == ["Cache baskets", "Wish list", "Share a basket"]
        assert Event.objects.filter(name="roadmap.reshuffled").count() == 1
    world.item("Small and dear", 0.5, value_per_week=Decimal(500))
    ada.post(f"{TEAM}order/", WHY)
    assert order(world.orders) == ["Cache baskets", "Small and dear", "Wish list", "Share a basket"]


def test_an_item_goes_through_its_life_on_pages(world: World) -> None:
    ada = client(world)
    refused = ada.post(f"{TEAM}new/", {"title": "New", "kind": "feature", "effort_likely": "0", **WHY})
    assert refused.status_code == 422
    assert "must be a number from 0.01" in refused.content.decode()
    ada.post(f"{TEAM}new/", {"title": "New", "kind": "feature", "effort_likely": "2", "rank": "2", **WHY})
    new = item("New")
    assert (new.rank, new.effort_low, new.effort_high) == (2, 2, 2)
    here = f"/roadmap-items/{new.pk}/"
    change = {"title": "Newer", "kind": "bug", "effort_likely": "3", "effort_high": "4", "value_per_week": "7", **WHY}
    ada.post(f"{here}edit/", change)
    new.refresh_from_db()
    assert (new.title, new.kind, new.effort_low, new.effort_high, new.value_per_week) == ("Newer", "bug", 3, 4, 7)
    same = ada.post(f"{here}edit/", {**change, "effort_low": "3"})
    assert (same.status_code, "Nothing is different" in same.content.decode()) == (422, True)
    ada.post(f"{here}do/depend/", {"needs": f"#{item('Wish list').pk}", **WHY})
    assert new.dependencies.count() == 1
    ada.post(f"{here}do/undepend/", {"needs": item("Wish list").pk, **WHY})
    assert new.dependencies.count() == 0
    ada.post(f"{here}do/start/", WHY)
    ada.post(f"{here}do/finish/", {"real_effort": "2.5", **WHY})
    new.refresh_from_db()
    assert (new.state, new.real_effort) == ("done", Decimal("2.5"))
    assert ada.post(f"{here}do/drop/", WHY).status_code == 409
    assert ada.post(f"{here}do/sing/", WHY).status_code == 404


def test_goals_are_set_measured_and_closed_on_pages(world: World) -> None:
    ada = client(world)
    ada.post(
        f"{TEAM}goals/new/",
        {"title": "Learn", "kind": "okr", "starts": "2026-01-01", "ends": "2026-12-31", "owner": "bob", **WHY},
    )
    goal = Goal.objects.get(title="Learn")
    assert goal.owner == world.bob
    wrong = {"key-title": "Courses", "key-baseline": "5", "key-target": "2", "key-direction": "up", "key-reason": "x"}
    assert ada.post(f"/goals/{goal.pk}/add/key-result/", wrong).status_code == 422
    ada.post(f"/goals/{goal.pk}/add/key-result/", {**wrong, "key-target": "9"})
    result = KeyResult.objects.get(title="Courses")
    ada.post(f"/key-results/{result.pk}/measure/", {"measure-value": "7", "measure-source": "counted"})
    first = result.measurements.get()
    corrected = {"measure-value": "6", "measure-source": "counted again", "corrects": first.pk}
    ada.post(f"/key-results/{result.pk}/measure/", corrected)
    assert "25%" in ada.get(f"/goals/{goal.pk}/").content.decode()
    future = {"measure-value": "6", "measure-source": "dreamt", "measure-day": "2999-01-01"}
    assert ada.post(f"/key-results/{result.pk}/measure/", future).status_code == 422
    present = {"title": "Learn more", "starts": "2026-01-01", "ends": "2026-12-31", "owner": "", **WHY}
    ada.post(f"/goals/{goal.pk}/edit/", present)
    ada.post(f"/goals/{goal.pk}/close/met/", WHY)
    goal.refresh_from_db()
    assert (goal.title, goal.owner, goal.state) == ("Learn more", None, "met")
    ada.post(f"/goals/{goal.pk}/close/open/", WHY)
    goal.refresh_from_db()
    assert goal.state == "open"


def test_a_document_gets_versions_that_are_compared(world: World) -> None:
    ada = client(world)
    ada.post(f"{TEAM}documents/new/", {"title": "Größer & schneller", "text": "One\r\nTwo\r\n", **WHY})
    row = Document.objects.get(title="Größer & schneller")
    assert (row.slug, row.latest) == ("groer-schneller", 1)
    here = f"{TEAM}documents/{row.slug}/"
    ada.post(f"{here}write/", {"title": row.title, "text": "One\r\nThree", "base": "1", **WHY})
    late = ada.post(f"{here}write/", {"title": row.title, "text": "Other", "base": "1", **WHY})
    assert (late.status_code, "was written meanwhile" in late.content.decode()) == (422, True)
    text = ada.get(f"{here}compare/").content.decode()
    assert 'class="diff-gone"' in text
    assert "Three" in text
    assert ada.get(f"{here}?version=9").status_code == 404
    assert ada.get(f"{TEAM}documents/nothing/").status_code == 404


def test_capacity_is_noted_and_the_note_removed(world: World) -> None:
    ada = client(world)
    note = CapacityNote.objects.get()
    assert ada.post(f"/capacity-notes/{note.pk}/remove/", WHY).status_code == 303
    given = {"starts": "2027-01-04", "ends": "2027-01-08", "people": "1", **WHY}
    assert ada.post(f"{TEAM}capacity/", given).status_code == 303
    assert ada.post(f"{TEAM}capacity/", {**given, "share": "0.5"}).status_code == 422
    assert [row.people for row in CapacityNote.objects.all()] == [1]


def test_others_read_and_change_nothing(world: World) -> None:
    cleo = client(world, "cleo")
    text = cleo.get(TEAM).content.decode()
    assert "Only members and managers of Orders" in text
    assert "mover" not in text
    count = Event.objects.count()
    wish = item("Wish list")
    posts = [
        (f"{TEAM}rank/", {"item": wish.pk, "rank": 1}),
        (f"{TEAM}order/", {}),
        (f"/roadmap-items/{wish.pk}/do/drop/", {}),
        (f"{TEAM}capacity/", {"starts": "2027-01-04", "ends": "2027-01-08", "people": "1"}),
        (f"/goals/{Goal.objects.filter(state='open')[0].pk}/close/met/", {}),
    ]
    for address, body in posts:
        assert cleo.post(address, {**WHY, **body}).status_code in {403, 422, 303}, address
    assert Event.objects.count() == count
    for address in (f"{TEAM}new/", f"{TEAM}goals/new/", f"{TEAM}documents/new/"):
        assert cleo.get(address).status_code == 403


def test_a_team_without_people_says_that_nobody_is_there(world: World) -> None:
    Membership.objects.filter(team=world.search).update(ends=timezone.now())
    Membership.objects.create(team=world.search, person=world.ada, role=Role.MANAGER)
    text = client(world).get("/roadmaps/default/search/").content.decode()
    assert "nobody is there to do it" in text


def test_lists_come_as_csv(world: World) -> None:
    ada = client(world)
    lines = b"".join(ada.get(f"{TEAM}?format=csv")).decode().splitlines()  # type: ignore[arg-type]
    assert lines[0].startswith("rank,id,title")
    assert [line.split(",")[2] for line in lines[1:]] == ["Cache baskets", "Share a basket", "Wish list", "Old tables"]
    assert b"".join(ada.get("/roadmaps/?format=csv")).count(b"\n") == 5  # type: ignore[arg-type]


def test_a_title_is_escaped_once_wherever_its_row_shows_it(world: World) -> None:
    Item.objects.filter(title="Share a basket").update(title='<b>R&D "fast"</b>')
    html = client(world).get(TEAM).content.decode()
    assert "<b>R" not in html
    assert "&amp;lt;" not in html
    title = "&lt;b&gt;R&amp;D &#34;fast&#34;&lt;/b&gt;"
    assert f'aria-label="{title}: one up"' in html
    assert f">{title}</a>" in html
