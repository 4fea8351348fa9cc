"""Real workers on a forge that kills them in the middle of its calls: access begins and ends all the same, once."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awayteam.forges.tests.hub import FILE
from awayteam.kernel.tests.processes import Installation, dismiss, leave

REPOSITORIES, PEOPLE, WORKERS = 4, 3, 2
RULES = """
[forges]
lease_seconds = 10
retry_minutes_max = 1
[worker]
idle_seconds = 0.2
"""
SETUP = """
import json, sys
from datetime import timedelta
from django.utils import timezone
from awayteam.engagements.models import Engagement, Granting, Member
from awayteam.engagements.tests.village import settle
from awayteam.forges.models import AccountLink, Forge, ForgeAccount, ForgeRepository
from awayteam.organisation.models import Person, Team
repositories, people = int(sys.argv[1]), int(sys.argv[2])
now = timezone.now()
village = settle()
visit = village.active()
Engagement.objects.filter(pk=visit.pk).update(ends_on=(now + timedelta(days=90)).date())
Member.objects.filter(engagement=visit).delete()
Granting.objects.filter(engagement=visit).update(latest_at=now + timedelta(days=60))
from awayteam.kernel.models import Clock
Clock.objects.update(due_at=now + timedelta(days=60), next_at=now + timedelta(days=60), reminders=[])
forge = Forge.objects.create(kind="hub", name="hub", created_at=now)
from awayteam.engagements.models import Scope
for number in range(repositories):
    name = f"r{number}"
    ForgeRepository.objects.create(forge=forge, external_id=name, slug=name, name="orders" if number == 0 else name,
                                   first_seen_at=now, seen_at=now)
    if number:
        Scope.objects.create(engagement=visit, repository=name, pattern="/a/")
for number in range(people):
    person = Person.objects.create(ref=f"user:default/v{number}", name=f"v{number}")
    ForgeAccount.objects.create(forge=forge, external_id=f"v{number}", login=f"v{number}", first_login=f"v{number}",
        person=person, linked_by=AccountLink.BY_HAND, linked_at=now, first_seen_at=now, seen_at=now)
    Member.objects.create(engagement=visit, person=person, joins_on=(now - timedelta(days=2)).date(), joined_at=now,
        agreed_at=now, home_agreed_at=now)
print(visit.pk)
"""
END = """
from django.utils import timezone
from awayteam.engagements.models import Granting
Granting.objects.filter(ends_at=None).update(ends_at=timezone.now())
"""
READ = """
import json
from awayteam.forges.models import ForgeGrant, RepositoryAccess
from awayteam.kernel.models import Event
said = lambda name: [data["grant"] for data in Event.objects.filter(name=name).values_list("data", flat=True)]
print(json.dumps({
    "open": list(ForgeGrant.objects.filter(removed_at=None).values_list("repository__slug", "account__login")),
    "unseen": ForgeGrant.objects.filter(removed_at=None, seen_at=None).count(),
    "grants": list(ForgeGrant.objects.values_list("pk", flat=True)),
    "granted": said("access.granted"), "removed": said("access.removed"),
    "errors": [text for text in RepositoryAccess.objects.values_list("last_error", flat=True) if text],
}))
"""


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "data", RULES) as made:
        made.environment[FILE] = str(tmp_path / "rights.json")
        yield made


class Workers:
    """Workers, each replaced when it has died."""

    def __init__(self, there: Installation) -> None:
        self.there, self.deaths = there, 0
        self.running = [self._start() for _ in range(WORKERS)]

    def _start(self) -> Any:
        return self.there.start("-m", "awayteam.forges.tests.hub", heard=False)

    def tend(self) -> None:
        for number, one in enumerate(self.running):
            if one.poll() is not None:
                self.deaths += 1
                dismiss(one)
                self.running[number] = self._start()


def until(there: Installation, workers: Workers, done: Any, seconds: float = 240) -> dict[str, Any]:
    """The state once `done(state)`; fails after a while."""
    end = time.monotonic() + seconds
    while True:
        workers.tend()
        state: dict[str, Any] = there.ask(READ)
        if done(state):
            return state
        assert time.monotonic() < end, state
        time.sleep(0.3)


@pytest.mark.slow
def test_workers_that_the_forge_kills_give_and_take_everything_once(there: Installation, tmp_path: Path) -> None:
    there.run(SETUP, str(REPOSITORIES), str(PEOPLE))
    rights = tmp_path / "rights.json"
    wanted = {f"r{number}/v{person}" for number in range(REPOSITORIES) for person in range(PEOPLE)}
    workers = Workers(there)
    whole = REPOSITORIES * PEOPLE
    state = until(there, workers, lambda one: len(one["open"]) == whole and not one["unseen"])
    assert set(json.loads(rights.read_text())) == wanted
    assert sorted(state["granted"]) == sorted(state["grants"])
    there.run(END)
    state = until(there, workers, lambda one: not one["open"])
    assert json.loads(rights.read_text()) == {}
    assert sorted(state["removed"]) == sorted(state["grants"])
    assert len(set(state["removed"])) == len(state["removed"])
    assert workers.deaths, "the forge killed nobody; the test proves nothing"
    leave([one for one in workers.running if one.poll() is None])
