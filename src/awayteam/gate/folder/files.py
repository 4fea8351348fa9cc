"""The files of a folder of agreements, bounded: out of a commit, or from a place outside of the repository.

Symbolic links and submodules are refused, not followed: what they lead to may be in somebody else's hands.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from awayteam.sources import gitcmd
from awayteam.sources.declared import Problem
from awayteam.sources.gitcmd import GitError
from awayteam.sources.readers.base import FileStat, ReadError, content_hash
from awayteam.sources.readers.paths import Globs

USUAL = ".awayteam"
"""The folder's name in a repository."""
MAX_FILES = 20_000
MAX_BYTES = 64 * 1024 * 1024
"""Of all files together."""
MAX_AGREEMENT = 512 * 1024
"""Of one file, but for those of the organisation."""
MAX_ORGANISATION = 16 * 1024 * 1024
MAX_DEEP = 8

AGREEMENT = re.compile(r"agreements/[^/]+\.toml")
ORGANISATION = re.compile(r"organisation(?:\.[^/]+|/.+)")
ALONE = ("rulebook.toml", "register.toml", "bots")
MANIFEST = "exported.json"
"""What an export wrote; nothing is judged by it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, where, and what to do. `line` counts from 1 (0: the file as a whole), `key` is the field."""

    file: str
    message: str
    line: int = 0
    key: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class FolderError(Exception):
    """The folder can't be judged by; `wrong` has every reason that is known."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("; ".join(map(str, wrong[:20])))
        self.wrong = tuple(wrong)


@dataclass(frozen=True, slots=True)
class Files:
    """What was read. `place` is for people, `own` says that it is the folder of the judged repository itself."""

    place: str
    contents: Mapping[str, bytes] = field(repr=False)
    wrong: tuple[Wrong, ...] = ()
    others: tuple[str, ...] = ()
    """Files that mean nothing here."""
    own: bool = False


def is_known(path: str) -> bool:
    """Whether a file of this name, relative to the folder, is read."""
    return path in ALONE or AGREEMENT.fullmatch(path) is not None or ORGANISATION.fullmatch(path) is not None


def from_commit(repo: str | os.PathLike[str], commit: str, folder: str = USUAL, *, own: bool = True) -> Files:
    """The folder as it stands in a commit. Raises `FolderError` where there is none, `GitError` where git fails."""
    root = folder.strip("/")
    place = f"{root or '.'} of {commit[:12]}"
    args = ["ls-tree", "-r", "-z", "-l", "--full-tree", commit, *(["--", root] if root else [])]
    taken = _Taken(place)
    blobs: dict[str, str] = {}
    entries = [entry for entry in gitcmd.run(repo, args, timeout=120).split(b"\0") if entry]
    if not entries:
        raise FolderError([Wrong(place, "there is no such folder; docs/check.md says what it holds")])
    for entry in entries:
        meta, _, raw = entry.partition(b"\t")
        mode, _, found, size = meta.split()
        path = raw.decode("utf-8", "surrogateescape")
        name = path.removeprefix(f"{root}/") if root else path
        if path == root:
            raise FolderError([Wrong(place, "this is no folder; symbolic links aren't followed")])
        if taken.wants(name, mode.startswith(b"100"), int(size) if size.isdigit() else 0):
            blobs[name] = found.decode("ascii")
    contents = {}
    with gitcmd.CatFile(repo) as objects:
        for name, blob in blobs.items():
            data = objects.read(blob, max_bytes=MAX_ORGANISATION)
            if data is None:
                raise GitError(f"{name} of {place} is missing in the repository; check it with `git fsck`")
            contents[name] = data
    return taken.files(contents, own=own)


def from_folder(folder: str | os.PathLike[str], *, own: bool = False) -> Files:
    """A folder as it lies on this machine; `own`: as if it were kept in the judged repository. Raises `FolderError`."""
    root = os.fspath(folder)
    taken = _Taken(root)
    if not os.path.isdir(root):
        raise FolderError([Wrong(root, "there is no such folder; docs/check.md says what it holds")])
    contents: dict[str, bytes] = {}
    for name in _walk(root, taken):
        try:
            contents[name] = _read(os.path.join(root, name))
        except OSError as error:
            taken.wrong.append(Wrong(name, f"this can't be read: {error.strerror}"))
    return taken.files(contents, own=own)


class _Taken:
    """Which files are taken, within bounds."""

    def __init__(self, place: str) -> None:
        self.place, self.wrong, self.others = place, list[Wrong](), list[str]()
        self._count = self._bytes = 0

    def wants(self, name: str, is_file: bool, size: int) -> bool:
        self._count += 1
        if self._count > MAX_FILES:
            raise FolderError([Wrong(self.place, f"there are more than {MAX_FILES} files in it")])
        if name in ("agreements", "organisation") and not is_file:
            self.wrong.append(Wrong(name, "this is a symbolic link or a submodule; put a folder there"))
            return False
        if not is_known(name):
            self.others += [] if name == MANIFEST else [name]
            return False
        if not is_file:
            self.wrong.append(Wrong(name, "this is a symbolic link or a submodule; put a file there"))
            return False
        longest = MAX_ORGANISATION if ORGANISATION.fullmatch(name) else MAX_AGREEMENT
        if size > longest:
            self.wrong.append(Wrong(name, f"this has {size:,} bytes; at most {longest:,} are read"))
            return False
        self._bytes += size
        if self._bytes > MAX_BYTES:
            raise FolderError([Wrong(self.place, f"its files have more than {MAX_BYTES:,} bytes together")])
        return True

    def files(self, contents: Mapping[str, bytes], *, own: bool) -> Files:
        return Files(self.place, dict(sorted(contents.items())), tuple(self.wrong), tuple(self.others), own)


def _walk(root: str, taken: _Taken, below: str = "", deep: int = 0) -> Iterator[str]:
    if deep > MAX_DEEP:
        raise FolderError([Wrong(below, f"folders are nested deeper than {MAX_DEEP}")])
    try:
        with os.scandir(os.path.join(root, below)) as found:
            entries = sorted(found, key=lambda one: one.name)
    except OSError as error:
        raise FolderError([Wrong(below or root, f"this folder can't be read: {error.strerror}")]) from error
    for entry in entries:
        name = f"{below}/{entry.name}" if below else entry.name
        about = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(about.st_mode):
            if entry.name != ".git":
                yield from _walk(root, taken, name, deep + 1)
        elif taken.wants(name, stat.S_ISREG(about.st_mode), about.st_size):
            yield name


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    with open(descriptor, "rb") as file:
        return file.read(MAX_ORGANISATION + 1)


class MemoryReader:
    """The organisation's files as a source that Awayteam's formats read; nothing else is within reach."""

    exact = True
    revision = ""
    only: tuple[str, ...] = ()

    def __init__(self, files: Files) -> None:
        self.root = files.place
        self.problems: list[Problem] = []
        self._files = {name: data for name, data in files.contents.items() if ORGANISATION.fullmatch(name)}

    def files(self, globs: Sequence[str] = ()) -> Iterator[FileStat]:
        wanted = Globs(globs or self.only)
        for name in self._files:
            if not wanted or wanted.match(name):
                yield self._stat(name)

    def stat(self, path: str) -> FileStat | None:
        return self._stat(path) if path in self._files else None

    def prepare(self, paths: Sequence[str]) -> None:
        """Everything is here."""

    def read(self, path: str, *, max_bytes: int = MAX_ORGANISATION) -> bytes:
        data = self._files.get(path)
        if data is None:
            raise ReadError(f"there is no file {path} in {self.root}")
        if len(data) > max_bytes:
            raise ReadError(f"{path} has {len(data):,} bytes; at most {max_bytes:,} are read")
        return data

    def close(self) -> None:
        """Nothing is open."""

    def _stat(self, name: str) -> FileStat:
        return FileStat(name, content_hash(self._files[name]), len(self._files[name]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
