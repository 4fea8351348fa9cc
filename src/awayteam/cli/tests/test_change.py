"""`awayteam change`: changes by commands alone."""

import json
from typing import Any

import pytest
import time_machine

from awayteam.cli.main import main
from awayteam.gate.models import Passage
from awayteam.gate.tests.yard import HEAD, MONDAY, NEXT, lay_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setattr("awayteam.cli.setup.django", lambda **_options: None)

    def run(*arguments: object, who: str = "sam", code: int = 0, plain: bool = False) -> Any:
        words = ["change", *map(str, arguments), *(["--as", who] if who else []), *([] if plain else ["--json"])]
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capsys.readouterr()
        assert (left.value.code or 0) == code, said.err
        return said.out if plain else json.loads(said.out) if said.out else said.err

    return run


def test_a_change_by_command(run: Any) -> None:
    yard = lay_out()
    with time_machine.travel(MONDAY, tick=False):
        pk = yard.judged().change.pk
        [row] = run("list", "--home", "orders")["items"]
        assert (row["id"], row["outcome"], row["author"]["label"]) == (pk, "waiting", "paul")
        assert "orders #12" in run("list", plain=True)
        assert run("list", "--outcome", "allowed")["items"] == []
        assert "no sort" in run("list", "--sort", "beauty", code=2)
        shown = run("show", pk, plain=True)
        assert "Refund lines" in shown
        assert "Verdicts, newest first" in shown
        assert run("explain", pk, code=1)["verdict"]["outcome"] == "waiting"
        assert "lets paul change this" in run("explain", pk, plain=True, code=1)
        supposed = run("explain", pk, "--suppose", "approved:olga")
        assert (supposed["verdict"]["allowed"], supposed["suppose"]) == (True, ["approved:olga"])
        assert "begin with one of" in run("explain", pk, "--suppose", "rain", code=2)
        assert "There is no change 999" in run("show", 999, code=1)
        why = ("--reason", "Customers can't pay.")
        assert "say who does it" in run("override", pk, *why, who="", code=2)
        assert "The rulebook lets" in run("override", pk, *why, code=1)
        assert "moved on" in run("override", pk, *why, "--head", NEXT, who="mona", code=1)
        assert not Passage.objects.exists()
        passed = run("override", pk, *why, "--head", HEAD, who="mona")
        assert (passed["outcome"], passed["passages"][0]["by"]) == ("allowed", "mona")
        assert "Emergency by mona" in run("show", pk, plain=True)
