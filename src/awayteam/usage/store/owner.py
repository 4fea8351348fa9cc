"""The one that writes: takes what waits in the spool, publishes it, and keeps parts and summary in order.

The installation's lock makes it one, and goes with the process that holds it; the generation in the database makes
sure of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from awayteam.imports.lock import exclusive
from awayteam.kernel.errors import Conflict
from awayteam.kernel.log import Log
from awayteam.usage import matching, spool
from awayteam.usage.store import compacting, publishing, summing
from awayteam.usage.store.publishing import Published

KEY = 0x41757361
"""Any number that no other advisory lock of the database uses."""
MOST_SEGMENTS, MOST_BYTES = 200, 32 << 20
"""What one publication takes."""

log = Log(__name__)


@contextmanager
def owning(wait_seconds: float = 0) -> Iterator[None]:
    """Be the owner; raises `Conflict` where another still is after `wait_seconds`."""
    with exclusive("usage store", KEY, wait_seconds=wait_seconds):
        yield


def take(now: datetime) -> Published:
    """Publish some of what waits, as one step, and remove it from the spool. Only the owner may."""
    segments: list[spool.Segment] = []
    paths: list[Path] = []
    size = 0
    for path in spool.waiting():
        if len(paths) >= MOST_SEGMENTS or size > MOST_BYTES:
            break
        try:
            size += path.stat().st_size
            segments.append(spool.read(path))
            paths.append(path)
        except FileNotFoundError:
            continue
        except spool.BadSegment as error:
            _set_aside(path, str(error))
    done = publishing.publish(segments, now=now)
    for path in paths:
        path.unlink(missing_ok=True)
    if done.too_old or done.too_new:
        log.warning("usage.odd_times", too_old=done.too_old, too_new=done.too_new)
    return done


def _set_aside(path: Path, why: str) -> None:
    log.error("usage.bad_segment", file=path.name, error=why)
    place = path.parent / "refused"
    place.mkdir(exist_ok=True, mode=0o700)
    path.rename(place / path.name)


def run(now: datetime) -> int:
    """Publish what waits, at most as much as one publication takes; returns how many segments those were.

    0 too where somebody else is the owner just now.
    """
    try:
        with owning():
            done = take(now)
            return done.segments + done.repeated
    except Conflict:
        return 0


def keep_order(now: datetime) -> int:
    """Summarise, compact and expire where that is due, as far as nobody else is the owner just now."""
    try:
        with owning():
            if summing.is_due(now):
                summing.summarise(now)
            matching.match_due(now)
            compacting.expire(now)
            return compacting.compact(now)
    except Conflict:
        return 0


def settle(now: datetime, wait_seconds: float = 60) -> Published:
    """Publish everything that waits and bring the summary up to date, for commands and the demonstration."""
    whole = Published()
    with owning(wait_seconds):
        while spool.waiting():
            one = take(now)
            for name in ("segments", "rows", "seen", "too_old", "too_new", "capped", "repeated"):
                setattr(whole, name, getattr(whole, name) + getattr(one, name))
            whole.parts += one.parts
        matching.match_due(now)
        summing.summarise(now)
        compacting.compact(now)
    return whole
