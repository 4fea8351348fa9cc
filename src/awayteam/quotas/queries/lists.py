"""Limits, spikes and proxies as lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet, Sum

from awayteam.catalog.models import Entity
from awayteam.catalog.queries import resolve
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.quotas import past
from awayteam.quotas.models import Count, Limit, Node, Spike
from awayteam.quotas.permissions import can_add_nodes, visible, visible_spikes
from awayteam.quotas.rules import SpikeState, State
from awayteam.quotas.words import label_of, short_rate

SORTS = {
    "api": ("api__sort_name", str), "consumer": ("consumer__sort_name", str), "state": ("state", str),
    "changed": ("changed_at", datetime),
}  # fmt: skip
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class LimitFilter:
    """`team` is that of the API's owner or of the consumer's."""

    api: Entity | None = None
    consumer: Entity | None = None
    state: State | None = None
    sort: str = "api"

    @property
    def condition(self) -> Q:
        found = Q()
        if self.api is not None:
            found &= Q(api=self.api)
        if self.consumer is not None:
            found &= Q(consumer=self.consumer)
        if self.state is not None:
            found &= Q(state=self.state.value)
        return found


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit as lists show it; counts are those of proxies in the last 24 hours."""

    limit: Limit
    allowed: int = 0
    over: int = 0
    denied: int = 0

    @property
    def label(self) -> str:
        return label_of(self.limit)

    @property
    def rate(self) -> str:
        return short_rate(self.limit)


def filter_of(
    actor: Actor, now: datetime, *, api: str = "", consumer: str = "", state: str = "", sort: str = ""
) -> LimitFilter:
    """The filter that words mean. Raises `InvalidInput`, `NotFound`."""
    if state and state not in set(State):
        raise InvalidInput(
            f"There is no state {state[:40]!r}.", f"Use one of {', '.join(State)}.", {"state": "unknown"}
        )
    if sort.removeprefix("-") not in {"", *SORTS}:
        raise InvalidInput(f"Nothing sorts by {sort[:40]!r}.", f"Use one of {', '.join(SORTS)}.", {"sort": "unknown"})
    return LimitFilter(
        resolve(actor, api, now) if api else None, resolve(actor, consumer, now) if consumer else None,
        State(state) if state else None, sort or "api",
    )  # fmt: skip


def limits(
    actor: Actor, wanted: LimitFilter, now: datetime, *, cursor: str | None = None, limit: int = 50
) -> Page[LimitRow]:
    """A page of limits; two statements."""
    name = wanted.sort.removeprefix("-")
    column, kind = SORTS[name]
    down = wanted.sort.startswith("-")
    rows = _rows(actor, wanted, now)
    if name == "consumer":
        rows = rows.filter(consumer__isnull=False)
    if cursor:
        value, pk = decode_cursor(cursor, kind, int)
        beyond = "lt" if down else "gt"
        rows = rows.filter(Q(**{f"{column}__{beyond}": value}) | Q(**{column: value, f"pk__{beyond}": pk}))
    sign = "-" if down else ""
    found = list(rows.order_by(f"{sign}{column}", f"{sign}pk")[: limit + 1])
    page = page_of(found, limit, lambda row: (_value(row, name), row.pk))
    return Page(counted(page.items, now), page.next_cursor)


def _value(row: Limit, name: str) -> str | datetime:
    if name == "changed":
        return row.changed_at
    if name == "state":
        return row.state
    entity = row.api if name == "api" else row.consumer
    return entity.sort_name if entity is not None else ""


def number(actor: Actor, wanted: LimitFilter, now: datetime) -> int:
    return _rows(actor, wanted, now).count()


def limits_of_entity(actor: Actor, entity: Entity, now: datetime, most: int) -> list[LimitRow]:
    """Limits of an API, of the APIs that... or of a consumer: whichever the entity is."""
    rows = visible(actor, Limit.objects.filter(Q(api=entity) | Q(consumer=entity)), now)
    found = rows.select_related("api", "consumer").order_by("api__sort_name", "consumer__sort_name", "pk")
    return counted(list(found[:most]), now)


def _rows(actor: Actor, wanted: LimitFilter, now: datetime) -> "QuerySet[Limit]":
    return visible(actor, Limit.objects.filter(wanted.condition), now).select_related("api", "consumer")


def counted(rows: Sequence[Limit], now: datetime) -> list[LimitRow]:
    """Rows with what proxies counted in the last 24 hours."""
    since = past.hour_of(now) - DAY_HOURS
    sums = Count.objects.filter(limit__in=[row.pk for row in rows], hour__gt=since).values("limit").order_by()
    known = {
        row["limit"]: (row["a"], row["o"], row["d"])
        for row in sums.annotate(a=Sum("allowed"), o=Sum("over"), d=Sum("denied"))
    }
    return [LimitRow(row, *known.get(row.pk, ())) for row in rows]


def spikes(actor: Actor, now: datetime, *, state: str = "", cursor: str | None = None, limit: int = 50) -> Page[Spike]:
    """Spikes, the newest first. Raises `InvalidInput`."""
    if state and state not in set(SpikeState):
        what = f"There is no state {state[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(SpikeState)}.", {"state": "unknown"})
    rows = visible_spikes(actor, Spike.objects.filter(state=state) if state else Spike.objects.all(), now)
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        rows = rows.filter(Q(found_at__lt=at) | Q(found_at=at, pk__lt=pk))
    found = rows.select_related("api__owner", "consumer__owner").order_by("-found_at", "-pk")
    return page_of(list(found[: limit + 1]), limit, lambda row: (row.found_at, row.pk))


def unanswered(actor: Actor, entities: Iterable[Entity], now: datetime) -> list[Spike]:
    """Open spikes of these APIs or consumers."""
    ids = [one.pk for one in entities]
    rows = visible_spikes(actor, Spike.objects.filter(Q(api__in=ids) | Q(consumer__in=ids), state="open"), now)
    return list(rows.select_related("api", "consumer").order_by("-found_at", "-pk")[:20])


def nodes(actor: Actor) -> list[Node]:
    """Proxies that have a token; for administrators."""
    can_add_nodes(actor).require()
    return list(Node.objects.filter(revoked_at__isnull=True).order_by(F("name")))
