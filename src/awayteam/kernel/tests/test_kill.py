"""Real worker processes, killed at random: nothing is lost, and only deliveries repeat, with the same key."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.kernel.tests.processes import Installation, dismiss, leave
from awayteam.kernel.tests.receiver import Got, receiving

CLOCKS = 120
WORKERS = 3
KILLS = 8
TOIL = ("-m", "awayteam.kernel.tests.toil")
RULES = """
[webhooks]
allow_private = true
timeout_seconds = 2
[clocks]
lease_seconds = 5
[outbox]
lease_seconds = 5
backoff_first_seconds = 1
backoff_max_seconds = 1
attempts_max = 100
[worker]
idle_seconds = 0.2
batch = 20
"""
SETUP = """
import sys
from datetime import datetime, timedelta, timezone
from awayteam.kernel import clocks, webhooks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import Subject
url, count = sys.argv[1], int(sys.argv[2])
always = Calendar(weekdays=tuple(range(7)), hours=("00:00", "24:00"))
now = datetime.now(timezone.utc)
for number in range(count):
    clocks.start("toil", subject=Subject("request", number, "A request"), minutes=1, calendar=always, actor=SYSTEM,
                 now=now - timedelta(minutes=1) + timedelta(seconds=number / 20))
webhooks.create(name="effects", url=url, wanted=["clock.expired", "team.updated"], actor=SYSTEM, now=now)
"""
READ = """
import json
from awayteam.kernel.models import Clock, Event, OutboxMessage
print(json.dumps({
    "clocks": list(Clock.objects.values_list("state", flat=True)),
    "expired": [data["clock"] for data in Event.objects.filter(name="clock.expired").values_list("data", flat=True)],
    "effects": list(Event.objects.filter(subject_kind="effect").values_list("subject_id", flat=True)),
    "messages": list(OutboxMessage.objects.values_list("idempotency_key", "state")),
}))
"""


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "data", RULES) as made:
        yield made


@pytest.mark.slow
def test_workers_killed_at_random_lose_nothing_and_double_nothing(there: Installation) -> None:
    chance = random.Random(20260302)

    def answer(_got: Got) -> tuple[int, bytes]:
        time.sleep(chance.uniform(0, 0.06))
        return (503, b"busy") if chance.random() < 0.1 else (204, b"")

    with receiving() as receiver:
        receiver.answer = answer
        there.run(SETUP, receiver.url, str(CLOCKS))
        workers = [there.start(*TOIL) for _ in range(WORKERS)]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.1, 0.8))
            dismiss(workers.pop(chance.randrange(len(workers))))
            workers.append(there.start(*TOIL))
        state = settled(there)
        leave(workers)
        got = list(receiver.got)
    assert state["clocks"] == ["expired"] * CLOCKS
    assert len(state["expired"]) == len(set(state["expired"])) == CLOCKS
    assert sorted(state["effects"]) == list(range(CLOCKS))
    arrived = Counter(each.key for each in got)
    assert set(arrived) == {key for key, _state in state["messages"]}
    assert len(arrived) == 2 * CLOCKS
    bodies = {(each.key, each.body) for each in got if each.body}  # a worker killed while it sends leaves an empty one
    assert len(bodies) == len(arrived), "a repeat must be the same message"


def settled(there: Installation) -> dict[str, Any]:
    """The state once all work is done; fails after a minute."""
    end = datetime.now(UTC) + timedelta(seconds=60)
    while True:
        state: dict[str, Any] = there.ask(READ)
        delivered = [key for key, how in state["messages"] if how == "delivered"]
        if len(delivered) == 2 * CLOCKS or datetime.now(UTC) > end:
            assert {how for _key, how in state["messages"]} == {"delivered"}, state
            return state
        time.sleep(0.5)
