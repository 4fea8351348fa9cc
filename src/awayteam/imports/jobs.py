"""Imports that nobody waits for: refreshes that were asked for, and watched sources."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from awayteam.imports import engine, queries
from awayteam.imports.results import ImportResult
from awayteam.kernel import rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict, Unavailable
from awayteam.kernel.log import Log
from awayteam.sources.models import Source
from awayteam.sources.readers import is_remote

log = Log(__name__)

WATCH_LOCAL_SECONDS = 2.0
"""Between two looks at a folder with `--watch`; a large one is looked at less often (see `_pause`)."""


def due(now: datetime) -> "list[Source]":
    """Sources whose refresh was asked for, then watched ones whose time has come."""
    last = now - timedelta(seconds=rulebook.current().imports.watch_seconds)
    watched = Q(watched=True) & (Q(last_attempt_at=None) | Q(last_attempt_at__lte=last))
    rows = queries.importable().filter(Q(refresh_requested_at__lte=now) | watched)
    return sorted(rows, key=lambda one: (one.refresh_requested_at is None, one.refresh_requested_at or now, one.pk))


def refresh_due(now: datetime) -> int:
    """Import every source that is due; returns how many. One that fails keeps none of the others waiting."""
    count = 0
    for source in due(now):
        asked = source.refresh_requested_at is not None
        try:
            engine.run(source, actor=SYSTEM, now=now, workers=1, wait_seconds=0, quiet=not asked)
        except Conflict:
            return count
        except Unavailable as error:
            log.warning("import.unavailable", source=source.name, error=str(error))
        except Exception as error:
            log.exception("import.failed", source=source.name)
            message = f"The import failed: {type(error).__name__}: {error}"[:2000]
            Source.objects.filter(pk=source.pk).update(last_attempt_at=now, last_error=message)
            engine.answered(source)
        count += 1
    return count


def pending(now: datetime) -> bool:
    return bool(due(now))


def watch(
    sources: Sequence[Source],
    *,
    workers: int = 2,
    report: Callable[[Source, ImportResult], None],
    rounds: int | None = None,
) -> None:
    """Import `sources` again and again, telling `report` what each look brought; `rounds` bounds the looks."""
    pauses = {source.pk: _pause(source, 0.0) for source in sources}
    next_at = {source.pk: time.monotonic() + pauses[source.pk] for source in sources}
    while rounds is None or rounds > 0:
        rounds = None if rounds is None else rounds - 1
        time.sleep(max(0.0, min(next_at.values()) - time.monotonic()))
        for source in sources:
            if next_at[source.pk] > time.monotonic():
                continue
            started = time.monotonic()
            try:
                result = engine.run(source, actor=SYSTEM, now=timezone.now(), workers=workers, quiet=True)
            except Unavailable as error:
                log.warning("import.unavailable", source=source.name, error=str(error))
            else:
                report(source, result)
            next_at[source.pk] = time.monotonic() + _pause(source, time.monotonic() - started)


def _pause(source: Source, took: float) -> float:
    """Seconds until the next look: the rulebook's for remote repositories; for folders short, yet mostly at rest."""
    if is_remote(source.location):
        return float(rulebook.current().imports.watch_seconds)
    return max(WATCH_LOCAL_SECONDS, 10 * took)
