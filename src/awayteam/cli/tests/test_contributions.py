"""`awayteam contributions` as scripts see it: a real process, JSON, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.kernel.tests.installed import install_sqlite
from awayteam.kernel.tests.schema import surroundings


def run(data: Path, *arguments: str | Path, code: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "awayteam", "contributions", *map(str, arguments), "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=surroundings())
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
def test_repositories_are_followed_refreshed_and_left_by_command(tmp_path: Path) -> None:
    data, repo = tmp_path / "data", Repo(tmp_path / "shop")
    install_sqlite(data)
    repo.commit({"CODEOWNERS": "* @acme/one\n", "a": "1"})
    [made] = json.loads(run(data, "add", repo.path, "--json").stdout)
    assert (made["repository"], made["new"], made["commits"], made["whole"]) == ("shop", 1, 1, True)
    repo.commit({"a": "2"})
    [done] = json.loads(run(data, "refresh", "shop", "--json").stdout)
    assert (done["new"], done["commits"], done["whole"], done["error"]) == (1, 2, False, "")
    assert "0 new, 2 commits" in run(data, "refresh").stdout
    [listed] = json.loads(run(data, "list", "--json").stdout)
    assert (listed["state"], listed["commits"]) == ("good", 2)
    repo.path.rename(tmp_path / "moved")
    assert "doesn't exist" in run(data, "refresh", code=1).stderr
    assert "isn't followed" in run(data, "refresh", "nothing", code=1).stderr
    assert "no git repository" in run(data, "add", tmp_path, code=2).stderr
    run(data, "remove", "shop")
    assert json.loads(run(data, "list", "--json").stdout) == []
