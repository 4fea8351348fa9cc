"""Who uses whom over another window than the last 30 days, from the files."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, encode_cursor
from awayteam.usage.models import Edge, Evidence, Operation
from awayteam.usage.names import chunks
from awayteam.usage.queries.evidence import window
from awayteam.usage.queries.parties import Parties
from awayteam.usage.queries.rows import Use
from awayteam.usage.queries.series import MOST_DAYS, party_keys


@dataclass(slots=True)
class _Sum:
    names: tuple[set[int], set[int]]
    kind: str
    calls: float = 0.0
    failed: float = 0.0
    seen: int = 0
    sampling: float | None = 1.0
    first: int = 1 << 40
    last: int = 0
    percentiles: tuple[float | None, float | None] = (None, None)


def over(
    actor: Actor, now: datetime, days: int, ids: dict[str, Any], *, source: str, group: str, sort: str, itself: bool,
    limit: int, cursor: str | None,
) -> Page[Use]:  # fmt: skip
    """As `uses`, with first and last seen as days of the window; raises `InvalidInput` for too many days."""
    from awayteam.usage.store import latency, reading

    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"Counts are kept for {MOST_DAYS} days.", "Ask for fewer.", {"days": "too many or none"})
    by_operation = group == "operation"
    since, until = window(now, days)
    parties = party_keys()
    sources = dict(Evidence.objects.values_list("pk", "name"))
    rows = [
        one
        for one in reading.totals(since, until, **ids, latencies=by_operation)
        if (itself or parties[one.consumer] != parties[one.provider]) and source in ("", sources[one.source])
    ]
    texts = _operations({one.operation for one in rows})
    sums: dict[tuple[Any, ...], _Sum] = {}
    for one in rows:
        kind = texts[one.operation][1]
        ends = (one.consumer, one.provider) if by_operation else (parties[one.consumer], parties[one.provider])
        key = (*ends, one.operation if by_operation else 0, kind, one.source)
        place = sums.setdefault(key, _Sum((set(), set()), kind))
        _add(place, one)
        if by_operation:
            p50, p95 = latency.percentiles(one.classes, (0.5, 0.95))
            place.percentiles = (p50, p95)
    column = {"last_seen": "last"}.get(sort, sort)
    found = sorted(sums.items(), key=lambda pair: (-getattr(pair[1], column), pair[0]))
    start = decode_cursor(cursor, int)[0] if cursor else 0
    some = found[start : start + limit]
    shown = Parties(actor, now)
    shown.load({name for _, one in some for names in one.names for name in names})
    edges = _edges([key for key, _ in some]) if by_operation else {}
    items = [_use(shown, key, one, texts, sources, edges, by_operation=by_operation) for key, one in some]
    more = start + limit < len(found)
    return Page(items, encode_cursor(start + limit) if more else None, len(found))


def _add(place: _Sum, one: Any) -> None:
    place.names[0].add(one.consumer)
    place.names[1].add(one.provider)
    place.calls, place.failed, place.seen = place.calls + one.calls, place.failed + one.failed, place.seen + one.seen
    place.first, place.last = min(place.first, one.first), max(place.last, one.last)
    if place.sampling is not None:
        place.sampling = None if one.sampling is None else min(place.sampling, one.sampling)


def _use(
    parties: Parties, key: tuple[Any, ...], one: _Sum, texts: dict[int, tuple[str, str]], sources: dict[int, str],
    edges: dict[tuple[int, int, int], int], *, by_operation: bool,
) -> Use:  # fmt: skip
    consumer, provider = (parties[tuple(sorted(names))] for names in one.names)
    operation = None
    if by_operation:
        operation = "" if provider.is_hidden else texts[key[2]][0]
    seen = not (consumer.is_hidden or provider.is_hidden)
    return Use(
        consumer, provider, operation, one.kind, sources[key[4]], one.calls, one.failed, one.seen, one.sampling,
        _moment(one.first), _moment(one.last), *one.percentiles,
        edges.get((key[0], key[2], key[4])) if seen and by_operation else None,
    )  # fmt: skip


def _moment(day: int) -> datetime:
    return datetime.combine(date.fromordinal(date(1970, 1, 1).toordinal() + day), time.min, UTC)


def _operations(ids: set[int]) -> dict[int, tuple[str, str]]:
    rows = Operation.objects.values_list("pk", "text", "kind")
    return {pk: (text, kind) for some in chunks(sorted(ids)) for pk, text, kind in rows.filter(pk__in=some)}


def _edges(keys: Sequence[tuple[Any, ...]]) -> dict[tuple[int, int, int], int]:
    found: dict[tuple[int, int, int], int] = defaultdict(int)
    for some in chunks(sorted({key[2] for key in keys})):
        rows = Edge.objects.filter(operation__in=some).values_list("consumer_id", "operation_id", "source_id", "pk")
        found |= {(consumer, operation, source): pk for consumer, operation, source, pk in rows}
    return found
