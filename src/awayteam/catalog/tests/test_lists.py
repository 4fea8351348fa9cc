"""Lists and facets against the obvious: filtering, sorting and counting all rows in Python."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from awayteam.catalog import queries
from awayteam.catalog.models import Entity, Ownership, Revision
from awayteam.catalog.queries import EntityFilter, filters
from awayteam.catalog.tests import world
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db

REMOVED = 4
ORDERS, SECRET, WEB = (f"component:default/{name}" for name in ("orders", "orders-secret", "web"))
WORDS = {1: "present", 2: "orphan", 3: "missing", 4: "removed"}
FILTERS = [
    EntityFilter(),
    EntityFilter(kind=("component",)),
    EntityFilter(kind=("Component", "Widget"), type=("service",)),
    EntityFilter(kind=("Widget",), lifecycle=("deprecated",), presence=("orphan", "missing")),
    EntityFilter(type=("",)),
    EntityFilter(owner=("team-1", "group:default/team-2")),
    EntityFilter(owner=("",), kind=("API",)),
    EntityFilter(owner=("", "team-3"), presence=("removed",)),
    EntityFilter(source=("source 1", "")),
    EntityFilter(tag=("java", "c++")),
    EntityFilter(tag=("pci",), lifecycle=("production",), source=("source 0",)),
    EntityFilter(system=("system-1",)),
    EntityFilter(system=("", "system-2"), kind=("Component",)),
    EntityFilter(text="thing b"),
    EntityFilter(text="java", kind=("Component",)),
    EntityFilter(fields=(("spec.tier", "gold"), ("kind", "component"))),
    EntityFilter(fields=(("spec.flags", "true"), ("metadata.tags", "go"))),
    EntityFilter(owner=("nobody-knows",)),
]


def seen(row: Entity, actor: Actor) -> bool:
    mine = row.owner is not None and row.owner.team_id in actor.teams
    return not row.restricted or actor.is_administrator or mine


def fits(row: Entity, filter: EntityFilter, without: str = "") -> bool:
    def owner_fits(link: Entity | None, kind: str, wanted: tuple[str, ...]) -> bool:
        full = {value if ":" in value or not value else f"{kind}:default/{value}" for value in wanted}
        return (link.ref if link else "") in full

    owner = (row.owner.name, row.owner.title) if row.owner else ()
    text = " ".join([row.name, row.title, row.type, *row.tags, *owner])
    words = text.lower().replace("-", " ").split()
    checks: dict[str, bool] = {
        "presence": WORDS[row.presence] in (filter.presence or ("present", "orphan")),
        "kind": not filter.kind or row.kind.lower() in [kind.lower() for kind in filter.kind],
        "type": not filter.type or row.type in filter.type,
        "lifecycle": not filter.lifecycle or row.lifecycle in filter.lifecycle,
        "owner": not filter.owner or owner_fits(row.owner, "group", filter.owner),
        "system": not filter.system or owner_fits(row.system, "system", filter.system),
        "source": not filter.source or (row.source.name if row.source else "") in filter.source,
        "tag": not filter.tag or bool(set(row.tags) & set(filter.tag)),
        "text": not filter.text
        or (
            row.presence != REMOVED
            and all(any(word.startswith(part) for word in words) for part in filter.text.split())
        ),
        "fields": all(field_fits(row, path, value) for path, value in filter.fields),
    }
    return all(holds for name, holds in checks.items() if name != without)


def field_fits(row: Entity, path: str, value: str | None) -> bool:
    spec = row.document.get("spec", {})
    match path:
        case "kind":
            return row.kind.lower() == value
        case "metadata.tags":
            return value in row.tags
        case "spec.tier":
            return str(spec.get("tier")) == value
        case "spec.flags":
            return value in [str(flag).lower() for flag in spec.get("flags", [])]
    raise AssertionError(path)


def everything() -> list[Entity]:
    return list(Entity.objects.select_related("owner", "system", "source"))


def test_lists_and_facets_say_what_counting_all_rows_says() -> None:
    member = world.many(200)
    rows = everything()
    for actor in (member, world.NOBODY, SYSTEM):
        for filter in FILTERS:
            page = queries.list_entities(actor, filter, limit=1000)
            expected = {row.ref for row in rows if fits(row, filter) and seen(row, actor)}
            assert {row.ref for row in page.items} == expected, filter
            assert queries.total(actor, filter) == len(expected), filter
            check_facets(actor, filter, rows)


def check_facets(actor: Actor, filter: EntityFilter, rows: list[Entity]) -> None:
    values: dict[str, Any] = {
        "kind": lambda row: [row.kind],
        "type": lambda row: [row.type],
        "lifecycle": lambda row: [row.lifecycle],
        "owner": lambda row: [row.owner.ref if row.owner else ""],
        "source": lambda row: [row.source.name if row.source else ""],
        "presence": lambda row: [WORDS[row.presence]],
        "tag": lambda row: row.tags,
    }
    found = {
        facet.name: {value.value: value.count for value in facet.values} for facet in queries.facets(actor, filter)
    }
    for name, of in values.items():
        expected: Counter[str] = Counter()
        for row in rows:
            if fits(row, filter, without=name) and seen(row, actor):
                expected.update(of(row))
        assert found[name] == dict(expected), (name, filter)


def test_facets_mark_what_is_selected_and_keep_it_in_sight() -> None:
    world.many()
    filter = EntityFilter(kind=("Widget",), owner=("team-4",))
    found = {facet.name: facet for facet in queries.facets(SYSTEM, filter, most=1)}
    assert [value.value for value in found["kind"].values if value.selected] == ["Widget"]
    assert found["owner"].values[0].value == "group:default/team-4"
    assert found["owner"].values[0].selected
    assert found["owner"].more == 12


@pytest.mark.parametrize("sort", [sign + name for name in queries.SORTS for sign in ("", "-")])
def test_pages_in_any_order_hold_every_row_once(sort: str) -> None:
    member = world.many(150)
    for filter in (
        EntityFilter(),
        EntityFilter(kind=("Component",)),
        EntityFilter(tag=("java",)),
        EntityFilter(owner=("",)),
    ):
        found, cursor = [], None
        for _ in range(200):
            page = queries.list_entities(member, filter, sort=sort, cursor=cursor, limit=7)
            assert len(page.items) <= 7
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        whole = queries.list_entities(member, filter, sort=sort, limit=1000).items
        assert [row.ref for row in found] == [row.ref for row in whole]
        assert len({row.ref for row in found}) == len(found) == queries.total(member, filter)
        key = {
            "name": lambda row: row.label.casefold(),
            "kind": lambda row: row.kind,
            "owner": lambda row: row.owner.label.casefold() if row.owner else "",
            "type": lambda row: row.type,
            "lifecycle": lambda row: row.lifecycle,
            "changed": lambda row: row.changed_at,
        }[sort.removeprefix("-")]
        keys = [key(row) for row in found]
        groups = list(dict.fromkeys(keys))
        assert len(groups) == len(set(keys)), "rows of one value stand together"
        if all(not isinstance(one, str) or one.isascii() for one in groups) and sort.removeprefix("-") in (
            "changed",
            "type",
        ):
            assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_a_list_takes_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    world.many(60)
    with django_assert_num_queries(2):
        queries.list_entities(SYSTEM, EntityFilter(kind=("Component",), type=("service",)))
    with django_assert_num_queries(4):
        queries.list_entities(SYSTEM, EntityFilter(), sort="owner", limit=10)


def test_counts_of_words_that_are_everywhere_are_lower_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    member = world.many()
    exact = queries.counted(member, EntityFilter(text="thing"))
    monkeypatch.setattr(filters, "MOST_COUNTED", 60)
    part = queries.counted(member, EntityFilter(text="thing"))
    assert (exact.at_least, part.at_least) == (False, True)
    assert 0 < part.total < exact.total == queries.total(member, EntityFilter(text="thing"))
    assert any(value.count for facet in part.facets for value in facet.values)
    for some, all in zip(part.facets, exact.facets, strict=True):
        assert (some.at_least, all.at_least) == (True, False)
        known = {value.value: value.count for value in all.values}
        assert all.name == some.name
        assert [value for value in some.values if value.count > known.get(value.value, 0)] == []


@pytest.mark.parametrize("filter", [EntityFilter(text="thing"), EntityFilter(tag=("java",), kind=("API",))])
def test_lists_are_the_same_whether_they_look_up_or_check(
    filter: EntityFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = world.many()
    looked_up = [row.ref for row in queries.list_entities(member, filter, limit=300, sort="-name").items]
    monkeypatch.setattr(filters, "OFTEN", 3)
    checked = [row.ref for row in queries.list_entities(member, filter, limit=300, sort="-name").items]
    assert looked_up == checked
    assert len(checked) > 5


def test_facets_take_a_bounded_number_of_statements(django_assert_max_num_queries: Any) -> None:
    world.many(60)
    for filter in (EntityFilter(), EntityFilter(owner=("team-1",), source=("source 1",)), EntityFilter(text="x")):
        with django_assert_max_num_queries(15):
            queries.facets(world.NOBODY, filter)


@pytest.mark.parametrize(
    ("filter", "sort", "cursor"),
    [
        (EntityFilter(), "size", None),
        (EntityFilter(), "name", "nonsense"),
        (EntityFilter(), "changed", "WyJhIiwxXQ"),
        (EntityFilter(presence=("here",)), "name", None),
        (EntityFilter(owner=("a\0b",)), "name", None),
        (EntityFilter(fields=(('a"b', "x"),)), "name", None),
        (EntityFilter(fields=(("a..b", "x"),)), "name", None),
        (EntityFilter(fields=(("relations.likes", "x"),)), "name", None),
        (EntityFilter(fields=(("spec.a", "x\0"),)), "name", None),
    ],
)
def test_impossible_questions_are_refused(filter: EntityFilter, sort: str, cursor: str | None) -> None:
    with pytest.raises(InvalidInput):
        queries.list_entities(SYSTEM, filter, sort=sort, cursor=cursor)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("metadata.annotations.github.com/project-slug", "Org/Orders", ["component:default/orders-api"]),
        ("metadata.annotations.github.com/project-slug", None, ["component:default/orders-api"]),
        ("metadata.annotations.it's", "100%s", ["component:default/orders-api"]),
        ("metadata.name", "ORDERSAPI", ["api:default/ordersapi"]),
        (
            "spec.owner",
            "ledger",
            [ORDERS, SECRET, WEB],
        ),
        ("spec.system", None, ["component:default/web"]),
        (
            "relations.consumesApi",
            "api:default/ordersapi",
            [SECRET, WEB],
        ),
        ("relations.apiConsumedBy", "component:default/web", ["api:default/ordersapi"]),
        ("relations.providesApi", None, ["component:default/orders-api"]),
        ("metadata.tags.hidden", "true", ["component:default/orders-secret"]),
        ("spec.deep.list.name", "x", []),
        ("spec.number", "3", ["component:default/orders-api"]),
        ("'; DROP TABLE catalog_entity; --", "x", []),
    ],
)
def test_fields_by_path(path: str, value: str | None, expected: list[str]) -> None:
    things = world.named()
    orders = things["component:default/orders-api"]
    orders.document = {
        "metadata": {"annotations": {"github.com/project-slug": "org/orders", "it's": "100%s"}},
        "spec": {"number": 3, "deep": {"list": [{"name": "x"}]}},
    }
    orders.save()
    page = queries.list_entities(SYSTEM, EntityFilter(fields=((path, value),)))
    assert sorted(row.ref for row in page.items) == expected


def test_as_of_shows_states_and_owners_of_that_time() -> None:
    things = world.named()
    orders = things["component:default/orders-api"]
    past, later = world.NOW - timedelta(days=60), world.NOW + timedelta(days=10)
    Entity.objects.filter(pk=orders.pk).update(first_seen_at=world.NOW - timedelta(days=90))
    Revision.objects.create(
        entity=orders,
        valid_from=world.NOW - timedelta(days=90),
        valid_to=world.NOW,
        presence=1,
        title="Old Desk",
        type="daemon",
        lifecycle="experimental",
        tags=["cobol"],
    )
    then = queries.list_entities(SYSTEM, EntityFilter(), as_of=past)
    assert [(row.ref, row.title, row.type, row.tags, row.owner and row.owner.name) for row in then.items] == [
        ("component:default/orders-api", "Old Desk", "daemon", ("cobol",), "ledger")
    ]
    for filter, found in (
        (EntityFilter(type=("daemon",)), 1),
        (EntityFilter(type=("service",)), 0),
        (EntityFilter(owner=("ledger",)), 1),
        (EntityFilter(owner=("payments",)), 0),
        (EntityFilter(tag=("cobol",)), 1),
        (EntityFilter(tag=("java",)), 0),
    ):
        assert len(queries.list_entities(SYSTEM, filter, as_of=past).items) == found, filter
    for sort in queries.SORTS:
        assert len(queries.list_entities(SYSTEM, EntityFilter(), as_of=past, sort=sort).items) == 1
    assert queries.list_entities(SYSTEM, EntityFilter(), as_of=world.NOW - timedelta(days=100)).items == []
    now = queries.list_entities(SYSTEM, EntityFilter(kind=("Component",)), as_of=later)
    present = queries.list_entities(SYSTEM, EntityFilter(kind=("Component",)))
    assert [row.ref for row in now.items] == [row.ref for row in present.items]
    assert Ownership.objects.count() == 2
