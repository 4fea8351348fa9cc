"""A visit by commands alone: asked, welcomed, signed, reviewed, handed over, in production, closed."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from awayteam.cli.main import main
from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, settle
from awayteam.kernel import clocks
from awayteam.requests.models import Request

pytestmark = pytest.mark.django_db
Run = Callable[..., Any]
MONDAY = NOON + timedelta(days=7)
TEST = "# Tests\n\nEach change has a test that fails without it.\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command as somebody; the JSON that it prints."""
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)

    def run(*arguments: object, who: str = "pia", codes: tuple[int, ...] = (0,)) -> Any:
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--as", who, "--json"])
        said = capsys.readouterr()
        assert (left.value.code or 0) in codes, said.err
        return json.loads(said.out)

    return run


def may(run: Run, path: str) -> bool:
    answer = run("access", "--person", "paul", "--path", path, "--repository", "orders", codes=(0, 1))
    return bool(answer["answers"][0]["allowed"])


def ask_and_sign(run: Run, tmp_path: Any) -> tuple[int, int]:
    """A request that the home team leaves to an away team, and a contract that both sides signed."""
    rules = tmp_path / "rules.md"
    rules.write_text(TEST)
    asked = run("ask", "Refund single lines", "--to", "orders", "--need", "One line.", "--value", 300, "--grounds",
                "12 complaints a week", who="paul")["id"]  # fmt: skip
    run("request", "decide", asked, "welcome", who="olga")
    made = run("engagement", "open", "--request", asked, "--away", "payments", "--from", "2026-03-09", "--until",
               "2026-04-03", "--scope", "orders:/refunds/")["id"]  # fmt: skip
    run("engagement", "member", "add", made, "paul")
    run("engagement", "standard", "write", made, rules, "--title", "CONTRIBUTING")
    run("engagement", "draft", made, "--hours", 16, "--deputy", "oscar", "--manager", "mona", "--done", "It works")
    run("engagement", "propose", made)
    text = run("engagement", "text", made, who="olga")
    assert run("engagement", "sign", made, "--sha256", text["sha256"], who="olga")["state"] == "agreed"
    return asked, made


def hand_over(run: Run, made: int) -> None:
    for line in run("engagement", "handover", "begin", made)["lines"]:
        if line["key"] == "no-open-review":
            continue
        walk = line["key"] == "walkthrough"
        shown = ("--on", "2026-03-09", "--with", "oscar") if walk else ("--link", "https://ci.example.org/7")
        run("engagement", "handover", "line", made, line["number"], "show", *shown)
        run("engagement", "handover", "line", made, line["number"], "done")
    run("engagement", "handover", "submit", made, "--summary", "Refunds by line.")
    run("engagement", "handover", "accept", made, who="olga")


def test_a_visit_by_commands_alone(run: Run, tmp_path: Any) -> None:
    settle()
    with time_machine.travel(NOON, tick=False):
        asked, made = ask_and_sign(run, tmp_path)
        assert not may(run, "refunds/lines.py")
    with time_machine.travel(MONDAY, tick=False):
        assert run("engagement", "start", made)["state"] == "active"
        assert may(run, "refunds/lines.py")
        assert not may(run, "invoices/lines.py")
        run("engagement", "round", "open", made, "Refund one line")
        assert run("engagement", "round", "approve", made, 1, "--minutes", 20, who="olga")["state"] == "approved"
        hand_over(run, made)
        assert run("engagement", "show", made)["state"] == "production"
        assert not may(run, "refunds/lines.py")
        run("engagement", "deploy", made, "--reference", "v7")
        assert run("engagement", "show", made)["state"] == "warranty"
        assert Request.objects.get(pk=asked).state in ("delivered", "done")
    row = Engagement.objects.get(pk=made)
    assert row.due_at is not None
    over = row.due_at + timedelta(minutes=1)
    with time_machine.travel(over, tick=False):
        clocks.run_due(over, limit=500)
        assert run("engagement", "show", made)["state"] == "closed"
        assert [one["id"] for one in run("engagement", "list", "--state", "closed")["items"]] == [made]
