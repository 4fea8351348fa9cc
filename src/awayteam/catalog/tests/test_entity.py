"""One entity: finding it, its relations, owners, edits, and the picture around it."""

import sys
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from awayteam.catalog import queries
from awayteam.catalog.models import Alias, Edit, Entity, Relation
from awayteam.catalog.tests import world
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.sources.declared import RelationType
from awayteam.sources.models import Finding, Source, SourceFile

pytestmark = pytest.mark.django_db


def test_references_in_any_case_former_ones_and_bare_names_are_resolved() -> None:
    world.named()
    for ref in (
        "component:default/orders-api",
        "Component:Orders-API",
        "component:default/order-service",
        "orders-api",
        "order-service",
        "default/Order-Service",
    ):
        assert queries.resolve(SYSTEM, ref).ref == "component:default/orders-api"


@pytest.mark.parametrize("ref", ["component:default/nothing", "nothing", "", "a:b:c/d/e", "\0", "x" * 999, ":", "/"])
def test_what_is_not_there_is_not_found(ref: str) -> None:
    world.named()
    with pytest.raises(NotFound):
        queries.resolve(SYSTEM, ref)


def test_a_bare_name_of_several_things_is_refused_with_the_choices() -> None:
    world.named()
    world.entity("Resource", "web")
    with pytest.raises(InvalidInput, match="component:default/web, resource:default/web"):
        queries.resolve(SYSTEM, "web")


def test_a_bare_former_name_gives_way_to_a_present_one_and_must_be_of_one_thing() -> None:
    things = world.named()
    Alias.objects.create(ref="resource:default/order-service", entity=things["component:default/web"], since=world.NOW)
    Alias.objects.create(ref="api:default/web", entity=things["component:default/orders-api"], since=world.NOW)
    hidden = things["component:default/orders-secret"]
    Alias.objects.create(ref="api:default/was-secret", entity=hidden, since=world.NOW)
    with pytest.raises(InvalidInput, match="component:default/orders-api, component:default/web"):
        queries.resolve(SYSTEM, "order-service")
    assert queries.resolve(SYSTEM, "web").ref == "component:default/web"
    with pytest.raises(NotFound):
        queries.resolve(world.NOBODY, "was-secret")


def test_the_restricted_is_not_found_by_others() -> None:
    things = world.named()
    with pytest.raises(NotFound):
        queries.resolve(world.NOBODY, "component:default/orders-secret")
    ledger = things["group:default/ledger"].team_id
    assert ledger is not None
    member = Actor(kind=ActorKind.PERSON, label="m", teams=frozenset({ledger}))
    assert queries.resolve(member, "component:default/orders-secret").restricted


def test_relations_in_both_directions_with_all_who_declare_them() -> None:
    things = world.named()
    orders = things["component:default/orders-api"]
    found = {(row.type, row.other.ref): row.declared_by for row in queries.relations(SYSTEM, orders)}
    assert found == {
        ("providesApi", "api:default/ordersapi"): ("component:default/orders-api",),
        ("dependencyOf", "component:default/orders"): ("component:default/orders", "component:default/orders-api"),
        ("dependencyOf", "component:default/orders-secret"): ("component:default/orders-secret",),
    }
    counts = queries.relation_counts(world.NOBODY, orders)
    assert counts == {(RelationType.PROVIDES_API, "out"): 1, (RelationType.DEPENDS_ON, "in"): 1}
    assert {row.other.name for row in queries.relations(world.NOBODY, orders)} == {"OrdersAPI", "orders"}


