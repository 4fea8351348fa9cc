"""From a delivery to a status on GitLab and on Gitea, over real HTTP to our stand-ins, through the app as it is."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from awayteam.forges import jobs
from awayteam.forges.actions import polling, setting
from awayteam.forges.gitea.tests import fake as gitea
from awayteam.forges.gitlab.tests import fake as gitlab
from awayteam.forges.models import Forge, ForgeChange, ForgeDelivery
from awayteam.forges.queries.forges import health
from awayteam.forges.tests.yard import LONG_AGO, RULES, organisation
from awayteam.gate.models import Change, Judgement
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Confidence, Identity, Person

pytestmark = pytest.mark.django_db
SECRET = "a long random secret"


@dataclass
class Host:
    """A forge that is set up here, the endpoint for its deliveries, and the worker."""

    forge: Forge
    browser: Browser

    def send(self, body: dict[str, Any], secret: str = SECRET) -> int:
        sent = json.dumps(body).encode()
        signature = hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest()
        headers = {"X-Gitlab-Token": secret, "X-Gitlab-Event": "Hook"}
        if self.forge.kind == "gitea":
            headers = {"X-Gitea-Signature": signature, "X-Gitea-Event": "Hook"}
        address = f"/forges/{self.forge.name}/deliveries"
        return self.browser.post(address, sent, content_type="application/json", headers=headers).status_code

    def work(self) -> None:
        for _ in range(10):
            now = timezone.now()
            if not jobs.hear(now, 50, lambda: False) + jobs.publish(now, 50, lambda: False):
                return

    def tell(self, body: dict[str, Any]) -> None:
        assert self.send(body) == 202
        self.work()

    @property
    def outcome(self) -> str:
        row = ForgeChange.objects.get(repository__forge=self.forge)
        assert row.last_error == ""
        return Judgement.objects.filter(change_id=row.change_id).latest("pk").outcome


def host(kind: str, address: str, token: str, browser: Browser) -> Host:
    organisation()
    for person in Person.objects.all():
        Identity.objects.create(person=person, provider=kind, value=person.name, value_key=person.name,
                                confidence=Confidence.CONFIRMED, created_at=LONG_AGO)  # fmt: skip
    values = {"token": token, "webhook_secret": SECRET}
    made = setting.add(kind=kind, name=f"our-{kind}", address=address, values=values, allow_private=True, actor=SYSTEM,
                       now=timezone.now())  # fmt: skip
    return Host(made.forge, browser)


@dataclass
class OnGitLab:
    """A merge request of ada's."""

    fake: gitlab.FakeGitLab
    host: Host
    one: gitlab.Merge
    bob: int

    def message(self, action: str, user: int = 0) -> dict[str, Any]:
        shown = self.fake._shown(self.one, whole=True)
        attributes = {**shown, "author_id": self.one.author, "last_commit": {"id": self.one.head}, "action": action}
        return {"object_kind": "merge_request", "user": self.fake.basic(user or self.one.author),
                "project": {"id": self.one.project, "path_with_namespace": self.fake.projects[self.one.project]},
                "object_attributes": attributes}  # fmt: skip

    @property
    def lights(self) -> list[str]:
        return [status["status"] for status in self.fake.statuses if status["sha"] == self.one.head]


@pytest.fixture
def on_gitlab(client: Browser) -> Iterator[OnGitLab]:
    with gitlab.FakeGitLab() as fake:
        assert isinstance(fake, gitlab.FakeGitLab)
        ada, bob = fake.user("ada"), fake.user("bob")
        project = fake.project("acme/orders")
        one = fake.merge(project, ada)
        fake.contents[(project, str(one.versions[0]["base_commit_sha"]), "CODEOWNERS")] = RULES
        yield OnGitLab(fake, host("gitlab", fake.address, gitlab.TOKEN, client), one, bob)


def test_a_merge_request_from_its_opening_to_its_merge(on_gitlab: OnGitLab) -> None:
    here = on_gitlab
    here.host.tell(here.message("open"))
    assert (here.host.outcome, here.lights) == ("waiting", ["pending"])
    here.fake.approve(here.one, here.bob)
    here.host.tell(here.message("approved", here.bob))
    assert (here.host.outcome, here.lights) == ("allowed", ["pending", "success"])
    ours = [note for note in here.one.notes if note["author"]["id"] == here.fake.me]
    assert len(ours) == 1
    here.fake.push(here.one, ["src/count.py", "src/more.py"])
    here.host.tell(here.message("update"))
    assert (here.host.outcome, here.lights) == ("waiting", ["pending"])
    here.fake.approve(here.one, here.bob)
    here.host.tell(here.message("approved", here.bob))
    assert here.lights == ["pending", "success"]
    here.fake.unapprove(here.one, here.bob)
    here.host.tell(here.message("unapproved", here.bob))
    assert here.lights == ["pending", "success", "pending"]
    here.one.state, here.one.merged_by, here.one.updated = "merged", here.bob, here.fake.tick()
    here.host.tell(here.message("merge", here.bob))
    assert Change.objects.get().state == "merged"
    assert len([note for note in here.one.notes if note["author"]["id"] == here.fake.me]) == 1


