import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from awayteam.kernel import clocks, jobs, outbox, worker
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import Subject
from awayteam.kernel.jobs import Job
from awayteam.kernel.models import OutboxMessage, PeriodicJob

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only what a test registers itself."""
    for registry in (jobs.registered, clocks.handlers):
        for name in list(registry):
            monkeypatch.delitem(registry, name)
    yield
    jobs.registered.clear()
    clocks.handlers.clear()


def job(name: str = "count", every: float = 10, **more: Any) -> list[datetime]:
    runs: list[datetime] = []

    def run(now: datetime) -> int:
        runs.append(now)
        return 2

    jobs.register(Job(name, every_seconds=every, **{"run": run, **more}))
    return runs


@pytest.mark.django_db
def test_a_job_runs_at_once_and_then_at_its_pace() -> None:
    runs = job()
    assert [jobs.run_due(NOW + n * SECOND) for n in (0, 1, 9.9, 10, 11)] == [2, 0, 0, 2, 0]
    assert runs == [NOW, NOW + 10 * SECOND]
    row = PeriodicJob.objects.get()
    assert (row.lease_until, row.finished_at, row.last_error) == (None, NOW + 10 * SECOND, "")


@pytest.mark.django_db
def test_a_job_with_nothing_pending_is_not_taken() -> None:
    wanted = [False, True]
    runs = job(pending=lambda now: wanted[now > NOW])
    assert jobs.run_due(NOW) == 0
    assert PeriodicJob.objects.get().version == 0
    assert jobs.run_due(NOW + SECOND) == 2
    assert len(runs) == 1


@pytest.mark.django_db
def test_a_job_that_somebody_runs_is_left_until_its_lease_ends() -> None:
    def during(now: datetime) -> int:
        assert jobs.run_due(now) == 0
        return 1

    jobs.register(Job("count", every_seconds=1, run=during, lease_seconds=30))
    assert jobs.run_due(NOW) == 1

    class Killed(BaseException):
        pass

    def killed(now: datetime) -> int:
        raise Killed

    job(run=killed, lease_seconds=30)
    with pytest.raises(Killed):
        jobs.run_due(NOW + 5 * SECOND)
    runs = job(lease_seconds=30)
    assert jobs.run_due(NOW + 34 * SECOND) == 0
    assert jobs.run_due(NOW + 35 * SECOND) == 2
    assert len(runs) == 1


@pytest.mark.django_db
def test_a_job_that_fails_says_so_and_holds_up_nobody() -> None:
    def broken(now: datetime) -> int:
        raise RuntimeError("no disk")

    jobs.register(Job("broken", every_seconds=10, run=broken))
    runs = job()
    assert jobs.run_due(NOW) == 2
    assert len(runs) == 1
    row = PeriodicJob.objects.get(name="broken")
    assert (row.last_error, row.next_at, row.lease_until) == ("RuntimeError: no disk", NOW + 10 * SECOND, None)


@pytest.mark.django_db
def test_after_a_long_job_the_others_wait_for_a_fresh_round(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: clock[0])

    def long(now: datetime) -> int:
        clock[0] += 120
        return 1

    jobs.register(Job("long", every_seconds=3600, run=long))
    runs = job()
    assert jobs.run_due(NOW) == 1
    assert jobs.run_due(NOW + 120 * SECOND) == 2
    assert runs == [NOW + 120 * SECOND]


@pytest.mark.django_db
def test_one_round_does_everything_that_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks.register(clocks.Handler("round", expire=lambda clock, now: None, remind=lambda clock, now: None))
    subject = Subject("request", 1, "A request")
    clocks.start("round", subject=subject, minutes=1, calendar=Calendar(), actor=SYSTEM, now=NOW)
    monkeypatch.setitem(outbox.channels, "void", lambda message, now: None)
    outbox.enqueue(channel="void", key="one", payload={}, now=NOW)
    job()
    later = NOW + 60 * SECOND
    assert worker.run_once(later) == worker.Counts(clocks=1, outbox=1, jobs=2)
    assert worker.run_once(later) == worker.Counts(clocks=0, outbox=0, jobs=0)


@pytest.fixture
def working(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A running worker that naps for an hour unless it is woken; the event stops it."""
    monkeypatch.setattr(worker, "FIRST_NAP", 3600)
    monkeypatch.setattr(worker, "_longest_nap", lambda: 3600)
    if connection.vendor == "sqlite":
        pytest.skip("the test database in memory has one connection; the kill test runs workers on a file")
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    yield stop
    stop.set()
    worker.wake()
    thread.join(timeout=5)
    assert not thread.is_alive()


def until(condition: Any, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_a_sleeping_worker_wakes_for_new_work(working: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered: list[str] = []
    monkeypatch.setitem(outbox.channels, "list", lambda message, now: delivered.append(message.idempotency_key))
    outbox.enqueue(channel="list", key="one", payload={}, now=datetime.now(UTC))
    assert until(lambda: delivered == ["one"])
    assert until(lambda: OutboxMessage.objects.get().state == "delivered")


def test_a_lane_that_fails_goes_on_and_holds_up_no_other(
    working: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[str] = []

    def broken(now: datetime, limit: int, stopping: Any) -> int:
        rounds.append("clocks")
        raise RuntimeError("bug")

    monkeypatch.setattr(clocks, "run_due", broken)
    delivered: list[str] = []
    monkeypatch.setitem(outbox.channels, "list", lambda message, now: delivered.append(message.idempotency_key))
    worker.wake()
    assert until(lambda: len(rounds) >= 1)
    outbox.enqueue(channel="list", key="one", payload={}, now=datetime.now(UTC))
    worker.wake()
    assert until(lambda: delivered == ["one"])
    assert until(lambda: len(rounds) >= 2)
