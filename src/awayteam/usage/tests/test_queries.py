"""Questions about use: answered by entity and by name, with what they rest on, and nothing hidden told."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from awayteam.catalog.models import ApiOperation, Entity, Ownership
from awayteam.catalog.tests.world import entity, relate, team
from awayteam.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import InvalidInput, NotAllowed, NotFound
from awayteam.sources.declared import RelationType
from awayteam.usage import queries
from awayteam.usage.models import Edge, Name
from awayteam.usage.queries import HIDDEN
from awayteam.usage.store import owner
from awayteam.usage.tests.land import NOW, counts, days, stored

SOMEBODY = Actor(kind=ActorKind.PERSON, label="somebody")
TODAY = NOW.date()


@pytest.fixture
def land(db: None, settings: Any, tmp_path: Path) -> dict[str, Entity]:
    """`shop` and `cart` use `pay` (an entity with two names), `pay` uses `ledger` and the restricted `vault`."""
    settings.DATA = tmp_path
    stored(
        counts(
            ("shop", "pay", "POST /pay/{id}", 40), ("shop", "pay", "GET /old", 10), ("cart", "pay-v2", "GET /new", 5)
        ),
        counts(("pay", "ledger", "book", 7), ("pay", "vault", "open", 3), ("spy", "vault", "open", 1)),
        counts(("shop", "pay", "POST /pay/{id}", 44), source="envoy"),
        days(("batch", "ledger", "close", 2), back=[60]),
        counts(("pay", "pay-v2", "self", 99), probability=0.25),
    )
    money, shopping = team("money"), team("shopping")
    made = {
        "pay": entity("Component", "pay", title="Payments", owner=money),
        "shop": entity("Component", "shop", owner=shopping),
        "vault": entity("Component", "vault", owner=money, restricted=True),
        "ledger": entity("Component", "ledger", owner=money),
        "api": entity("API", "pay-api", owner=money),
        "money": money,
        "shopping": shopping,
    }
    for name in ("pay", "shop", "vault", "ledger"):
        Name.objects.filter(text=name).update(entity=made[name], how="rule")
    Name.objects.filter(text="pay-v2").update(entity=made["pay"], how="hand")
    relate(made["pay"], RelationType.PROVIDES_API, made["api"])
    ApiOperation.objects.create(api=made["api"], key="POST /pay/{payment}", verb="POST", path="/pay/{payment}")
    ApiOperation.objects.create(api=made["api"], key="GET /old", verb="GET", path="/old", deprecated=True)
    return made


def lines(answer: Any) -> list[tuple[str, str, str | None, float, str]]:
    return [
        (one.consumer.label, one.provider.label, one.operation, one.calls, one.source) for one in answer.items
    ]  # fmt: skip


def test_use_is_told_by_entity_with_all_its_names(land: dict[str, Entity]) -> None:
    answer = queries.uses(SOMEBODY, now=NOW, provider=land["pay"])
    assert lines(answer) == [
        ("shop", "Payments", None, 50, "otlp"), ("shop", "Payments", None, 44, "envoy"),
        ("cart", "Payments", None, 5, "otlp"),
    ]  # fmt: skip
    assert {one.source: (one.spans, one.paired, one.sampling) for one in answer.evidence} == {
        "envoy": (88, 44, 1.0), "otlp": (330, 165, 0.25),
    }  # fmt: skip
    assert (answer.since, answer.until) == (TODAY - timedelta(days=29), TODAY)
    assert answer.items[0].consumer.owner is not None
    assert lines(queries.uses(SOMEBODY, now=NOW, provider="pay-v2")) == [("cart", "Payments", None, 5, "otlp")]
    assert queries.uses(SOMEBODY, now=NOW, provider="component:default/pay").items == answer.items
    assert len(queries.uses(SOMEBODY, now=NOW, provider=land["pay"], itself=True).items) == 4


def test_use_of_an_api_is_that_of_its_operations(land: dict[str, Entity]) -> None:
    assert lines(queries.uses(SOMEBODY, now=NOW, provider=land["api"], group="operation")) == [
        ("shop", "Payments", "POST /pay/{id}", 44, "envoy"), ("shop", "Payments", "POST /pay/{id}", 40, "otlp"),
        ("shop", "Payments", "GET /old", 10, "otlp"),
    ]  # fmt: skip


def test_use_is_filtered_and_sorted(land: dict[str, Entity]) -> None:
    asked = queries.uses(SOMEBODY, now=NOW, consumer="shop", operation="GET /old", group="operation")
    assert lines(asked) == [("shop", "Payments", "GET /old", 10, "otlp")]
    edge = asked.items[0].edge
    assert edge == Edge.objects.get(operation__text="GET /old").pk
    assert lines(queries.uses(SOMEBODY, now=NOW, source="envoy", sort="last_seen"))[0][4] == "envoy"
    assert queries.uses(SOMEBODY, now=NOW, kind="database").items == []
    with pytest.raises(InvalidInput):
        queries.uses(SOMEBODY, now=NOW, sort="colour")
    with pytest.raises(NotFound, match="ledger"):
        queries.uses(SOMEBODY, now=NOW, provider="ledgr")
    with pytest.raises(NotAllowed):
        queries.uses(ANONYMOUS, now=NOW)


@pytest.mark.parametrize("group", queries.GROUPS)
@pytest.mark.parametrize("sort", queries.SORTS)
def test_pages_join_to_the_whole(land: dict[str, Entity], group: str, sort: str) -> None:
    whole = queries.uses(SYSTEM, now=NOW, group=group, sort=sort, limit=100)
    cursor, rows = None, []
    while True:
        page = queries.uses(SYSTEM, now=NOW, group=group, sort=sort, limit=2, cursor=cursor)
        rows += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert rows == whole.items
    assert len(rows) >= 6


def test_what_is_restricted_is_counted_and_not_named(land: dict[str, Entity]) -> None:
    found = queries.uses(SOMEBODY, now=NOW, consumer="pay", group="operation")
    assert lines(found) == [("Payments", "ledger", "book", 7, "otlp"), ("Payments", HIDDEN, "", 3, "otlp")]
    hidden = found.items[1]
    assert (hidden.edge, hidden.provider.names, hidden.provider.entity) == (None, (), None)
    assert ("Payments", HIDDEN, None, 3, "otlp") in lines(queries.uses(SOMEBODY, now=NOW, consumer="pay"))
    assert ("Payments", "vault", "open", 3, "otlp") in lines(
        queries.uses(SYSTEM, now=NOW, consumer="pay", group="operation")
    )
    for who in ("vault", "component:default/vault", Name.objects.get(text="vault")):
        with pytest.raises(NotFound):
            queries.uses(SOMEBODY, now=NOW, provider=who)
    trusted = Actor(kind=ActorKind.PERSON, label="ada", teams=frozenset({land["money"].team_id}))
    assert len(queries.uses(trusted, now=NOW, provider="vault").items) == 2


@pytest.mark.parametrize("days", [30, 40])
def test_operations_of_what_is_restricted_cannot_be_guessed(land: dict[str, Entity], days: int) -> None:
    assert not queries.uses(SOMEBODY, now=NOW, operation="open", days=days).items
    assert len(queries.uses(SYSTEM, now=NOW, operation="open", days=days).items) == 2
    assert len(queries.uses(SOMEBODY, now=NOW, operation="book", days=days).items) == 1


def test_sole_users_come_with_their_evidence(land: dict[str, Entity]) -> None:
    found = {(one.provider.label, one.consumer.label): one for one in queries.sole(SOMEBODY, now=NOW).items}
    assert set(found) == {("ledger", "Payments")}, "vault has two users, and pay too"
    one = found["ledger", "Payments"]
    assert (one.calls, one.missed_below, one.is_unsampled) == (7, 1, True)
    assert not queries.sole(SOMEBODY, now=NOW, days=90).items, "batch used it two months ago"
    by_operation = queries.sole(SOMEBODY, now=NOW, days=90, group="operation", provider=land["pay"]).items
    assert [(one.operation, one.consumer.label, [each.source for each in one.evidence]) for one in by_operation] == [
        ("GET /new", "cart", ["otlp"]), ("GET /old", "shop", ["otlp"]),
        ("POST /pay/{id}", "shop", ["envoy", "otlp"]),
    ]  # fmt: skip


def test_sampled_evidence_says_what_it_may_have_missed(land: dict[str, Entity]) -> None:
    stored(counts(("one", "two", "x", 50), probability=0.01))
    stored(counts(("one", "three", "x", 50), probability=None))
    found = {one.provider.label: one for one in queries.sole(SOMEBODY, now=NOW).items}
    assert (found["two"].missed_below, found["two"].calls) == (688, pytest.approx(5000))
    assert (found["three"].missed_below, found["three"].is_unsampled) == (None, False)


def test_days_come_as_a_matrix(land: dict[str, Entity]) -> None:
    pk = Edge.objects.get(consumer__text="batch").pk
    other = Edge.objects.get(operation__text="book").pk
    matrix = queries.daily([other, pk, 999_999], 61, until=TODAY)
    assert matrix.shape == (3, 61)
    assert [row.nonzero()[0].tolist() for row in matrix] == [[60], [0], []]
    every = queries.all_daily(30, until=TODAY)
    assert sorted(every.edges.tolist()) == sorted(Edge.objects.filter(calls__gt=0).values_list("pk", flat=True))
    whole = queries.all_daily(61, until=TODAY, complete=True, source="otlp")
    assert whole.calls.shape == (Edge.objects.filter(source__name="otlp").count(), 61)
    assert whole.calls[whole.edges.tolist().index(pk), 0] == 2
    assert whole.keys[whole.edges.tolist().index(pk)].tolist() == list(
        Edge.objects.filter(pk=pk).values_list("consumer_id", "provider_id", "operation_id", "source_id").get()
    )


def test_a_trend_has_no_gaps(land: dict[str, Entity]) -> None:
    answer = queries.trend(SOMEBODY, now=NOW, days=61, provider="ledger")
    (one,) = answer.items
    assert (one.source, len(one.points), one.points[0].calls, one.points[-1].calls) == ("otlp", 61, 2, 7)
    hours = queries.trend(SOMEBODY, now=NOW, days=1, grain="hour", provider="ledger").items[0].points
    assert (len(hours), hours[-1].calls, hours[-1].at.hour) == (11, 7, 10)
    with pytest.raises(InvalidInput):
        queries.trend(SOMEBODY, now=NOW, days=60, grain="hour")


def test_use_lands_on_the_team_that_owned_the_user_then(land: dict[str, Entity]) -> None:
    stored(days(("shop", "ledger", "read", 10), ("cart", "ledger", "read", 1), back=[1, 2, 3, 4]))
    moved = NOW - timedelta(days=2, hours=20)
    Ownership.objects.create(entity=land["shop"], owner=land["shopping"], ends=moved)
    Ownership.objects.create(entity=land["shop"], owner=land["money"], starts=moved)
    answer = queries.by_team(SOMEBODY, "ledger", now=NOW, days=5)
    found = {one.owner.ref if one.owner else None: list(one.calls) for one in answer.items}
    assert found == {
        "group:default/shopping": [10, 10, 0, 0, 0],
        "group:default/money": [0, 0, 10, 10, 0],
        None: [1, 1, 1, 1, 7],
    }


def test_who_is_hit_and_what_is_needed(land: dict[str, Entity]) -> None:
    hit = [
        (one.party.label, one.depth, one.via.label) for one in queries.blast_radius(SOMEBODY, "ledger", now=NOW).items
    ]
    assert hit == [("Payments", 1, "ledger"), ("shop", 2, "Payments"), ("cart", 2, "Payments")]
    assert len(queries.blast_radius(SOMEBODY, "ledger", now=NOW, depth=1).items) == 1
    needed = queries.dependencies(SOMEBODY, land["shop"], now=NOW).items
    assert [(one.party.label, one.depth, one.calls) for one in needed] == [
        ("Payments", 1, 50), ("ledger", 2, 7), (HIDDEN, 2, 3),
    ]  # fmt: skip


def test_what_nobody_uses_is_told_where_telemetry_can_tell(land: dict[str, Entity]) -> None:
    idle = entity("API", "idle-api", owner=land["money"])
    relate(land["pay"], RelationType.PROVIDES_API, idle)
    ApiOperation.objects.create(api=idle, key="GET /idle", verb="GET", path="/idle")
    entity("API", "unknown-api")
    found = queries.unused(SOMEBODY, now=NOW)
    assert [(one.entity.ref, one.last_seen, one.declared) for one in found.items] == [("api:default/idle-api", None, 0)]
    later = NOW + timedelta(days=40)
    assert [one.entity.name for one in queries.unused(SOMEBODY, now=later).items] == [
        "idle-api", "ledger", "pay-api", "pay",
    ]  # fmt: skip
    first = queries.unused(SOMEBODY, now=later, limit=1)
    rest = queries.unused(SOMEBODY, now=later, cursor=first.next_cursor)
    assert [one.entity.name for one in (*first.items, *rest.items)] == ["idle-api", "ledger", "pay-api", "pay"]


def test_callers_of_what_is_deprecated(land: dict[str, Entity]) -> None:
    found = queries.deprecated_callers(SOMEBODY, now=NOW).items
    assert [(one.use.consumer.label, one.use.operation, one.what, one.declared.name) for one in found] == [
        ("shop", "GET /old", "operation", "pay-api")
    ]
    Entity.objects.filter(pk=land["ledger"].pk).update(lifecycle="deprecated")
    assert {one.what for one in queries.deprecated_callers(SOMEBODY, now=NOW).items} == {"operation", "component"}


def test_declared_and_observed_are_compared(land: dict[str, Entity]) -> None:
    idle = entity("Component", "idle")
    relate(land["shop"], RelationType.CONSUMES_API, land["api"])
    relate(land["shop"], RelationType.DEPENDS_ON, land["ledger"])
    relate(land["shop"], RelationType.DEPENDS_ON, idle)
    relate(land["shop"], RelationType.DEPENDS_ON, land["vault"])
    found = queries.declared_never_observed(SOMEBODY, now=NOW).items
    assert [(one.consumer.name, one.provider.name, one.last_seen) for one in found] == [("shop", "ledger", None)]
    every = queries.declared_never_observed(SOMEBODY, now=NOW, can_tell=False).items
    assert [(one.provider.name, one.can_tell) for one in every] == [("ledger", True), ("idle", False)]
    assert lines(queries.observed_never_declared(SOMEBODY, now=NOW)) == [
        ("Payments", "ledger", None, 7, "otlp"), ("Payments", HIDDEN, None, 3, "otlp"),
    ]  # fmt: skip


def test_a_page_costs_the_same_however_much_is_on_it(land: dict[str, Entity]) -> None:
    from django.db import connection

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries_made:
            queries.uses(SOMEBODY, now=NOW, provider=land["pay"], limit=100)
        return len(queries_made)

    before = cost()
    stored(counts(*[(f"user-{n}", "pay", "GET /new", n + 1) for n in range(30)]))
    assert cost() == before <= 10
    with owner.owning():
        pass
