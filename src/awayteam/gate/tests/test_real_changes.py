"""The last changes of real repositories, judged by their own rules and organisations: no crash, plausible figures."""

import os
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from awayteam.gate import asking, fromgit
from awayteam.gate.folder import loading
from awayteam.gate.folder.files import Files
from awayteam.gate.verdict import Outcome, Standing
from awayteam.gate.words import LONGEST, as_json, from_json, markdown, text, title
from awayteam.sources import gitcmd

pytestmark = [pytest.mark.realdata, pytest.mark.slow]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHANGES = 200


def organisation(folder: Path) -> Files:
    found = [path for path in sorted(folder.rglob("*.y*ml")) if path.is_file()]
    return Files(folder.name, {f"organisation/{path.relative_to(folder)}": path.read_bytes() for path in found})


def repository(name: str) -> str:
    folder = os.environ.get("AWAYTEAM_REAL_REPOS")
    if not folder or not (Path(folder) / name / "repo").is_dir():
        pytest.skip("set AWAYTEAM_REAL_REPOS to a folder of fetched repositories (owner+name/repo)")
    return str(Path(folder) / name / "repo")


@pytest.mark.parametrize(
    ("name", "people"),
    [("istio+istio", "istio+community"), ("knative+serving", "knative+community"),
     ("knative+eventing", "knative+community")],
)  # fmt: skip
def test_the_last_changes_are_judged(name: str, people: str, shared_data: Path) -> None:
    repo, files = repository(name), organisation(shared_data / people)
    facts = loading.load(files, name.replace("+", "/"), NOW)
    shas = gitcmd.run(repo, ["rev-list", "--first-parent", f"--max-count={CHANGES + 1}", "HEAD"]).decode().split()
    outcomes: Counter[Outcome] = Counter()
    standings: Counter[Standing] = Counter()
    known = 0
    for head, base in pairwise(shas):
        span = fromgit.span(repo, base, head)
        (_, address), *_ = fromgit.writers(span) or [("", "")]
        login = address.partition("@")[0].rpartition("+")[2]
        words = asking.Words(name.replace("+", "/"), login or "nobody", way=asking.Way.PUSH)
        known += bool(facts.organisation.find(words.author))
        verdict = asking.judge(words, span, facts, NOW)
        outcomes[verdict.outcome] += 1
        standings.update(one.standing for one in verdict.sections)
        assert sorted(path for one in verdict.sections for path in one.paths) == sorted(set(span.paths))
        assert from_json(as_json(verdict)) == verdict
        assert title(verdict)
        assert text(verdict, explain=True)
        assert len(markdown(verdict)) <= LONGEST
    print(name, known, dict(outcomes), dict(standings))  # figures to look at with -s
    assert sum(outcomes.values()) == min(CHANGES, len(shas) - 1)
    assert set(standings) <= {Standing.HOME, Standing.AWAY, Standing.UNOWNED, Standing.BOT, Standing.UNKNOWN}
    assert standings[Standing.UNKNOWN] + standings[Standing.BOT] + standings[Standing.AWAY] > 0, "outsiders are seen"
    assert outcomes[Outcome.WAITING] > outcomes[Outcome.ALLOWED], "most changes need a word of their owners"
