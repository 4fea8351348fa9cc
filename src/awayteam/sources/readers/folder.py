"""A folder, a single file in one, or what a glob names in one."""

import errno
import os
import stat as modes
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from awayteam.sources.declared import Problem
from awayteam.sources.readers.base import FileStat, ReadError
from awayteam.sources.readers.paths import Globs, decode_path, encode_path
from awayteam.sources.yamldoc import MAX_BYTES

MAX_FOLDERS_DEEP = 60


class FolderReader:
    """Reads below `root` and nowhere else.

    A symbolic link that leaves the root is reported. One that stays inside is passed by, as its target is found where
    it is; only a glob that names the link itself takes it. `only` are globs for where the caller asks for none.
    """

    exact = False

    def __init__(self, root: str | os.PathLike[str], *, only: Sequence[str] = ()) -> None:
        self.root = encode_path(os.fsencode(os.path.abspath(os.fspath(root))))
        self.revision = ""
        self.problems: list[Problem] = []
        self.only = tuple(only)
        self._top = os.fsencode(os.path.realpath(os.fspath(root)))
        if not os.path.isdir(self._top):
            raise ReadError(f"{self.root} is no folder; name one that exists")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held open."""

    def prepare(self, paths: Sequence[str]) -> None:
        """Nothing is far away."""

    def files(self, globs: Sequence[str] = ()) -> Iterator[FileStat]:
        self.problems.clear()
        wanted = Globs(globs or self.only)
        yield from self._walk(b"", wanted, 0)

    def _walk(self, folder: bytes, wanted: Globs, depth: int) -> Iterator[FileStat]:
        if depth > MAX_FOLDERS_DEEP:
            self._leave_out(folder, f"folders are nested deeper than {MAX_FOLDERS_DEEP}; it was left out")
            return
        try:
            with os.scandir(os.path.join(self._top, folder)) as found:
                entries = sorted(found, key=lambda entry: entry.name + b"/" if _is_folder(entry) else entry.name)
        except OSError as error:
            self._leave_out(folder, f"this folder can't be read: {error.strerror}; mend its permissions")
            return
        for entry in entries:
            path = os.path.join(folder, entry.name) if folder else entry.name
            name = encode_path(path)
            if entry.is_symlink():
                yield from self._link(path, name, wanted)
            elif _is_folder(entry):
                if not wanted.passes_by(encode_path(entry.name)):
                    yield from self._walk(path, wanted, depth + 1)
            elif not wanted or wanted.match(name):
                try:
                    found_stat = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # gone since the folder was listed
                if modes.S_ISREG(found_stat.st_mode):
                    yield _file(name, found_stat)

    def _link(self, path: bytes, name: str, wanted: Globs) -> Iterator[FileStat]:
        if wanted and not wanted.match(name):
            return
        real = os.path.realpath(os.path.join(self._top, path))
        if not self._inside(real):
            self._leave_out(path, "this symbolic link leaves the source's folder and isn't followed; copy the file")
        elif wanted and (file := self.stat(name)) is not None:
            yield file

    def stat(self, path: str) -> FileStat | None:
        try:
            real = os.path.realpath(os.path.join(self._top, decode_path(path)))
            found = os.stat(real)
        except (OSError, ValueError):
            return None
        return _file(path, found) if self._inside(real) and modes.S_ISREG(found.st_mode) else None

    def read(self, path: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        try:
            real = os.path.realpath(os.path.join(self._top, decode_path(path)))
        except (OSError, ValueError) as error:
            raise ReadError(f"{path} is no path; mend it") from error
        if not self._inside(real):
            raise ReadError(f"{path} leads out of the source's folder; only files within it are read")
        try:
            descriptor = os.open(real, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError as error:
            raise ReadError(_why(path, error)) from error
        found = os.fstat(descriptor)
        if not modes.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise ReadError(f"{path} is no file")
        with open(descriptor, "rb") as file:
            if found.st_size > max_bytes:
                raise ReadError(too_large(path, found.st_size, max_bytes))
            try:
                data = file.read(max_bytes + 1)
            except OSError as error:
                raise ReadError(_why(path, error)) from error
        if len(data) > max_bytes:
            raise ReadError(too_large(path, len(data), max_bytes))
        return data

    def _inside(self, real: bytes) -> bool:
        return real == self._top or real.startswith(self._top.rstrip(b"/") + b"/")

    def _leave_out(self, path: bytes, message: str) -> None:
        self.problems.append(Problem(message, encode_path(path)))


def single_file(file: str | os.PathLike[str]) -> FolderReader:
    """A reader that hands out one file; what it names is looked for in the same folder and below."""
    path = Path(file)
    name = encode_path(os.fsencode(path.name))
    return FolderReader(path.parent, only=["".join(f"[{mark}]" if mark in "*?[" else mark for mark in name)])


def too_large(path: str, size: int, max_bytes: int) -> str:
    """What to say of a file that is larger than what is read."""
    mib = 1048576
    return f"{path} has {size / mib:.1f} MiB; at most {max_bytes / mib:g} MiB are read: split it into several files"


def _file(path: str, found: os.stat_result) -> FileStat:
    marks = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    return FileStat(path, "-".join(f"{mark:x}" for mark in marks), found.st_size)


def _is_folder(entry: os.DirEntry[bytes]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _why(path: str, error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{path} can't be read: permission denied; let this program's user read it"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"there is no file {path}"
    return f"{path} can't be read: {error.strerror}"
