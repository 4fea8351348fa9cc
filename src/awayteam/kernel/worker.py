"""The worker: runs what is due (clocks, the outbox, periodic jobs), in as many processes as one likes.

Each kind of work has a lane of its own with its own thread and database connection, so that a slow receiver holds up no
clock and a long import no delivery. Everything is taken by compare-and-set with a lease: a worker may be killed at any
moment, and another goes on.
"""

import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import FrameType

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from awayteam.kernel import bell, clocks, jobs, outbox, registries, rulebook
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.log import Log

log = Log(__name__)

FIRST_NAP = 0.05
"""Seconds that a lane sleeps when it has just run out of work; each nap after that is twice as long."""

REST = 0.05
"""Seconds that a lane rests at least after a round in which there was nothing to do, however often the bell rings:
what rings it is mostly for another lane."""

RESTS = {"jobs": 0.25}
"""The same for lanes that may rest longer."""

Stopping = Callable[[], bool]
Work = Callable[[datetime, int, Stopping], int]
LANES: Mapping[str, Work] = {
    "clocks": lambda now, limit, stopping: clocks.run_due(now, limit, stopping),
    "outbox": lambda now, limit, stopping: outbox.deliver_due(now, limit, stopping),
    "jobs": lambda now, _limit, stopping: jobs.run_due(now, stopping),
}
_more: registries.Registry[str, Work] = registries.Registry()


def register_lane(name: str, work: Work) -> None:
    """Give what may be slow a lane to itself: `work(now, limit, stopping)` does what is due and returns how much it
    was; called in `App.register()`."""
    _more[name] = work


def lanes() -> dict[str, Work]:
    """All lanes: the kernel's, and those of apps."""
    return {**LANES, **_more}


@dataclass(frozen=True, slots=True)
class Counts:
    """What one round did: clocks run, messages delivered or given up, things that jobs and the lanes of apps did."""

    clocks: int
    outbox: int
    jobs: int
    others: int = 0


def wake() -> None:
    """Let this process's worker look at once: `transaction.on_commit(worker.wake)`. Cheap without a worker."""
    bell.ring()


def run_once(now: datetime) -> Counts:
    """One round of everything that is due, in this thread."""
    limit = rulebook.current().worker.batch
    done = {name: work(now, limit, lambda: False) for name, work in lanes().items()}
    return Counts(**{name: done.pop(name) for name in LANES}, others=sum(done.values()))


def run(stop: threading.Event | None = None) -> None:
    """Work until `stop` is set; what is in hand is finished first. Returns when every lane has stopped.

    Raises what keeps an app from registering its part (`registries.settle`).

    To stop a worker that sleeps at once, call `wake()` after setting `stop`.
    """
    registries.settle()
    stop = stop or threading.Event()
    names = list(lanes())
    threads = [threading.Thread(target=_lane, args=(name, stop), name=f"worker-{name}", daemon=True) for name in names]
    log.info("worker.started", lanes=names)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.info("worker.stopped")


def run_until_signalled() -> None:
    """`run` in the main thread of a process of its own: SIGTERM and SIGINT finish what is in hand and end it."""
    stop = threading.Event()

    def leave(number: int, _frame: FrameType | None) -> None:
        log.info("worker.stopping", signal=signal.Signals(number).name)
        stop.set()
        # the condition may be held by this very thread's interrupted code, so another thread rings
        threading.Thread(target=wake, daemon=True).start()

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        run(stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _lane(name: str, stop: threading.Event) -> None:
    nap = FIRST_NAP
    while not stop.is_set():
        heard = bell.heard()
        done = _round(name, stop)
        if done:
            nap = FIRST_NAP
            continue
        stop.wait(RESTS.get(name, REST))
        if bell.wait(heard, nap):
            nap = FIRST_NAP
        else:
            nap = min(nap * 2, _longest_nap())
    connection.close()


def _round(name: str, stop: threading.Event) -> int:
    close_old_connections()
    try:
        return lanes()[name](timezone.now(), rulebook.current().worker.batch, stop.is_set)
    except (DatabaseError, AwayteamError) as error:
        log.error("worker.round-failed", lane=name, error=str(error))
    except Exception:
        log.exception("worker.round-failed", lane=name)
    connection.close()
    return 0


def _longest_nap() -> float:
    try:
        return rulebook.current().worker.idle_seconds
    except AwayteamError:
        return rulebook.defaults().worker.idle_seconds
