"""From the row of a source to its reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from awayteam.sources.models import Source, SourceKind
from awayteam.sources.readers import FolderReader, GitReader, Reader, is_remote, open_source


@dataclass(frozen=True, slots=True)
class Opened:
    """A reader, and what kind of place it reads."""

    reader: Reader
    kind: SourceKind


@contextmanager
def opened(source: Source, *, refresh: bool = True) -> Iterator[Opened]:
    """The reader of a source; remote repositories are fetched first unless `refresh` is False.

    Raises `ReadError`, `ValueError` (a glob that can't match), `OSError`.
    """
    cache = settings.DATA / "repositories"
    reader = open_source(source.location, ref=source.ref or None, globs=source.globs, cache=cache, refresh=refresh)
    with reader:
        yield Opened(reader, _kind(source, reader))


def _kind(source: Source, reader: Reader) -> SourceKind:
    if is_remote(source.location):
        return SourceKind.REMOTE
    if isinstance(reader, GitReader):
        return SourceKind.GIT
    if isinstance(reader, FolderReader) and reader.only and not source.globs:
        return SourceKind.FILE
    return SourceKind.FOLDER
