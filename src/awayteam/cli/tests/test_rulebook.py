import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from awayteam.cli import rulebook, worker
from awayteam.kernel.rulebook import defaults

APP = typer.Typer()
rulebook.register(APP)
worker.register(APP)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_: None)
    return CliRunner()


def test_values_in_force_are_shown(run: CliRunner) -> None:
    shown = run.invoke(APP, ["rulebook", "show", "clocks"])
    assert shown.exit_code == 0
    assert "clocks.lease_seconds          60\n" in shown.output
    assert "worker" not in shown.output
    asked = json.loads(run.invoke(APP, ["rulebook", "show", "--json"]).output)
    assert (asked["version"], asked["overridden"]) == (defaults().version, [])
    assert asked["values"]["calendar.hours"] == ["09:00", "17:00"]
    assert run.invoke(APP, ["rulebook", "show", "clock"]).exit_code != 0


def test_a_file_is_checked_line_by_line(run: CliRunner, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[worker]\nbatch = 0\n")
    bad = run.invoke(APP, ["rulebook", "check", str(path)])
    assert (bad.exit_code, bad.output) == (1, f"{path}:2: worker.batch: 0 is too small; the least is 1\n")
    told = json.loads(run.invoke(APP, ["rulebook", "check", str(path), "--json"]).output)
    assert told["problems"] == [
        {
            "file": str(path),
            "line": 2,
            "key": "worker.batch",
            "message": "0 is too small; the least is 1",
            "suggestion": "",
        }
    ]
    path.write_text("[worker]\nbatch = 9\n")
    assert run.invoke(APP, ["rulebook", "check", str(path)]).output == f"{path}: good\n"
    assert run.invoke(APP, ["rulebook", "check", str(tmp_path / "absent.toml")]).exit_code == 1
    path.write_bytes(b"\xff")
    assert run.invoke(APP, ["rulebook", "check", str(path)]).exit_code == 1


def test_files_are_compared_with_each_other_or_with_what_is_in_force(run: CliRunner, tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text("[worker]\nbatch = 9\n")
    two.write_text('[catalog]\nedit_wins = "newest"\n[worker]\nbatch = 9\n')
    assert run.invoke(APP, ["rulebook", "diff", str(one)]).output == "worker.batch: 50 -> 9\n"
    assert (
        run.invoke(APP, ["rulebook", "diff", str(one), str(two)]).output == 'catalog.edit_wins: "person" -> "newest"\n'
    )
    assert run.invoke(APP, ["rulebook", "diff", str(one), str(one)]).output == "No value differs.\n"
    told = json.loads(run.invoke(APP, ["rulebook", "diff", str(one), str(two), "--json"]).output)
    assert told["changed"] == [{"key": "catalog.edit_wins", "old": "person", "new": "newest"}]
    assert told["old"] != told["new"]


@pytest.mark.django_db
def test_a_worker_does_one_round(run: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awayteam.kernel.logging.configure", lambda **_: None)
    monkeypatch.setattr("awayteam.kernel.jobs.registered", {})
    assert run.invoke(APP, ["worker", "--once"]).output == "clocks: 0, outbox: 0, jobs: 0, others: 0\n"
    done = json.loads(run.invoke(APP, ["worker", "--once", "--json"]).output)
    assert done == {"clocks": 0, "outbox": 0, "jobs": 0, "others": 0}
