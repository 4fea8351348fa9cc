"""Git on repositories that mean harm."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from awayteam.sources import gitcmd
from awayteam.sources.gitcmd import CatFile, GitError


def git(folder: Path, *args: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main", *args]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.txt").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "First")
    return folder


def test_run_stream_and_cat(repo: Path) -> None:
    assert gitcmd.run(repo, ["show", "HEAD:a.txt"]) == b"one\n"
    checked = gitcmd.run(repo, ["cat-file", "--batch-check"], input=b"HEAD\n" * 30_000)
    assert checked.count(b" commit ") == 30_000
    with gitcmd.stream(repo, ["cat-file", "--batch-check"], input=b"HEAD\n") as out:
        assert b"commit" in out.read()
    with CatFile(repo) as objects:
        assert objects.read("HEAD:a.txt") == b"one\n"
        assert objects.read("HEAD:absent") is None
        with pytest.raises(GitError, match="at most 2"):
            objects.read("HEAD:a.txt", max_bytes=2)
        assert objects.read("HEAD:a.txt") == b"one\n"
        with pytest.raises(GitError, match="no object name"):
            objects.read("HEAD\nHEAD")


def test_bare_repositories(repo: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repo), str(bare))
    assert gitcmd.resolve(bare) == gitcmd.resolve(repo, "main")
    assert gitcmd.is_repository(bare)
    assert gitcmd.is_repository(repo)
    assert not gitcmd.is_repository(tmp_path)


def test_errors_say_what_and_where(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no git repository"):
        gitcmd.run(tmp_path, ["log"])
    with pytest.raises(GitError, match="is no folder"):
        gitcmd.run(tmp_path / "absent", ["log"])
    with pytest.raises(GitError, match="no branch, tag or commit 'absent'"):
        gitcmd.resolve(repo, "absent")
    for name in ("--all", "", "a b"):
        with pytest.raises(GitError, match="is no name"):
            gitcmd.resolve(repo, name)
    for args in (["-c", "alias.x=!true", "x"], ["diff", "HEAD"], ["status"], []):
        with pytest.raises(GitError, match="isn't run on repositories of others"):
            gitcmd.run(repo, args)
    with pytest.raises(GitError, match="git log"), gitcmd.stream(repo, ["log", "absent"]) as out:
        out.read()


def test_a_parent_repository_is_not_taken_for_the_folder(repo: Path) -> None:
    inner = repo / "inner"
    inner.mkdir()
    with pytest.raises(GitError, match="no git repository"):
        gitcmd.run(inner, ["log"])


def test_bounds_of_time_and_output(repo: Path) -> None:
    with pytest.raises(GitError, match="more than 10 bytes"):
        gitcmd.run(repo, ["rev-parse", "HEAD"], max_output=10)
    slow = ["fetch", "--upload-pack=sleep 30 #", f"file://{repo}"]
    begin = time.monotonic()
    with pytest.raises(GitError, match="longer than 0.2 s"):  # noqa: RUF043
        gitcmd.run(repo, slow, protocols=["file"], timeout=0.2)
    with (
        pytest.raises(GitError, match="longer than 0.2 s"),  # noqa: RUF043
        gitcmd.stream(repo, slow, protocols=["file"], timeout=0.2) as out,
    ):
        out.read()
    assert time.monotonic() - begin < 10


def test_leaving_a_stream_early_is_no_error(repo: Path) -> None:
    with gitcmd.stream(repo, ["log", "--format=%H"]) as out:
        assert out.read(1)


@pytest.mark.parametrize(
    "config",
    [
        '[core]\n\tfsmonitor = "touch {mark}"\n',
        "[core]\n\tpager = touch {mark}\n[pager]\n\tlog = touch {mark}\n",
        "[diff]\n\texternal = touch {mark}\n",
        '[diff "evil"]\n\tcommand = touch {mark}\n\ttextconv = touch {mark}\n',
        "[core]\n\thooksPath = {hooks}\n",
        "[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {hooks}/post-index-change\n",
        "[alias]\n\tlog = !touch {mark}\n",
        "[credential]\n\thelper = !touch {mark}\n[core]\n\taskPass = {hooks}/post-index-change\n",
        '[filter "evil"]\n\tsmudge = touch {mark}\n\tclean = touch {mark}\n',
    ],
)
def test_configuration_of_the_repository_starts_nothing(repo: Path, tmp_path: Path, config: str) -> None:
    mark, hooks = tmp_path / "mark", tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (hooks / name).chmod(0o755)
    with (repo / ".git" / "config").open("a") as file:
        file.write(config.format(mark=mark, hooks=hooks))
    (repo / ".gitattributes").write_text("* diff=evil filter=evil\n")
    (repo / ".git" / "info").mkdir(exist_ok=True)
    (repo / ".git" / "info" / "attributes").write_text("* diff=evil filter=evil\n")
    (repo / "a.txt").write_text("two\n")
    gitcmd.run(repo, ["log", "-p"])
    gitcmd.run(repo, ["diff-tree", "-p", "--root", "HEAD"])
    gitcmd.run(repo, ["show", "HEAD"])
    gitcmd.run(repo, ["ls-tree", "-r", "HEAD"])
    with CatFile(repo) as objects:
        objects.read("HEAD:a.txt")
    assert not mark.exists()


def test_a_partial_clone_reaches_out_to_nobody(repo: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with (repo / ".git" / "config").open("a") as file:
        file.write(
            f'[remote "origin"]\n\turl = ext::sh -c "touch% {mark}"\n\tpromisor = true\n'
            "\tpartialclonefilter = blob:none\n"
            f"[extensions]\n\tpartialClone = origin\n[protocol]\n\tallow = always\n"
            f"[core]\n\trepositoryformatversion = 1\n\tsshCommand = touch {mark}\n"
        )
    blob = git(repo, "rev-parse", "HEAD:a.txt").strip()
    (repo / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError):
        gitcmd.run(repo, ["show", "HEAD:a.txt"])
    with pytest.raises(GitError):
        gitcmd.run(repo, ["fetch", "origin"], protocols=["https", "ssh"])
    assert not mark.exists()
    with pytest.raises(GitError, match="isn't allowed"):
        gitcmd.run(repo, ["fetch"], protocols=["ext"])


def test_nobodys_configuration_is_read(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = From home\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert b"From home" not in gitcmd.run(repo, ["config", "--list"])


def test_no_process_is_left(repo: Path) -> None:
    before = _children()
    objects = CatFile(repo)
    objects.read("HEAD")
    objects.close()
    with pytest.raises(GitError):
        gitcmd.run(repo, ["log", "absent"])
    assert _children() == before


def _children() -> set[str]:
    tasks = Path(f"/proc/{os.getpid()}/task")
    if not tasks.is_dir():
        pytest.skip("needs /proc")
    return {child for task in tasks.iterdir() for child in (task / "children").read_text().split()}
