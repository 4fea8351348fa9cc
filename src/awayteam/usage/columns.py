"""Spans as columns: ids as whole numbers, names and combinations of attributes as numbers of tables that only grow.

What a span says beyond its ids and times (its operation, kind, failure and peer) comes again and again; each distinct
combination is one row of `Facts`. That is what lets pairing and counting work on arrays (`usage.batches`).
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from awayteam.usage.edges import OTHER
from awayteam.usage.spans import Peer, Span, cut

Words = NDArray[np.uint64]
Wholes = NDArray[np.int64]
Numbers = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PEER_KINDS = ("", "service", "database", "messaging", "external")
MOST_NAMES_OF_ONE = 20_000
"""New names (operations, peers, services) that one sender may bring before the rest stand together."""
MOST_NAMES = 1_000_000


class Columns(NamedTuple):
    """One row a span. `parent` is 0 for a root, `service` 0 where it has none, `probability` NaN where nobody says.

    Ids are the bytes of the wire read as little-endian words, shorter ones filled up with zeros in front.
    """

    trace_high: Words
    trace_low: Words
    id: Words
    parent: Words
    service: Numbers
    facts: Numbers
    start: Wholes
    end: Wholes
    probability: Floats

    @property
    def size(self) -> int:
        return len(self.id)

    def those(self, which: "Flags | Wholes") -> "Columns":
        """Some of the rows."""
        return Columns._make(column[which] for column in self)


class Fact(NamedTuple):
    """What a row of `Facts` says."""

    operation: int
    kind: int
    failed: bool
    peer_kind: int
    peer: int


class Names:
    """Texts as numbers; "" is 0 and `(others)` is 1. A sender with too many new ones gets 1 for the rest."""

    def __init__(self, most: int = MOST_NAMES, most_of_one: int = MOST_NAMES_OF_ONE) -> None:
        self.most, self.most_of_one = most, most_of_one
        self.texts: list[str] = ["", OTHER]
        self.capped: dict[str, int] = {}
        """How often a sender's name went under `(others)`."""
        self._numbers: dict[str, int] = {"": 0, OTHER: 1}
        self._brought: dict[str, int] = {}

    def number(self, text: str, sender: str = "") -> int:
        found = self._numbers.get(text)
        if found is not None:
            return found
        brought = self._brought.get(sender, 0)
        if brought >= self.most_of_one or len(self.texts) >= self.most:
            self.capped[sender] = self.capped.get(sender, 0) + 1
            return 1
        self._brought[sender] = brought + 1
        found = self._numbers[text] = len(self.texts)
        self.texts.append(text)
        return found

    def settled(self, most_of_one: int) -> None:
        """What is here is nobody's; from now on each sender may bring that many."""
        self._brought.clear()
        self.most_of_one = most_of_one


class Facts:
    """The table of combinations. Its columns are arrays of at least `len(self)` rows; row 0 says nothing."""

    def __init__(self, names: Names | None = None) -> None:
        self.names = names or Names()
        self._rows: dict[Fact, int] = {}
        self._room(1_024)
        self._add(Fact(0, 0, False, 0, 0))

    def __len__(self) -> int:
        return len(self._rows)

    def _room(self, size: int) -> None:
        self.operation: Numbers = np.zeros(size, np.int32)
        self.kind: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self.failed: Flags = np.zeros(size, np.bool_)
        self.peer_kind: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self.peer: Numbers = np.zeros(size, np.int32)

    def _grow(self) -> None:
        for name in Fact._fields:
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, np.zeros_like(old)]))

    def _add(self, fact: Fact) -> int:
        row = self._rows[fact] = len(self._rows)
        if row >= len(self.kind):
            self._grow()
        for name, value in zip(Fact._fields, fact, strict=True):
            getattr(self, name)[row] = value
        return row

    def row(self, operation: str, kind: int, failed: bool, peer: Peer | None, sender: str = "") -> int:
        """The number of a combination, made where it is new."""
        number = self.names.number
        fact = Fact(
            number(operation, sender), kind if 0 <= kind <= 5 else 0, failed,
            PEER_KINDS.index(peer.kind) if peer else 0, number(peer.name, sender) if peer else 0,
        )  # fmt: skip
        found = self._rows.get(fact)
        return self._add(fact) if found is None else found


def word(given: bytes) -> int:
    """An id of up to eight bytes as a whole number."""
    return int.from_bytes(given.rjust(8, b"\0"), "little")


def of_spans(spans: Iterable[Span], facts: Facts, sender: str = "") -> Columns:
    """Columns of spans that a reader made one by one (JSON, files, odd messages)."""
    rows: list[tuple[Any, ...]] = []
    for span in spans:
        trace = span.trace.rjust(16, b"\0")
        rows.append(
            (
                word(trace[:8]), word(trace[8:16]), word(span.id), word(span.parent),
                facts.names.number(cut(span.service), sender),
                facts.row(span.operation, span.kind, span.failed, span.peer, sender), span.start, span.end,
                np.nan if span.probability is None else span.probability,
            )
        )  # fmt: skip
    return of_rows(rows)


_KINDS = (np.uint64, np.uint64, np.uint64, np.uint64, np.int32, np.int32, np.int64, np.int64, np.float64)


def of_rows(rows: list[tuple[Any, ...]]) -> Columns:
    turned: Iterable[Any] = zip(*rows, strict=True) if rows else ((),) * len(_KINDS)
    return Columns._make(np.array(one, kind) for one, kind in zip(turned, _KINDS, strict=True))


def joined(parts: list[Columns]) -> Columns:
    """Several as one, in their order."""
    if len(parts) == 1:
        return parts[0]
    return Columns._make(np.concatenate(each) for each in zip(*parts, strict=True)) if parts else of_rows([])
