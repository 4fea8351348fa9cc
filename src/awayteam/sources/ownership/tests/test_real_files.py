"""Real rule files and whole trees: against slow readings, the public conformance list, and an independent library.

Fetched repositories are found through AWAYTEAM_REAL_REPOS, a folder that holds `owner+name/repo` git directories.
"""

import gzip
import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from awayteam.sources.githistory.tree import GitTree
from awayteam.sources.ownership.base import MemoryTree, Status
from awayteam.sources.ownership.detect import resolver
from awayteam.sources.ownership.github import PLACES, GitHub
from awayteam.sources.ownership.prow import load
from awayteam.sources.ownership.tests.reference import gitignore_like

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="session")
def real_repos() -> dict[str, Path]:
    folder = os.environ.get("AWAYTEAM_REAL_REPOS")
    if not folder:
        pytest.skip("set AWAYTEAM_REAL_REPOS to a folder of fetched repositories (owner+name/repo)")
    return {path.parent.name.replace("+", "/"): path for path in sorted(Path(folder).glob("*/repo"))}


def git(repo: Path, *args: str) -> str:
    return subprocess.run(["git", "-C", str(repo), *args], check=True, capture_output=True, text=True).stdout


def test_every_file_changed_in_a_year_of_istio(shared_data: Path) -> None:
    touched: dict[str, set[str]] = defaultdict(set)
    with gzip.open(shared_data / "istio-commits-12m.jsonl.gz", "rt") as lines:
        for line in lines:
            commit = json.loads(line)
            touched[commit["repo"]].update(commit["files"])
    checked = 0
    for repo, paths in touched.items():
        file = shared_data / repo.replace("/", "+") / "CODEOWNERS"
        if not file.exists():
            continue
        rules = GitHub(file.read_bytes(), "CODEOWNERS")
        assert not rules.problems
        for path in sorted(paths)[::3]:
            matching = [n for n, (rule, _) in enumerate(rules.rules) if gitignore_like(rule.pattern, path)]
            expected = rules.rules[matching[-1]][1] if matching else ()
            assert rules.resolve(path).owners == expected, (repo, path)
            checked += 1
    assert checked > 500


def test_prow_files_of_knative(shared_data: Path) -> None:
    for name in ("knative+serving", "knative+eventing", "knative+client", "knative+docs", "knative+func"):
        root = shared_data / name
        contents = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("OWNERS*")
            if path.name in ("OWNERS", "OWNERS_ALIASES")
        }
        prow = load(MemoryTree(contents))
        assert not [problem for problem in prow.problems if problem.severity == "error"], name
        answer = prow.resolve("README.md")
        assert answer.status is Status.OWNED
        assert all(prow.expand(owner) for owner in answer.owners)


def test_conformance_list(real_repos: dict[str, Path]) -> None:
    repo = real_repos.get("hmarr/codeowners")
    if repo is None:
        pytest.skip("hmarr/codeowners, which holds the public conformance list, isn't among the repositories")
    cases = json.loads(git(repo, "show", "HEAD:testdata/patterns.json"))
    wrong = []
    count = 0
    for case in cases:
        rules = GitHub(f"{case['pattern']} @o\n".encode())
        for path, expected in case["paths"].items():
            count += 1
            if (rules.resolve(path).status is Status.OWNED) != expected:
                wrong.append((case["pattern"], path))
    assert wrong == []
    assert count >= 153


def test_whole_trees_equal_an_independent_library(real_repos: dict[str, Path]) -> None:
    codeowners = pytest.importorskip("codeowners", reason="the package codeowners isn't installed here")
    compared = 0
    for name, repo in real_repos.items():
        tree = GitTree(repo)
        data = next((found for place in PLACES if (found := tree.read(place)) is not None), None)
        if data is None:
            continue
        peer = codeowners.CodeOwners(data.decode())
        mine = GitHub(data)
        for path in tree.paths():
            theirs = tuple(owner for _, owner in peer.of(path))
            assert mine.resolve(path).owners == theirs, (name, path)
            compared += 1
    assert compared


def test_every_path_of_every_tree_is_answered(real_repos: dict[str, Path]) -> None:
    for repo in real_repos.values():
        tree = GitTree(repo)
        rules = resolver(tree)
        answers = list(rules.resolve_many(tree.paths()))
        assert len(answers) == len(tree.paths())
        assert all((answer.status is Status.UNMATCHED) or answer.rule for answer in answers)
