"""Real workers, killed at random: everybody is told everything once, and a mail that comes twice is the same mail."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.kernel.tests.processes import Installation, dismiss, leave
from awayteam.kernel.tests.test_kill import RULES
from awayteam.notifications.tests.mailserver import serving_mail

CLOCKS, PEOPLE, WORKERS, KILLS = 30, 4, 3, 6
TOIL = ("-m", "awayteam.notifications.tests.toil")
OWN_RULES = """
[notifications]
gather_seconds = 0
fold_after = 2
"""
SETUP = """
import sys
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
import json
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


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "data", RULES + OWN_RULES) as made:
        yield made


@pytest.mark.slow
def test_workers_killed_at_random_tell_everybody_everything_once(there: Installation) -> None:
    chance = random.Random(20260302)
    with serving_mail() as server:
        server.answer = lambda _recipient: "451 later" if chance.random() < 0.05 else "250 ok"
        there.environment |= {"AWAYTEAM_MAIL_URL": f"smtp://{server.host}:{server.port}"}
        there.run(SETUP, str(CLOCKS), str(PEOPLE))
        workers = [there.start(*TOIL) for _ in range(WORKERS)]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.3, 1.2))
            dismiss(workers.pop(chance.randrange(len(workers))))
            workers.append(there.start(*TOIL))
        state = settled(there)
        leave(workers)
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


def settled(there: Installation) -> dict[str, Any]:
    """The state once all is told and sent; fails after three minutes."""
    end = datetime.now(UTC) + timedelta(seconds=180)
    while True:
        state: dict[str, Any] = there.ask(READ)
        sent = {how for _key, how in state["messages"]} == {"delivered"}
        if sent and not state["waiting"] and len(state["told"]) == CLOCKS * PEOPLE:
            return state
        assert datetime.now(UTC) < end, state
        time.sleep(0.5)
