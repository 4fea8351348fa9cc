"""Blame and the log of one file, on small repositories and on some that mean harm."""

from pathlib import Path

import pytest

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.sources import gitcmd
from awayteam.sources.gitcmd import GitError
from awayteam.sources.githistory import blame

T0 = 1_700_000_000


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def test_a_line_is_from_the_commit_that_changed_it_last(repo: Repo) -> None:
    first = repo.commit({"src/a.py": "one\ntwo\n"}, when=T0)
    second = repo.commit({"src/a.py": "one\nTWO\n"}, name="Béla", email="bela@x.org", when=T0 + 60)
    tip = repo.commit({"other": "x"}, when=T0 + 120)
    found = blame.line_commit(repo.path, tip, "src/a.py", 2)
    assert found == blame.PathCommit(second, T0 + 60, "Béla", "bela@x.org")
    kept = blame.line_commit(repo.path, tip, "src/a.py", 1)
    assert kept is not None
    assert kept.sha == first


def test_what_is_not_there_has_no_commit(repo: Repo) -> None:
    tip = repo.commit({"a": "one\n"})
    assert blame.line_commit(repo.path, tip, "a", 7) is None
    assert blame.line_commit(repo.path, tip, "b", 1) is None
    assert blame.path_commits(repo.path, tip, "b") == []


def test_the_log_of_a_file_has_its_commits_alone(repo: Repo) -> None:
    one = repo.commit({"a": "1\n", "b": "1\n"}, when=T0)
    repo.commit({"b": "2\n"}, when=T0 + 60)
    three = repo.commit({"a": "3\n"}, when=T0 + 120)
    assert [found.sha for found in blame.path_commits(repo.path, three, "a")] == [three, one]
    assert [found.sha for found in blame.path_commits(repo.path, three, "a", since=T0 + 60)] == [three]
    assert [found.sha for found in blame.path_commits(repo.path, three, "a", most=1)] == [three]


def test_names_that_look_like_options_or_patterns_are_names(repo: Repo) -> None:
    tip = repo.commit({"-L": "x\n", "*": "y\n", ":(top)a": "z\n", "a": "w\n"})
    for path in ("-L", "*", ":(top)a"):
        assert [found.sha for found in blame.path_commits(repo.path, tip, path)] == [tip]
        found = blame.line_commit(repo.path, tip, path, 1)
        assert found is not None
        assert found.sha == tip


def test_no_program_of_the_repository_is_started(repo: Repo, tmp_path: Path) -> None:
    proof = tmp_path / "started"
    repo.commit({"a.x": "one\n", ".gitattributes": "*.x diff=evil filter=evil\n"})
    for key in ("diff.evil.textconv", "diff.evil.command", "filter.evil.clean", "filter.evil.smudge"):
        repo.git("config", key, f"touch {proof}; cat")
    repo.git("config", "blame.ignoreRevsFile", "/nowhere/at/all")
    tip = repo.git("rev-parse", "HEAD")
    assert blame.line_commit(repo.path, tip, "a.x", 1) is not None
    assert blame.path_commits(repo.path, tip, "a.x")
    assert not proof.exists()


def test_no_file_that_the_configuration_names_is_read(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("open sesame\n")
    repo.commit({"a": "one\n"})
    repo.git("config", "blame.ignoreRevsFile", str(tmp_path / "secret"))
    tip = repo.git("rev-parse", "HEAD")
    found = blame.line_commit(repo.path, tip, "a", 1)
    assert found is not None
    assert found.sha == tip


def test_the_work_tree_is_never_blamed(repo: Repo) -> None:
    repo.commit({"a": "one\n"})
    for args in (
        ["blame", "--", "a"],
        ["blame", "a"],
        ["blame", "HEAD", "--", "a"],
        ["blame", "--contents", "x", "--", "a"],
    ):
        with pytest.raises(GitError, match="full id of a commit"):
            gitcmd.run(repo.path, args)
