"""Saved views: who keeps, sees and changes them, and that what is refused changes nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.lists import actions, queries, rules
from awayteam.lists.models import DefaultView, SavedView
from awayteam.organisation.models import Person, Team

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@dataclass
class World:
    ada: Actor
    bob: Actor
    sam: Actor
    root: Actor
    orders: Team
    search: Team


@pytest.fixture
def world() -> World:
    orders, search = (Team.objects.create(ref=f"group:default/{name}", name=name) for name in ("orders", "search"))

    def actor(name: str, team: Team | None, administrator: bool = False) -> Actor:
        person = Person.objects.create(ref=f"user:default/{name}", name=name)
        return Actor(
            ActorKind.PERSON, name, person_id=person.pk, teams=frozenset([team.pk] if team else ()),
            is_administrator=administrator,
        )  # fmt: skip

    return World(
        actor("ada", orders), actor("bob", orders), actor("sam", search), actor("root", None, True), orders, search
    )


def save(actor: Actor, name: str = "Mine", address: str = "/services/?owner=orders", **more: object) -> SavedView:
    return actions.save_view(actor=actor, now=NOW, name=name, address=address, **more)  # type: ignore[arg-type]


def names(actor: Actor, page: str = "") -> list[str]:
    return [row.name for row in queries.views(actor, page=page)]


def test_a_view_keeps_what_the_address_shows(world: World) -> None:
    view = save(world.ada, " Ours,  late ", "/services/?sort=-changed&owner=orders&cursor=zzz&saved=4")
    row = queries.view(world.ada, view.pk)
    assert (row.name, row.page, row.query) == ("Ours, late", "services", "sort=-changed&owner=orders")
    assert row.address == f"/services/?sort=-changed&owner=orders&saved={view.pk}"
    event = Event.objects.get()
    assert (event.name, event.subject_id, event.data["page"]) == ("view.saved", view.pk, "services")


@pytest.mark.parametrize(
    "address",
    [
        "/nowhere/",
        "https://evil.example/services/",
        "//evil.example/services/",
        "/rulebook/?a=1",
        "",
        "services",
        "/a\0",
    ],
)
def test_only_addresses_of_lists_here_make_views(world: World, address: str) -> None:
    with pytest.raises(InvalidInput, match="no address of a list"):
        save(world.ada, address=address)
    assert not SavedView.objects.exists()


def test_one_name_for_each_list_and_person(world: World) -> None:
    save(world.ada)
    with pytest.raises(Conflict, match="There is a view 'MINE' already"):
        save(world.ada, "MINE")
    save(world.ada, address="/apis/")
    save(world.bob)
    assert SavedView.objects.count() == 3


def test_views_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_VIEWS", 2)
    first = save(world.ada, "1")
    save(world.ada, "2")
    with pytest.raises(Conflict, match="You keep 2 views"):
        save(world.ada, "3")
    actions.remove_view(actor=world.ada, now=NOW, view_id=first.pk)
    save(world.ada, "3")
    with pytest.raises(Conflict, match="2 views"):
        actions.restore_view(actor=world.ada, now=NOW, view_id=first.pk)


def test_sharing(world: World) -> None:
    save(world.ada, "private")
    save(world.ada, "team", audience="team", team_id=world.orders.pk)
    save(world.sam, "all", audience="everybody")
    assert names(world.ada) == ["all", "private", "team"]
    assert names(world.bob) == ["all", "team"]
    assert names(world.sam) == ["all"]
    assert names(world.root) == ["all", "team"]
    with pytest.raises(NotAllowed, match="teams to which you belong"):
        save(world.sam, "x", audience="team", team_id=world.orders.pk)
    with pytest.raises(InvalidInput, match="With which team"):
        save(world.sam, "x", audience="team")
    with pytest.raises(InvalidInput, match="can't be shared with 'moon'"):
        save(world.sam, "x", audience="moon")
    row = next(row for row in queries.views(world.bob) if row.name == "team")
    assert (row.shared, row.team, row.mine, row.owner) == ("orders", "group:default/orders", False, "user:default/ada")


def test_a_view_is_changed_by_its_owner_with_old_and_new(world: World) -> None:
    view = save(world.ada, audience="everybody")
    changed = actions.change_view(
        actor=world.ada, now=NOW + timedelta(hours=1), view_id=view.pk, name="Late", address="/services/?sort=-changed",
        audience="me",
    )  # fmt: skip
    assert (changed.name, changed.query, changed.audience) == ("Late", "sort=-changed", "me")
    assert Event.objects.get(name="view.changed").data["changes"] == {
        "name": ["Mine", "Late"],
        "query": ["owner=orders", "sort=-changed"],
        "audience": ["everybody", "me"],
    }
    actions.change_view(actor=world.ada, now=NOW, view_id=view.pk, name="Late")
    assert Event.objects.filter(name="view.changed").count() == 1
    with pytest.raises(InvalidInput, match="another list"):
        actions.change_view(actor=world.ada, now=NOW, view_id=view.pk, address="/apis/")


def test_others_change_nothing_of_it(world: World) -> None:
    private = save(world.ada, "private")
    shared = save(world.ada, "shared", audience="everybody")
    before = list(SavedView.objects.order_by("pk").values())
    for actor in (world.bob, world.sam, world.root, Actor(ActorKind.PERSON, "no person"), SYSTEM):
        with pytest.raises(NotFound):
            actions.change_view(actor=actor, now=NOW, view_id=private.pk, name="x")
    for actor in (world.bob, world.sam):
        with pytest.raises(NotAllowed, match="Only the one who saved"):
            actions.remove_view(actor=actor, now=NOW, view_id=shared.pk)
    reader = Actor(ActorKind.TOKEN, "t", person_id=world.ada.person_id, scopes=frozenset({"read"}))
    with pytest.raises(NotAllowed, match="only read"):
        actions.remove_view(actor=reader, now=NOW, view_id=shared.pk)
    with pytest.raises(NotAllowed, match="belong to a person"):
        save(SYSTEM)
    assert list(SavedView.objects.order_by("pk").values()) == before
    actions.remove_view(actor=world.root, now=NOW, view_id=shared.pk)
    assert names(world.ada) == ["private"]


def test_removed_and_brought_back_and_forgotten(world: World) -> None:
    view = save(world.ada)
    actions.remove_view(actor=world.ada, now=NOW, view_id=view.pk)
    assert names(world.ada) == []
    assert [row.name for row in queries.views(world.ada, removed=True)] == ["Mine"]
    save(world.ada)
    with pytest.raises(Conflict, match="already"):
        actions.restore_view(actor=world.ada, now=NOW, view_id=view.pk)
    other = actions.remove_view(actor=world.ada, now=NOW, view_id=SavedView.objects.get(removed_at=None).pk)
    assert actions.restore_view(actor=world.ada, now=NOW, view_id=view.pk).removed_at is None
    assert actions.forget_removed(NOW + timedelta(days=31)) == 1
    assert list(SavedView.objects.values_list("pk", flat=True)) == [view.pk]
    with pytest.raises(NotFound):
        actions.restore_view(actor=world.ada, now=NOW, view_id=other.pk)


def test_a_list_opens_with_the_default_as_long_as_it_is_seen(world: World) -> None:
    view = save(world.ada, audience="everybody")
    actions.set_default(actor=world.sam, now=NOW, view_id=view.pk)
    assert queries.default_query(world.sam, "services") == f"owner=orders&saved={view.pk}"
    assert queries.default_query(world.sam, "apis") is None
    assert queries.default_query(world.ada, "services") is None
    assert queries.default_query(SYSTEM, "services") is None
    other = save(world.sam, "bare", "/services/")
    actions.set_default(actor=world.sam, now=NOW, view_id=other.pk)
    assert queries.default_query(world.sam, "services") == f"saved={other.pk}"
    assert DefaultView.objects.count() == 1
    actions.set_default(actor=world.sam, now=NOW, view_id=view.pk)
    actions.change_view(actor=world.ada, now=NOW, view_id=view.pk, audience="me")
    assert queries.default_query(world.sam, "services") is None
    with pytest.raises(NotFound):
        actions.set_default(actor=world.sam, now=NOW, view_id=view.pk)
    actions.clear_default(actor=world.sam, now=NOW, page="services")
    assert not DefaultView.objects.exists()
