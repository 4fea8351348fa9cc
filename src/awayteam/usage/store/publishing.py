"""Publishing counts: names become ids, rows become parts, and one transaction makes all of it count."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import F

from awayteam.kernel.errors import Conflict
from awayteam.usage.counts import CLASSES, TALLY, Count, CountKey, Counts
from awayteam.usage.models import Applied, Coverage, Evidence, Grain, Part, Sender, Standing
from awayteam.usage.names import Resolver
from awayteam.usage.queries.rows import WINDOW_DAYS
from awayteam.usage.spool import Segment
from awayteam.usage.store import files, latency

HOUR_SECONDS = 3_600
HOURLY_DAYS, DAILY_DAYS = 14, 396
"""How long rows by the hour and by the day are kept."""
KEEP_APPLIED = timedelta(days=14)
_TOLD = (*TALLY, "segments")
Ids = tuple[int, int, int, int]


@dataclass
class Published:
    """What a publication came to. `too_old` and `too_new` are calls that lie outside of what is kept: the former were
    left out, the latter stand in the hour of their arrival."""

    segments: int = 0
    rows: int = 0
    seen: int = 0
    too_old: int = 0
    too_new: int = 0
    capped: int = 0
    repeated: int = 0
    parts: list[str] = field(default_factory=list)


def standing() -> Standing:
    """The one row."""
    return Standing.objects.get_or_create(pk=1)[0]


def publish(segments: Sequence[Segment], *, now: datetime) -> Published:
    """Publish what segments hold, but for those that were published already.

    Only who holds the owner's lock may call it. Raises `Conflict` where somebody else published meanwhile; nothing was
    published then.
    """
    known = set(Applied.objects.filter(segment__in=[one.id for one in segments]).values_list("segment", flat=True))
    fresh = {one.id: one for one in segments if one.id not in known}
    done = Published(segments=len(fresh), repeated=len(segments) - len(fresh))
    if not fresh:
        return done
    generation = standing().generation
    rows = _within(fresh.values(), now, done)
    resolver = Resolver()
    resolver.learn((key, key.bucket_hour) for key in rows)
    counts = [(key.bucket_hour, resolver.ids(key), count) for key, count in rows.items()]
    done.rows, done.capped = len(counts), resolver.capped
    written = _write(counts, now)
    done.parts = [one.file for one in written]
    commit(list(fresh.values()), written, rows, resolver, counts, generation=generation, now=now)
    return done


def commit(
    segments: Sequence[Segment], written: Sequence[files.Written], rows: Iterable[CountKey], resolver: Resolver,
    counts: Sequence[tuple[int, Ids, Count]], *, generation: int, now: datetime,
) -> None:  # fmt: skip
    """Make parts count, with the segments that they hold, in one transaction; `counts` are added to the edges.

    Raises `Conflict` where somebody else published since `generation`.
    """
    with transaction.atomic():
        taken = Standing.objects.filter(pk=1, generation=generation)
        if not taken.update(generation=generation + 1, published_at=now):
            raise Conflict("Somebody else published counts meanwhile.", "It is tried again.")
        applied = [Applied(segment=one.id, until=now + KEEP_APPLIED) for one in segments]
        Applied.objects.bulk_create(applied, batch_size=500)
        enter(written, now)
        _cover(segments, rows, resolver)
        _add_to_edges(counts, now)
        _count_senders(segments, now)


def enter(written: Iterable[files.Written], now: datetime) -> None:
    """Enter parts, from which moment on they count."""
    Part.objects.bulk_create(
        [
            Part(
                file=one.file, grain=one.grain, unit=one.unit, first=one.first, last=one.last, rows=one.rows,
                size=one.size, written_at=now,
            )
            for one in written
        ],
        batch_size=500,
    )  # fmt: skip


def _within(segments: Iterable[Segment], now: datetime, done: Published) -> dict[CountKey, Count]:
    """All rows of the segments, added up, with clocks that can't be put right."""
    hour = int(now.timestamp()) // 3600
    oldest = (hour // 24 - DAILY_DAYS + 1) * 24
    found = Counts(most_operations=10**9, most_services=10**9)
    for segment in segments:
        for key, count in segment.counts.rows.items():
            done.seen += count.seen
            if key.bucket_hour < oldest:
                done.too_old += count.seen
                continue
            at = key
            if key.bucket_hour > hour + 1:
                done.too_new += count.seen
                at, count.first, count.last = key._replace(bucket_hour=hour), 0, 0
            found.add(at, count)
    return found.rows


def _write(counts: Sequence[tuple[int, Ids, Count]], now: datetime) -> list[files.Written]:
    """The parts of these counts: by hour where that is still kept, and by day."""
    today = int(now.timestamp()) // 86_400
    by_hour: dict[date, list[tuple[int, Ids, Count]]] = defaultdict(list)
    by_day: dict[date, list[tuple[int, Ids, Count]]] = defaultdict(list)
    for hour, ids, count in counts:
        day = hour // 24
        at = files.day_of(day)
        if day > today - HOURLY_DAYS:
            by_hour[at].append((hour, ids, count))
        by_day[files.unit_of(Grain.DAY, at)].append((day, ids, count))
    made = []
    for grain, units in ((Grain.HOUR, by_hour), (Grain.DAY, by_day)):
        for unit, rows in sorted(units.items()):
            part = files.write(grain, unit, "SELECT * FROM fresh", {"fresh": arrays(_added_up(rows))})
            made += [part] if part else []
    return made


def _added_up(rows: Iterable[tuple[int, Ids, Count]]) -> list[tuple[int, Ids, Count]]:
    found: dict[tuple[int, Ids], Count] = {}
    for bucket, ids, count in rows:
        place = found.setdefault((bucket, ids), Count())
        place.add(count)
    return [(bucket, ids, count) for (bucket, ids), count in found.items()]


def arrays(rows: Sequence[tuple[int, Ids, Count]]) -> files.Columns:
    """Rows as the arrays that `files.write` takes."""
    blank = [0] * CLASSES
    ids = np.array([one for _, one, _ in rows], dtype=np.int32).reshape(-1, 4)
    probability = np.ma.masked_invalid(
        np.array([np.nan if one.probability is None else one.probability for *_, one in rows], dtype=np.float64)
    )
    return {
        "bucket": np.array([bucket for bucket, *_ in rows], dtype=np.int32),
        "consumer": ids[:, 0].copy(), "provider": ids[:, 1].copy(), "operation": ids[:, 2].copy(),
        "source": ids[:, 3].astype(np.uint16),
        "seen": np.array([one.seen for *_, one in rows], dtype=np.uint64),
        "extra": np.array([one.calls - one.seen for *_, one in rows], dtype=np.float64),
        "failed": np.array([one.failed for *_, one in rows], dtype=np.float64),
        "sampling": probability,
        "latency": latency.packed([one.latency or blank for *_, one in rows]),
    }  # fmt: skip


def _cover(segments: Iterable[Segment], rows: Iterable[CountKey], resolver: Resolver) -> None:
    tallies: dict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    for segment in segments:
        days = dict(segment.counts.tallies.keys())
        for source, day in segment.counts.tallies:
            tallies[source, segment.sender, day].update(segment.counts.tallies[source, day])
        for source, day in days.items():
            tallies[source, segment.sender, day]["segments"] += 1
    hours: dict[str, list[int]] = defaultdict(list)
    for key in rows:
        hours[key.source].append(key.bucket_hour)
    missing = {source for source, *_ in tallies} - resolver.sources.keys()
    Evidence.objects.bulk_create([Evidence(name=one) for one in sorted(missing)], ignore_conflicts=True)
    sources = dict(Evidence.objects.values_list("name", "pk"))
    dates = [files.day_of(day) for *_, day in tallies]
    known = {
        (row.source_id, row.sender, row.day): row
        for row in Coverage.objects.filter(day__gte=min(dates), day__lte=max(dates))
    } if dates else {}  # fmt: skip
    fresh: list[Coverage] = []
    changed: list[Coverage] = []
    for (source, sender, day), tally in tallies.items():
        place = (sources[source], sender[:100], files.day_of(day))
        row = known.get(place)
        if row is None:
            row = Coverage(source_id=place[0], sender=place[1], day=place[2])
            fresh.append(row)
        else:
            changed.append(row)
        for name in _TOLD:
            setattr(row, name, getattr(row, name) + tally[name])
        if seen := hours.get(source):
            row.first_hour = min(seen) if row.first_hour is None else min(row.first_hour, min(seen))
            row.last_hour = max(seen) if row.last_hour is None else max(row.last_hour, max(seen))
    Coverage.objects.bulk_create(fresh, batch_size=500)
    Coverage.objects.bulk_update(changed, [*_TOLD, "first_hour", "last_hour"], batch_size=100)


def _count_senders(segments: Iterable[Segment], now: datetime) -> None:
    by_sender: dict[str, Counter[str]] = defaultdict(Counter)
    for segment in segments:
        for tally in segment.counts.tallies.values():
            by_sender[segment.sender].update(tally)
    for name, tally in by_sender.items():
        Sender.objects.filter(name=name).update(
            accepted=F("accepted") + tally["spans"], refused=F("refused") + tally["refused"], last_seen_at=now
        )


_EDGE = """
INSERT INTO usage_edge AS kept (consumer_id, provider_id, operation_id, source_id, calls, failed, seen, sampling,
    first_seen, last_seen, summarised_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (consumer_id, operation_id, source_id) DO UPDATE SET
    calls = kept.calls + excluded.calls, failed = kept.failed + excluded.failed, seen = kept.seen + excluded.seen,
    sampling = CASE WHEN excluded.seen = 0 THEN kept.sampling WHEN kept.seen = 0 THEN excluded.sampling
        WHEN kept.sampling < excluded.sampling OR kept.sampling IS NULL THEN kept.sampling
        ELSE excluded.sampling END,
    first_seen = CASE WHEN excluded.first_seen < kept.first_seen THEN excluded.first_seen ELSE kept.first_seen END,
    last_seen = CASE WHEN excluded.last_seen > kept.last_seen THEN excluded.last_seen ELSE kept.last_seen END
"""


def _add_to_edges(counts: Iterable[tuple[int, Ids, Count]], now: datetime) -> None:
    """Add what lies in the window to the edges, and widen what is known of when they were seen."""
    opens = (int(now.timestamp()) // 86_400 - WINDOW_DAYS + 1) * 24
    whole: dict[Ids, Count] = {}
    times: dict[Ids, list[datetime]] = {}
    for hour, ids, count in counts:
        place = whole.setdefault(ids, Count())
        if hour >= opens:
            place.add(count)
        first, last = _moments(hour, count)
        seen = times.setdefault(ids, [first, last])
        seen[0], seen[1] = min(seen[0], first), max(seen[1], last)
    adapt: Any = connection.ops.adapt_datetimefield_value
    rows = [
        (*ids, one.calls, one.failed, one.seen, one.probability if one.seen else None,
         adapt(times[ids][0]), adapt(times[ids][1]), adapt(now))
        for ids, one in sorted(whole.items())
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(_EDGE, rows)


def _moments(hour: int, count: Count) -> tuple[datetime, datetime]:
    """First and last moment of a count; the hour's begin where clocks say nothing."""
    start = datetime.fromtimestamp(hour * 3600, UTC)
    first = datetime.fromtimestamp(count.first // 1_000 / 1e6, UTC) if count.first else start
    last = datetime.fromtimestamp(count.last // 1_000 / 1e6, UTC) if count.last else start
    return first, max(first, last)
