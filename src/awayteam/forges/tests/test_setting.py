"""Setting forges up by action, page, API and command: secrets are sealed, never shown, logged or told of."""

import json
import logging
import pickle
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from awayteam.accounts.models import User
from awayteam.forges import registry
from awayteam.forges.actions import examining, setting
from awayteam.forges.actions.receiving import receive
from awayteam.forges.github.tests.fake import FakeGitHub, running
from awayteam.forges.models import Forge, ForgeDelivery
from awayteam.forges.port import NotGenuine
from awayteam.forges.tests.yard import organisation, person
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.web.tests.test_pages import problems

pytestmark = pytest.mark.django_db
NOBODY = Actor(ActorKind.PERSON, "somebody", user_id=1, person_id=1)
READER = Actor(ActorKind.TOKEN, "reader", user_id=1, is_administrator=True, scopes=frozenset({"read"}))
KEY, HOOK = "-----BEGIN VERY PRIVATE-----", "a webhook secret that nobody may read"


def add(name: str = "hub", **given: Any) -> setting.NewForge:
    values = {"app_id": "7", "private_key": KEY, "webhook_secret": HOOK}
    wanted: dict[str, Any] = {"kind": "github", "name": name, "address": "", "values": values, "actor": SYSTEM}
    return setting.add(**{**wanted, "now": timezone.now(), **given})


@pytest.fixture
def admin() -> User:
    organisation()
    return User.objects.create_superuser("root", password="x" * 20, person=person("ada"))


@pytest.fixture
def page(admin: User) -> Browser:
    made = Browser()
    made.force_login(admin)
    return made


@pytest.fixture
def guest(admin: User) -> Browser:
    made = Browser()
    made.force_login(User.objects.create_user("sam", person=person("sam")))
    return made


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with running() as fake:
        yield fake


def test_secrets_are_sealed_and_nowhere_to_be_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = add()
    forge = Forge.objects.get()
    setting.change(forge, values={"private_key": KEY + "2"}, actor=SYSTEM, now=timezone.now(), reason="new key")
    forge.refresh_from_db()
    opened = registry.settings_of(forge)
    assert opened.values["private_key"] == KEY + "2"
    shown = [repr(forge), str(forge), repr(made), repr(opened), repr(forge.__dict__ | {"sealed": forge.sealed})]
    shown += [repr(registry.kinds), json.dumps(list(Event.objects.values()), default=str), caplog.text]
    shown += [pickle.dumps(forge).decode("latin-1"), json.dumps(forge.settings)]
    for text in shown:
        assert KEY not in text
        assert HOOK not in text
    assert forge.sealed not in pickle.dumps(forge).decode("latin-1")


def test_a_webhook_secret_that_is_not_given_is_made_once() -> None:
    made = add(values={"app_id": "7", "private_key": KEY})
    assert len(made.secret) > 30
    assert registry.webhook_secrets(made.forge, timezone.now()) == (made.secret,)
    assert made.secret not in repr(made)


def test_the_former_webhook_secret_stays_good_for_a_while() -> None:
    forge, now = add().forge, timezone.now()
    forge = setting.change(forge, values={"webhook_secret": "another"}, actor=SYSTEM, now=now)
    assert registry.webhook_secrets(forge, now) == ("another", HOOK)
    assert registry.webhook_secrets(forge, now + timedelta(hours=25)) == ("another",)
    assert HOOK not in registry.settings_of(forge).values.values()


@pytest.mark.parametrize("given", [
    {"kind": "sourceforge"}, {"name": "Hub"}, {"name": "12"}, {"name": "new"}, {"name": ""}, {"name": "a/b"},
    {"address": "ftp://x"}, {"address": "https://user:pass@github.com"}, {"address": "http://127.0.0.1"},
    {"address": "http://169.254.169.254/latest"}, {"address": "http://[::1]"}, {"address": "http://localhost:80"},
    {"address": "https://api.github.com?x=1"}, {"address": "file:///etc/passwd"}, {"values": {"app_id": "7"}},
    {"values": {"app_id": "7", "private_key": KEY, "unknown": "1"}},
    {"values": {"app_id": "7", "private_key": KEY + "\0"}}, {"values": {"app_id": "7", "private_key": "x" * 20_001}},
])  # fmt: skip
def test_what_cannot_work_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(**given)
    assert KEY not in str(refused.value)
    assert not Forge.objects.exists()


