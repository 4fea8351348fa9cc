"""Changes out of real repositories: which paths, who wrote them, and what can't be told."""

from pathlib import Path

import pytest

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.gate import fromgit
from awayteam.gate.change import Author, Way
from awayteam.gate.folder import people
from awayteam.gate.folder.files import Files
from awayteam.gate.tests.post import ORGANISATION
from awayteam.sources.gitcmd import GitError
from awayteam.sources.ownership.detect import resolver

ZEROS = "0" * 40


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def paths(repo: Repo, base: str, head: str, way: Way = Way.MERGE) -> set[str]:
    return set(fromgit.span(repo.path, base, head, way).paths)


def test_additions_deletions_modes_renames_and_odd_names(repo: Repo) -> None:
    base = repo.commit({"gone": "x", "mode": "x", "old name": "the same\n" * 20, "kept": "x"})
    repo.git("mv", "old name", "new name")
    repo.git("update-index", "--chmod=+x", "mode")
    odd = 'caf\udce9 \n:000000 \t"x"'
    blob = repo.git("hash-object", "-w", "--stdin", input=b"x")
    entry = f"100644 {blob}\t".encode() + odd.encode("utf-8", "surrogateescape") + b"\0"
    repo.git("update-index", "-z", "--index-info", input=entry)
    repo.git("rm", "-q", "gone")
    repo.git("-c", "user.name=A", "-c", "user.email=a@x.org", "commit", "-q", "-m", "all")
    head = repo.git("rev-parse", "HEAD")
    assert paths(repo, base, head) == {"gone", "mode", "old name", "new name", odd}


def test_a_submodule_counts_although_the_repository_says_to_ignore_it(repo: Repo) -> None:
    base = repo.commit({".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ./x\n\tignore = all\n'})
    repo.git("config", "diff.ignoreSubmodules", "all")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{base},lib")
    made = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x.org"}
    head = repo.git("commit-tree", repo.git("write-tree"), "-p", base, "-m", "sub", env=made)
    assert paths(repo, base, head) == {"lib"}


def test_a_merge_is_judged_from_where_both_parted(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.git("branch", "topic")
    base = repo.commit({"b": "theirs"})
    repo.git("checkout", "-q", "topic")
    head = repo.commit({"c": "mine"})
    assert paths(repo, base, head) == {"c"}
    forced = fromgit.span(repo.path, base, head, Way.PUSH)
    assert set(forced.paths) == {"b", "c"}, "a push takes the branch's own commits back"
    assert "takes back commits" in forced.notes[0]


def test_crossed_branches_are_judged_from_every_merge_base(repo: Repo) -> None:
    repo.commit({"a": "1", "b": "1"})
    repo.git("branch", "topic")
    one = repo.commit({"a": "2"})
    repo.git("checkout", "-q", "topic")
    two = repo.commit({"b": "2"})
    repo.merge("main", when=1_700_000_100, message="cross")
    repo.git("checkout", "-q", "main")
    repo.merge(two, when=1_700_000_101, message="cross back")
    base = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-q", "topic")
    head = repo.commit({"c": "3"})
    assert sorted(repo.git("merge-base", "--all", base, head).split()) == sorted((one, two))
    assert paths(repo, base, head) == {"a", "b", "c"}


def test_unrelated_histories_roots_and_new_branches(repo: Repo) -> None:
    assert fromgit.is_none(ZEROS)
    first = repo.commit({"a": "1"})
    new = fromgit.span(repo.path, ZEROS, first)
    assert (new.base, new.paths) == (first, ()), "the branch that the repository points at"
    repo.git("checkout", "-q", "--orphan", "other")
    head = repo.commit({"b": "2"})
    told = fromgit.span(repo.path, first, head)
    assert set(told.paths) == {"a", "b"}
    assert "share no history" in told.notes[0]
    repo.git("symbolic-ref", "HEAD", "refs/heads/nothing")
    empty = fromgit.span(repo.path, ZEROS, head, Way.PUSH)
    assert (empty.base, set(empty.paths)) == ("", {"a", "b"})
    assert fromgit.tree(empty).paths() == []


def test_a_shallow_clone_says_what_to_fetch(repo: Repo, tmp_path: Path) -> None:
    first = repo.commit({"a": "1"})
    repo.git("checkout", "-q", "-b", "topic")
    head = repo.commit({"b": "2"})
    repo.git("checkout", "-q", "main")
    base = repo.commit({"c": "3"})
    shallow = Repo(tmp_path / "shallow")
    for commit in (base, head):
        shallow.git("fetch", "-q", "--depth=1", f"file://{repo.path}", commit)
    with pytest.raises(GitError, match="fetch-depth: 0"):
        fromgit.span(shallow.path, base, head)
    with pytest.raises(GitError, match="fetch-depth: 0"):
        fromgit.span(shallow.path, first, head)


@pytest.mark.parametrize("name", ["--output=elsewhere", "", "HEAD\n", "nothing", "1" * 40, "main:a", "^main"])
def test_names_that_are_no_commits_are_refused(repo: Repo, name: str) -> None:
    repo.commit({"a": "1"})
    with pytest.raises(GitError):
        fromgit.span(repo.path, name, "HEAD")


def test_too_many_paths(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    base = repo.commit({"a": "1"})
    head = repo.commit({"b": "1", "c": "1", "d": "1"})
    monkeypatch.setattr(fromgit, "MAX_PATHS", 2)
    with pytest.raises(GitError, match="more than 2 files"):
        fromgit.span(repo.path, base, head)


def test_everybody_who_had_a_hand_in_it_is_known_by_the_mailmap_of_the_base(repo: Repo) -> None:
    base = repo.commit({".mailmap": "Bea B <bea@x.org> <old@x.org>\n"})
    repo.commit({"a": "1"}, name="Bea", email="old@x.org")
    repo.commit({".mailmap": "Nobody <nobody@x.org> <old@x.org>\n"}, name="Ada", email="ADA@x.org",
                message="Change\n\nCo-authored-by: Cyd C <cyd@x.org>\nCo-authored-by: broken")  # fmt: skip
    head = repo.commit({"b": "1"}, name="renovate[bot]", email="1+renovate[bot]@users.noreply.github.com")
    span = fromgit.span(repo.path, base, head)
    known, _ = people.read(Files("x", {"organisation/awayteam.yaml": ORGANISATION.encode()}))
    found = fromgit.hands(fromgit.writers(span), known, mailmap=fromgit.mailmap(span))
    assert set(found) == {
        Author("user:default/bea", "Bea B"), Author("user:default/ada", "Ada L"), Author("user:default/cyd", "Cyd C"),
        Author("", "renovate[bot]", is_bot=True), Author("", "C"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "path", "owners"),
    [
        ({".github/CODEOWNERS": "* @a\n"}, "x", ("@a",)),
        ({"CODEOWNERS": "* @b\n", "docs/x": "1"}, "x", ("@b",)),
        ({"OWNERS": "approvers: [ada]\n", "sub/OWNERS": "approvers: [bea]\n"}, "sub/x", ("bea", "ada")),
        ({"MAINTAINERS": "Things\nM:\tAda <ada@x.org>\nF:\tx*\n"}, "x", ("Ada <ada@x.org>",)),
    ],
)
def test_rules_are_those_of_the_base(
    repo: Repo, files: dict[str, str | None], path: str, owners: tuple[str, ...]
) -> None:
    base = repo.commit(files)
    head = repo.commit(dict.fromkeys(files, ""))
    rules = resolver(fromgit.tree(fromgit.span(repo.path, base, head)))
    assert set(rules.resolve(path).owners) == set(owners)
