"""From what a person names to the reader of it."""

import os
from collections.abc import Sequence
from pathlib import Path

from awayteam.sources import gitcmd
from awayteam.sources.readers.base import Reader, ReadError
from awayteam.sources.readers.folder import FolderReader, single_file
from awayteam.sources.readers.gittree import GitReader
from awayteam.sources.readers.paths import is_glob
from awayteam.sources.readers.remote import open_remote, protocol_of


def is_remote(place: str) -> bool:
    """Whether `place` is an address rather than a path."""
    if "://" in place or "::" in place:
        return True
    if os.path.lexists(place) or place.startswith((".", "/", "~")):
        return False
    try:
        return protocol_of(place) == "ssh"
    except ReadError:
        return False


def open_source(
    place: str,
    *,
    ref: str | None = None,
    globs: Sequence[str] = (),
    cache: str | os.PathLike[str] | None = None,
    refresh: bool = True,
    timeout: float = 600.0,
) -> Reader:
    """The reader of a folder, a file, a glob, a repository at `ref`, a bare repository, or a remote address.

    A folder with a work tree is read as it lies there unless `ref` is given. `cache` is where mirrors of remotes live.
    Raises `ReadError`, and `ValueError` for a glob that can't match.
    """
    if is_remote(place):
        if cache is None:
            raise ReadError("a remote repository needs a cache folder for its mirror; name one")
        return open_remote(place, cache, ref, refresh=refresh, timeout=timeout, only=globs)
    path = Path(place).expanduser()
    if path.is_dir():
        bare = gitcmd.is_repository(path) and not (path / ".git").exists()
        if bare or ref is not None:
            return GitReader(path, ref or "HEAD", only=globs, timeout=timeout)
        return FolderReader(path, only=globs)
    if ref is not None:
        raise ReadError(f"{place} is no git repository, so it has no {ref!r}; name the repository's root folder")
    if path.exists():
        return single_file(path)
    if is_glob(place):
        return _glob(path)
    raise ReadError(f"{place} doesn't exist; name a folder, a file, a glob or the address of a repository")


def _glob(path: Path) -> FolderReader:
    parts = path.absolute().parts
    first = next(place for place, part in enumerate(parts) if is_glob(part))
    return FolderReader(Path(*parts[:first]), only=["/".join(parts[first:])])