def test_only_administrators_set_forges_up() -> None:
    forge = add().forge
    events = Event.objects.count()
    for actor in (NOBODY, READER):
        for act in (
            lambda actor=actor: add("other", actor=actor),
            lambda actor=actor: setting.change(forge, actor=actor, now=timezone.now(), active=False),
            lambda actor=actor: setting.remove(forge, actor=actor, now=timezone.now()),
            lambda actor=actor: examining.examine(forge, actor=actor, now=timezone.now()),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert Forge.objects.get().state == "active"
    assert Event.objects.count() == events


def test_removing_forgets_secrets_and_nothing_else_and_it_comes_back() -> None:
    forge = add().forge
    setting.remove(forge, actor=SYSTEM, now=timezone.now(), reason="we moved")
    forge.refresh_from_db()
    assert (forge.state, forge.sealed) == ("removed", "")
    with pytest.raises(Conflict):
        registry.connect(forge)
    with pytest.raises(Conflict):
        add(address="https://github.example/api/v3")
    again = add().forge
    assert (again.pk, again.state) == (forge.pk, "active")
    with pytest.raises(Conflict):
        add()


def test_a_secret_of_another_key_says_what_to_do_and_can_be_entered_anew(settings: Any) -> None:
    forge = add().forge
    settings.SECRET_KEY = "another key altogether, as after a careless move"
    with pytest.raises(Exception, match="sealed with another secret key"):
        registry.connect(forge)
    values = {"private_key": KEY, "webhook_secret": "new"}
    setting.change(forge, values=values, actor=SYSTEM, now=timezone.now())
    forge.refresh_from_db()
    assert registry.webhook_secrets(forge, timezone.now())[0] == "new"


def test_nothing_is_taken_without_a_secret_in_force() -> None:
    forge = add().forge
    Forge.objects.update(sealed="")
    with pytest.raises(NotGenuine):
        receive(forge.pk, {"X-Hub-Signature-256": "sha256=" + "0" * 64, "X-GitHub-Delivery": "d" * 10,
                           "X-GitHub-Event": "push"}, b"{}", timezone.now())  # fmt: skip
    assert not ForgeDelivery.objects.exists()


def test_the_test_says_what_is_lacking(github: FakeGitHub) -> None:
    forge = add(address=github.address, allow_private=True, values=dict(github.settings().values)).forge
    found = examining.examine(forge, actor=SYSTEM, now=timezone.now())
    assert any("Nothing was delivered yet" in one.says and not one.passes for one in found)
    github.trouble(r".*", 500, times=100)
    found = examining.examine(forge, actor=SYSTEM, now=timezone.now())
    assert not found[-1].passes
    forge.refresh_from_db()
    assert forge.last_error


def test_pages_of_an_administrator_and_of_others(page: Browser, guest: Browser) -> None:
    empty = guest.get("/forges/")
    assert "No forge is connected yet" in empty.content.decode()
    for where in ("/forges/new/", "/forges/new/?kind=github", "/forges/github/manifest/"):
        assert guest.get(where).status_code == 403
        answer = page.get(where)
        assert answer.status_code == 200
        assert problems(answer.content.decode()) == []
    given = {"name": "hub", "address": "https://api.github.com", "app_id": "7", "private_key": KEY}
    refused = page.post("/forges/new/?kind=github", {**given, "name": "No Name"})
    assert refused.status_code == 422
    assert KEY not in refused.content.decode()
    made = page.post("/forges/new/?kind=github", given)
    assert "/deliveries" in made.content.decode()
    for where in ("", "hub/", "hub/settings/", "hub/accounts/", "hub/deliveries/", "latency/"):
        answer = page.get(f"/forges/{where}")
        assert answer.status_code == 200, where
        html = answer.content.decode()
        assert problems(html) == []
        assert KEY not in html
    for where, status in (("", 200), ("hub/", 200), ("hub/settings/", 403), ("hub/accounts/", 403),
                          ("hub/deliveries/", 403), ("latency/", 200)):  # fmt: skip
        assert guest.get(f"/forges/{where}").status_code == status, where
    for verb in ("pause", "remove", "test", "resume"):
        assert guest.post(f"/forges/hub/{verb}/", {"reason": "why"}).status_code == 403
    assert Forge.objects.get().state == "active"
    examined = page.post("/forges/hub/test/")
    assert "Nothing was delivered yet" in examined.content.decode()
    assert problems(examined.content.decode()) == []
    assert page.post("/forges/hub/pause/").status_code == 303
    assert page.post("/forges/hub/resume/").status_code == 303
    assert page.post("/forges/hub/settings/", {"app_id": "8"}).status_code == 303
    assert registry.settings_of(Forge.objects.get()).values["private_key"] == KEY
    assert page.post("/forges/hub/remove/", {"reason": "we moved"}).status_code == 303
    assert Forge.objects.get().state == "removed"


def test_the_api_shows_no_secret_and_asks_for_rights(page: Browser, guest: Browser) -> None:
    def call(who: Browser, method: str, where: str, body: Any = None) -> Any:
        return who.generic(method, f"/api/v1/forges{where}", json.dumps(body or {}), content_type="application/json")

    body = {"kind": "github", "name": "hub", "settings": {"app_id": "7", "private_key": KEY}}
    assert call(guest, "POST", "", body).status_code == 403
    made = call(page, "POST", "", body)
    assert made.status_code == 201, made.content
    assert made.json()["webhook_secret"]
    pk = made.json()["id"]
    for where in ("", "/kinds", f"/{pk}", f"/{pk}/repositories", "/latency"):
        answer = guest.get(f"/api/v1/forges{where}")
        assert answer.status_code == 200, answer.content
        assert KEY not in answer.content.decode()
        assert made.json()["webhook_secret"] not in answer.content.decode()
    for where in (f"/{pk}/accounts", f"/{pk}/deliveries", f"/{pk}/dead"):
        assert guest.get(f"/api/v1/forges{where}").status_code == 403
        assert page.get(f"/api/v1/forges{where}").status_code == 200
    assert call(guest, "PATCH", f"/{pk}", {"active": False}).status_code == 403
    assert call(guest, "POST", f"/{pk}/test").status_code == 403
    assert call(guest, "DELETE", f"/{pk}").status_code == 403
    assert call(page, "PATCH", f"/{pk}", {"active": False}).json()["state"] == "paused"
    assert call(page, "DELETE", f"/{pk}").status_code == 204


def test_the_manifest_leads_to_github_and_back(page: Browser, github: FakeGitHub) -> None:
    given = {"name": "gh", "organisation": "acme", "address": github.address, "allow_private": "on"}
    answer = page.post("/forges/github/manifest/", given)
    html = answer.content.decode()
    assert "/organizations/acme/settings/apps/new?state=" in html
    assert github.address in answer.headers["Content-Security-Policy"]
    assert "/forges/gh/deliveries" in html
    assert page.get("/forges/github/manifest/done/?code=abcdefgh12&state=wrong").status_code == 422
    # the state is good once, also if it was wrong
    assert not Forge.objects.exists()
