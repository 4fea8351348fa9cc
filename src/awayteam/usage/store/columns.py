"""Publishing many counts at once, as columns: what comes from another store, and the demonstration."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from awayteam.usage.counts import Count, CountKey
from awayteam.usage.models import Applied, Grain
from awayteam.usage.names import Resolver
from awayteam.usage.queries.rows import WINDOW_DAYS
from awayteam.usage.spool import Segment
from awayteam.usage.store import files
from awayteam.usage.store.publishing import DAILY_DAYS, HOUR_SECONDS, HOURLY_DAYS, Published, commit, standing

Column = npt.NDArray[Any]
_IDS = ("consumer", "provider", "operation", "source")


def publish_columns(
    segment: Segment,
    keys: Sequence[CountKey],
    *,
    edge: Column,
    hour: Column,
    seen: Column,
    failed: Column,
    latency: Column,
    probability: Sequence[float | None],
    now: datetime,
) -> Published:
    """Publish rows of equal length: `edge` is a place in `keys` (of which the hours don't count), `hour` since 1970,
    `latency` as `latency.packed` has it. Calls are `seen` divided by the edge's `probability`.

    Tallies are those of the segment; rows that are too old are left out. Only who holds the owner's lock may call it.
    """
    if Applied.objects.filter(segment=segment.id).exists():
        return Published(repeated=1)
    this = int(now.timestamp()) // HOUR_SECONDS
    kept = (hour >= (this // 24 - DAILY_DAYS + 1) * 24) & (hour <= this + 1)
    edge, hour, seen, failed, latency = (one[kept] for one in (edge, hour, seen, failed, latency))
    generation = standing().generation
    resolver = Resolver()
    hours = _bounds(edge, hour)
    resolver.learn((keys[place], bound) for place, bounds in hours.items() for bound in bounds)
    ids = np.zeros((len(keys), 4), np.int32)
    for place in hours:
        ids[place] = resolver.ids(keys[place])
    chance = np.array([np.nan if one is None else one for one in probability], np.float64)
    extra = seen / np.where(np.isnan(chance), 1.0, chance)[edge] - seen
    rows = {
        **{name: ids[edge, place].copy() for place, name in enumerate(_IDS)}, "hour": hour.astype(np.int64),
        "seen": seen.astype(np.uint64), "extra": extra, "failed": failed.astype(np.float64),
        "sampling": np.ma.masked_invalid(chance[edge]), "latency": latency.astype(np.uint64),
    }  # fmt: skip
    written = _write(rows, this // 24)
    sums = _sums(ids, hours, rows, edge, probability, (this // 24 - WINDOW_DAYS + 1) * 24)
    bounds = [keys[place]._replace(bucket_hour=one) for place, some in hours.items() for one in some]
    commit([segment], written, bounds, resolver, sums, generation=generation, now=now)
    return Published(1, len(edge), int(seen.sum()), int((~kept).sum()), parts=[one.file for one in written])


def _bounds(edge: Column, hour: Column) -> dict[int, tuple[int, int]]:
    """Edge -> its first and last hour."""
    order = np.argsort(edge, kind="stable")
    places, starts = np.unique(edge[order], return_index=True)
    if not len(places):
        return {}
    first, last = (one.reduceat(hour[order], starts) for one in (np.minimum, np.maximum))
    return {place: (low, high) for place, low, high in zip(places.tolist(), first.tolist(), last.tolist(), strict=True)}


def _write(rows: dict[str, Column], today: int) -> list[files.Written]:
    days = rows["hour"] // 24
    made = []
    for day in np.unique(days[days > today - HOURLY_DAYS]).tolist():
        query = f"SELECT *, hour AS bucket FROM fresh WHERE hour // 24 = {day}"  # noqa: S608
        made.append(files.write(Grain.HOUR, files.day_of(day), query, {"fresh": rows}))
    units: dict[Any, list[int]] = {}
    for day in np.unique(days).tolist():
        units.setdefault(files.unit_of(Grain.DAY, files.day_of(day)), []).append(day)
    for unit, some in units.items():
        within = f"hour // 24 BETWEEN {some[0]} AND {some[-1]}"
        query = f"(SELECT * EXCLUDE hour, hour // 24 AS bucket FROM fresh WHERE {within})"  # noqa: S608
        made.append(files.write(Grain.DAY, unit, files.merged(query), {"fresh": rows}))
    return [one for one in made if one is not None]


def _sums(
    ids: Column, hours: dict[int, tuple[int, int]], rows: dict[str, Column], edge: Column,
    probability: Sequence[float | None], opens: int,
) -> list[tuple[int, tuple[int, int, int, int], Count]]:  # fmt: skip
    """For each edge when it was first seen, and what lies in the window of the summary."""
    within = rows["hour"] >= opens
    seen, calls, failed = (
        np.bincount(edge[within], weights=one[within], minlength=len(ids))
        for one in (rows["seen"], rows["seen"] + rows["extra"], rows["failed"])
    )
    found = []
    for place, (first, last) in hours.items():
        consumer, provider, operation, source = ids[place].tolist()
        key = (consumer, provider, operation, source)
        found.append((first, key, Count()))
        found.append(
            (last, key, Count(int(seen[place]), float(calls[place]), float(failed[place]), [], probability[place]))
        )
    return found
