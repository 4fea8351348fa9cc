"""Many clocks of requests due at once, drained by two workers of which one is killed at random again and again.

    python benchmarks/bench_clocks.py [--clocks 100000] [--kill-seconds 5] [--database postgresql]

Afterwards every request must have gone on exactly once: one step, one event, no clock lost. Prints the rate.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

WORKERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clocks", type=int, default=100_000)
    parser.add_argument("--teams", type=int, default=1_000)
    parser.add_argument("--kill-seconds", type=float, default=5.0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="awayteam-bench-") as folder:
        os.environ["AWAYTEAM_DATA"] = folder
        server = None
        if arguments.database == "postgresql":
            import bench_requests

            server = bench_requests.postgresql(Path(folder))
        _run(arguments)
        if server is not None:
            from django.db import connection

            connection.close()
            server.cleanup()


def _run(arguments: argparse.Namespace) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "awayteam.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone
    from generate_requests import fill

    from awayteam.kernel.models import Clock, Event
    from awayteam.requests.models import Request

    call_command("migrate", verbosity=0)
    now = timezone.now()
    fill(arguments.clocks, 0, arguments.teams, now)  # in transactions of its own: one of a gigabyte takes for ever
    Request.objects.update(state="asked", offered_team=None)
    Clock.objects.update(due_at=now - timedelta(minutes=1), next_at=now - timedelta(minutes=1), reminders=[])
    events = Event.objects.filter(name="request.expired")
    assert not events.exists()
    started, killed = time.monotonic(), 0
    workers = [_worker() for _ in range(WORKERS)]
    chance, last = random.Random(3), time.monotonic()
    while (left := Request.objects.filter(state="asked").count()) > 0:
        time.sleep(0.5)
        if time.monotonic() - last >= arguments.kill_seconds:
            place, last, killed = chance.randrange(WORKERS), time.monotonic(), killed + 1
            workers[place].send_signal(signal.SIGKILL)
            workers[place].wait()
            workers[place] = _worker()
            print(f"{left:>8,} left, {killed} workers killed", file=sys.stderr, end="\r", flush=True)
    seconds = time.monotonic() - started
    for worker in workers:
        worker.terminate()
        worker.wait()
    _check(arguments.clocks, events)
    rate = arguments.clocks / seconds
    print(
        f"{connection.vendor}: {arguments.clocks:,} clocks in {seconds:.0f} s, {rate:.0f} a second; "
        f"{killed} workers killed; nothing lost, nothing twice"
    )


def _worker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "awayteam", "worker"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _check(count: int, events: Any) -> None:
    from awayteam.kernel.models import Clock
    from awayteam.requests.models import Request, Step

    assert Request.objects.filter(state="overdue").count() == count, "a request was lost"
    assert events.count() == events.values("subject_id").distinct().count() == count, (
        "an event is missing or there twice"
    )
    assert Step.objects.filter(verb="expire").count() == count, "a step is missing or there twice"
    assert Clock.objects.filter(state="running").count() == count, "a clock is missing or there twice"


if __name__ == "__main__":
    main()
