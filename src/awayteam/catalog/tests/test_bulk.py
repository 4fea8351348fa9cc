"""Many entities changed at once: all allowed ones in one go, the others named with the reason; and taken back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict

from awayteam.catalog import actions as catalog
from awayteam.catalog.bulk import OFFER, matching
from awayteam.catalog.models import Edit, Entity
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.lists import actions, queries
from awayteam.lists.models import BulkChange, BulkRow, Outcome
from awayteam.organisation.models import Person, Team

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class World:
    ada: Actor
    sam: Actor
    ids: dict[str, int]

    def entity(self, name: str) -> Entity:
        return Entity.objects.get(pk=self.ids[name])


@pytest.fixture
def world() -> World:
    ids = {}
    for kind, name, owner in (
        ("Group", "one", None), ("Group", "two", None), ("Component", "a", "one"), ("Component", "b", "one"),
        ("Component", "c", "two"), ("Component", "free", None),
    ):  # fmt: skip
        description = catalog.Description(kind, name, owner=owner, tags=("java",) if name == "b" else ())
        made = catalog.declare(actor=SYSTEM, now=NOW - HOUR, description=description, reason="it exists")
        ids[name] = made.pk
    Entity.objects.filter(name="c").update(restricted=False)

    def actor(name: str, team: str) -> Actor:
        person = Person.objects.create(ref=f"user:default/{name}", name=name)
        return Actor(
            ActorKind.PERSON, name, person_id=person.pk, teams=frozenset({Team.objects.get(name=team).pk})
        )  # fmt: skip

    return World(actor("ada", "one"), actor("sam", "two"), ids)


def change(world: World, actor: Actor, action: str, value: str, *names: str, **more: Any) -> BulkChange:
    return actions.change_many(
        actor=actor, now=more.pop("now", NOW), offer=OFFER, action=action, values={"value": value},
        ids=[world.ids[name] for name in names], reason=more.pop("reason", "Tidying up."), **more,
    )  # fmt: skip


def outcomes(change: BulkChange) -> dict[str, tuple[str, str]]:
    return {row.label: (row.outcome, row.why) for row in BulkRow.objects.filter(change=change)}


def test_allowed_rows_change_and_the_others_say_why(world: World) -> None:
    made = change(world, world.ada, "lifecycle", "deprecated", "a", "c", "free", "b")
    assert made.words == "Set the lifecycle to deprecated"
    found = outcomes(made)
    assert {label: outcome for label, (outcome, _) in found.items()} == {
        "a": "done", "b": "done", "c": "refused", "free": "done",
    }  # fmt: skip
    assert found["c"][1] == "Only two and managers above may change this; ask them."
    assert {name: world.entity(name).lifecycle for name in ("a", "b", "c", "free")} == {
        "a": "deprecated", "b": "deprecated", "c": "", "free": "deprecated",
    }  # fmt: skip
    events = Event.objects.filter(name="entity.edited")
    assert {(event.subject_id, event.reason) for event in events} == {
        (world.ids[name], "Tidying up.") for name in ("a", "b", "free")
    }


def test_undo_takes_back_exactly_that_where_nothing_changed_since(world: World) -> None:
    made = change(world, world.ada, "owner", "two", "a", "b")
    assert {world.entity(name).owner_id for name in ("a", "b")} == {world.ids["two"]}
    catalog.edit_fact(
        actor=world.sam, now=NOW + HOUR, entity=world.entity("b"), field="owner", value=None, reason="Not ours."
    )
    undone = actions.undo_change(actor=world.ada, now=NOW + 2 * HOUR, change_id=made.pk)
    assert undone.undone_at == NOW + 2 * HOUR
    assert outcomes(made) == {"a": ("undone", ""), "b": ("kept", outcomes(made)["b"][1])}
    assert "changed again since" in outcomes(made)["b"][1]
    assert (world.entity("a").owner_id, world.entity("b").owner_id) == (world.ids["one"], None)
    assert Event.objects.filter(name="ownership.changed", reason="Undone: Tidying up.").count() == 1
    with pytest.raises(NotAllowed, match="taken back already"):
        actions.undo_change(actor=world.ada, now=NOW + 3 * HOUR, change_id=made.pk)


def test_tags_are_added_to_and_taken_from_what_is_there(world: World) -> None:
    made = change(world, world.ada, "add-tag", "java", "a", "b", "free")
    assert outcomes(made)["b"] == ("refused", "b has the tag already.")
    change(world, world.ada, "add-tag", "old", "b", now=NOW + HOUR)
    assert world.entity("b").tags == ["java", "old"]
    removed = change(world, world.ada, "remove-tag", "java", "a", "b", "free", now=NOW + 2 * HOUR)
    assert [world.entity(name).tags for name in ("a", "b", "free")] == [[], ["old"], []]
    actions.undo_change(actor=world.ada, now=NOW + 3 * HOUR, change_id=removed.pk)
    assert [world.entity(name).tags for name in ("a", "b", "free")] == [["java"], ["java", "old"], ["java"]]


def test_where_nothing_can_be_done_nothing_is_recorded(world: World) -> None:
    before = list(Entity.objects.order_by("pk").values())
    with pytest.raises(Conflict, match="None of the entries can be changed so") as refused:
        change(world, world.sam, "lifecycle", "gone", "a", "b")
    assert "Only one and managers above" in refused.value.advice
    with pytest.raises(Conflict, match="None of the entries"):
        change(world, world.ada, "owner", "nobody-here", "a")
    with pytest.raises(InvalidInput, match="Say why"):
        change(world, world.ada, "lifecycle", "x", "a", reason=" ")
    with pytest.raises(InvalidInput, match="No entry is chosen"):
        change(world, world.ada, "lifecycle", "x")
    with pytest.raises(NotFound, match="There is no action"):
        change(world, world.ada, "explode", "x", "a")
    with pytest.raises(NotAllowed, match="needs a person"):
        change(world, SYSTEM, "lifecycle", "x", "a")
    assert list(Entity.objects.order_by("pk").values()) == before
    assert not BulkChange.objects.exists()
    assert not Edit.objects.exists()


def test_the_rulebook_bounds_how_many(world: World, settings: Any, tmp_path: Path) -> None:
    settings.RULEBOOK = tmp_path / "rulebook.toml"
    settings.RULEBOOK.write_text("[lists]\nbulk_rows_max = 2\n")
    rulebook.forget()
    with pytest.raises(InvalidInput, match="more than 2 entries"):
        change(world, world.ada, "lifecycle", "x", "a", "b", "free")
    change(world, world.ada, "lifecycle", "x", "a", "b", "a")
    rulebook.forget()


def test_what_one_may_not_see_is_passed_over_in_silence(world: World) -> None:
    Entity.objects.filter(name="c").update(restricted=True)
    made = change(world, world.ada, "lifecycle", "x", "a", "c")
    assert outcomes(made).keys() == {"a"}


def test_only_whoever_made_a_change_sees_it_and_takes_it_back_in_time(world: World) -> None:
    made = change(world, world.ada, "lifecycle", "x", "a")
    with pytest.raises(NotFound):
        actions.undo_change(actor=world.sam, now=NOW + HOUR, change_id=made.pk)
    with pytest.raises(NotAllowed, match="older than 48 hours"):
        actions.undo_change(actor=world.ada, now=NOW + 49 * HOUR, change_id=made.pk)
    root = Actor(ActorKind.PERSON, "root", person_id=world.sam.person_id, is_administrator=True)
    assert queries.told(root, made.pk, NOW).counts == {"done": 1}
    assert not queries.told(root, made.pk, NOW).may_undo
    assert outcomes(made) == {"a": (Outcome.DONE, "")}
    assert actions.forget_changes(NOW + timedelta(days=91)) == 1


def test_all_that_match_are_those_of_the_list(world: World) -> None:
    def names(route: str, query: str, most: int = 10) -> list[str]:
        ids = matching(world.ada, route, QueryDict(query), most)
        return sorted(Entity.objects.filter(pk__in=ids).values_list("name", flat=True))

    assert names("services", "") == ["a", "b", "c", "free"]
    assert names("services", "tag=java&sort=-changed") == ["b"]
    assert names("catalog", "kind=group") == ["one", "two"]
    assert len(names("services", "", most=2)) == 3
    for route, query in (("home", ""), ("services", "as_of=2026-01-01")):
        with pytest.raises(InvalidInput, match="no list of entities"):
            names(route, query)
