"""A refresh in a real process, killed at random moments again and again: nothing is lost, nothing is counted twice."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.kernel.tests.test_kill import _own_database, python

KILLS = 7
SETUP = """
import sys, django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.utils import timezone
from awayteam.contributions import actions
from awayteam.kernel.actor import SYSTEM
for place in sys.argv[1:]:
    actions.follow(place, actor=SYSTEM, now=timezone.now())
"""
REFRESH = """
import django
django.setup()
from django.utils import timezone
from awayteam.contributions import refresh
from awayteam.contributions.models import Repository
from awayteam.kernel.actor import SYSTEM
print("ready", flush=True)
refresh.refresh(list(Repository.objects.order_by("pk")), actor=SYSTEM, now=timezone.now(), wait_seconds=30)
"""
READ = """
import django, json
django.setup()
from awayteam.contributions.models import Commit, Flow, Repository, Touch
print(json.dumps({
    "shas": sorted(Commit.objects.values_list("sha", flat=True)),
    "stands": sorted(Commit.objects.values_list("sha", "stands")),
    "touches": Touch.objects.count(),
    "flows": Flow.objects.count(),
    "unjudged": Repository.objects.filter(unjudged=True).count(),
    "read": [bool(tip) for tip in Repository.objects.order_by("pk").values_list("tip", flat=True)],
}))
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    given |= {"AWAYTEAM_DATA": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "awayteam.settings"}
    with ExitStack() as stack:
        if "DATABASE_URL" in os.environ:
            given["DATABASE_URL"] = stack.enter_context(_own_database(os.environ["DATABASE_URL"]))
        yield given


def history(path: Path, commits: int) -> Repo:
    """A repository with many commits, by fast-import."""
    repo = Repo(path)
    lines = []
    for number in range(commits):
        lines.append(
            f"commit refs/heads/main\nmark :{number + 1}\n"
            f"author {path.name}{number % 9} <p{number % 9}@x.org> {1_700_000_000 + number * 60} +0000\n"
            f"committer P <p@x.org> {1_700_000_000 + number * 60} +0000\ndata 3\n{number % 1000:03}\n"
        )
        text = "/a/ @acme/one\n/b/ @acme/two\n" if number == 0 else str(number)
        name = "CODEOWNERS" if number == 0 else f"{'ab'[number % 2]}/{number % 50}"
        lines.append(f"M 644 inline {name}\ndata {len(text)}\n{text}\n")
    repo.git("fast-import", "--quiet", input="".join(lines).encode())
    return repo


@pytest.mark.slow
def test_a_killed_refresh_loses_nothing_and_doubles_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    chance = random.Random(20260302)
    repos = [history(tmp_path / f"r{number}", 1_500) for number in range(3)]
    wanted = sorted(sha for repo in repos for sha in repo.git("rev-list", "main").split())
    python(environment, SETUP, *(str(repo.path) for repo in repos))
    partial = 0
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", REFRESH], env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.05, 1.2))
        process.kill()
        process.communicate()
        state = json.loads(python(environment, READ))
        assert len(state["shas"]) == 1_500 * sum(state["read"]), "a repository is there whole or not at all"
        assert len(set(state["shas"])) == len(state["shas"]) or len(set(wanted)) < len(wanted)
        partial += 0 < sum(state["read"]) < 3
    python(environment, REFRESH)
    state = json.loads(python(environment, READ))
    assert state["shas"] == wanted
    assert (state["unjudged"], state["read"]) == (0, [True] * 3)
    whole = settled(environment)
    python(environment, REFRESH)
    assert settled(environment) == whole


def settled(environment: dict[str, str]) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(python(environment, READ))
    assert all(stands is not None for _, stands in state["stands"])
    return state
