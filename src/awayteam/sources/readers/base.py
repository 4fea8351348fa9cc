"""The interface of all readers."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from awayteam.sources.declared import Problem
from awayteam.sources.yamldoc import MAX_BYTES


class ReadError(Exception):
    """A file can't be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class FileStat:
    """A file of a source. While `fingerprint` stays the same, so does the content.

    `fingerprint` is a blob's id in git, and size, times and inode in a folder. `size` is in bytes, None where only
    fetching would tell.
    """

    path: str
    fingerprint: str
    size: int | None


class Reader(Protocol):
    """Hands out the files of one source. A reader can be pickled; its copy opens what it needs anew."""

    exact: bool
    """Whether fingerprints are made from the content alone, so that one tells all."""
    only: tuple[str, ...]
    """The globs that stand where `files` is asked for none; files found through them were asked for by name."""

    root: str
    """Where the source is, for people: no credentials in it."""
    revision: str
    """The commit that is read; "" where there are none."""
    problems: list[Problem]
    """What `files` had to leave out, and why; grows while it is consumed."""

    def files(self, globs: Sequence[str] = ()) -> Iterator[FileStat]:
        """The files that match a glob (all, without globs), ordered by path. Raises `ReadError`, `ValueError`."""

    def stat(self, path: str) -> FileStat | None:
        """The file at `path`, or None."""

    def prepare(self, paths: Sequence[str]) -> None:
        """Get these files near in one go, where each would cost a journey."""

    def read(self, path: str, *, max_bytes: int = MAX_BYTES) -> bytes:
        """The content of a file. Raises `ReadError` where it is absent, unreadable, larger, or outside the root."""

    def close(self) -> None:
        """Give back processes and descriptors."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def content_hash(data: bytes) -> str:
    """What tells one content from another: 128 bits of BLAKE2b in hexadecimal."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
