from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awayteam.catalog import actions
from awayteam.catalog.models import Alias, Edit, Entity, EntityTag, FacetCount, Ownership, Presence, Relation, Revision
from awayteam.catalog.permissions import Verb, can
from awayteam.catalog.search import search
from awayteam.kernel import rulebook
from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import AwayteamError, Conflict, InvalidInput, NotAllowed, NotFound
from awayteam.kernel.models import Event
from awayteam.organisation import actions as organisation
from awayteam.organisation.models import Person, Team

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def declared(kind: str, name: str, **more: Any) -> Entity:
    description = actions.Description(kind, name, **more)
    return actions.declare(actor=SYSTEM, now=NOW, description=description, reason="it exists")


@pytest.fixture
def orders() -> Entity:
    declared("Group", "one", title="Team One")
    declared("Group", "two")
    declared("System", "shop")
    return declared("Component", "orders", owner="one", type="service", tags=("java",))


def member_of(name: str, **more: Any) -> Actor:
    team = Team.objects.get(name=name)
    return Actor(ActorKind.PERSON, "Ada", person_id=None, teams=frozenset({team.pk}), **more)


OUTSIDER = Actor(ActorKind.PERSON, "Eve", person_id=None)


def cube() -> dict[str, int]:
    return {f"{row.kind} {row.type} {row.owner_id} {row.presence}": row.entities for row in FacetCount.objects.all()}


def test_declared_by_hand_is_whole(orders: Entity) -> None:
    assert orders.owner is not None
    assert (orders.ref, orders.presence, orders.owner.ref) == (
        "component:default/orders",
        Presence.PRESENT,
        "group:default/one",
    )
    assert Relation.objects.get(source=orders).target == orders.owner
    assert Ownership.objects.get(entity=orders).starts == NOW
    assert EntityTag.objects.get().tag == "java"
    assert Team.objects.get(name="one").title == "Team One"
    assert cube()[f"Component service {orders.owner_id} 1"] == 1
    with pytest.raises(Conflict):
        declared("Component", "orders")


def test_kinds_are_spelt_as_usual_whatever_was_typed(orders: Entity) -> None:
    assert declared("api", "orders-api").kind == "API"
    assert declared("Widget", "first").kind == "Widget"
    assert declared("wIDGET", "second").kind == "Widget"
    assert not FacetCount.objects.exclude(kind__in=["API", "Component", "Group", "System", "Widget"]).exists()


def test_search_knows_what_people_change_about_people_and_teams(orders: Entity) -> None:
    ada = declared("User", "ada").person
    assert ada is not None
    reason = {"actor": SYSTEM, "now": LATER, "reason": "as agreed"}

    def hits(words: str) -> list[str]:
        return [hit.ref for group in search(SYSTEM, words).groups for hit in group.hits]

    identity = organisation.add_identity(person=ada, provider="github", value="countess", **reason)
    assert hits("countess") == ["user:default/ada"]
    organisation.edit_person(person=ada, field="display_name", value="Ada Byron", **reason)
    assert hits("byron") == ["user:default/ada"]
    organisation.withdraw_edit(thing=ada, field="display_name", **reason)
    organisation.remove_identity(identity=identity, **reason)
    assert hits("byron") == hits("countess") == []


def test_a_fact_is_edited_with_history_event_and_revision(orders: Entity) -> None:
    edit = actions.edit_fact(
        actor=member_of("one"), now=LATER, entity=orders, field="title", value="Orders", reason="nicer"
    )
    orders.refresh_from_db()
    assert (orders.title, orders.sort_name, orders.changed_at) == ("Orders", "orders", LATER)
    assert (edit.declared, edit.value) == ("", "Orders")
    assert Revision.objects.get(entity=orders).valid_to == LATER
    event = Event.objects.get(name="entity.edited")
    assert (event.data["changes"], event.reason) == ({"title": ["", "Orders"]}, "nicer")
    actions.withdraw_edit(actor=SYSTEM, now=LATER, entity=orders, field="title", reason="no")
    orders.refresh_from_db()
    assert orders.title == ""
    assert not Edit.objects.filter(ended_at=None).exists()
    with pytest.raises(NotFound):
        actions.withdraw_edit(actor=SYSTEM, now=LATER, entity=orders, field="title", reason="again")


def test_ownership_is_transferred_with_dates(orders: Entity) -> None:
    since = NOW + timedelta(hours=1)
    who = {"actor": member_of("one"), "now": LATER, "entity": orders}
    actions.transfer_ownership(**who, owner="two", reason="they use it most", since=since)
    rows = Ownership.objects.filter(entity=orders).order_by("pk").values_list("owner__name", "starts", "ends", "reason")
    assert list(rows) == [("one", NOW, since, "it exists"), ("two", since, None, "they use it most")]
    assert Relation.objects.get(source=orders, type=1).target.name == "two"
    event = Event.objects.get(name="ownership.changed")
    assert event.data["changes"] == {"owner": ["group:default/one", "group:default/two"]}
    orders.refresh_from_db()
    assert cube()[f"Component service {orders.owner_id} 1"] == 1
    assert len([key for key in cube() if key.startswith("Component")]) == 1
    actions.transfer_ownership(actor=SYSTEM, now=LATER, entity=orders, owner=None, reason="nobody")
    orders.refresh_from_db()
    assert orders.owner is None
    assert not Ownership.objects.filter(entity=orders, ends=None).exists()


