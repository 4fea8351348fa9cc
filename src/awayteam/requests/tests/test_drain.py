"""Clocks of requests that are due at once, drained by real workers that are killed: nothing is lost or done twice."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from awayteam.kernel.tests.processes import Installation, dismiss

CLOCKS = 300
WORKERS = 2
KILLS = 6
RULES = "[clocks]\nlease_seconds = 5\n[worker]\nidle_seconds = 0.2\nbatch = 10\n"
"""Small batches, so that there is somebody to kill in the middle of each."""
SETUP = """
import sys
from datetime import timedelta
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
import json
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


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "data", RULES) as made:
        yield made


@pytest.mark.slow
def test_killed_workers_lose_no_clock_of_a_request_and_end_none_twice(there: Installation) -> None:
    there.run(SETUP, str(CLOCKS))
    chance = random.Random(20261123)
    workers = [there.start("-m", "awayteam", "worker", heard=False) for _ in range(WORKERS)]
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.8, 2.5))
        dismiss(workers.pop(chance.randrange(len(workers))))
        workers.append(there.start("-m", "awayteam", "worker", heard=False))
    end = time.monotonic() + 90
    while (state := there.ask(READ))["states"] != {"overdue": CLOCKS} and time.monotonic() < end:
        time.sleep(0.5)
    everybody = state["all"]
    assert state["states"] == {"overdue": CLOCKS}
    assert len(everybody) == CLOCKS
    for name in ("steps", "events", "ended", "running", "messages"):
        assert state[name] == everybody, f"{name}: lost or twice"
