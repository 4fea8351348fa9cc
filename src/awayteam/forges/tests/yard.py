"""Two teams, their people, and a GitHub of our own that is connected as a forge: what tests of hearing share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from awayteam.forges import jobs
from awayteam.forges.actions import polling, setting
from awayteam.forges.github.tests.fake import Event, FakeGitHub, running
from awayteam.forges.github.tests.world import Pull, Repository
from awayteam.forges.models import Forge, ForgeAccount, ForgeChange
from awayteam.gate.models import Change, Judgement
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Confidence, Identity, Membership, Person, Role, Team

RULES = b"* @acme/orders\n/find/ @acme/search\n"
LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.get_current_timezone())
ORDERS, SEARCH = ("ada", "bob", "cy"), ("sam", "sue")


@dataclass
class Yard:
    """The fake, its forge here, one repository, and the clock of the test."""

    github: FakeGitHub
    forge: Forge
    orders: Repository
    browser: Browser
    now: datetime

    @property
    def hook(self) -> str:
        return f"/forges/{self.forge.pk}/deliveries"

    def send(self, event: Event, **headers: str) -> int:
        given = {**self.github.headers(event), **headers}
        answer = self.browser.post(self.hook, event.body, content_type="application/json", headers=given)
        return answer.status_code

    def deliver(self, *, order: str = "right", times: int = 1, without: int = 0) -> list[int]:
        """Hand what waits at the fake to the endpoint; the statuses. `without` loses the first ones."""
        waiting, self.github.outbox = self.github.outbox[without:], []
        if order == "reverse":
            waiting.reverse()
        return [self.send(event) for event in waiting for _ in range(times)]

    def work(self, rounds: int = 10, **later: float) -> None:
        """What the worker would do now, or so much later."""
        self.now = max(self.now, timezone.now()) + timedelta(**later)
        for _ in range(rounds):
            if not jobs.hear(self.now, 50, lambda: False) + jobs.publish(self.now, 50, lambda: False):
                return

    def poll(self, **later: float) -> int:
        self.now = max(self.now, timezone.now()) + timedelta(**later)
        return polling.poll(self.now)

    def hear(self) -> None:
        self.deliver()
        self.work()

    def pull(self, author: str = "ada", path: str = "cart.py", **more: Any) -> Pull:
        return self.github.open_pull(self.orders, author, {path: b"1"}, **more)

    def row(self, pull: Pull) -> ForgeChange:
        return ForgeChange.objects.get(repository__external_id=str(pull.repository.id), number=pull.number)

    def change(self, pull: Pull) -> Change:
        return Change.objects.get(pk=self.row(pull).change_id)

    def outcome(self, pull: Pull) -> str:
        return Judgement.objects.filter(change=self.change(pull)).latest("pk").outcome

    def checks(self, pull: Pull) -> list[tuple[str, str]]:
        """Head and conclusion of the check runs that stand at a pull request's head now, as the forge has them."""
        runs = [one for one in pull.repository.runs.values() if one["app"] == self.github.app_id]
        return [
            (one["head_sha"], one.get("conclusion") or one["status"]) for one in runs if one["head_sha"] == pull.head
        ]

    def account(self, login: str) -> ForgeAccount:
        return ForgeAccount.objects.get(forge=self.forge, external_id=str(self.github.user(login).id))


def organisation() -> None:
    for name, people in (("orders", ORDERS), ("search", SEARCH)):
        team = Team.objects.create(ref=f"group:default/{name}", name=name, title=name.title())
        for place, login in enumerate(people):
            person = Person.objects.create(ref=f"user:default/{login}", name=login, display_name=login.title())
            role = Role.DECIDER if place == 0 else Role.MEMBER
            Membership.objects.create(team=team, person=person, role=role, starts=LONG_AGO)
            Identity.objects.create(
                person=person, provider="github", value=login, value_key=login, confidence=Confidence.CONFIRMED,
                created_at=LONG_AGO,
            )  # fmt: skip


@contextmanager
def yard(browser: Browser) -> Iterator[Yard]:
    organisation()
    with running() as github:
        for login in (*ORDERS, *SEARCH, "mallory"):
            github.add_user(login)
        orders = github.add_repository("acme/orders", {"CODEOWNERS": RULES, "cart.py": b"0", "find/it.py": b"0"})
        now = timezone.now()
        values = dict(github.settings().values)
        forge = setting.add(
            kind="github", name="hub", address=github.address, values=values, allow_private=True, actor=SYSTEM, now=now
        ).forge
        yield Yard(github, forge, orders, browser, now)


def team(name: str) -> Team:
    return Team.objects.get(name=name)


def person(name: str) -> Person:
    return Person.objects.get(name=name)
