"""Commits as a stream, newest first, with the files that they touch: one `git log` process, nothing held.

The output asked of git is a header of five lines for each commit, then for each file a raw line (modes, object ids) and
its path, everything ended by NUL. Neither a name nor a path can hold NUL, so nothing that a repository contains can be
mistaken for something else. No file's content is read: partial clones without blobs work.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

from awayteam.sources import gitcmd

MAX_FILES = 50_000
"""Files of one commit that are looked at; the rest is counted."""
_FORMAT = "%H%n%P%n%ct %at%n%an%n%ae%n%s"
_CONFIG = {
    "log.showRoot": "true",
    "diff.renames": "false",
    "core.packedGitWindowSize": "1m",
    "core.packedGitLimit": "128m",
    "core.deltaBaseCacheLimit": "32m",
}
"""The last three keep git from mapping whole packs and hoarding objects: half the memory, no slower as measured."""
_CHUNK = 1 << 18
_PIPE = 1 << 20
_LITTLE = 1 << 16
_PAUSE = 0.004
"""Seconds to let git work ahead after a short read: it writes 4 KiB at a time, and waking for each costs more."""

Watched = Callable[[list[bytes]], list[bytes]]
"""Picks the paths whose changes are wanted."""


@dataclass(slots=True)
class Change:
    """A rule file touched by a commit; ids are None where the file wasn't there before or isn't there after."""

    path: bytes
    before: str | None
    after: str | None


@dataclass(slots=True)
class Commit:
    """One commit; times are seconds since 1970 UTC. A merge has no files here. `file_count` counts all files."""

    sha: str
    parents: list[str]
    committed: int
    authored: int
    name: str
    email: str
    subject: str
    files: list[bytes] = field(default_factory=list)
    file_count: int = 0
    changes: list[Change] = field(default_factory=list)


@contextmanager
def commits(
    repo: str | os.PathLike[str],
    tip: str,
    *,
    not_in: Sequence[str] = (),
    since: int | None = None,
    watched: Watched | None = None,
    timeout: float = 3600.0,
) -> Iterator[Iterator[Commit]]:
    """The commits of `tip` that aren't in `not_in`, merges included, as a lazy iterator inside the block.

    `since` leaves out commits committed before (seconds since 1970); `watched` picks the paths whose `changes` are
    wanted. Raises `GitError` on leaving the block where git failed (a corrupt pack, an unknown commit).
    """
    args = ["log", "-z", "--raw", "--no-abbrev", "--no-renames", "--diff-merges=off", f"--format={_FORMAT}"]
    args += ["--encoding=UTF-8", "--no-mailmap", "--no-notes", "--no-decorate", "--root"]
    if since is not None:
        args.append(f"--since-as-filter=@{since} +0000")
    args += [tip, *(f"^{sha}" for sha in not_in), "--"]
    with gitcmd.stream(repo, args, timeout=timeout, config=_CONFIG) as out:
        _widen(out)
        yield parse(out, watched, pause=_PAUSE)


def _widen(out: IO[bytes]) -> None:
    """A larger pipe lets git work ahead while Python thinks; where the system has no such call nothing changes."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import fcntl

        fcntl.fcntl(out.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)


def parse(out: IO[bytes], watched: Watched | None = None, *, pause: float = 0.0) -> Iterator[Commit]:
    """Commits from git's bytes, as they come; `pause` is slept after a short read, so that git may work ahead."""
    commit: Commit | None = None
    pending = b""
    """A raw line whose path comes with the next chunk."""
    for tokens in _tokens(out, pause):
        at = 0
        if pending and commit is not None:
            _add(commit, [pending], tokens[:1], watched)
            pending = b""
            at = 1
        while at < len(tokens):
            end = _entries_end(tokens, at)
            if end > at and commit is not None:
                raws, paths = tokens[at:end:2], tokens[at + 1 : end : 2]
                if len(paths) < len(raws):
                    pending = raws.pop()
                _add(commit, raws, paths, watched)
            elif tokens[at].strip():
                if commit is not None:
                    yield commit
                commit = _header(tokens[at])
                end = at + 1
            at = max(end, at + 1)
    if commit is not None:
        yield commit


