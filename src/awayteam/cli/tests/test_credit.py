"""`awayteam credit` and `awayteam insights --visits`: the ledger by commands alone."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from awayteam.cli.main import main
from awayteam.credit.deriving import derive
from awayteam.credit.models import Entry
from awayteam.credit.tests.life import Spring, spring

pytestmark = pytest.mark.django_db
Run = Callable[..., Any]


@pytest.fixture
def lived() -> Iterator[Spring]:
    made = spring()
    derive(made.now)
    with time_machine.travel(made.now, tick=False):
        yield made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lived: Spring) -> Run:
    """Runs a command; with `code` 0 the JSON that it prints (`plain`: its text), else what it says in refusing."""
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)

    def run(*arguments: object, who: str = "", code: int = 0, plain: bool = False) -> Any:
        words = [*map(str, arguments), *(["--as", who] if who else []), *([] if plain else ["--json"])]
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said.err
        return said.err if code else said.out if plain else json.loads(said.out)

    return run


def test_totals_and_entries(run: Run) -> None:
    found = run("credit", "show", "--team", "commerce")
    assert {one["kind"]: one["quantity"] for one in found["totals"] if one["entries"]}[
        "engagement-completed"
    ] == "12.00"
    text = run("credit", "show", "--person", "olga", plain=True)
    assert "Pledged hours given\t1\t1.5 hours" in text
    assert {one["kind"] for one in run("credit", "list", "--person", "paul")["items"]} == {"engagement-completed"}
    rows = list(csv.DictReader(io.StringIO(run("credit", "list", "--csv", plain=True))))
    assert len(rows) == Entry.objects.count()
    assert "Use one of" in run("credit", "list", "--kind", "gold", code=2)


def test_thanking_disputing_and_settling(run: Run, lived: Spring) -> None:
    about = f"engagement:{lived.visit.pk}"
    made = run("credit", "thank", "oscar", "--for", about, "--words", "He stayed late.", who="paul")
    assert (made["kind"], made["words"], made["evidence_kind"]) == ("thanks", "He stayed late.", "comment")
    assert "already" in run("credit", "thank", "oscar", "--for", about, "--words", "Again.", who="paul", code=1)
    assert "--as" in run("credit", "thank", "oscar", "--for", about, "--words", "Who?", code=2)
    entry = Entry.objects.get(kind="engagement-completed").pk
    assert run("credit", "entry", entry)["units"] == ["group:default/commerce", "group:default/division"]
    opened = run("credit", "dispute", entry, "--words", "On holiday.", who="oscar")
    assert (opened["state"], opened["level"]) == ("open", "group:default/commerce")
    run("credit", "settle", opened["id"], "withdraw-entry", "--words", "No.", who="oscar", code=1)
    done = run("credit", "settle", opened["id"], "withdraw-entry", "--words", "He was.", who="mona")
    assert (done["state"], done["answer"]) == ("withdrawn-entry", "He was.")
    assert entry not in [one["id"] for one in run("credit", "list")["items"]]
    assert entry in [one["id"] for one in run("credit", "list", "--withdrawn")["items"]]


def test_rebuilding_says_what_was_different(run: Run) -> None:
    assert run("credit", "rebuild") == {"entries": 5, "added": 0, "changed": 0, "removed": 0}
    Entry.objects.filter(kind="reuse").delete()
    assert run("credit", "rebuild", "--reason", "One was missing.", plain=True).startswith("5 entries, 1 added")


def test_insights_of_visits(run: Run) -> None:
    found = run("insights", "--visits", "--since", "2026-03-01")
    assert (found["begun"]["now"], found["accepted"]["part"]) == (1, 1)
    cases = run("insights", "--visits", "--since", "2026-03-01", "--cases", "ended")
    assert [(case["kind"], case["outcome"]) for case in cases] == [("engagement", "accepted")]
    assert "visits begun" in run("insights", "--visits", "--since", "2026-03-01", plain=True)
    assert "Use one of" in run("insights", "--visits", "--cases", "nothing", code=2)