def test_thousands_of_relations_come_page_by_page() -> None:
    hub = world.entity("Component", "hub")
    for n in range(45):
        world.relate(world.entity("Component", f"user-{n:02}"), RelationType.DEPENDS_ON, hub)
    names, cursor = [], None
    while True:
        page = queries.relations_page(SYSTEM, hub, RelationType.DEPENDS_ON, "in", cursor=cursor, limit=20)
        assert page.total == 45
        names += [row.other.name for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert names == [f"user-{n:02}" for n in range(45)]


def test_ownership_history_is_latest_first() -> None:
    things = world.named()
    history = queries.ownership_history(SYSTEM, things["component:default/orders-api"])
    assert [(row.owner.name, row.ends, row.reason) for row in history] == [
        ("payments", None, "moved"),
        ("ledger", world.NOW - timedelta(days=30), ""),
    ]


@pytest.mark.parametrize(
    ("rule", "declared_later", "winner"),
    [("person", True, "person"), ("source", False, "source"), ("newest", True, "source"), ("newest", False, "person")],
)
def test_edits_stand_beside_what_the_source_says(rule: str, declared_later: bool, winner: str) -> None:
    orders = world.named()["component:default/orders-api"]
    later = world.NOW + timedelta(hours=1) if declared_later else None
    Edit.objects.create(
        entity=orders, field="title", value="A", declared="B", declared_at=later, reason="so", made_at=world.NOW
    )
    Edit.objects.create(
        entity=orders, field="type", value="x", declared="x", declared_at=later, reason="so", made_at=world.NOW
    )
    assert [(row.field, row.in_force) for row in queries.edits(orders, wins=rule)] == [
        ("title", winner),
        ("type", winner),
    ]
    assert [row.field for row in queries.contradictions(orders)] == ["title"]


def test_operations_are_paged_and_narrowed() -> None:
    api = world.named()["api:default/ordersapi"]
    for n in range(5):
        api.operations.create(key=f"POST /old/{n}", verb="POST", path=f"/old/{n}", deprecated=True, position=n + 1)
    first = queries.operations(api, limit=4)
    assert (len(first.items), first.total) == (4, 6)
    assert [row.key for row in queries.operations(api, limit=4, cursor=first.next_cursor).items] == [
        "POST /old/3",
        "POST /old/4",
    ]
    assert queries.operations(api, deprecated=False).total == 1
    assert queries.operations(api, text="OLD/3").total == 1


@pytest.mark.parametrize(
    ("key", "name", "called"),
    [("GET /cart", "getCart", "getCart"), ("a.v1.A/Buy", "Buy", ""), ("query cart", "cart", ""), ("GET /", "", "")],
)
def test_operations_are_called_by_name_where_the_key_does_not_say_it(key: str, name: str, called: str) -> None:
    api = world.named()["api:default/ordersapi"]
    api.operations.create(key=key, name=name, position=1)
    assert [(row.key, row.called) for row in queries.operations(api).items][1:] == [(key, called)]
    if name:
        assert [row.name for row in queries.operations(api, text=name.upper()).items] == [name]


def test_a_declaration_tells_its_age_and_what_is_wrong_with_it() -> None:
    orders = world.named()["component:default/orders-api"]
    assert queries.declaration(orders) is None
    source = Source.objects.create(
        name="git", kind="git", location="/", created_at=world.NOW, last_success_at=world.NOW
    )
    file = SourceFile.objects.create(source=source, path="a.yaml", format="backstage", good=False, read_at=world.NOW)
    Finding.objects.create(source=source, file=file, path="a.yaml", message="broken", found_at=world.NOW)
    Finding.objects.create(
        source=source, file=file, entity="component:default/web", message="other", found_at=world.NOW
    )
    Entity.objects.filter(pk=orders.pk).update(source=source, file=file, line=7)
    orders = queries.resolve(SYSTEM, orders.ref)
    declared = queries.declaration(orders)
    assert declared is not None
    assert (declared.path, declared.line, declared.good) == ("a.yaml", 7, False)
    assert declared.age(world.NOW + timedelta(hours=2)) == timedelta(hours=2)
    assert [(row.message, row.about) for row in queries.findings(orders)] == [("broken", "file")]


def test_a_neighbour_in_the_same_file_keeps_its_faults_to_itself() -> None:
    things = world.named()
    source = Source.objects.create(name="git", kind="git", location="/", created_at=world.NOW)
    file = SourceFile.objects.create(source=source, path="a.yaml", good=False, read_at=world.NOW)
    refs = ("component:default/orders-api", "component:default/web")
    for index, ref in enumerate(refs):
        Entity.objects.filter(pk=things[ref].pk).update(source=source, file=file, document_index=index)
    Finding.objects.create(source=source, file=file, document=1, message="not closed", found_at=world.NOW)

    def shown() -> list[tuple[bool, list[tuple[str, str]]]]:
        entities = [queries.resolve(SYSTEM, ref) for ref in refs]
        declarations = [queries.declaration(one) for one in entities]
        findings = [[(row.message, row.about) for row in queries.findings(one)] for one in entities]
        return [(one is not None and one.good, rows) for one, rows in zip(declarations, findings, strict=True)]

    assert shown() == [(True, []), (False, [("not closed", "entity")])]
    Finding.objects.create(source=source, file=file, message="no UTF-8", found_at=world.NOW)
    whole = ("no UTF-8", "file")
    assert [(good, whole in rows, len(rows)) for good, rows in shown()] == [(False, True, 1), (False, True, 2)]


def drawn(around: queries.Neighbourhood) -> dict[str, int]:
    return {node.entity.ref: node.layer for node in around.nodes}


def test_consumers_stand_left_and_providers_right_with_apis_between() -> None:
    things = world.named()
    web, orders, api = (
        things[ref] for ref in ("component:default/web", "component:default/orders-api", "api:default/ordersapi")
    )
    around = queries.neighbourhood(world.NOBODY, web)
    assert drawn(around) == {web.ref: 0, orders.ref: 1, "component:default/orders-ghost": 1}
    edge = next(edge for edge in around.edges if edge.target == orders.pk)
    assert (edge.source, [one.ref for one in edge.via]) == (web.pk, [api.ref])
    around = queries.neighbourhood(world.NOBODY, orders)
    assert drawn(around) == {orders.ref: 0, web.ref: -1, "component:default/orders": -1}
    assert drawn(queries.neighbourhood(SYSTEM, orders))["component:default/orders-secret"] == -1
    assert drawn(queries.neighbourhood(world.NOBODY, api)) == {api.ref: 0, web.ref: -1, orders.ref: 1}
    shop = things["system:default/shop"]
    world.relate(web, RelationType.PART_OF, shop)
    assert drawn(queries.neighbourhood(world.NOBODY, shop)) == {shop.ref: 0, web.ref: -1}


def test_a_hub_is_bounded_and_says_how_many_more_there_are() -> None:
    hub = world.entity("Component", "hub")
    users = [world.entity("Component", f"user-{n:03}", restricted=n == 0) for n in range(120)]
    for user in users:
        world.relate(user, RelationType.DEPENDS_ON, hub)
    for n in range(9):
        world.relate(users[77], RelationType.DEPENDS_ON, world.entity("Resource", f"db-{n}"))
    around = queries.neighbourhood(world.NOBODY, hub)
    assert len(around.nodes) == 50
    assert [(left.layer, left.count, left.text) for left in around.left_out] == [(-1, 70, "70 more consumers")]
    assert around.nodes[1].entity.name == "user-077", "the most connected first"
    deeper = queries.neighbourhood(world.NOBODY, users[77], depth=2)
    assert {node.layer for node in deeper.nodes} == {0, 1}
    assert len(deeper.nodes) == 11


def test_a_hub_beyond_what_is_read_is_counted_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[queries.neighbourhood.__module__], "CANDIDATES", 10)
    hub, api = world.entity("Component", "hub"), world.entity("API", "hub-api")
    world.relate(hub, RelationType.PROVIDES_API, api)
    for n in range(30):
        user = world.entity("Component", f"user-{n}", restricted=n < 3)
        world.relate(user, RelationType.DEPENDS_ON if n % 2 else RelationType.CONSUMES_API, hub if n % 2 else api)
    around = queries.neighbourhood(world.NOBODY, hub, limit=6)
    assert sum(left.count for left in around.left_out) + len(around.nodes) - 1 == 27


