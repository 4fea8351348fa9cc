"""Standards out of a followed repository at one commit. No database; the repository is hostile input (`gitcmd`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from awayteam.engagements.standards import (
    MAX_DOCUMENT,
    MAX_TOGETHER,
    MOST_DOCUMENTS,
    WORDS,
    Kind,
    candidates,
    is_suggested,
    sha256,
    text_of,
    worth_it,
)
from awayteam.sources.readers import ReadError, is_remote
from awayteam.sources.readers.gittree import GitReader
from awayteam.sources.readers.remote import open_remote

LONGEST_PATH = 1000


@dataclass(frozen=True, slots=True)
class Document:
    """A standard as it is at `commit`: its whole text, and the hash that freezes it."""

    kind: Kind
    title: str
    path: str
    commit: str
    sha256: str
    text: str

    @property
    def words(self) -> str:
        """What it is for."""
        return WORDS[self.kind]

    @property
    def suggested(self) -> bool:
        """Whether it is proposed at first."""
        return is_suggested(self.kind, self.path)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found at `commit`; `left_out` are sentences about what wasn't taken, and why."""

    commit: str
    documents: tuple[Document, ...]
    left_out: tuple[str, ...]


def standards(location: str, ref: str, cache: Path, *, folders: Sequence[str] = ()) -> Reading:
    """The documents that hold a repository's standards at `ref` ("" is its default branch), the most telling first.

    `folders` are looked at as the root is. A remote repository is read from its mirror below `cache`, which is made
    where there is none. Raises `ReadError` with a sentence for people.
    """
    with _opened(location, ref, cache) as reader:
        sizes = {file.path: file.size for file in reader.files() if len(file.path) <= LONGEST_PATH}
        wanted = candidates(sizes, folders)
        left_out = [f"{one.path}: more than {MOST_DOCUMENTS} documents" for one in wanted[MOST_DOCUMENTS:]]
        wanted = wanted[:MOST_DOCUMENTS]
        reader.prepare([one.path for one in wanted])
        found, together = [], 0
        for one in wanted:
            try:
                data = reader.read(one.path, max_bytes=MAX_DOCUMENT)
            except ReadError as error:
                left_out.append(str(error))
                continue
            text = text_of(data)
            if text is None:
                left_out.append(f"{one.path}: this isn't text in UTF-8")
            elif not text.strip() or not worth_it(one, text):
                continue
            elif together + len(data) > MAX_TOGETHER:
                left_out.append(f"{one.path}: together more than {MAX_TOGETHER:,} bytes; add it by hand")
            else:
                together += len(data)
                found.append(Document(one.kind, one.path, one.path, reader.revision, sha256(text), text))
        return Reading(reader.revision, tuple(found), tuple(left_out))


def document(location: str, ref: str, cache: Path, path: str) -> Document:
    """One document that somebody names by its path. Raises `ReadError`."""
    with _opened(location, ref, cache) as reader:
        reader.prepare([path])
        text = text_of(reader.read(path, max_bytes=MAX_DOCUMENT))
        if text is None:
            raise ReadError(f"{path}: this isn't text in UTF-8")
        kind = next((one.kind for one in candidates([path])), Kind.CONTRIBUTING)
        return Document(kind, path, path, reader.revision, sha256(text), text)


def _opened(location: str, ref: str, cache: Path) -> GitReader:
    if is_remote(location):
        return open_remote(location, cache, ref or None, history=True, refresh=False)
    return GitReader(location, ref or "HEAD")
