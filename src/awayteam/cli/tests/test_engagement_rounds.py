"""`awayteam engagement round|hours|report`: a review by commands alone."""

import pytest
import time_machine

from awayteam.cli.tests.runner import Run, runner
from awayteam.rounds.models import Round
from awayteam.rounds.tests.camp import MONDAY, pitch

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(monkeypatch, capsys, "paul")


def test_a_review_by_command(run: Run) -> None:
    camp = pitch()
    visit = camp.engagement.pk
    with time_machine.travel(MONDAY, tick=False):
        made = run("round", "open", visit, "Refund one line", "--url", "https://git.example/42", "--commit", "abc")
        assert (made["state"], made["turn"]["label"], made["number"]) == ("open", "olga", 1)
        at = (visit, 1)
        assert "nobody reviews own work" in run("round", "approve", *at, code=1)
        assert "cite a frozen standard" in run("round", "request-changes", *at, "--words", "No.", who="olga", code=2)
        unknown = ("--standard", "GUIDE", "--section", "Tests")
        assert "CONTRIBUTING.md" in run("round", "request-changes", *at, "--words", "x", *unknown, who="olga", code=2)
        cited = ("--standard", "CONTRIBUTING.md", "--section", "Tests", "--at", "a.py:3")
        asked = run("round", "request-changes", *at, "--words", "Write a test.", *cited, who="olga")
        assert (asked["remarks"][0]["path"], asked["remarks"][0]["line"]) == ("a.py", 3)
        assert run("round", "resubmit", *at, "--words", "Done.")["trip"] == 2
        assert run("round", "advise", *at, "--words", "See ours.", who="ann")["state"] == "open"
        assert run("round", "demand", *at, "--words", "Rewrite it.", who="olga")["turn"]["label"] == "sam"
        run("round", "rule", *at, "grant", "--words", "Yes.", who="sam", code=2)
        assert run("round", "rule", *at, "refuse", "--words", "No.", who="sam")["state"] == "open"
        assert run("round", "approve", *at, "--minutes", 20, who="olga")["state"] == "approved"
        shown = run("round", "show", *at, plain=True)
        assert "Every change has a test." in shown
        assert "olga approved" in shown
        assert len(run("round", "list", visit)["items"]) == 1
        assert "Refund one line" in run("round", "list", "--state", "closed", plain=True)
        hours = run("hours", "book", visit, 60, "Pairing", "--round", 1, who="oscar")
        assert hours["booked"] == 80
        assert run("hours", "cancel", hours["bookings"][0]["id"], "--why", "Twice", who="oscar")["booked"] == 20
        assert "0.3 h given of 20.0 h pledged" in run("hours", "show", visit, plain=True)
        assert "## Review rounds" in run("report", "make", visit, plain=True, who="pia")
        assert run("report", "show", visit, who="olga")["data"]["hours"]["booked"] == 20
        run("round", "open", visit, "Second")
        assert run("round", "withdraw", visit, 2, "--words", "No more.")["state"] == "withdrawn"
    assert Round.objects.count() == 2
