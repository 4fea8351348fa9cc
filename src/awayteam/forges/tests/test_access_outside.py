"""Access on forges over HTTP and by command: what is shown to whom, and that a denied wish changes nothing."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.cli.main import main
from awayteam.engagements.models import Engagement
from awayteam.forges import jobs_access
from awayteam.forges.models import ForgeGrant, Reconciliation, RepositoryAccess, StrayRight
from awayteam.forges.port import Level
from awayteam.forges.tests.hosting import Host, hosting
from awayteam.kernel.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def host() -> Iterator[Host]:
    with hosting() as made:
        visit = made.village.active()
        with time_machine.travel(visit.changed_at, tick=False):
            yield made


def client(
    host: Host, name: str, *, administrator: bool = False, scopes: tuple[str, ...] = ("read", "write")
) -> Client:
    now = Engagement.objects.get().changed_at
    secret = f"awat_{name}_{len(scopes)}"
    user, _new = User.objects.get_or_create(
        username=name, defaults={"person": host.village.person(name), "is_superuser": administrator}
    )
    ApiToken.objects.create(
        digest=rules.digest(secret), user=user, name="t", prefix=secret[:12], scopes=list(scopes), created_at=now,
        expires_at=now + timedelta(days=400),
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_administrators_see_plan_rights_strays_and_who_waits(host: Host) -> None:
    now = Engagement.objects.get().changed_at
    admin, path = client(host, "dana", administrator=True), f"/api/v1/forges/{host.forge.pk}/access"
    host.rights.by_hand(host.key("ann"), Level.MAINTAIN)
    assert admin.get(path).json() == {"forge": "hub", "repositories": []}
    planned = admin.get(path, {"repository": "shop/orders", "plan": "true"}).json()["repositories"][0]
    assert [(step["kind"], step["account"], step["patterns"]) for step in planned["plan"]] == [
        ("stray", "ann", []), ("give", "paul", ["/refunds/"]),
    ]  # fmt: skip
    assert not ForgeGrant.objects.exists()
    jobs_access.work(now)
    (shown,) = admin.get(path).json()["repositories"]
    assert (shown["repository"], shown["slug"], shown["plan"]) == ("orders", "shop/orders", None)
    assert [(one["account"], one["person"], one["level"], one["ended"]) for one in shown["grants"]] == [
        ("paul", "user:default/paul", "write", "")
    ]
    assert [(one["account"], one["level"], one["raised"]) for one in shown["strays"]] == [("ann", "maintain", False)]
    host.rights.down = True
    (failed,) = admin.get(path, {"plan": "true"}).json()["repositories"]
    assert (failed["plan"], failed["plan_error"]) == (None, "out of order")


def test_home_teams_see_theirs_and_others_nothing(host: Host) -> None:
    jobs_access.work(Engagement.objects.get().changed_at)
    path = f"/api/v1/forges/{host.forge.pk}/access"
    home, away = client(host, "oscar"), client(host, "sam")
    assert [one["slug"] for one in home.get(path).json()["repositories"]] == ["shop/orders"]
    assert away.get(path).json()["repositories"] == []
    assert away.get(path, {"repository": "shop/orders"}).status_code == 404
    assert home.get(path, {"plan": "true"}).status_code == 403
    assert Client().get(path).status_code == 401
    assert host.rights.calls.count(("held", "")) == 2


@pytest.mark.parametrize(("name", "scopes"), [("oscar", ("read", "write")), ("olga", ("read", "write"))])
def test_only_administrators_ask_for_a_look(host: Host, name: str, scopes: tuple[str, ...]) -> None:
    jobs_access.work(Engagement.objects.get().changed_at)
    before = list(RepositoryAccess.objects.values_list())
    path = f"/api/v1/forges/{host.forge.pk}/reconcile"
    assert client(host, name, scopes=scopes).post(path).status_code == 403
    assert client(host, "dana", administrator=True, scopes=("read",)).post(path).status_code == 403
    assert list(RepositoryAccess.objects.values_list()) == before


def test_an_administrator_asks_for_a_look(host: Host) -> None:
    now = Engagement.objects.get().changed_at
    jobs_access.work(now)
    assert RepositoryAccess.objects.get().next_at > now
    answer = client(host, "dana", administrator=True).post(f"/api/v1/forges/{host.forge.pk}/reconcile")
    assert (answer.status_code, answer.json()) == (202, {"repositories": 1})
    assert RepositoryAccess.objects.get().next_at == now


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: Host) -> Any:
    assert host.forge.pk
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)

    def run(*words: str, code: int = 0, plain: bool = False) -> Any:
        with pytest.raises(SystemExit) as left:
            main(["forge", *words, *([] if plain else ["--json"])])
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said.err
        return said.out if plain else json.loads(said.out)

    return run


def test_plan_reconcile_and_strays_by_command(host: Host, run: Any) -> None:
    host.rights.by_hand(host.key("ann"), Level.WRITE)
    (planned,) = run("plan", "--forge", "hub")["repositories"]
    assert [step["kind"] for step in planned["steps"]] == ["stray", "give"]
    assert host.rights.level(host.key("paul")) is None
    assert not StrayRight.objects.exists()
    (done,) = run("reconcile")["repositories"]
    assert (done["given"], done["taken"], done["new_strays"], done["error"]) == (1, 0, 1, "")
    assert host.rights.level(host.key("paul")) is Level.WRITE
    assert Reconciliation.objects.get().asked_by == "the command line"
    assert "paul" in run("plan", "--repository", "orders", plain=True)
    assert run("strays")["items"][0]["account"] == "ann"
    assert "ann" in run("strays", "--forge", "hub", plain=True)
    host.rights.down = True
    (failed,) = run("plan", code=1)["repositories"]
    assert (failed["error"], failed["steps"]) == ("out of order", [])
    assert run("reconcile", code=1)["repositories"][0]["error"] == "out of order"
    assert Event.objects.filter(name="access.granted").count() == 1
