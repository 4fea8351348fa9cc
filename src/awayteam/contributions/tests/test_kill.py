"""A refresh in a real process, killed at random moments again and again: nothing is lost, nothing is counted twice."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.kernel.tests.processes import Installation, dismiss

KILLS = 7
SETUP = """
import sys
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
import json
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
def there(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "data") as made:
        yield made


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
def test_a_killed_refresh_loses_nothing_and_doubles_nothing(there: Installation, tmp_path: Path) -> None:
    chance = random.Random(20260302)
    repos = [history(tmp_path / f"r{number}", 1_500) for number in range(3)]
    wanted = sorted(sha for repo in repos for sha in repo.git("rev-list", "main").split())
    there.run(SETUP, *(repo.path for repo in repos))
    partial = 0
    for _ in range(KILLS):
        process = there.start("-c", REFRESH)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.05, 1.2))
        dismiss(process)
        state = there.ask(READ)
        assert len(state["shas"]) == 1_500 * sum(state["read"]), "a repository is there whole or not at all"
        assert len(set(state["shas"])) == len(state["shas"]) or len(set(wanted)) < len(wanted)
        partial += 0 < sum(state["read"]) < 3
    there.finish("-c", REFRESH)
    state = there.ask(READ)
    assert state["shas"] == wanted
    assert (state["unjudged"], state["read"]) == (0, [True] * 3)
    whole = settled(there)
    there.finish("-c", REFRESH)
    assert settled(there) == whole


def settled(there: Installation) -> dict[str, Any]:
    state: dict[str, Any] = there.ask(READ)
    assert all(stands is not None for _, stands in state["stands"])
    return state
