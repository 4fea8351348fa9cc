"""The end of a visit by commands alone, in this process and on the tests' database."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from awayteam.cli.tests.runner import Run, runner
from awayteam.handovers.tests.hamlet import LATER, Hamlet, build
from awayteam.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db
JUNIT = '<testsuite tests="1"><testcase classname="a" name="b"/></testsuite>'
TRACE = 'Traceback (most recent call last):\n  File "/srv/refunds/lines.py", line 2, in run\n    x\nValueError: cents\n'


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys, "pia")


@pytest.fixture
def hamlet() -> Hamlet:
    return build()


def test_a_visit_is_handed_over_and_repaired_by_command(hamlet: Hamlet, run: Run, tmp_path: Path) -> None:
    number = hamlet.active().pk
    report, trace = tmp_path / "junit.xml", tmp_path / "trace.txt"
    report.write_text(JUNIT)
    trace.write_text(TRACE)
    with time_machine.travel(LATER, tick=False):
        assert "Begin with" in run("handover", "show", number, code=1)
        lines = run("handover", "begin", number)["lines"]
        for line in lines:
            if line["key"] == "no-open-review":
                continue
            shown = ("--on", "2026-03-16", "--with", "oscar") if line["key"] == "walkthrough" else ("--file", report)
            run("handover", "line", number, line["number"], "show", *shown)
            run("handover", "line", number, line["number"], "done")
        run("handover", "line", number, 1, "reopen", "--words", "Not quite.")
        assert "neither done nor waived" in run("handover", "submit", number, "--summary", "It works.", code=1)
        run("handover", "line", number, 1, "waive", "--words", "We see it.", who="olga")
        assert run("handover", "submit", number, "--summary", "It works.")["state"] == "submitted"
        assert "What happens next: olga" in run("handover", "show", number, plain=True)
        assert "cites a frozen standard" in run("handover", "refuse", number, "--words", "No.", who="olga", code=2)
        run("handover", "refuse", number, "--words", "Which tests?", "--line", 2, who="olga")
        run("handover", "line", number, 2, "show", "--link", "https://ci.example.org/7")
        run("handover", "line", number, 2, "done")
        run("handover", "submit", number, "--summary", "It works.")
        assert run("handover", "accept", number, who="olga")["state"] == "accepted"
        assert run("deploy", number, "--reference", "v7")["production"] is True
    with time_machine.travel(LATER + timedelta(days=1), tick=False):
        said = run("defect", "report", "Cents are lost", "--engagement", number, "--trace", trace, who="sue")
        assert (said["path"], said["line"], said["rule"]) == ("refunds/lines.py", 2, "in-scope")
        assert "The rules give it to the away team" in run("defect", "show", said["id"], plain=True)
        run("defect", "dispute", said["id"], "--words", "It was so before.")
        run("defect", "rule", said["id"], "away", "--words", "It wasn't.", who="dana")
        assert run("defect", "fix", said["id"], "--commit", "abcdef1234")["state"] == "fixed"
        assert run("defect", "list", "--state", "all")["total"] == 1
        answers = [part for text in ("Good.", "", "", "", "") for part in ("--answer", text)]
        assert run("retrospective", number, *answers)["waits_for"] == ["home"]
        assert run("self-service") == []


def test_what_cannot_be_read_is_said(hamlet: Hamlet, run: Run) -> None:
    number = hamlet.begun().engagement_id
    with time_machine.travel(LATER, tick=False):
        assert "nothing to do with a line" in run("handover", "line", number, 1, "burn", code=2)
        assert "No such file" in run("handover", "line", number, 1, "show", "--file", "/nowhere/at/all", code=2)
        assert "no date" in run("handover", "line", number, 1, "show", "--on", "soon", code=InvalidInput.exit_code)
        assert "There is no engagement 999" in run("handover", "show", 999, code=1)
