"""Questions to the parts: sums over a window, and series by day or hour."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from awayteam.usage.models import Grain
from awayteam.usage.store import files, latency

Ids = Iterable[int] | None


@dataclass(frozen=True, slots=True)
class Total:
    """An edge's sums over a window, by ids. `first` and `last` are buckets, `classes` sums by class of latency."""

    consumer: int
    provider: int
    operation: int
    source: int
    seen: int
    calls: float
    failed: float
    sampling: float | None
    first: int
    last: int
    classes: tuple[float, ...] = ()


def totals(
    since: date, until: date, *, providers: Ids = None, consumers: Ids = None, operations: Ids = None,
    latencies: bool = False, grain: Grain = Grain.DAY,
) -> list[Total]:  # fmt: skip
    """Sums by consumer, operation and source over days, both included, of the ids that are named (None: all)."""
    first, last = _buckets(grain, since, until)
    paths = files.parts(grain, first, last)
    if not paths:
        return []
    narrowed = narrowing(first, last, providers=providers, consumers=consumers, operations=operations)
    classes = f", {latency.columns()}" if latencies else ""
    rows = files.connect().execute(
        "SELECT consumer, provider, operation, source, sum(seen)::BIGINT, sum(seen) + sum(extra), sum(failed), "  # noqa: S608
        f"CASE WHEN count(*) = count(sampling) THEN min(sampling) END, min(bucket), max(bucket){classes} "
        f"FROM read_parquet({files.listed(paths)}) WHERE {narrowed} GROUP BY ALL"
    )
    found: list[Any] = rows.fetchall()
    return [_total(row) for row in found]


def _total(row: Any) -> Total:
    consumer, provider, operation, source, seen, calls, failed, sampling, first, last, *classes = row
    return Total(
        consumer, provider, operation, source, seen, calls, failed, sampling, first, last, tuple(classes)
    )  # fmt: skip


def _buckets(grain: Grain, since: date, until: date) -> tuple[int, int]:
    first, last = files.number_of(since), files.number_of(until)
    return (first, last) if grain is Grain.DAY else (first * 24, last * 24 + 23)


def narrowing(first: int, last: int, **ids: Ids) -> str:
    """SQL: the condition for these buckets, and for ids by the plural of their column."""
    parts = [f"bucket BETWEEN {int(first)} AND {int(last)}"]
    for name, some in ids.items():
        if some is not None:
            parts.append(f"{name[:-1]} IN ({', '.join(str(int(one)) for one in some) or 'NULL'})")
    return " AND ".join(parts)


@dataclass(frozen=True, slots=True)
class Series:
    """Calls by bucket: `keys` (n, 4) are ids of consumer, provider, operation and source, `calls` (n, buckets) what
    was counted, 0 where nothing was; `first` is the first bucket."""

    first: int
    keys: npt.NDArray[np.int64]
    calls: npt.NDArray[np.float32]


def series(
    since: date, until: date, *, providers: Ids = None, consumers: Ids = None, operations: Ids = None,
    grain: Grain = Grain.DAY, what: str = "calls",
) -> Series:  # fmt: skip
    """Calls (`what`: or "failed") by day or hour from `since` to `until`, both included, of every edge of these ids."""
    first, last = _buckets(grain, since, until)
    width = last - first + 1
    paths = files.parts(grain, first, last)
    if not paths:
        return Series(first, np.zeros((0, 4), np.int64), np.zeros((0, width), np.float32))
    narrowed = narrowing(first, last, providers=providers, consumers=consumers, operations=operations)
    value = {"calls": "seen + extra", "failed": "failed"}[what]
    found: Any = files.connect().execute(
        f"SELECT consumer, provider, operation, source, bucket, ({value})::FLOAT AS value "  # noqa: S608
        f"FROM read_parquet({files.listed(paths)}) WHERE {narrowed}"
    ).fetchnumpy()  # fmt: skip
    return _matrix(found, first, width)


def _matrix(found: Any, first: int, width: int) -> Series:
    """Rows of arrays as a matrix. Consumer, operation and source make the edge; operation implies provider.

    Parts are sorted by edge, so that an edge is a run of rows in each: runs are looked up, not rows.
    """
    consumer, provider, operation, source = (
        np.asarray(found[one], np.int64) for one in ("consumer", "provider", "operation", "source")
    )
    word = (operation << 36) | (consumer << 12) | source
    starts = np.flatnonzero(np.concatenate([[True], word[1:] != word[:-1]])) if word.size else np.zeros(0, np.int64)
    _, places, runs = np.unique(word[starts], return_index=True, return_inverse=True)
    inverse = np.repeat(runs.reshape(-1), np.diff(np.append(starts, word.size)))
    matrix = np.zeros((len(places), width), np.float32)
    np.add.at(matrix, (inverse, np.asarray(found["bucket"], np.int64) - first), np.asarray(found["value"], np.float32))
    at = starts[places]
    keys = np.stack([consumer[at], provider[at], operation[at], source[at]], axis=1)
    return Series(first, keys, matrix)
