"""Allocations, budgets and findings of growth as lists: filtered, sorted, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Case, DateTimeField, Expression, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce

from awayteam.allocations.machine import GROWTH_ANSWERED, GROWTH_UNANSWERED, WAITING, GrowthState, State
from awayteam.allocations.measuring import holding, used
from awayteam.allocations.models import Allocation, Budget, Growth, Look
from awayteam.allocations.permissions import visible, visible_budgets, visible_growth
from awayteam.allocations.rules import percent
from awayteam.catalog.models import Entity
from awayteam.catalog.queries.keyset import Beyond
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Team

LARGEST_PAGE = 1_000
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
STATES = ("open", "held", "closed", "all", *(one.value for one in State))
GROWTH_STATES = ("open", "answered", "closed", "all", *(one.value for one in GrowthState))


@dataclass(frozen=True, slots=True)
class _Sort:
    """`key` beside the id, its `type` in a cursor, and whether the largest comes first."""

    key: str | Expression
    type: type
    flipped: bool = False


_DUE = _Sort(Coalesce("due_at", Value(NEVER, output_field=DateTimeField())), datetime)
_SORTS = {
    "age": _Sort("created_at", datetime, flipped=True),
    "due": _DUE,
    "ends": _Sort("ends_text", str),
    "granted": _Sort("daily", int, flipped=True),
}
_GROWTH_SORTS = {
    "age": _Sort("created_at", datetime, flipped=True),
    "due": _DUE,
    "level": _Sort("level", float, flipped=True),
    "score": _Sort("score", float, flipped=True),
}
_SHARE = Case(
    When(share__lt=0, then=Value(-1.0) / (F("used") + Value(1.0))),  # nothing is granted: the most used comes first
    default=F("share"),
    output_field=FloatField(),
)
_BUDGET_SORTS = {
    "share": _Sort(_SHARE, float, flipped=True),
    "used": _Sort("used", float, flipped=True),
    "granted": _Sort(Cast("granted", FloatField()), float, flipped=True),
    "asked": _Sort("asked", int, flipped=True),
    "name": _Sort("provider__sort_name", str),
}
SORTS, GROWTH_SORTS, BUDGET_SORTS = tuple(_SORTS), tuple(_GROWTH_SORTS), tuple(_BUDGET_SORTS)
"""Each also with "-" before it, for the other direction."""
RELATED = ("provider", "consumer", "team", "home_team", "asking_team", "turn_person", "turn_team", "clock", "asked_by")
GROWTH_RELATED = ("provider", "consumer", "home_team", "consumer_team", "turn_team", "clock", "allocation")


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """An allocation as lists show it. `used` are its consumer's calls a day of the newest week, `share` of what was
    granted in per cent (None: nothing was). `holds`: it is in force today."""

    row: Allocation
    used: float
    share: float | None
    holds: bool


@dataclass(frozen=True, slots=True)
class AllocationFilter:
    """`state` is one of `STATES` ("held": in force today); `team` on either side."""

    state: str = "all"
    provider: Entity | None = None
    consumer: Entity | None = None
    team: Team | None = None


@dataclass(frozen=True, slots=True)
class GrowthFilter:
    state: str = "open"
    provider: Entity | None = None
    consumer: Entity | None = None
    team: Team | None = None


def looked() -> Look:
    """The newest nightly look; an empty one where there was none."""
    return Look.objects.first() or Look()


def allocations(
    actor: Actor, wanted: AllocationFilter, now: datetime, *, sort: str = "age", cursor: str | None = None,
    limit: int = 50, counted: bool = True,
) -> Page[AllocationRow]:  # fmt: skip
    """A page of allocations; some five statements. Raises `InvalidInput` for an unknown sort or state."""
    rows = _fitting(visible(actor, Allocation.objects.all(), now), wanted, now.date())
    if sort.removeprefix("-") == "ends":
        rows = rows.alias(ends_text=Cast("ends", _text()))
    page = _page(rows, _SORTS, sort, cursor, limit, counted, RELATED)
    return Page(shown(page.items, now.date()), page.next_cursor, page.total)


def _text() -> Any:
    from django.db.models import CharField

    return CharField()


def shown(rows: Any, day: date) -> list[AllocationRow]:
    """Allocations with what was used of them; two statements."""
    some = list(rows)
    calls: Mapping[int, float] = used(some, day)
    return [_shown(row, calls[row.pk], day) for row in some]


def _shown(row: Allocation, calls: float, day: date) -> AllocationRow:
    holds = row.last_day is not None and row.starts <= day <= row.last_day
    return AllocationRow(row, calls, percent(calls, row.daily) if row.granted else None, holds)


def _fitting(rows: "QuerySet[Allocation]", wanted: AllocationFilter, day: date) -> "QuerySet[Allocation]":
    if wanted.state not in STATES:
        what = f"There is no state {wanted.state[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(STATES)}.", {"state": what})
    if wanted.provider is not None:
        rows = rows.filter(provider=wanted.provider)
    if wanted.consumer is not None:
        rows = rows.filter(consumer=wanted.consumer)
    if wanted.team is not None:
        rows = rows.filter(Q(home_team=wanted.team) | Q(asking_team=wanted.team))
    if wanted.state == "open":
        return rows.filter(state__in=[one.value for one in WAITING])
    if wanted.state == "held":
        return rows.filter(holding(day))
    if wanted.state == "closed":
        return rows.filter(closed_at__isnull=False)
    return rows if wanted.state == "all" else rows.filter(state=wanted.state)


def growths(
    actor: Actor, wanted: GrowthFilter, now: datetime, *, sort: str = "age", cursor: str | None = None, limit: int = 50,
    counted: bool = True,
) -> Page[Growth]:  # fmt: skip
    """A page of findings of growth. Raises `InvalidInput` for an unknown sort or state."""
    if wanted.state not in GROWTH_STATES:
        what = f"There is no state {wanted.state[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(GROWTH_STATES)}.", {"state": what})
    rows = visible_growth(actor, Growth.objects.all(), now)
    if wanted.provider is not None:
        rows = rows.filter(provider=wanted.provider)
    if wanted.consumer is not None:
        rows = rows.filter(consumer=wanted.consumer)
    if wanted.team is not None:
        rows = rows.filter(Q(home_team=wanted.team) | Q(consumer_team=wanted.team))
    groups = {"open": GROWTH_UNANSWERED, "answered": GROWTH_ANSWERED}
    if wanted.state in groups:
        rows = rows.filter(state__in=[one.value for one in groups[wanted.state]])
    elif wanted.state == "closed":
        rows = rows.filter(closed_at__isnull=False)
    elif wanted.state != "all":
        rows = rows.filter(state=wanted.state)
    return _page(rows, _GROWTH_SORTS, sort, cursor, limit, counted, GROWTH_RELATED)


def budgets(
    actor: Actor, now: datetime, *, team: Team | None = None, words: str = "", sort: str = "share",
    cursor: str | None = None, limit: int = 50, counted: bool = True,
) -> Page[Budget]:  # fmt: skip
    """A page of providers' budgets: of those that granted, declared or are used at all."""
    told = Q(granted__gt=0) | Q(used__gt=0) | Q(asked__gt=0) | Q(capacity__isnull=False)
    rows = visible_budgets(actor, Budget.objects.filter(told), now)
    if team is not None:
        rows = rows.filter(provider__owner__team=team)
    if words.strip():
        rows = rows.filter(provider__sort_name__contains=words.strip().casefold()[:200])
    return _page(rows, _BUDGET_SORTS, sort, cursor, limit, counted, ("provider", "provider__owner__team"))


def _page(
    rows: "QuerySet[Any]", sorts: Mapping[str, _Sort], sort: str, cursor: str | None, limit: int, counted: bool,
    related: tuple[str, ...],
) -> Page[Any]:  # fmt: skip
    chosen = sorts.get(sort.removeprefix("-"))
    if chosen is None:
        what = f"There is no sort {sort[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(sorts)}, with - before it to turn it round.", {"sort": what})
    limit = max(1, min(limit, LARGEST_PAGE))
    total = rows.count() if counted else None
    descending = sort.startswith("-") != chosen.flipped
    if cursor:
        rows = rows.filter(Beyond([chosen.key, "pk"], decode_cursor(cursor, chosen.type, int), descending=descending))
    key = F(chosen.key) if isinstance(chosen.key, str) else chosen.key
    order = (key.desc(), "-pk") if descending else (key.asc(), "pk")
    found = rows.annotate(sort_key=key).order_by(*order).select_related(*related)
    return page_of(list(found[: limit + 1]), limit, lambda one: (one.sort_key, one.pk), total)
