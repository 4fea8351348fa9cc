"""Periodic jobs: what apps let the worker do again and again (refreshing sources, clearing what is old).

A job is taken by compare-and-set with a lease, so that however many workers there are it runs once at a time; a killed
worker's job is taken again when the lease has run out. Jobs must bear being run twice.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from awayteam.kernel.log import Log
from awayteam.kernel.models import PeriodicJob
from awayteam.kernel.registries import Registry

LONG_SECONDS = 5

log = Log(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """`run(now)` returns how many things it did (0 lets the worker rest). `pending(now)`, where given, is a cheap look
    whether there is anything to do; without it the job is taken every `every_seconds` and writes its row each time.
    `lease_seconds` is longer than a run ever takes."""

    name: str
    every_seconds: float
    run: Callable[[datetime], int]
    pending: Callable[[datetime], bool] | None = None
    lease_seconds: int = 300


registered: Registry[str, Job] = Registry()


def register(job: Job) -> Job:
    """Let the worker run `job`; called in `App.register()`. A second job of the same name replaces the first."""
    registered[job.name] = job
    return job


def run_due(now: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Run every job whose time has come and that nobody else runs; returns how many things they did.

    Leases count from `now`, so after a job that took long the others wait for the next round. Where none is due, that
    is one statement.
    """
    done, began, known = 0, time.monotonic(), _rows(now)
    for job in list(registered.values()):
        if stopping() or time.monotonic() - began > LONG_SECONDS:
            break
        done += _run_if_due(job, known[job.name], now)
    return done


def _rows(now: datetime) -> dict[str, PeriodicJob]:
    """The row of every registered job; those that are new are made."""
    known = {row.name: row for row in PeriodicJob.objects.filter(name__in=list(registered))}
    if missing := registered.keys() - known.keys():
        new = [PeriodicJob(name=name, next_at=now) for name in sorted(missing)]
        PeriodicJob.objects.bulk_create(new, ignore_conflicts=True)
        known |= {row.name: row for row in PeriodicJob.objects.filter(name__in=missing)}
    return known


def _run_if_due(job: Job, row: PeriodicJob, now: datetime) -> int:
    if row.next_at > now or (row.lease_until is not None and row.lease_until > now):
        return 0
    if job.pending is not None and not job.pending(now):
        return 0
    if not _take(row, job, now):
        return 0
    done, error = 0, ""
    try:
        done = job.run(now)
    except Exception as failure:
        log.exception("job.failed", job=job.name)
        error = f"{type(failure).__name__}: {failure}"[:2000]
    PeriodicJob.objects.filter(pk=row.pk, version=row.version + 1).update(
        lease_until=None, next_at=now + timedelta(seconds=job.every_seconds), finished_at=now, last_error=error
    )
    return done


def _take(row: PeriodicJob, job: Job, now: datetime) -> bool:
    free = PeriodicJob.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=row.pk, version=row.version)
    until = now + timedelta(seconds=job.lease_seconds)
    return bool(free.update(lease_until=until, version=F("version") + 1, started_at=now))
