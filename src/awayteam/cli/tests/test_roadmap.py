"""`awayteam roadmap` and `awayteam goal` as scripts see them: real processes, JSON, exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from awayteam.kernel.tests.installed import install_sqlite
from awayteam.kernel.tests.schema import surroundings

TEAMS = """\
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: orders, title: Orders}
spec: {type: team, children: [], members: [ada]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {memberOf: [orders]}
"""
ITEMS = "key,title,effort,value,needs,kind\nA,First,2,10,,\nB,Second,1,40,A,\nC,Tidy,1,,,debt\nD,,1,,,\n"


class Installation:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: object, code: int = 0, stdin: str = "") -> str:
        command = [sys.executable, "-m", "awayteam", *map(str, arguments)]
        env = {**surroundings(), "AWAYTEAM_DATA": str(self.folder / "data")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, input=stdin)
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout or done.stderr

    def json(self, *arguments: object, **more: Any) -> Any:
        return json.loads(self.run(*arguments, "--json", **more))


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    (tmp_path / "org").mkdir()
    (tmp_path / "org" / "catalog-info.yaml").write_text(TEAMS)
    install_sqlite(tmp_path / "data")
    made = Installation(tmp_path)
    made.run("import", tmp_path / "org")
    return made


@pytest.mark.slow
def test_a_roadmap_is_imported_ranked_and_worked_on_by_command(here: Installation) -> None:
    dry = here.json("roadmap", "import", "-", "--team", "orders", "--dry-run", stdin=ITEMS, code=1)
    assert (dry["created"], dry["errors"]) == (3, [{"line": 5, "field": "title", "message": "is needed"}])
    assert here.json("roadmap", "show", "orders")["items"] == []
    here.json("roadmap", "import", "-", "--team", "orders", stdin=ITEMS, code=1)
    found = here.json("roadmap", "show", "orders")
    assert [(row["title"], row["rank"]) for row in found["items"]] == [("First", 1), ("Second", 2)]
    first, second = (row["id"] for row in found["items"])
    trial = here.json("roadmap", "what-if", "orders", "--effort", "1,2,4", "--value", "5", "--rank", 1)
    assert [row["title"] for row in trial["slips"]] == ["Second", "First"]
    options = here.json("roadmap", "what-if", "orders", "--effort", "2")["items"]
    assert [one["rank"] for one in options] == [1, 2, 3]
    made = here.json("roadmap", "add", "orders", "Third", "--effort", "1,2,3", "--rank", 1, "--as", "ada")
    assert (made["rank"], made["effort_high"]) == (1, 3.0)
    assert here.json("roadmap", "rank", "orders", made["id"], 3)["rank"] == 3
    assert "needs" in here.run("roadmap", "depend", first, second, code=1)
    assert here.json("roadmap", "estimate", second, "--effort", "3")["effort_likely"] == 3.0
    assert here.json("roadmap", "start", first, "--reason", "Monday")["state"] == "started"
    assert here.json("roadmap", "finish", first, "--real", "2.5")["real_effort"] == 2.5
    assert here.json("roadmap", "drop", made["id"])["state"] == "dropped"
    assert "Second" in here.run("roadmap", "show", "orders")
    assert "Second" in here.run("roadmap", "list")
    assert "no team" in here.run("roadmap", "show", "nobody", code=1)
    assert "say what is to be tried" in here.run("roadmap", "what-if", "orders", code=2)


@pytest.mark.slow
def test_what_is_exported_is_imported_without_a_change(here: Installation) -> None:
    here.run("roadmap", "import", "-", "--team", "orders", stdin=ITEMS, code=1)
    for form in ("csv", "json"):
        text = here.run("roadmap", "export", "--format", form)
        done = here.json("roadmap", "import", "-", stdin=text)
        assert (done["created"], done["updated"], done["unchanged"], done["needs"]) == (0, 0, 3, 0)


@pytest.mark.slow
def test_goals_are_set_and_measured_by_command(here: Installation) -> None:
    made = here.json(
        "goal", "add", "orders", "Faster", "--from", "2026-01-01", "--until", "2026-12-31", "--owner", "ada"
    )
    goal = made["id"]
    key = here.json("goal", "key-result", goal, "Time", "--baseline", "800", "--target", "400", "--unit", "ms")
    result = key["key_results"][0]
    assert result["direction"] == "down"
    measured = here.json("goal", "measure", result["id"], "600", "--source", "traces", "--at", "2026-03-01")
    assert measured["key_results"][0]["progress"] == 0.5
    assert "Faster" in here.run("goal", "show", goal)
    assert [row["title"] for row in here.json("goal", "list", "--team", "orders")["items"]] == ["Faster"]
    assert here.json("goal", "close", goal, "met")["state"] == "met"
    assert here.json("goal", "list")["items"] == []
    assert "no goal" in here.run("goal", "show", 999, code=1)
    assert "no date" in here.run("goal", "add", "orders", "x", "--from", "soon", "--until", "2026-12-31", code=2)