def _entries_end(tokens: list[bytes], at: int) -> int:
    """Where the raw lines and paths that start at a place end; raw lines stand at every second place."""
    if tokens[at][:1] != b":" and tokens[at][:2] != b"\n:":
        return at
    at += 2
    while at < len(tokens) and tokens[at][:1] == b":":
        at += 2
    return min(at, len(tokens))


def _add(commit: Commit, raws: list[bytes], paths: list[bytes], watched: Watched | None) -> None:
    room = MAX_FILES - commit.file_count
    commit.file_count += len(paths)
    if len(paths) > room:
        raws, paths = raws[: max(room, 0)], paths[: max(room, 0)]
    commit.files = commit.files + paths if commit.files else paths
    if watched is not None:
        for path in watched(paths):
            commit.changes.append(_change(raws[paths.index(path)], path))


def _tokens(out: IO[bytes], pause: float) -> Iterator[list[bytes]]:
    """Chunks of git's output, split at NUL; a path cut by a chunk's end waits for its rest."""
    read = getattr(out, "read1", out.read)
    rest = b""
    while chunk := read(_CHUNK):
        if pause and len(chunk) < _LITTLE:
            time.sleep(pause)
        if rest:
            chunk = rest + chunk
        tokens = chunk.split(b"\0")
        rest = tokens.pop()
        if tokens:
            yield tokens
    if rest.strip():
        yield [rest]


def _header(token: bytes) -> Commit:
    fields = token.decode("utf-8", "replace").lstrip("\n").split("\n", 5)
    sha, parents, times, name, email, subject = fields if len(fields) == 6 else (fields + [""] * 6)[:6]
    committed, _, authored = times.partition(" ")
    return Commit(sha, parents.split(), _seconds(committed), _seconds(authored), name, email, subject)


def _seconds(text: str) -> int:
    """Git writes what a commit says, however absurd; a date that is no number counts as 1970."""
    try:
        return int(text)
    except ValueError:
        return 0


def _change(raw: bytes, path: bytes) -> Change:
    _, _, before, after, _ = raw.lstrip(b"\n").split(b" ", 4)
    old = None if before.strip(b"0") == b"" else before.decode("ascii")
    new = None if after.strip(b"0") == b"" else after.decode("ascii")
    return Change(path, old, new)


def is_shallow(repo: str | os.PathLike[str]) -> bool:
    """Whether history was cut off when the repository was cloned."""
    return gitcmd.run(repo, ["rev-parse", "--is-shallow-repository"], timeout=30).strip() == b"true"


def is_partial(repo: str | os.PathLike[str]) -> bool:
    """Whether the clone left objects out (`--filter`)."""
    try:
        out = gitcmd.run(repo, ["config", "--local", "--get-regexp", r"^remote\..*\.partialclonefilter$"], timeout=30)
    except gitcmd.GitError:
        return False
    return bool(out.strip())


def remote_name(repo: str | os.PathLike[str]) -> str:
    """`organisation/name` of the remote `origin`, as far as its URL tells; "" otherwise."""
    try:
        url = gitcmd.run(repo, ["config", "--local", "--get", "remote.origin.url"], timeout=30).decode(
            "utf-8", "replace"
        )
    except gitcmd.GitError:
        return ""
    parts = url.strip().removesuffix("/").removesuffix(".git").replace(":", "/").split("/")
    return "/".join(parts[-2:]) if len(parts) >= 4 else ""


def times(repo: str | os.PathLike[str], tip: str) -> list[int]:
    """Committer times of all commits of `tip`, merges included; for finding the newest plausible one."""
    out = gitcmd.run(repo, ["log", "--format=%ct", tip, "--"], timeout=600)
    return [int(line) for line in out.split() if line.lstrip(b"-").isdigit()]
