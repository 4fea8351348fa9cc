"""The worker's lane for use: publishes what waits in the spool, and keeps order in between."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from awayteam.usage import spool

TIDY_SECONDS = 60.0
"""How often a process looks whether there is something to tidy."""
GATHER_SECONDS = 2.0
"""How long a segment may wait for others, so that few publications hold many."""
_tidied = -TIDY_SECONDS


def work(now: datetime, _limit: int, _stopping: Callable[[], bool]) -> int:
    """Publish what waits, or tidy where it is time for it; returns what was done. Any number of workers may try."""
    global _tidied
    waiting = spool.waiting()
    if waiting and _is_ripe(waiting):
        from awayteam.usage.store import owner

        return owner.run(now)
    if time.monotonic() - _tidied < TIDY_SECONDS:
        return 0
    _tidied = time.monotonic()
    return _tidy(now)


def _is_ripe(waiting: list[Path]) -> bool:
    try:
        return len(waiting) >= 20 or time.time() - waiting[0].stat().st_mtime >= GATHER_SECONDS
    except FileNotFoundError:
        return False


def _tidy(now: datetime) -> int:
    from awayteam.usage.models import Part

    if not Part.objects.exists():
        return 0
    from awayteam.usage.store import owner

    return owner.keep_order(now)
