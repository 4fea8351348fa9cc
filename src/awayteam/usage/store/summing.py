"""The summary of the last 30 days: edges in the database as the parts have them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction

from awayteam.kernel.errors import Conflict
from awayteam.usage.models import Edge, Evidence, Standing
from awayteam.usage.queries.rows import WINDOW_DAYS
from awayteam.usage.store import latency, reading
from awayteam.usage.store.publishing import standing

EVERY = timedelta(minutes=10)
BATCH = 2_000
_SET = """
UPDATE usage_edge SET calls = %s, failed = %s, seen = %s, sampling = %s, p50_ms = %s, p95_ms = %s, summarised_at = %s
WHERE id = %s
"""


def is_due(now: datetime) -> bool:
    """Whether edges aren't those of today, or latencies are older than what was published in the last minutes."""
    row = standing()
    if row.generation == 0 and not Edge.objects.exists():
        return False
    if row.summarised_at is None or row.summarised_at.date() != now.date():
        return True
    return row.summarised_generation != row.generation and row.summarised_at <= now - EVERY


def summarise(now: datetime) -> int:
    """Write what changed of the edges' windows and latencies; returns how many edges that were.

    Each batch is a transaction, which is given up where somebody else published meanwhile (`Conflict`).
    """
    row = standing()
    today = now.date()
    sums = {
        (one.consumer, one.operation, one.source): one
        for one in reading.totals(today - timedelta(days=WINDOW_DAYS - 1), today, latencies=True)
    }
    _sample(sums.values())
    changes, done = _changes(sums, now), 0
    while some := list(islice(changes, BATCH)):
        with transaction.atomic(), connection.cursor() as cursor:
            if not Standing.objects.filter(pk=1, generation=row.generation).update(generation=row.generation):
                raise Conflict("Somebody else published counts meanwhile.", "It is tried again.")
            cursor.executemany(_SET, some)
        done += len(some)
    Standing.objects.filter(pk=1, generation=row.generation).update(
        summarised_generation=row.generation, summarised_at=now
    )
    return done


def _sample(sums: Iterable[reading.Total]) -> None:
    """Keep with each source the smallest sampling of its edges."""
    least: dict[int, float | None] = {}
    for one in sums:
        known = least.setdefault(one.source, 1.0)
        least[one.source] = None if known is None or one.sampling is None else min(known, one.sampling)
    for row in Evidence.objects.filter(pk__in=least):
        if row.sampling != least[row.pk]:
            Evidence.objects.filter(pk=row.pk).update(sampling=least[row.pk])


def _changes(sums: dict[tuple[int, int, int], reading.Total], now: datetime) -> Iterator[tuple[Any, ...]]:
    at = connection.ops.adapt_datetimefield_value(now)
    for edge in _edges():
        pk, consumer, operation, source, *has = edge
        one = sums.get((consumer, operation, source))
        if one is None:
            wanted: tuple[Any, ...] = (0.0, 0.0, 0, None, None, None)
        else:
            p50, p95 = latency.percentiles(one.classes, (0.5, 0.95))
            wanted = (one.calls, one.failed, one.seen, one.sampling, p50, p95)
        if any(_differs(old, new) for old, new in zip(has, wanted, strict=True)):
            yield (*wanted, at, pk)


def _edges() -> Iterable[tuple[Any, ...]]:
    columns = (
        "pk",
        "consumer_id",
        "operation_id",
        "source_id",
        "calls",
        "failed",
        "seen",
        "sampling",
        "p50_ms",
        "p95_ms",
    )
    return list(Edge.objects.order_by("pk").values_list(*columns))


def _differs(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > 1e-6 * max(abs(old), abs(new))
