"""Clocks of requests that are due at once, drained by real workers that are killed: nothing is lost or done twice."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from awayteam.kernel.tests.test_kill import environment, python

CLOCKS = 300
WORKERS = 2
KILLS = 6
RULES = "[clocks]\nlease_seconds = 5\n[worker]\nidle_seconds = 0.2\nbatch = 10\n"
"""Small batches, so that there is somebody to kill in the middle of each."""
SETUP = """
import sys, django
django.setup()
from datetime import timedelta
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.utils import timezone
from awayteam.kernel.models import Clock
from awayteam.requests.models import Request
from awayteam.requests.tests.town import found, service
from awayteam.requests.actions import Aim
town = found()
town.now = timezone.now() - timedelta(days=30)
secret = service(town, "secret", restricted=True)
for number in range(int(sys.argv[1])):
    town.ask(title=f"Number {number}", aim=Aim(secret) if number % 10 == 0 else Aim())
begin = timezone.now() + timedelta(seconds=2)
rows = list(Clock.objects.order_by("pk"))
for number, clock in enumerate(rows):  # the first half at once, the others one by one while workers are killed
    clock.due_at = clock.next_at = begin + timedelta(seconds=max(0, number - len(rows) / 2) / 15)
    clock.reminders = []
Clock.objects.bulk_update(rows, ["due_at", "next_at", "reminders"], batch_size=100)
"""
READ = """
import django, json
django.setup()
from collections import Counter
from awayteam.kernel.models import Clock, Event
from awayteam.notifications.models import Notification
from awayteam.requests.models import Request, Step
from awayteam.requests.machine import Verb
def each(rows, name):
    return sorted(rows.values_list(name, flat=True))
print(json.dumps({
    "states": Counter(Request.objects.values_list("state", flat=True)),
    "versions": Counter(Request.objects.values_list("version", flat=True)),
    "steps": each(Step.objects.filter(verb="expire"), "request_id"),
    "events": each(Event.objects.filter(name="request.expired"), "subject_id"),
    "ended": each(Clock.objects.filter(state="expired"), "subject_id"),
    "running": each(Clock.objects.filter(state="running"), "subject_id"),
    "messages": each(Notification.objects.filter(event="request.expired"), "subject_id"),
    "all": each(Request.objects.all(), "pk"),
}))
"""
__all__ = ["environment"]


@pytest.fixture
def workers(environment: dict[str, str]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """A crew that grows and shrinks; whoever is left at the end is sent home."""
    from pathlib import Path

    Path(environment["AWAYTEAM_DATA"], "rulebook.toml").write_text(RULES)
    crew: list[subprocess.Popen[bytes]] = []
    yield crew
    for one in crew:
        one.kill()
        one.wait()


def hire(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "awayteam", "worker"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def left(environment: dict[str, str]) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(python(environment, READ))
    return state


@pytest.mark.slow
def test_killed_workers_lose_no_clock_of_a_request_and_end_none_twice(
    environment: dict[str, str],
    workers: list["subprocess.Popen[bytes]"],
) -> None:
    python(environment, SETUP, str(CLOCKS))
    chance = random.Random(20261123)
    workers += [hire(environment) for _ in range(WORKERS)]
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.8, 2.5))
        victim = workers.pop(chance.randrange(len(workers)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        workers.append(hire(environment))
    end = time.monotonic() + 90
    while (state := left(environment))["states"] != {"overdue": CLOCKS} and time.monotonic() < end:
        time.sleep(0.5)
    everybody = state["all"]
    assert state["states"] == {"overdue": CLOCKS}
    assert len(everybody) == CLOCKS
    for name in ("steps", "events", "ended", "running", "messages"):
        assert state[name] == everybody, f"{name}: lost or twice"
