"""The entities of the files that one run reads: bodies in a temporary file, in memory only what decides claims."""

import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from awayteam.imports.records import KIND_ORDER, Record, record_of
from awayteam.sources.declared import Declared


class Packed(NamedTuple):
    """The records of one file as the reading process hands them over: columns of what decides claims, closed bodies.

    `ranks` are places in the writing order, `aliases` former references by the place of their document in the file,
    `lengths` those of the bodies, which stand one after the other in `bodies`.
    """

    refs: tuple[str, ...]
    ranks: bytes
    indexes: tuple[int, ...]
    lines: tuple[int, ...]
    aliases: dict[int, tuple[str, ...]]
    lengths: tuple[int, ...]
    bodies: bytes


def pack(declared: Iterable[Declared]) -> Packed:
    """What crosses from the reading to the writing process."""
    records = [record_of(one) for one in declared]
    bodies = [one.packed() for one in records]
    return Packed(
        tuple(one.ref for one in records),
        bytes(KIND_ORDER.get(one.kind, len(KIND_ORDER)) for one in records),
        tuple(one.document_index for one in records),
        tuple(one.line for one in records),
        {place: one.aliases for place, one in enumerate(records) if one.aliases},
        tuple(map(len, bodies)),
        b"".join(bodies),
    )


class Documents:
    """Numbered from 0 in the order of adding; the documents of one file follow each other (`spans`)."""

    def __init__(self, folder: Path | None = None) -> None:
        self._bodies = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as this object
        self._offsets = array("q", [0])
        self._ranks = array("B")
        self.refs: list[str] = []
        self.files = array("q")
        self.indexes = array("q")
        self.lines = array("q")
        self.spans: dict[int, tuple[int, int]] = {}
        self.aliases: dict[int, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self.refs)

    def add(self, file_id: int, packed: Packed) -> None:
        """Add all documents of one file."""
        start = len(self.refs)
        for place, aliases in packed.aliases.items():
            self.aliases[start + place] = aliases
        self._bodies.write(packed.bodies)
        self._offsets.extend(accumulate(packed.lengths, initial=self._offsets.pop()))
        self._ranks.frombytes(packed.ranks)
        self.refs.extend(packed.refs)
        self.files.extend([file_id] * len(packed.refs))
        self.indexes.extend(packed.indexes)
        self.lines.extend(packed.lines)
        self.spans[file_id] = (start, len(self.refs))

    def renumber(self, ids: Mapping[int, int]) -> None:
        """Give files that had a number of their own their id in the database."""
        if not ids:
            return
        self.files = array("q", (ids.get(file_id, file_id) for file_id in self.files))
        self.spans = {ids.get(file_id, file_id): span for file_id, span in self.spans.items()}

    def of_file(self, file_id: int) -> set[str]:
        """The references that the documents of a file declare."""
        start, end = self.spans.get(file_id, (0, 0))
        return set(self.refs[start:end])

    def in_writing_order(self, positions: Iterable[int]) -> list[int]:
        """Groups and users first, components last; see `KIND_ORDER`."""
        return sorted(sorted(positions), key=self._ranks.__getitem__)

    def records(self, positions: Iterable[int]) -> Iterator[Record]:
        self._bodies.flush()
        for position in positions:
            start, end = self._offsets[position], self._offsets[position + 1]
            self._bodies.seek(start)
            yield Record.unpacked(self._bodies.read(end - start))

    def close(self) -> None:
        self._bodies.close()
