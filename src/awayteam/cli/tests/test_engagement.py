"""`awayteam engagement`: a contract from the draft to its amendment by commands alone."""

from datetime import timedelta

import pytest
import time_machine

from awayteam.cli.tests.runner import Run, runner
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys, "pia")


@pytest.fixture
def village() -> Village:
    return settle()


def test_a_contract_by_command(village: Village, run: Run) -> None:
    with time_machine.travel(NOON, tick=False):
        made = run(
            "open", "--away", "payments", "--service", "component:orders-api", "--title", "Refunds", "--goal", "Money",
            "--from", "2026-03-09", "--until", "2026-04-03", "--scope", "orders:/refunds/",
        )  # fmt: skip
        number = made["id"]
        assert made["home_team"]["ref"] == "group:default/orders"
        assert "Name who comes." in run("propose", number, code=2)
        village.join(Engagement.objects.get(pk=number), "paul")
        run("draft", number, "--hours", "24", "--deputy", "oscar", "--done", "It works", "--done", "It is described")
        proposed = run("propose", number)
        assert (proposed["state"], proposed["done_means"]) == ("proposed", ["It works", "It is described"])
        text = run("text", number, who="olga")
        assert f"SHA-256 {text['sha256']}" in run("text", number, who="olga", plain=True)
        assert "isn't the hash" in run("sign", number, "--sha256", "0" * 64, who="olga", code=1)
        assert run("sign", number, "--sha256", text["sha256"], who="olga")["state"] == "agreed"
        amended = run("amend", number, "--why", "More", "--until", "2026-04-10")
        assert (amended["ends_on"], amended["contracts"][0]["state"]) == ("2026-04-03", "signing")
        found = run("text", number, "--against", "1", who="olga")
        assert {one["field"] for one in found} == {"why", "ends_on"}
        sha256 = run("text", number)["sha256"]
        assert run("sign", number, "--sha256", sha256, who="olga")["ends_on"] == "2026-04-10"
        assert [one["id"] for one in run("list", "--home", "orders")["items"]] == [number]
        shown = run("show", number, plain=True)
    assert "What happens next: pia must begin on the first day." in shown
    with time_machine.travel(NOON + timedelta(days=8), tick=False):
        assert run("start", number)["state"] == "active"
        assert run("pause", number, "2026-03-20", "--words", "Freeze", who="olga")["state"] == "paused"
        assert run("resume", number, who="olga")["state"] == "active"
        gone = run("withdraw", number, "--reason", "blocked", "--words", "We can't")
    assert (gone["state"], gone["reason"], gone["grantings"][0]["ends_at"] is not None) == (
        "withdrawn", "blocked", True,
    )  # fmt: skip


def test_declining_and_taking_back_by_command(village: Village, run: Run) -> None:
    with time_machine.travel(NOON, tick=False):
        row = village.propose()
        assert run("take-back", row.pk, "--words", "Once more")["state"] == "preparing"
        run("propose", row.pk)
        assert "Give a reason of the list" in run("decline", row.pk, "--words", "no", who="olga", code=2)
        declined = run("decline", row.pk, "--words", "no", "--reason", "no-time", who="olga")
        other = village.agreed(title="Another")
        run("amend", other.pk, "--why", "More", "--hours", "40")
        kept = run("decline", other.pk, "--words", "no", who="olga")
        run("amend", other.pk, "--why", "Less", "--hours", "4")
        back = run("take-back", other.pk, "--words", "wrong")
    assert (declined["state"], declined["reason"]) == ("declined", "no-time")
    assert (kept["pledged_hours"], kept["contracts"][0]["state"]) == (16, "declined")
    assert [one["state"] for one in back["contracts"]] == ["withdrawn", "declined", "in-force"]


def test_what_cannot_be_done_is_said(village: Village, run: Run) -> None:
    with time_machine.travel(NOON, tick=False):
        assert "There is no engagement 9" in run("show", 9, code=1)
        assert "who visits whom" in run("open", code=2)
        row = village.open()
        assert "write REPOSITORY:PATTERN" in run("draft", row.pk, "--scope", "orders", code=2)
        assert "no date" in run("draft", row.pk, "--from", "soon", code=2)
        assert "has no text yet" in run("text", row.pk, code=1)
        assert "No text waits" in run("sign", village.agreed(title="x").pk, "--sha256", "0" * 64, who="olga", code=1)
