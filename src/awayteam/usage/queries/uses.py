"""Who uses whom over the last 30 days, from the summary."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, F, FloatField, Max, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import ApiOperation, Entity
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.usage.models import Edge, Name, Operation
from awayteam.usage.operations import operation_key
from awayteam.usage.permissions import Verb, can
from awayteam.usage.queries.evidence import behind, window
from awayteam.usage.queries.parties import Meant, Parties, Who, meant
from awayteam.usage.queries.rows import WINDOW_DAYS, Answer, Use
from awayteam.usage.queries.window import over

GROUPS = ("service", "operation")
SORTS = ("calls", "failed", "last_seen")
_UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: any of provider, consumer, operation (its text), source, kind of call.

    `hidden` are the entities that whoever asks may not see: their operations can't be guessed by asking for one.
    """

    provider: Meant | None = None
    consumer: Meant | None = None
    operation: str = ""
    source: str = ""
    kind: str = ""
    hidden: "QuerySet[Entity] | None" = None

    def edges(self) -> "QuerySet[Edge]":
        rows = Edge.objects.filter(calls__gt=0)
        if self.provider is not None:
            rows = rows.filter(provider__in=self.provider.names)
            if self.provider.api is not None:
                rows = rows.filter(_operations_of(self.provider))
        if self.consumer is not None:
            rows = rows.filter(consumer__in=self.consumer.names)
        if self.operation:
            rows = rows.filter(operation__text=self.operation).exclude(provider__entity__in=self._hidden())
        if self.source:
            rows = rows.filter(source__name=self.source)
        if self.kind:
            rows = rows.filter(operation__kind=self.kind)
        return rows

    def ids(self) -> dict[str, Any]:
        """The same for the files: ids of providers, consumers and operations, None for all."""
        found: dict[str, Any] = {
            "providers": None if self.provider is None else self.provider.names,
            "consumers": None if self.consumer is None else self.consumer.names,
            "operations": None,
        }
        narrowed = self.provider is not None and self.provider.api is not None
        if self.operation or narrowed or self.kind:
            rows = Operation.objects.all()
            if self.provider is not None:
                rows = rows.filter(_operations_of(self.provider, "pk"), provider__in=self.provider.names)
            if self.operation:
                rows = rows.filter(text=self.operation).exclude(provider__entity__in=self._hidden())
            if self.kind:
                rows = rows.filter(kind=self.kind)
            found["operations"] = set(rows.values_list("pk", flat=True))
        return found

    def _hidden(self) -> "QuerySet[Any, Any]":
        return (Entity.objects.none() if self.hidden is None else self.hidden).order_by().values("pk")


def _operations_of(provider: Meant, column: str = "operation") -> Q:
    """Operations of the providers that the API has; all of them where it says nothing of its operations."""
    if provider.api is None:
        return Q()
    known = {operation_key(key) for key in ApiOperation.objects.filter(api=provider.api).values_list("key", flat=True)}
    if not known:
        return Q()
    rows = Operation.objects.filter(provider__in=provider.names).values_list("pk", "text")
    return Q(**{f"{column}__in": [pk for pk, text in rows if operation_key(text) in known]})


def wanted(
    actor: Actor, now: datetime, *, provider: Who | None = None, consumer: Who | None = None, operation: str = "",
    source: str = "", kind: str = "",
) -> Wanted:  # fmt: skip
    """The question with everybody found. Raises `NotFound`, `NotAllowed`."""
    can(actor, Verb.VIEW, None, now).require()
    return Wanted(
        None if provider is None else meant(actor, provider, now),
        None if consumer is None else meant(actor, consumer, now), operation, source, kind, catalog.hidden(actor),
    )  # fmt: skip


def uses(
    actor: Actor,
    *,
    now: datetime,
    provider: Who | None = None,
    consumer: Who | None = None,
    operation: str = "",
    source: str = "",
    kind: str = "",
    group: str = "service",
    sort: str = "calls",
    itself: bool = False,
    days: int = WINDOW_DAYS,
    limit: int = 50,
    cursor: str | None = None,
) -> Answer[Use]:
    """Who uses whom in the last 30 days (or `days`), most calls first, by service or by operation.

    Sources are told apart and never added up: two kinds of evidence see the same calls. `itself`: with calls of a
    service to itself. Raises `NotFound`, `NotAllowed`, `InvalidInput`.
    """
    asked = wanted(
        actor, now, provider=provider, consumer=consumer, operation=operation, source=source, kind=kind
    )  # fmt: skip
    if group not in GROUPS or sort not in SORTS:
        raise InvalidInput(f"Group by {' or '.join(GROUPS)}, sort by {', '.join(SORTS)}.", fields={"sort": "unknown"})
    since, until = window(now, days)
    if days != WINDOW_DAYS:
        found = over(
            actor, now, days, asked.ids(), source=source, group=group, sort=sort, itself=itself, limit=limit,
            cursor=cursor,
        )  # fmt: skip
        return Answer(found.items, since, until, behind(now, days), found.next_cursor)
    rows = keyed(asked.edges(), itself=itself)
    page = by_service(actor, now, rows, sort, limit, cursor) if group == "service" else _operations(
        actor, now, rows, sort, limit, cursor
    )  # fmt: skip
    return Answer(page.items, since, until, behind(now), page.next_cursor)


