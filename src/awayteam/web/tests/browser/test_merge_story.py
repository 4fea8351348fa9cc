"""The whole story where code is merged: asked, agreed, changed on a forge, held back, reviewed, let in, handed over.

The forge is a GitHub of ours on loopback, which is spoken with over real HTTP in both directions; people read and
decide in a browser.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from awayteam.engagements.models import Engagement
from awayteam.forges import registry
from awayteam.forges.actions import setting
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.github.tests.world import Repository
from awayteam.forges.models import Forge
from awayteam.gate.models import Change, Judgement
from awayteam.kernel import worker
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Confidence, Identity
from awayteam.requests import actions as requests
from awayteam.requests.tests.town import Town
from awayteam.reviews.models import Kind, RegisterEntry
from awayteam.web.tests.browser import test_engagements as visit
from awayteam.web.tests.browser.test_browser import Picture, faults
from awayteam.web.tests.browser.test_engagements import People, people, town

__all__ = ["people", "town"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAMES = ("paul", "pia", "olga", "oscar", "sam")
FILES = {"CODEOWNERS": b"* @acme/orders\n", "refunds/lines.py": b"whole = True\n", "prices.py": b"price = 1\n"}


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running() as one:
        yield one
        registry.disconnect()


class Stage:
    """Forge and server: what happened on the forge is delivered, and the worker does what follows."""

    def __init__(self, github: FakeGitHub, repository: Repository, forge: Forge, server: str) -> None:
        self.github, self.repository, self.forge, self.server = github, repository, forge, server

    def settle(self) -> None:
        """Deliver until nothing is left, and work until nothing is due."""
        for _ in range(20):
            self.github.deliver(f"{self.server}/forges/{self.forge.pk}/deliveries")
            done = worker.run_once(timezone.now())
            if not self.github.outbox and not (done.clocks or done.outbox or done.others):
                return
        raise AssertionError("work goes on for ever")

    def check(self, head: str) -> tuple[str | None, str]:
        """The conclusion and the title of our check at a commit."""
        (found,) = [one for one in self.repository.runs.values() if one["head_sha"] == head and one["app"] == 7]
        return found.get("conclusion"), found["output"]["title"]


@pytest.fixture
def stage(github: FakeGitHub, town: Town, live_server: LiveServer) -> Stage:
    for name in NAMES:
        github.add_user(name)
        Identity.objects.create(
            person=town.person(name), provider="github", value=name, value_key=name, confidence=Confidence.CONFIRMED,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    repository = github.add_repository("acme/orders", FILES)
    values = dict(github.settings().values)
    made = setting.add(
        kind="github", name="hub", address=github.address, values=values, allow_private=True, actor=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    stage = Stage(github, repository, made.forge, live_server.url)
    stage.settle()
    return stage


def agree(people: People, town: Town, stage: Stage, picture: Picture) -> Engagement:
    """From the request to a contract that both sides signed, about paths of the repository on the forge."""
    request = town.ask()
    requests.welcome(request, actor=town.actor("olga"), now=timezone.now())
    pia, olga = people("pia"), people("olga")
    row = visit.prepare(pia, stage.server, request, town, scope="acme/orders /refunds/")
    visit.sign(olga, pia, stage.server, row, picture)
    stage.settle()
    return row


def test_what_was_agreed_holds_where_code_is_merged(people: People, town: Town, stage: Stage, picture: Picture) -> None:
    github, repository, server = stage.github, stage.repository, stage.server
    row = agree(people, town, stage, picture)
    paul, pia, olga = github.user("paul"), people("pia"), people("olga")
    assert repository.collaborators[paul.id] == "write"

    pull = github.open_pull(repository, "paul", {"refunds/lines.py": b"whole = False\n"}, title="Refund one line")
    stage.settle()
    change = Change.objects.get()
    assert (change.outcome, change.author) == ("waiting", town.person("paul"))
    assert stage.check(pull.head)[0] != "success"
    assert github.user("olga") in pull.requested
    pia.goto(f"{server}/changes/{change.pk}/")
    expect(pia.locator("main")).to_contain_text("Refund one line")
    expect(pia.locator("main")).to_contain_text("olga")
    assert faults(pia) == []
    picture(pia, "merge-waiting", whole=True)
    olga.goto(f"{server}/changes/?state=open")
    expect(olga.locator("main")).to_contain_text("Refund one line")

    github.review(pull, "olga")
    stage.settle()
    change.refresh_from_db()
    assert (change.outcome, stage.check(pull.head)[0]) == ("allowed", "success")

    first = pull.head
    github.push(pull, "paul", {"refunds/lines.py": b"whole = None\n"})
    stage.settle()
    change.refresh_from_db()
    assert change.outcome == "waiting"
    assert stage.check(pull.head)[0] != "success"
    assert stage.check(first)[0] == "success"
    github.review(pull, "olga")
    stage.settle()
    pia.reload()
    expect(pia.locator("main")).to_contain_text("may go in")
    picture(pia, "merge-allowed", whole=True)
    github.merge(pull, "paul")
    stage.settle()
    change.refresh_from_db()
    assert (change.state, change.outcome) == ("merged", "allowed")
    assert not RegisterEntry.objects.exists()
    assert [one.outcome for one in Judgement.objects.filter(change=change).order_by("pk")][-1] == "allowed"

    _go_around(people, town, stage, picture)
    visit.hand_over(olga, pia, server, row, town)
    stage.settle()
    assert paul.id not in repository.collaborators
    assert len([one for one in repository.comments.values() if one["number"] == pull.number]) == 1


def _go_around(people: People, town: Town, stage: Stage, picture: Picture) -> None:
    """Somebody merges beyond the scope without anybody's word: it can't be undone, and stands in the register."""
    github, repository = stage.github, stage.repository
    beyond = github.open_pull(repository, "paul", {"prices.py": b"price = 0\n"}, title="Prices too")
    stage.settle()
    assert Change.objects.get(title="Prices too").outcome == "waiting"
    github.merge(beyond, "paul")
    stage.settle()
    stage.settle()
    entry = RegisterEntry.objects.get()
    assert entry.kind == Kind.EMERGENCY
    assert entry.team == town.team("orders")
    olga = people("olga")
    olga.goto(f"{stage.server}/register/{entry.pk}/")
    expect(olga.locator("main")).to_contain_text("Prices too")
    picture(olga, "merge-register", whole=True)
