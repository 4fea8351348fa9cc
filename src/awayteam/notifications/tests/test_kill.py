"""Real workers, killed at random: everybody is told everything once, and a mail that comes twice is the same mail."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.kernel.tests.test_kill import RULES, dismiss, environment, leave
from awayteam.notifications.tests.mailserver import serving_mail

__all__ = ["environment"]

CLOCKS, PEOPLE, WORKERS, KILLS = 30, 4, 3, 6
OWN_RULES = """
[notifications]
gather_seconds = 0
fold_after = 2
"""
SETUP = """
import django, json, sys
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from datetime import datetime, timedelta, timezone
from awayteam.kernel import clocks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.events import Subject
from awayteam.notifications.models import Preference
from awayteam.organisation.models import Membership, Person, Team
count, people = map(int, sys.argv[1:])
now = datetime.now(timezone.utc)
team = Team.objects.create(ref="group:default/toil", name="toil")
for number in range(people):
    person = Person.objects.create(ref=f"user:default/p{number}", name=f"p{number}", email=f"p{number}@x.org")
    Membership.objects.create(team=team, person=person)
    Preference.objects.create(person=person, choices={"email": {"moved": "at-once"}}, changed_at=now)
always = Calendar(weekdays=tuple(range(7)), hours=("00:00", "24:00"))
for number in range(count):
    clocks.start("toil", subject=Subject("toil", number % 10, "A story"), minutes=1, calendar=always, actor=SYSTEM,
                 turn_team_id=team.pk, now=now - timedelta(minutes=1) + timedelta(seconds=number / 10))
"""
READ = """
import django, json
django.setup()
from awayteam.kernel.models import Clock, OutboxMessage
from awayteam.notifications.models import Notification, Sending
print(json.dumps({
    "clocks": list(Clock.objects.values_list("state", flat=True)),
    "told": list(Notification.objects.values_list("person__name", "key")),
    "texts": dict(Notification.objects.values_list("pk", "text")),
    "waiting": Sending.objects.filter(done_at=None).count(),
    "sendings": Sending.objects.count(),
    "messages": list(OutboxMessage.objects.values_list("idempotency_key", "state")),
}))
"""


def python(environment: dict[str, str], code: str, *arguments: str) -> str:
    """As the kernel's, with time for every migration on a busy machine."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300).stdout


def hire(environment: dict[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "awayteam.notifications.tests.toil"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.slow
def test_workers_killed_at_random_tell_everybody_everything_once(environment: dict[str, str]) -> None:
    chance = random.Random(20260302)
    (Path(environment["AWAYTEAM_DATA"]) / "rulebook.toml").write_text(RULES + OWN_RULES)
    workers: list[subprocess.Popen[str]] = []
    with serving_mail() as server:
        server.answer = lambda _recipient: "451 later" if chance.random() < 0.05 else "250 ok"
        environment |= {"AWAYTEAM_MAIL_URL": f"smtp://{server.host}:{server.port}"}
        python(environment, SETUP, str(CLOCKS), str(PEOPLE))
        try:
            workers = [hire(environment) for _ in range(WORKERS)]
            for worker in workers:
                assert worker.stdout is not None
                assert worker.stdout.readline() == "ready\n"
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.3, 1.2))
                dismiss(workers.pop(chance.randrange(len(workers))))
                workers.append(hire(environment))
            state = settled(environment)
            leave(workers)
        finally:
            for worker in workers:
                dismiss(worker)
        got = list(server.got)
    assert state["clocks"] == ["expired"] * CLOCKS
    told = Counter(map(tuple, state["told"]))
    assert len(told) == CLOCKS * PEOPLE
    assert set(told.values()) == {1}
    assert state["sendings"] == CLOCKS * PEOPLE
    by_id = {letter.message["Message-ID"]: letter for letter in got}
    assert len(by_id) == len(state["messages"]), "a mail that comes twice has the same Message-ID"
    read = Counter(
        (letter.recipients[0], line)
        for letter in by_id.values()
        for line in letter.part("plain").splitlines()
        if line.startswith("Part ")
    )
    assert len(read) == CLOCKS * PEOPLE
    assert set(read.values()) == {1}, "everybody reads everything once"


def settled(environment: dict[str, str]) -> dict[str, Any]:
    """The state once all is told and sent; fails after three minutes."""
    end = datetime.now(UTC) + timedelta(seconds=180)
    while True:
        state: dict[str, Any] = json.loads(python(environment, READ))
        sent = {how for _key, how in state["messages"]} == {"delivered"}
        if sent and not state["waiting"] and len(state["told"]) == CLOCKS * PEOPLE:
            return state
        assert datetime.now(UTC) < end, state
        time.sleep(0.5)