def test_what_wasnt_genuine_isnt_kept_and_what_wasnt_told_is_polled(on_gitlab: OnGitLab) -> None:
    here = on_gitlab
    assert here.host.send(here.message("open"), secret="another") == 401
    assert not ForgeDelivery.objects.exists()
    told = here.message("open")
    here.host.tell(told)
    assert here.host.send(told) == 200
    here.fake.approve(here.one, here.bob)
    here.one.updated = here.fake.tick()
    polling.poll(timezone.now() + timedelta(days=1))
    here.host.work()
    assert (here.host.outcome, here.lights) == ("allowed", ["pending", "success"])


@dataclass
class OnGitea:
    """A pull request of ada's."""

    fake: gitea.FakeGitea
    host: Host
    one: gitea.Pull
    bob: int

    def message(self, action: str) -> dict[str, Any]:
        return {"action": action, "number": self.one.number, "pull_request": self.fake._shown(self.one),
                "repository": self.fake._shown_repo(self.one.repo)}  # fmt: skip

    @property
    def lights(self) -> list[str]:
        return [status["status"] for status in self.fake.statuses if status["sha"] == self.one.head]


@pytest.fixture
def on_gitea(client: Browser) -> Iterator[OnGitea]:
    with gitea.FakeGitea() as fake:
        assert isinstance(fake, gitea.FakeGitea)
        ada, bob, acme = fake.user("ada"), fake.user("bob"), fake.user("acme")
        one = fake.pull(fake.repo(acme, "orders"), ada)
        fake.contents[(one.repo, one.base, "CODEOWNERS")] = b".* @acme/orders\n"
        yield OnGitea(fake, host("gitea", fake.address, gitea.TOKEN, client), one, bob)


def test_a_pull_request_from_its_opening_to_its_merge(on_gitea: OnGitea) -> None:
    here = on_gitea
    here.host.tell(here.message("opened"))
    assert (here.host.outcome, here.lights) == ("waiting", ["pending"])
    review = here.fake.review(here.one, here.bob, "APPROVED")
    here.host.tell(here.message("reviewed"))
    assert (here.host.outcome, here.lights) == ("allowed", ["pending", "success"])
    review["dismissed"] = True
    here.one.updated = here.fake.tick()
    here.host.tell(here.message("edited"))
    assert here.lights == ["pending", "success", "pending"]
    here.fake.push(here.one, ["src/more.py"], taken=False)
    here.host.send(here.message("synchronized"))
    here.host.work()
    assert (here.lights, ForgeChange.objects.get().last_error != "") == ([], True)
    here.one.taken = len(here.one.heads)
    ForgeChange.objects.update(next_at=timezone.now())
    here.host.work()
    assert (here.host.outcome, here.lights) == ("waiting", ["pending"])
    here.fake.review(here.one, here.bob, "APPROVED")
    here.host.tell(here.message("reviewed"))
    assert here.lights == ["pending", "success"]
    here.one.state, here.one.merged_by, here.one.updated = "closed", here.bob, here.fake.tick()
    here.host.tell(here.message("closed"))
    assert Change.objects.get().state == "merged"
    assert [one["user"]["login"] for one in here.one.comments] == ["awayteam-bot"]


def test_a_status_that_somebody_put_over_ours_is_put_right(on_gitea: OnGitea) -> None:
    here = on_gitea
    here.host.tell(here.message("opened"))
    here.fake.status(here.one.head, "awayteam", "success")
    here.one.updated = here.fake.tick()
    here.host.tell(here.message("edited"))
    assert here.lights == ["pending", "success", "pending"]
    here.one.updated = here.fake.tick()
    here.host.tell(here.message("edited"))
    assert here.lights == ["pending", "success", "pending"]
    assert "awayteam" not in {check["name"] for check in Change.objects.get().checks}


def test_a_status_that_somebody_put_over_ours_is_put_right_on_gitlab(on_gitlab: OnGitLab) -> None:
    here = on_gitlab
    here.host.tell(here.message("open"))
    here.fake.status(here.one.head, "awayteam", "success", here.one.author)
    here.one.updated = here.fake.tick()
    here.host.tell(here.message("update"))
    assert here.lights == ["pending", "success", "pending"]


def test_a_forged_signature_is_refused(on_gitea: OnGitea) -> None:
    assert on_gitea.host.send(on_gitea.message("opened"), secret="another") == 401
    assert not ForgeDelivery.objects.exists()


@pytest.mark.parametrize(("kind", "hears"), [("gitea", True), ("gitolite", False)])
def test_only_what_sends_something_is_to_be_given_our_address(kind: str, hears: bool) -> None:
    forge = Forge(kind=kind, name="git", created_at=timezone.now())
    assert ("webhook" in health(forge, 0, timezone.now()).says) is hears