def test_circles_end() -> None:
    one, two = world.entity("Component", "one"), world.entity("Component", "two")
    world.relate(one, RelationType.DEPENDS_ON, two)
    world.relate(two, RelationType.DEPENDS_ON, one)
    world.relate(one, RelationType.DEPENDS_ON, one)
    around = queries.neighbourhood(SYSTEM, one, depth=3)
    assert len(around.nodes) == 2
    assert len(around.edges) == 2


def test_pages_take_a_constant_number_of_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    orders = world.named()["component:default/orders-api"]
    for n in range(20):
        world.relate(world.entity("Component", f"more-{n}"), RelationType.DEPENDS_ON, orders)
    assert Relation.objects.count() > 20
    budgets = [
        (2, lambda: queries.resolve(SYSTEM, orders.ref)),
        (1, lambda: queries.ownership_history(world.NOBODY, orders)),
        (2, lambda: queries.relation_counts(SYSTEM, orders)),
        (3, lambda: queries.relations(SYSTEM, orders)),
        (3, lambda: queries.relations_and_counts(SYSTEM, orders)),
        (4, lambda: queries.relations_page(SYSTEM, orders, RelationType.DEPENDS_ON, "in")),
        (10, lambda: queries.neighbourhood(world.NOBODY, orders)),
    ]
    for budget, read in budgets:
        with django_assert_num_queries(budget):
            read()


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_relations_and_counts_are_those_of_either(limit: int) -> None:
    rows = world.named()
    for entity in rows.values():
        for actor in (world.NOBODY, SYSTEM):
            related, counts = queries.relations_and_counts(actor, entity, limit=limit)
            assert counts == queries.relation_counts(actor, entity)
            if limit == 1_000:
                assert related == queries.relations(actor, entity)


def test_health_counts_what_has_no_owner() -> None:
    world.named()
    nothing = world.team("vanished", presence=3)
    world.entity("Component", "lost")
    world.entity("Component", "stray", owner=nothing)
    world.entity("Component", "hidden-stray", owner=nothing, restricted=True)
    world.ready()
    found = queries.health(world.NOBODY)
    assert (found.unowned, found.owner_missing, found.orphans, found.dangling) == (1, 1, 1, 2)
    assert queries.health(SYSTEM).owner_missing == 2
