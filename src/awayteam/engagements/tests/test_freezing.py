"""Standards and baseline through the real actions, the REST interface, and the command line."""

import io
import json
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from awayteam.accounts import rules
from awayteam.accounts.models import ApiToken, User
from awayteam.cli import access as command
from awayteam.contributions.models import Repository
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.engagements import actions
from awayteam.engagements.actions import Upload
from awayteam.engagements.models import BaselineItem, Standard
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed, Unavailable

pytestmark = pytest.mark.django_db
JUNIT = (
    b'<testsuite name="cart"><testcase name="adds"><failure message="no"/></testcase><testcase name="b"/></testsuite>'
)
COBERTURA = b'<coverage lines-covered="3" lines-valid="4"><packages/></coverage>'


@pytest.fixture
def village() -> Village:
    return settle()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repo = Repo(tmp_path / "orders")
    tip = repo.commit({"CONTRIBUTING.md": "# Tests\nEach change has one.\n", ".github/workflows/stale.yml": "on: x\n"})
    return Repository.objects.create(name="orders", location=str(repo.path), tip=tip, created_at=NOON)


def client(village: Village, name: str) -> Client:
    user, _new = User.objects.get_or_create(username=name, defaults={"person": village.person(name)})
    secret, now = f"awat_{name}", timezone.now()
    ApiToken.objects.get_or_create(
        digest=rules.digest(secret),
        defaults={"user": user, "name": "test", "prefix": secret, "scopes": ["read", "write"], "created_at": now,
                  "expires_at": now.replace(year=now.year + 1)},
    )  # fmt: skip
    return Client(headers={"Authorization": f"Bearer {secret}"})