def test_rulebook_decides_whether_an_edit_is_in_force(orders: Entity, settings: Any, tmp_path: Any) -> None:
    settings.RULEBOOK = tmp_path / "rulebook.toml"
    settings.RULEBOOK.write_text('[catalog]\nedit_wins = "source"\n')
    rulebook.forget()
    actions.edit_fact(actor=SYSTEM, now=LATER, entity=orders, field="type", value="job", reason="it is")
    orders.refresh_from_db()
    assert orders.type == "service"
    assert Edit.objects.get().value == "job"
    rulebook.forget()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 301),
        ("title", 5),
        ("title", "a\0b"),
        ("tags", "java"),
        ("tags", ["Not A Tag"]),
        ("restricted", "yes"),
        ("owner", "nobody"),
        ("owner", "component:default/orders"),
        ("owner", "a b c::"),
        ("system", "system:default/absent"),
        ("ref", "x"),
        ("presence", 4),
    ],
)
def test_impossible_values_are_refused(orders: Entity, field: str, value: Any) -> None:
    before = Entity.objects.values().get(pk=orders.pk)
    with pytest.raises(InvalidInput) as raised:
        actions.edit_fact(actor=SYSTEM, now=LATER, entity=orders, field=field, value=value, reason="try")
    assert raised.value.fields
    assert Entity.objects.values().get(pk=orders.pk) == before


def test_without_a_reason_nothing_happens(orders: Entity) -> None:
    with pytest.raises(InvalidInput):
        actions.edit_fact(actor=SYSTEM, now=LATER, entity=orders, field="title", value="x", reason=" ")
    assert not Edit.objects.exists()


@pytest.mark.parametrize("kind", ["outsider", "anonymous", "reader"])
def test_denied_means_nothing_changed(orders: Entity, kind: str) -> None:
    reader = member_of("one", scopes=frozenset({"read"}))
    actor = {"outsider": OUTSIDER, "anonymous": ANONYMOUS, "reader": reader}[kind]
    before = (Entity.objects.values().get(pk=orders.pk), Event.objects.count(), Ownership.objects.count())
    who = {"actor": actor, "now": LATER, "entity": orders, "reason": "try"}
    calls = [
        lambda: actions.edit_fact(**who, field="title", value="x"),
        lambda: actions.transfer_ownership(**who, owner="two"),
        lambda: actions.withdraw_edit(**who, field="title"),
        lambda: actions.rename(**who, name="other"),
        lambda: actions.retire(**who),
        lambda: actions.add_alias(**who, ref="component:default/other"),
    ]
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    assert (Entity.objects.values().get(pk=orders.pk), Event.objects.count(), Ownership.objects.count()) == before
    assert not Edit.objects.exists()
    assert not Alias.objects.exists()


def test_what_nobody_answers_for_may_be_mended_by_everybody(orders: Entity) -> None:
    lone = declared("Component", "lone")
    assert can(OUTSIDER, Verb.EDIT, lone).rule == "unowned"
    actions.edit_fact(actor=OUTSIDER, now=LATER, entity=lone, field="owner", value="two", reason="we run it")
    lone.refresh_from_db()
    assert not can(OUTSIDER, Verb.EDIT, lone)
    Entity.objects.filter(ref="group:default/two").update(presence=Presence.ORPHAN)
    lone.refresh_from_db()
    assert can(OUTSIDER, Verb.EDIT, lone)


def test_restricted_things_are_for_their_owners(orders: Entity) -> None:
    actions.edit_fact(actor=SYSTEM, now=LATER, entity=orders, field="restricted", value=True, reason="secret")
    orders.refresh_from_db()
    assert can(OUTSIDER, Verb.VIEW, orders).rule == "restricted"
    assert can(member_of("one"), Verb.VIEW, orders)
    team = Team.objects.get(name="one")
    manager = Actor(ActorKind.PERSON, "Max", manages=frozenset({team.pk}))
    assert can(manager, Verb.EDIT, orders)


def test_renamed_by_hand_the_old_reference_leads_on(orders: Entity) -> None:
    actions.rename(actor=SYSTEM, now=LATER, entity=orders, name="order-service", reason="clearer")
    orders.refresh_from_db()
    assert orders.ref == "component:default/order-service"
    assert Alias.objects.get(ref="component:default/orders").entity == orders
    for name in ("order-service", "Not Possible"):
        with pytest.raises(AwayteamError):
            actions.rename(actor=SYSTEM, now=LATER, entity=orders, name=name, reason="again")
    Entity.objects.filter(pk=orders.pk).update(source=None)
    with pytest.raises(Conflict):
        actions.rename(actor=SYSTEM, now=LATER, entity=orders, name="third", reason="from a file")


def test_teams_and_people_are_declared_by_administrators_only() -> None:
    description = actions.Description("User", "eve")
    with pytest.raises(NotAllowed):
        actions.declare(actor=OUTSIDER, now=NOW, description=description, reason="me")
    assert not Person.objects.exists()
    entity = actions.declare(
        actor=OUTSIDER, now=NOW, description=actions.Description("Component", "tool"), reason="we have it"
    )
    actions.retire(actor=OUTSIDER, now=LATER, entity=entity, reason="gone")
    entity.refresh_from_db()
    assert entity.presence == Presence.ORPHAN
