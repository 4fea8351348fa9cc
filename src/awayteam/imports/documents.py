"""The entities of the files that one run reads: bodies in a temporary file, in memory only what decides claims."""

import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from awayteam.imports.records import KIND_ORDER, Record, record_of
from awayteam.sources.declared import Declared


class Packed(NamedTuple):
    """A record as the reading process hands it over."""

    ref: str
    kind: str
    digest: str
    document_index: int
    line: int
    aliases: tuple[str, ...]
    body: bytes


def pack(declared: Iterable[Declared]) -> list[Packed]:
    """What crosses from the reading to the writing process: headers that decide claims, and closed bodies."""
    return [
        Packed(one.ref, one.kind, one.digest, one.document_index, one.line, one.aliases, one.packed())
        for one in map(record_of, declared)
    ]


class Documents:
    """Numbered from 0 in the order of adding; the documents of one file follow each other (`spans`)."""

    def __init__(self, folder: Path | None = None) -> None:
        self._bodies = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as this object
        self._offsets = array("q", [0])
        self._ranks = array("b")
        self.refs: list[str] = []
        self.digests: list[str] = []
        self.files = array("q")
        self.indexes = array("q")
        self.lines = array("q")
        self.spans: dict[int, tuple[int, int]] = {}
        self.aliases: dict[int, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self.refs)

    def add(self, file_id: int, documents: Iterable[Packed]) -> None:
        """Add all documents of one file."""
        start = len(self.refs)
        for one in documents:
            if one.aliases:
                self.aliases[len(self.refs)] = one.aliases
            self._bodies.write(one.body)
            self._offsets.append(self._offsets[-1] + len(one.body))
            self._ranks.append(KIND_ORDER.get(one.kind, len(KIND_ORDER)))
            self.refs.append(one.ref)
            self.digests.append(one.digest)
            self.files.append(file_id)
            self.indexes.append(one.document_index)
            self.lines.append(one.line)
        self.spans[file_id] = (start, len(self.refs))

    def renumber(self, ids: Mapping[int, int]) -> None:
        """Give files that had a number of their own their id in the database."""
        for position, file_id in enumerate(self.files):
            if file_id < 0:
                self.files[position] = ids[file_id]
        self.spans = {ids.get(file_id, file_id): span for file_id, span in self.spans.items()}

    def of_file(self, file_id: int) -> set[str]:
        """The references that the documents of a file declare."""
        start, end = self.spans.get(file_id, (0, 0))
        return set(self.refs[start:end])

    def in_writing_order(self, positions: Iterable[int]) -> list[int]:
        """Groups and users first, components last; see `KIND_ORDER`."""
        return sorted(positions, key=lambda position: (self._ranks[position], position))

    def records(self, positions: Iterable[int]) -> Iterator[Record]:
        self._bodies.flush()
        for position in positions:
            start, end = self._offsets[position], self._offsets[position + 1]
            self._bodies.seek(start)
            yield Record.unpacked(self._bodies.read(end - start))

    def close(self) -> None:
        self._bodies.close()