def keyed(rows: "QuerySet[Edge]", *, itself: bool) -> "QuerySet[Edge]":
    """With the party that each end is: the entity, or else the name (negative)."""
    rows = rows.alias(
        c=Coalesce("consumer__entity_id", -F("consumer_id"), output_field=BigIntegerField()),
        p=Coalesce("provider__entity_id", -F("provider_id"), output_field=BigIntegerField()),
    )
    return rows if itself else rows.exclude(c=F("p"))


_SORT_COLUMNS: dict[str, Any] = {"calls": Sum("calls"), "failed": Sum("failed")}


def by_service(
    actor: Actor, now: datetime, rows: "QuerySet[Edge]", sort: str, limit: int, cursor: str | None
) -> Page[Use]:
    """A page of keyed edges, added up by consumer, provider, source and kind of call."""
    known = Coalesce("sampling", Value(_UNKNOWN), output_field=FloatField())
    ends = ("cc", "pp", "source_id", "operation__kind")
    grouped: Any = rows.annotate(cc=F("c"), pp=F("p")).values(*ends, "source__name")
    grouped = grouped.annotate(
        n_calls=Sum("calls"), n_failed=Sum("failed"), n_seen=Sum("seen"), least=Min(known),
        first=Min("first_seen"), last=Max("last_seen"), one_consumer=Min("consumer_id"),
        one_provider=Min("provider_id"), key=_key(sort),
    )  # fmt: skip
    if cursor:
        at, *rest = decode_cursor(cursor, datetime if sort == "last_seen" else int, int, int, int, str)
        grouped = grouped.filter(_after("key", at, list(zip(ends, rest, strict=True))))
    page = page_of(
        list(grouped.order_by("-key", *ends)[: limit + 1]), limit,
        lambda row: (row["key"], *(row[one] for one in ends)),
    )  # fmt: skip
    parties = Parties(actor, now)
    names = _names_of(page.items)
    parties.load({pk for some in names.values() for pk in some})
    return page.map(
        lambda row: Use(
            parties[names[row["cc"]]], parties[names[row["pp"]]], None, row["operation__kind"], row["source__name"],
            row["n_calls"], row["n_failed"], row["n_seen"], None if row["least"] == _UNKNOWN else row["least"],
            row["first"], row["last"],
        )
    )  # fmt: skip


def _key(sort: str) -> Any:
    """What is sorted by: whole calls, so that a sum in another order is the same."""
    if sort == "last_seen":
        return Max("last_seen")
    return Cast(_SORT_COLUMNS[sort], BigIntegerField())


def _after(key: str, at: Any, rest: list[tuple[str, Any]]) -> Q:
    """What comes after a row that is sorted by `key` downwards, then by the rest upwards."""
    condition = Q(**{f"{key}__lt": at})
    same = Q(**{key: at})
    for name, value in rest:
        condition |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    return condition


def _names_of(rows: Iterable[dict[str, Any]]) -> dict[int, tuple[int, ...]]:
    """Party key -> the names that it stands for."""
    keys = {key for row in rows for key in (row["cc"], row["pp"])}
    found: dict[int, tuple[int, ...]] = {key: (-key,) for key in keys if key < 0}
    entities = [key for key in keys if key > 0]
    for entity, pk in Name.objects.filter(entity__in=entities).order_by("pk").values_list("entity_id", "pk"):
        if entity is not None:
            found[entity] = (*found.get(entity, ()), pk)
    return found


def _operations(
    actor: Actor, now: datetime, rows: "QuerySet[Edge]", sort: str, limit: int, cursor: str | None
) -> Page[Use]:
    if cursor:
        at, pk = decode_cursor(cursor, datetime if sort == "last_seen" else float, int)
        rows = rows.filter(_after(sort, at, [("pk", pk)]))
    some = rows.select_related("operation", "source").order_by(f"-{sort}", "pk")[: limit + 1]
    page = page_of(list(some), limit, lambda row: (getattr(row, sort), row.pk))
    return Page(list(shown(actor, now, page.items)), page.next_cursor)


def shown(actor: Actor, now: datetime, edges: Iterable[Edge]) -> Iterator[Use]:
    """Edges as the actor sees them; `operation` and `source` are loaded already."""
    some = list(edges)
    parties = Parties(actor, now)
    parties.load({pk for row in some for pk in (row.consumer_id, row.provider_id)})
    for row in some:
        consumer, provider = parties[row.consumer_id], parties[row.provider_id]
        seen = not (consumer.is_hidden or provider.is_hidden)
        yield Use(
            consumer, provider, "" if provider.is_hidden else row.operation.text, row.operation.kind, row.source.name,
            row.calls, row.failed, row.seen, row.sampling, row.first_seen, row.last_seen, row.p50_ms, row.p95_ms,
            row.pk if seen else None,
        )  # fmt: skip
