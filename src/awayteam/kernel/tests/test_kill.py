"""Real worker processes, killed at random: nothing is lost, and only deliveries repeat, with the same key."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.kernel.tests.receiver import Got, receiving

CLOCKS = 120
WORKERS = 3
KILLS = 8
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
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
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
import django, json
django.setup()
from awayteam.kernel.models import Clock, Event, OutboxMessage
print(json.dumps({
    "clocks": list(Clock.objects.values_list("state", flat=True)),
    "expired": [data["clock"] for data in Event.objects.filter(name="clock.expired").values_list("data", flat=True)],
    "effects": list(Event.objects.filter(subject_kind="effect").values_list("subject_id", flat=True)),
    "messages": list(OutboxMessage.objects.values_list("idempotency_key", "state")),
}))
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An installation of its own, on the database under test."""
    (tmp_path / "rulebook.toml").write_text(RULES)
    given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    given |= {"AWAYTEAM_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "awayteam.settings"}
    with ExitStack() as stack:
        if "DATABASE_URL" in os.environ:
            given["DATABASE_URL"] = stack.enter_context(_own_database(os.environ["DATABASE_URL"]))
        yield given


class _own_database:  # noqa: N801 - reads as a verb
    def __init__(self, url: str) -> None:
        from urllib.parse import urlsplit

        self.url, self.name = url, f"kill_{os.getpid()}"
        self.own = urlsplit(url)._replace(path=f"/{self.name}").geturl()

    def execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def __enter__(self) -> str:
        self.execute(f"CREATE DATABASE {self.name}")
        return self.own

    def __exit__(self, *_: object) -> None:
        self.execute(f"DROP DATABASE {self.name} WITH (FORCE)")


def python(environment: dict[str, str], code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout


def hire(environment: dict[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "awayteam.kernel.tests.toil"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.slow
def test_workers_killed_at_random_lose_nothing_and_double_nothing(environment: dict[str, str]) -> None:
    chance = random.Random(20260302)
    workers: list[subprocess.Popen[str]] = []

    def answer(_got: Got) -> tuple[int, bytes]:
        time.sleep(chance.uniform(0, 0.06))
        return (503, b"busy") if chance.random() < 0.1 else (204, b"")

    with receiving() as receiver:
        receiver.answer = answer
        python(environment, SETUP, receiver.url, str(CLOCKS))
        try:
            workers = [hire(environment) for _ in range(WORKERS)]
            for worker in workers:
                assert worker.stdout is not None
                assert worker.stdout.readline() == "ready\n"
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.1, 0.8))
                victim = workers.pop(chance.randrange(len(workers)))
                dismiss(victim)
                workers.append(hire(environment))
            state = settled(environment)
            leave(workers)
        finally:
            for worker in workers:
                dismiss(worker)
        got = list(receiver.got)
    assert state["clocks"] == ["expired"] * CLOCKS
    assert len(state["expired"]) == len(set(state["expired"])) == CLOCKS
    assert sorted(state["effects"]) == list(range(CLOCKS))
    arrived = Counter(each.key for each in got)
    assert set(arrived) == {key for key, _state in state["messages"]}
    assert len(arrived) == 2 * CLOCKS
    bodies = {(each.key, each.body) for each in got if each.body}  # a worker killed while it sends leaves an empty one
    assert len(bodies) == len(arrived), "a repeat must be the same message"


def settled(environment: dict[str, str]) -> dict[str, Any]:
    """The state once all work is done; fails after a minute."""
    end = datetime.now(UTC) + timedelta(seconds=60)
    while True:
        state: dict[str, Any] = json.loads(python(environment, READ))
        delivered = [key for key, how in state["messages"] if how == "delivered"]
        if len(delivered) == 2 * CLOCKS or datetime.now(UTC) > end:
            assert {how for _key, how in state["messages"]} == {"delivered"}, state
            return state
        time.sleep(0.5)


def dismiss(worker: "subprocess.Popen[str]") -> None:
    """SIGKILL: no chance to tidy up."""
    worker.kill()
    worker.communicate()


def leave(workers: "list[subprocess.Popen[str]]") -> None:
    """A polite end: SIGTERM, and each worker goes by itself with exit code 0."""
    for worker in workers:
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(timeout=10) for worker in workers] == [0] * len(workers)
