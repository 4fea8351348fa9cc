"""Files of traces into the store. A file counts once, however often it is imported."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from awayteam.kernel.actor import Actor
from awayteam.usage import files, spool
from awayteam.usage.counts import Counts
from awayteam.usage.models import Applied
from awayteam.usage.names import chunks
from awayteam.usage.permissions import Verb, can
from awayteam.usage.store import owner
from awayteam.usage.store.publishing import DAILY_DAYS, Published


@dataclass
class Imported:
    """What an import came to. `known` are files that were imported before and left out now; `moved_hours` by how much
    times were moved; `first_hour` and `last_hour` bound what was counted, None where that was nothing."""

    counted: files.Counted
    published: Published
    known: list[str] = field(default_factory=list)
    moved_hours: int = 0
    first_hour: int | None = None
    last_hour: int | None = None


def import_files(
    places: Iterable[str], *, actor: Actor, now: datetime, as_if_now: bool = False,
    progress: Callable[[str], None] = lambda _: None, wait_seconds: float = 60,
) -> Imported:  # fmt: skip
    """Count the calls in files and folders, store them, and bring the summary up to date.

    `as_if_now` moves all times so that the newest call was made now. Raises `NotAllowed`, `OSError` for a place that
    isn't there, `Conflict` where somebody else stores for longer than `wait_seconds`.
    """
    can(actor, Verb.IMPORT, None, now).require()
    fresh, known = _fresh(places)
    hour = int(now.timestamp()) // 3600
    counts = Counts()
    found = files.count(fresh, progress=progress, into=lambda calls, source: counts.count(calls, source, hour=hour))
    read = [digest for path, digest in fresh.items() if path in found.files]
    for source, tally in found.tallies.items():
        counts.tell(source, hour // 24, tally.as_dict())
    newest = max((key.bucket_hour for key in counts.rows), default=hour)
    moved = hour - newest if as_if_now else 0
    if moved:
        counts = counts.moved(moved)
    if read:
        batch = hashlib.sha256("".join(sorted(read)).encode()).hexdigest()
        spool.put(counts, sender="", batch=batch)
    published = owner.settle(now, wait_seconds)
    _remember(read, now)
    hours = [key.bucket_hour for key in counts.rows]
    return Imported(found, published, known, moved, min(hours, default=None), max(hours, default=None))


def _fresh(places: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Files that weren't imported yet with the digests of what they hold, and those that were; unreadable ones count
    as fresh, so that their fault is told."""
    digests: dict[str, str] = {}
    for path in files.files_of(places):
        try:
            with open(path, "rb") as file:
                digests[path] = spool.segment_id("file", hashlib.file_digest(file, "sha256").hexdigest())
        except OSError:
            digests[path] = ""
    before = {
        one
        for some in chunks(sorted(set(digests.values())))
        for one in Applied.objects.filter(segment__in=some).values_list("segment", flat=True)
    }
    fresh: dict[str, str] = {}
    known = []
    for path, digest in digests.items():
        if digest in before or (digest and digest in fresh.values()):
            known.append(path)
        else:
            fresh[path] = digest
    return fresh, known


def _remember(digests: Iterable[str], now: datetime) -> None:
    rows = [Applied(segment=one, until=now + timedelta(days=DAILY_DAYS)) for one in sorted(digests) if one]
    Applied.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
