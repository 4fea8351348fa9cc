"""One rule of what may be seen, in every form that it takes: rows, paths, counts, search, one at a time."""

from collections import Counter

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.catalog import permissions, queries
from awayteam.catalog.models import LISTED, Entity, Presence, Relation
from awayteam.catalog.permissions import Sight, hidden, visible, visible_through
from awayteam.catalog.queries.filters import EVERY_PRESENCE
from awayteam.catalog.queries.owned import OWNABLE
from awayteam.catalog.search import ask
from awayteam.catalog.tests import world
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.organisation.models import Person, Team
from awayteam.sources.declared import RelationType

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation() -> None:
    """Things of all presences, a tenth restricted, among them teams, people, and what people own themselves."""
    world.many(250)
    people = [world.person(f"person-{n}", f"Person {n}") for n in range(3)]
    for n, person in enumerate(people):
        world.entity("Component", f"own-{n}", owner=person, restricted=True)
    Entity.objects.filter(name__in=["team-1", "team-2", "person-2"]).update(restricted=True)
    team = Entity.objects.get(name="team-3")
    Entity.objects.filter(name="team-2").update(owner=team)
    Entity.objects.filter(name="team-5").update(presence=Presence.MISSING)
    first = Entity.objects.get(name="team-0")
    for other in Entity.objects.exclude(pk=first.pk):
        world.relate(first, RelationType.DEPENDS_ON, other)
    world.ready()


@st.composite
def actors(draw: st.DrawFn) -> Actor:
    teams = sorted(Team.objects.values_list("pk", flat=True))
    people = [None, *sorted(Person.objects.values_list("pk", flat=True))]
    return Actor(
        ActorKind.PERSON,
        "somebody",
        person_id=draw(st.sampled_from(people)),
        teams=draw(st.frozensets(st.sampled_from(teams), max_size=3)),
        manages=draw(st.frozensets(st.sampled_from(teams), max_size=2)),
        is_administrator=draw(st.sampled_from([False, False, False, True])),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_form_of_the_rule_shows_the_same(organisation: None, data: st.DataObject) -> None:
    actor = data.draw(actors())
    rows = list(Entity.objects.select_related("owner"))
    seen = {row.pk for row in rows if permissions._sees(actor, row)}
    assert set(visible(actor, Entity.objects.all()).values_list("pk", flat=True)) == seen
    assert set(hidden(actor).values_list("pk", flat=True)) == {row.pk for row in rows} - seen
    first = Relation.objects.filter(visible_through(actor, "target__"), type=RelationType.DEPENDS_ON)
    assert set(first.values_list("target", flat=True)) == seen - {Entity.objects.get(name="team-0").pk}
    assert by_sql(actor) == seen
    assert by_search(actor, rows) == {row.pk for row in rows if row.pk in seen and row.presence != Presence.REMOVED}
    check_counts(actor, [row for row in rows if row.pk in seen])


def by_sql(actor: Actor) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT e.id FROM catalog_entity e WHERE {Sight.of(actor).sql('e')}")
        return {pk for (pk,) in cursor.fetchall()}


def by_search(actor: Actor, rows: list[Entity]) -> set[int]:
    kinds = {row.kind for row in rows}
    questions = [ask.Question(0, ask.token(f"k_{kind.lower()}")) for kind in kinds]
    return {pk for _, pk in ask._ask(questions, len(rows) + 1, Sight.of(actor))}


def check_counts(actor: Actor, seen: list[Entity]) -> None:
    every = queries.EntityFilter(presence=EVERY_PRESENCE)
    kinds = {facet.name: facet for facet in queries.facets(actor, every)}["kind"]
    assert {value.value: value.count for value in kinds.values} == Counter(row.kind for row in seen)
    assert queries.total(actor, every) == len(seen)
    states = Counter(row.presence for row in seen)
    ownable = [row for row in seen if row.kind in OWNABLE and row.presence == Presence.PRESENT]
    absent = [row for row in ownable if row.owner is not None and row.owner.presence not in LISTED]
    assert queries.health(actor) == queries.CatalogHealth(
        unowned=sum(row.owner is None for row in ownable),
        owner_missing=len(absent),
        orphans=states[Presence.ORPHAN],
        dangling=states[Presence.MISSING],
    )


def test_what_home_shows_is_what_its_lists_show(organisation: None) -> None:
    figures = queries.figures(world.NOBODY)
    services = queries.EntityFilter(kind=("Component",))
    unanswered = queries.EntityFilter(kind=("Component",), owner=("?",))
    listed = queries.list_entities(world.NOBODY, unanswered, limit=1_000).items
    assert figures.services == queries.total(world.NOBODY, services)
    assert figures.unanswered == len(listed) == queries.total(world.NOBODY, unanswered)
    assert {row.owner and row.owner.name for row in listed} == {None, "team-5"}
    by_owner = queries.list_entities(world.NOBODY, unanswered, sort="owner", limit=1_000).items
    assert {row.id for row in by_owner} == {row.id for row in listed}
    then = queries.list_entities(world.NOBODY, unanswered, limit=1_000, as_of=world.NOW).items
    assert {row.owner and row.owner.name for row in then} == {None}  # nothing here has a dated owner


def test_the_function_of_postgresql_holds_the_rule_as_it_is(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has the function")
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'catalog_search_ask'")
        [(text,)] = cursor.fetchall()
    assert permissions.entity_rule("e", "= ANY(trusted)") in text


def test_whoever_sees_everything_needs_no_condition(organisation: None) -> None:
    assert Sight.of(SYSTEM) == (True, ())
    assert by_sql(SYSTEM) == set(Entity.objects.values_list("pk", flat=True))
