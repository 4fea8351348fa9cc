import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.contributions.tests.gitrepo import Repo
from awayteam.sources.gitcmd import GitError
from awayteam.sources.githistory import log
from awayteam.sources.githistory.tree import GitTree, head


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "r")


def read(repo: Repo, **options: object) -> list[log.Commit]:
    with log.commits(repo.path, "HEAD", **options) as commits:  # type: ignore[arg-type]
        return list(commits)


def test_names_with_newlines_and_invalid_bytes(repo: Repo) -> None:
    odd = "a\nb\t\udcff:100644"
    repo.commit({odd: "x", ":000000 :": "y", "\nz": "w"}, name="N\u00e4me", email="n@x.org", message="first\n\nbody")
    (commit,) = read(repo)
    assert set(commit.files) == {odd.encode("utf-8", "surrogateescape"), b":000000 :", b"\nz"}
    assert (commit.name, commit.email, commit.subject, commit.parents) == ("Näme", "n@x.org", "first", [])


def test_merges_have_no_files_and_empty_commits_neither(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"b": "1"}, when=1_700_000_100)
    repo.git("checkout", "-q", "main")
    repo.commit({}, when=1_700_000_150, message="empty")
    repo.merge("side", when=1_700_000_200, message="join")
    found = read(repo)
    assert [(c.subject, len(c.parents), c.files) for c in found] == [
        ("join", 2, []), ("empty", 1, []), ("change", 1, [b"b"]), ("change", 0, [b"a"]),
    ]  # fmt: skip


def test_only_what_is_new(repo: Repo) -> None:
    first = repo.commit({"a": "1"})
    second = repo.commit({"a": "2"}, when=1_700_000_001)
    assert [c.sha for c in read(repo, not_in=[first])] == [second]
    assert [c.sha for c in read(repo, since=1_700_000_001)] == [second]


def test_renames_are_two_files(repo: Repo) -> None:
    repo.commit({"a": "same text\n" * 20})
    repo.commit({"a": None, "b": "same text\n" * 20}, when=1_700_000_001)
    assert sorted(read(repo)[0].files) == [b"a", b"b"]


def test_watched_changes_carry_object_ids(repo: Repo) -> None:
    repo.commit({"CODEOWNERS": "* @a\n", "x": "1"})
    repo.commit({"CODEOWNERS": "* @b\n"}, when=1_700_000_001)
    repo.commit({"CODEOWNERS": None}, when=1_700_000_002)
    found = read(repo, watched=lambda paths: [path for path in paths if path == b"CODEOWNERS"])
    removed, changed, added = (c.changes[0] for c in found)
    assert removed.after is None
    assert removed.before == changed.after
    assert changed.before == added.after
    assert added.before is None


def test_dates_of_1970_and_2099(repo: Repo) -> None:
    repo.commit({"a": "1"}, when=0)
    repo.commit({"a": "2"}, when=4_070_908_800)
    assert [c.committed for c in read(repo)] == [4_070_908_800, 0]


def test_corrupt_pack_is_an_error_after_what_was_read(repo: Repo) -> None:
    for n in range(30):
        repo.commit({"a": str(n)}, when=1_700_000_000 + n)
    broken = repo.git("rev-parse", "HEAD~10")
    (repo.path / ".git" / "objects" / broken[:2] / broken[2:]).chmod(0o600)
    (repo.path / ".git" / "objects" / broken[:2] / broken[2:]).write_bytes(b"garbage")
    seen = []
    with pytest.raises(GitError), log.commits(repo.path, "HEAD") as commits:  # noqa: PT012
        for commit in commits:
            seen.append(commit.sha)
    assert len(seen) <= 10


def test_empty_missing_and_no_repository(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no commits yet"):
        head(repo.path)
    with pytest.raises(GitError, match="doesn't exist"):
        head(tmp_path / "nowhere")
    with pytest.raises(GitError, match="no git repository"):
        head(tmp_path)
    repo.commit({"a": "1"})
    with pytest.raises(GitError, match="nonsense"):
        head(repo.path, "nonsense")


def test_tree_reads_files_by_name(repo: Repo) -> None:
    repo.commit({"a/OWNERS": "one", "b/OWNERS": "three", "c\nd": "x"})
    tree = GitTree(repo.path)
    assert sorted(tree.paths()) == ["a/OWNERS", "b/OWNERS", "c\nd"]
    assert (tree.size("b/OWNERS"), tree.read("b/OWNERS")) == (5, b"three")
    assert tree.size("none") is None
    assert tree.read("none") is None
    assert tree.read("c\nd") == b"x"


def test_shallow_and_partial_are_told(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a": "1"})
    repo.commit({"a": "2"}, when=1_700_000_001)
    assert not log.is_shallow(repo.path)
    assert not log.is_partial(repo.path)
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.path}", str(tmp_path / "shallow"))
    assert log.is_shallow(tmp_path / "shallow")
    assert log.remote_name(tmp_path / "shallow").endswith("/r")
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{repo.path}", str(tmp_path / "partial"))
    assert log.is_partial(tmp_path / "partial")
    with log.commits(tmp_path / "partial", "HEAD") as commits:
        assert [commit.files for commit in commits] == [[b"a"], [b"a"]]


HEADER = "{sha}\n\n{n} {n}\nA\na@x\ns"
PATHS = st.lists(st.binary(min_size=1, max_size=6).filter(lambda b: b"\0" not in b), max_size=5)


@given(commits=st.lists(PATHS, min_size=1, max_size=6), cut=st.integers(1, 40))
def test_any_chunking_gives_the_same(commits: list[list[bytes]], cut: int) -> None:
    data = b""
    for n, paths in enumerate(commits):
        data += HEADER.format(sha=f"{n:040x}", n=n).encode() + b"\0"
        data += b"".join(
            (b"\n" if k == 0 else b"") + b":100644 100644 " + b"1" * 40 + b" " + b"2" * 40 + b" M\0" + path + b"\0"
            for k, path in enumerate(paths)
        )

    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            return super().read(cut)

    found = list(log.parse(Slow(data)))
    assert [commit.files for commit in found] == commits
    assert [commit.committed for commit in found] == list(range(len(commits)))


def test_a_commit_with_very_many_files_stays_small() -> None:
    entry = b":100644 100644 " + b"1" * 40 + b" " + b"2" * 40 + b" M\0"
    count = log.MAX_FILES * 3

    def chunks() -> bytes:
        return b"\n" + b"".join(entry + b"f%d\0" % n for n in range(count))

    data = HEADER.format(sha="0" * 40, n=1).encode() + b"\0" + chunks()
    (commit,) = log.parse(io.BytesIO(data))
    assert commit.file_count == count
    assert len(commit.files) == log.MAX_FILES
