"""Taking exactly one edit back: by whom, until when, and what is in force then."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.catalog import actions
from awayteam.catalog.models import Edit, Entity, Ownership
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.organisation.models import Person, Team

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def orders() -> Entity:
    for name in ("one", "two"):
        description = actions.Description("Group", name)
        actions.declare(actor=SYSTEM, now=NOW - HOUR, description=description, reason="it exists")
    description = actions.Description("Component", "orders", owner="one", lifecycle="production")
    return actions.declare(actor=SYSTEM, now=NOW - HOUR, description=description, reason="it exists")


def member(name: str, team: str) -> Actor:
    person, _ = Person.objects.get_or_create(ref=f"user:default/{name}", defaults={"name": name})
    teams = frozenset({Team.objects.get(name=team).pk})
    return Actor(ActorKind.PERSON, name, person_id=person.pk, teams=teams)


def edit(orders: Entity, actor: Actor, value: object, field: str = "lifecycle", at: datetime = NOW) -> Edit:
    return actions.edit_fact(actor=actor, now=at, entity=orders, field=field, value=value, reason="So it is.")


def take_back(orders: Entity, actor: Actor, made: Edit, at: datetime = NOW + HOUR) -> None:
    actions.take_back(actor=actor, now=at, entity=orders, edit_id=made.pk, reason="A mistake.")


def test_the_source_counts_again(orders: Entity) -> None:
    ada = member("ada", "one")
    take_back(orders, ada, edit(orders, ada, "deprecated"))
    orders.refresh_from_db()
    assert orders.lifecycle == "production"
    assert not Edit.objects.filter(ended_at=None).exists()
    event = Event.objects.get(name="entity.edit-withdrawn")
    assert (event.data["changes"], event.reason) == ({"lifecycle": ["deprecated", "production"]}, "A mistake.")


def test_the_edit_before_counts_again_as_it_was_made(orders: Entity) -> None:
    ada, bob = member("ada", "one"), member("bob", "one")
    first = edit(orders, bob, "beta")
    take_back(orders, ada, edit(orders, ada, "deprecated", at=NOW + HOUR), NOW + 2 * HOUR)
    orders.refresh_from_db()
    kept = Edit.objects.get(ended_at=None)
    assert (orders.lifecycle, kept.pk, kept.person_id, kept.declared) == (
        "beta", first.pk, bob.person_id, "production",
    )  # fmt: skip


def test_what_changed_since_stays(orders: Entity) -> None:
    ada, bob = member("ada", "one"), member("bob", "one")
    made = edit(orders, ada, "deprecated")
    edit(orders, bob, "retired", at=NOW + HOUR)
    before = list(Edit.objects.order_by("pk").values())
    with pytest.raises(Conflict, match="changed again since"):
        take_back(orders, ada, made)
    with pytest.raises(InvalidInput):
        actions.take_back(actor=ada, now=NOW, entity=orders, edit_id=made.pk, reason=" ")
    assert list(Edit.objects.order_by("pk").values()) == before
    orders.refresh_from_db()
    assert orders.lifecycle == "retired"


def test_who_gave_it_away_takes_it_back_within_the_time(orders: Entity) -> None:
    ada, cat = member("ada", "one"), member("cat", "two")
    made = edit(orders, ada, "group:default/two", "owner")
    reader = Actor(ActorKind.TOKEN, "t", person_id=ada.person_id, scopes=frozenset({"read"}))
    for actor, at in ((member("eve", "one"), HOUR), (ada, 49 * HOUR), (reader, HOUR)):
        with pytest.raises(NotAllowed):
            take_back(orders, actor, made, NOW + at)
    take_back(orders, ada, made)
    orders.refresh_from_db()
    assert orders.owner is not None
    assert orders.owner.ref == "group:default/one"
    held = Ownership.objects.filter(entity=orders).order_by("pk").values_list("owner__name", "starts", "ends")
    assert list(held) == [("one", NOW - HOUR, NOW), ("two", NOW, NOW + HOUR), ("one", NOW + HOUR, None)]
    assert Event.objects.filter(name="ownership.changed").count() == 2
    again = edit(orders, ada, "group:default/two", "owner", NOW + 2 * HOUR)
    take_back(orders, cat, again, NOW + 90 * HOUR)


def test_where_sources_win_their_value_stays_in_force(orders: Entity, settings: Any, tmp_path: Path) -> None:
    settings.RULEBOOK = tmp_path / "rulebook.toml"
    settings.RULEBOOK.write_text('[catalog]\nedit_wins = "source"\n')
    rulebook.forget()
    ada = member("ada", "one")
    edit(orders, ada, "beta")
    take_back(orders, ada, edit(orders, ada, "deprecated", at=NOW + HOUR), NOW + 2 * HOUR)
    orders.refresh_from_db()
    rulebook.forget()
    assert (orders.lifecycle, Edit.objects.get(ended_at=None).value) == ("production", "beta")