def send(who: Client, method: str, path: str, body: Any) -> Any:
    answer = getattr(who, method)(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code < 300, answer.content
    return answer.json() if answer.content else None


def test_standards_are_frozen_in_a_draft_and_stay(village: Village, repository: Repository) -> None:
    row = village.open()
    made = actions.take_standards(row, actor=village.actor("pia"), now=NOON, repository=repository)
    assert [(one.title, one.repository, one.commit) for one in made] == [("CONTRIBUTING.md", "orders", repository.tip)]
    again = actions.take_standards(
        row, actor=village.actor("oscar"), now=NOON, repository=repository,
        paths=["CONTRIBUTING.md", ".github/workflows/stale.yml"],
    )  # fmt: skip
    assert Standard.objects.filter(engagement=row).count() == len(again) == 2
    written = actions.add_standard(row, actor=village.actor("olga"), now=NOON, title="House rules", text="Be kind.\r\n")
    assert (written.text, written.commit) == ("Be kind.", "")
    actions.remove_standard(again[1], actor=village.actor("pia"), now=NOON)
    actions.propose(row.pk, actor=village.actor("pia"), now=NOON)
    for change in (
        lambda: actions.remove_standard(written, actor=village.actor("pia"), now=NOON),
        lambda: actions.add_standard(row, actor=village.actor("pia"), now=NOON, title="More", text="More."),
        lambda: actions.take_standards(row, actor=village.actor("pia"), now=NOON, repository=repository),
    ):
        with pytest.raises(Conflict):
            change()
    assert Standard.objects.filter(engagement=row).count() == 2


@pytest.mark.parametrize("what", ["text", "sha256", "title", "gone"])
def test_the_database_keeps_standards_of_a_proposed_contract(village: Village, what: str) -> None:
    row = village.open()
    one = actions.add_standard(row, actor=village.actor("pia"), now=NOON, title="House rules", text="Be kind.")
    actions.propose(row.pk, actor=village.actor("pia"), now=NOON)
    kept = Standard.objects.filter(pk=one.pk)
    change = kept.delete if what == "gone" else partial(kept.update, **{what: "x"})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()
    assert kept.values_list("title", "text", "sha256").get() == ("House rules", "Be kind.", one.sha256)


def test_strangers_freeze_nothing(village: Village, repository: Repository) -> None:
    row = village.open()
    with pytest.raises(NotAllowed):
        actions.take_standards(row, actor=village.actor("sam"), now=NOON, repository=repository)
    with pytest.raises(NotAllowed):
        actions.take_baseline(row, actor=village.actor("sam"), now=NOON, files=[Upload("a.xml", JUNIT)])
    assert not Standard.objects.exists()
    assert not BaselineItem.objects.exists()


def test_what_cant_be_frozen_is_told(village: Village, repository: Repository) -> None:
    row, common = village.open(), {"actor": village.actor("pia"), "now": NOON}
    with pytest.raises(InvalidInput, match="no file"):
        actions.take_standards(row, repository=repository, paths=["NOTHING.md"], **common)
    for title, text in (("", "x"), ("x", " "), ("x", "a\0b"), ("x" * 201, "x"), ("x", "y" * 600_000)):
        with pytest.raises(InvalidInput):
            actions.add_standard(row, title=title, text=text, **common)
    repository.location = "/nowhere"
    with pytest.raises(Unavailable, match="by hand"):
        actions.take_standards(row, repository=repository, **common)
    assert not Standard.objects.exists()


def test_a_baseline_is_taken_from_files_and_by_hand(village: Village) -> None:
    row, common = village.open(), {"actor": village.actor("pia"), "now": NOON}
    files = [Upload("out/junit.xml", JUNIT), Upload("coverage.xml", COBERTURA)]
    taken = actions.take_baseline(row, files=files, **common)
    assert (taken.counts, taken.problems) == ({"check": 1, "coverage": 1}, [])
    actions.add_baseline_item(row, kind="defect", key="Rounding", words="One cent.", **common)
    better = COBERTURA.replace(b"3", b"4")
    actions.take_baseline(row, files=[Upload("coverage.xml", better)], **common)
    found = BaselineItem.objects.filter(engagement=row).values_list("kind", "key", "value", "source")
    assert list(found) == [
        ("check", "cart.adds", None, "junit.xml (JUnit XML)"),
        ("coverage", "(all)", Decimal(100), "coverage.xml (Cobertura XML)"),
        ("defect", "Rounding", None, "by hand"),
    ]
    actions.remove_baseline(row, items=[row.baseline.get(kind="defect").pk], **common)
    assert row.baseline.count() == 2
    actions.propose(row.pk, **common)
    with pytest.raises(Conflict):
        actions.remove_baseline(row, **common)


def test_of_several_files_all_are_taken_or_none(village: Village) -> None:
    row, common = village.open(), {"actor": village.actor("pia"), "now": NOON}
    with pytest.raises(InvalidInput, match=r"bad\.xml: line 1"):
        actions.take_baseline(row, files=[Upload("a.xml", JUNIT), Upload("bad.xml", b"<testsuite>")], **common)
    for kind, key, value in (
        ("odd", "x", None), ("check", " ", None), ("coverage", "x", None), ("check", "x" * 501, None),
        ("coverage", "x", Decimal("nan")),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            actions.add_baseline_item(row, kind=kind, key=key, value=value, **common)
    assert not BaselineItem.objects.exists()


def test_the_interface_takes_people_documents_and_results(village: Village, repository: Repository) -> None:
    row, pia = village.open(), client(village, "pia")
    at = f"/engagements/{row.pk}"
    joined = send(pia, "post", f"{at}/members", {"person": "sue", "share": 50})
    assert joined["needs"] == ["their manager"]
    mona = send(client(village, "dana"), "post", f"{at}/members/{joined['id']}/agree", {})
    assert mona["needs"] == []
    assert send(pia, "patch", f"{at}/members/{joined['id']}", {"share": 20})["share"] == 20
    place = send(pia, "post", f"{at}/places", {"title": "SQL", "hours": 8, "skills": ["SQL"]})
    assert [one["id"] for one in client(village, "ann").get("/api/v1/places?skill=sql").json()["items"]] == [
        place["id"]
    ]
    asked = send(client(village, "ann"), "post", f"/places/{place['id']}/apply", {"words": "I can."})
    assert send(pia, "post", f"/applications/{asked['id']}/take", {"share": 10})["person"]["ref"] == "user:default/ann"
    offered = pia.get(f"/api/v1{at}/standards/candidates?repository=orders").json()
    assert [(one["path"], one["suggested"]) for one in offered["documents"]] == [
        ("CONTRIBUTING.md", True), (".github/workflows/stale.yml", False)
    ]  # fmt: skip
    frozen = send(pia, "post", f"{at}/standards", {"repository": "orders"})
    shown = pia.get(f"/api/v1{at}/standards/{frozen[0]['id']}").json()
    assert (shown["sections"][0]["title"], shown["text"][:7]) == ("Tests", "# Tests")
    taken = send(pia, "post", f"{at}/baseline/files", {"files": [{"name": "j.xml", "content": JUNIT.decode()}]})
    assert taken["counts"] == {"check": 1}
    send(pia, "post", f"{at}/baseline", {"kind": "defect", "key": "Rounding"})
    first = pia.get(f"/api/v1{at}/baseline?limit=1").json()
    second = pia.get(f"/api/v1{at}/baseline?limit=1&cursor={first['next_cursor']}").json()
    assert [one["items"][0]["key"] for one in (first, second)] == ["cart.adds", "Rounding"]
    assert second["next_cursor"] is None
    send(pia, "delete", f"{at}/baseline?item={first['items'][0]['id']}", {})
    send(pia, "delete", f"{at}/standards/{frozen[0]['id']}", {})
    assert (row.baseline.count(), row.standards.count()) == (1, 0)
    assert send(pia, "post", f"{at}/members/{joined['id']}/end", {})["id"] == row.pk


def test_access_is_answered_by_the_interface_and_the_command_alike(
    village: Village, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = village.active()
    query = "person=paul&path=refunds/a.py&path=billing/b.py&at=2026-03-10T09:00:00Z&repository=orders&explain=true"
    told = client(village, "oscar").get(f"/api/v1/access?{query}").json()
    assert [(one["path"], one["allowed"], one["engagement"]) for one in told["answers"]] == [
        ("refunds/a.py", True, row.pk), ("billing/b.py", False, None)
    ]  # fmt: skip
    assert told["answers"][0]["until"].startswith("2026-04-04T00:00:00")
    assert all(one["holds"] for one in told["explanations"][0]["findings"])
    monkeypatch.setattr(command, "django", lambda: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("refunds/a.py\nbilling/b.py\n"))
    asked = {"who": "paul", "repository": "orders", "at": "2026-03-10T09:00+00:00", "explain": True}
    with pytest.raises(typer.Exit) as left:
        command.access(path=["-"], as_json=True, **asked)
    assert left.value.exit_code == 1
    assert json.loads(capsys.readouterr().out.replace('Z"', '+00:00"')) == told
    command.access(path=["refunds/a.py"], **asked)
    plain = capsys.readouterr().out
    assert "yes  Engagement" in plain
    assert "+ Their manager agreed." in plain
    with pytest.raises(InvalidInput, match="--at"):
        command.access(path=["x"], **{**asked, "at": "yesterday"})
