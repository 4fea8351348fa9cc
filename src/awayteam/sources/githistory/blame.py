"""Who last changed a line, and which commits changed a file: one short git process each, bounded, nothing checked out.

Both name a commit, so no work tree is read; neither follows renames.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awayteam.sources import gitcmd
from awayteam.sources.gitcmd import GitError

TIMEOUT = 20.0
MOST_BYTES = 8 * 1024 * 1024
MOST_COMMITS = 2_000


@dataclass(frozen=True, slots=True)
class PathCommit:
    """A commit that changed a file or line; `committed` is in seconds since 1970 UTC."""

    sha: str
    committed: int
    name: str
    email: str


def line_commit(
    repo: str | os.PathLike[str], commit: str, path: str, line: int, *, timeout: float = TIMEOUT
) -> PathCommit | None:
    """The commit from which line `line` (from 1) of `path` at `commit` (a full id) is; None where there is no such
    line or file.

    Raises `GitError`, also where the repository doesn't hold the file's content (a partial clone).
    """
    args = ["blame", "--porcelain", f"-L{line},{line}", commit, "--", path]
    try:
        with _without_configuration(repo, commit) as bare:
            out = gitcmd.run(bare, args, timeout=timeout, max_output=MOST_BYTES)
    except GitError as error:
        if "no such path" in error.stderr or "has only" in error.stderr:
            return None
        raise
    return _porcelain(out)


@contextmanager
def _without_configuration(repo: str | os.PathLike[str], commit: str) -> Iterator[Path]:
    """An empty repository that borrows the objects of `repo`, and knows where its history was cut off.

    git blame opens every file that `blame.ignoreRevsFile` names before it hears that it should open none, and says in
    its error what stood there.
    """
    asked = ["rev-parse", "--path-format=absolute", "--git-path", "objects", "--git-path", "shallow"]
    told = os.fsdecode(gitcmd.run(repo, asked, timeout=TIMEOUT, max_output=MOST_BYTES)).split("\n")
    if len(told) != 3 or told[0].startswith('"'):
        raise GitError(f"the path of {os.fspath(repo)!r} can't be borrowed from; move it to one without line breaks")
    with tempfile.TemporaryDirectory(prefix="awayteam-blame-") as name:
        bare = Path(name)
        kind = "sha256" if len(commit) == 64 else "sha1"
        gitcmd.run(bare, ["init", "--quiet", "--bare", "--template=", f"--object-format={kind}"], timeout=TIMEOUT)
        (bare / "objects" / "info").mkdir(exist_ok=True)
        (bare / "objects" / "info" / "alternates").write_bytes(os.fsencode(told[0]) + b"\n")
        cut = Path(told[1])
        if cut.is_file() and cut.stat().st_size <= MOST_BYTES:
            (bare / "shallow").write_bytes(cut.read_bytes())
        yield bare


def _porcelain(out: bytes) -> PathCommit | None:
    sha, told = "", dict[str, str]()
    for number, raw in enumerate(out.split(b"\n")):
        if raw.startswith(b"\t"):
            break
        text = raw.decode("utf-8", "replace")
        if number == 0:
            sha = text.partition(" ")[0]
            continue
        key, _, value = text.partition(" ")
        told.setdefault(key, value)
    if len(sha) < 40 or not told.get("committer-time", "").isdecimal():
        return None
    email = told.get("author-mail", "").removeprefix("<").removesuffix(">")
    return PathCommit(sha, int(told["committer-time"]), told.get("author", ""), email)


def path_commits(
    repo: str | os.PathLike[str],
    commit: str,
    path: str,
    *,
    since: int | None = None,
    most: int = MOST_COMMITS,
    timeout: float = TIMEOUT,
) -> list[PathCommit]:
    """Commits up to `commit` that changed `path`, newest first; `since` leaves out what was committed before (seconds
    since 1970). At most `most`. Raises `GitError`."""
    args = ["log", "-z", "--no-renames", "--no-mailmap", "--no-notes", "--no-decorate", "--encoding=UTF-8"]
    args += [f"--max-count={most}", "--format=%H%n%ct%n%an%n%ae"]
    if since is not None:
        args.append(f"--since-as-filter=@{since} +0000")
    out = gitcmd.run(repo, [*args, commit, "--", path], timeout=timeout, max_output=MOST_BYTES)
    return [made for entry in out.split(b"\0") if (made := _entry(entry)) is not None]


def _entry(entry: bytes) -> PathCommit | None:
    parts = entry.decode("utf-8", "replace").strip("\n").split("\n")
    if len(parts) != 4 or not parts[1].isdecimal():
        return None
    return PathCommit(parts[0], int(parts[1]), parts[2], parts[3])
