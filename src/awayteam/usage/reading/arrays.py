"""OTLP's protobuf straight into columns: the fields of all spans of a message are found at once, by arrays.

Spans are cut out by protobuf's parser; where their fields lie is found field by field for all spans together, in the
order in which encoders write them. A combination of name, kind, status and wanted attributes is looked up by a keyed
hash of its bytes, and decoded (by `narrow`) only when it is new. A span that is written in any other way (fields in
another order, long lengths, ids of an odd length) is read one by one: slower, and to the same values.
"""

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from awayteam.usage.columns import Columns, Facts, Flags, Wholes, Words, joined, of_rows, word
from awayteam.usage.reading import narrow
from awayteam.usage.reading.known import Known
from awayteam.usage.reading.values import Problems
from awayteam.usage.spans import service_of

Bytes = NDArray[np.uint8]

_TRACE, _ID, _STATE, _PARENT, _NAME, _KIND, _START, _END, _STATUS = 0x0A, 0x12, 0x1A, 0x22, 0x2A, 0x30, 0x39, 0x41, 0x7A
_ATTRIBUTE, _DROPPED, _EVENT, _DROPPED_EVENTS, _LINK, _DROPPED_LINKS, _FLAGS = 0x4A, 0x50, 0x5A, 0x60, 0x6A, 0x70, 0x85
_ORDER = (
    _TRACE, _ID, _STATE, _PARENT, _NAME, _KIND, _START, _END, _ATTRIBUTE, _DROPPED, _EVENT, _DROPPED_EVENTS, _LINK,
    _DROPPED_LINKS, _STATUS, _FLAGS,
)  # fmt: skip
_NUMBERS = frozenset({_KIND, _DROPPED, _DROPPED_EVENTS, _DROPPED_LINKS})
_REPEATED = frozenset({_ATTRIBUTE, _EVENT, _LINK})
_PASSES = 2
_MOST_OF_ONE = 256
"""Attributes (or events, or links) of a span that are walked together; spans with more are read one by one."""
_PADDING = bytes(512)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


class Attributes(NamedTuple):
    """The n-th attribute of every span that has one: its row, and where its message begins and ends."""

    rows: Wholes
    at: Wholes
    end: Wholes


class Walk:
    """Where the fields of spans lie. `at[tag]` and `end[tag]` bound a field's value in `data`; both 0 where absent."""

    def __init__(self, raws: list[bytes]) -> None:
        size = len(raws)
        lengths = np.fromiter(map(len, raws), np.int64, size)
        self.data = b"\0".join(raws) + _PADDING  # no field has the tag 0, so every walk stops at the end of its span
        self.bytes: Bytes = np.frombuffer(self.data, np.uint8)
        self.ends = np.cumsum(lengths + 1) - 1
        self.place = self.ends - lengths
        self.odd: Flags = np.zeros(size, np.bool_)
        self.at: dict[int, Wholes] = {}
        self.end: dict[int, Wholes] = {}
        self.attributes: list[Attributes] = []
        for _ in range(_PASSES):
            for tag in _ORDER:
                self._field(tag)
            if not np.any(self.place != self.ends):
                break
        self.odd |= self.place != self.ends

    def words(self, at: Wholes) -> Words:
        """The eight bytes at each place."""
        view: Words = np.ndarray((len(self.data) - 7,), "<u8", self.data, 0, (1,))
        return view[at]

    def _field(self, tag: int) -> None:
        for _ in range(_MOST_OF_ONE if tag in _REPEATED else 1):
            rows = np.flatnonzero(self.bytes[self.place] == tag)
            if not len(rows):
                return
            at, end = self._value(tag, rows)
            outside = end > self.ends[rows]
            if outside.any():
                self.odd[rows[outside]] = True
                end = np.minimum(end, self.ends[rows])
            self.place[rows] = end
            if tag == _ATTRIBUTE:
                self.attributes.append(Attributes(rows, at, end))
            elif tag not in _REPEATED:
                self._single(tag, rows, at, end)

    def _single(self, tag: int, rows: Wholes, at: Wholes, end: Wholes) -> None:
        if tag not in self.at:
            self.at[tag], self.end[tag] = np.zeros_like(self.ends), np.zeros_like(self.ends)
        else:
            self.odd[rows[self.end[tag][rows] > 0]] = True  # a field that comes twice
        self.at[tag][rows], self.end[tag][rows] = at, end

    def _value(self, tag: int, rows: Wholes) -> tuple[Wholes, Wholes]:
        """Where the values begin and end that follow the tag."""
        at = self.place[rows] + 1
        if tag in (_START, _END):
            return at, at + 8
        first = self.bytes[at]
        if tag == _FLAGS:  # a tag of two bytes
            self.odd[rows[first != 1]] = True
            return at + 1, at + 5
        long = first >= 0x80
        if tag in _NUMBERS:
            self.odd[rows[long]] = True
            return at, at + 1
        lengths = first.astype(np.int64)
        at = at + 1
        if long.any():
            where = np.flatnonzero(long)
            second = self.bytes[at[where]]
            self.odd[rows[where[second >= 0x80]]] = True
            lengths[where] = (lengths[where] & 0x7F) | ((second & 0x7F).astype(np.int64) << 7)
            at[where] += 1
        return at, at + lengths


class Reader:
    """Reads messages into columns over one table of facts. Not safe to share between threads."""

    def __init__(self, facts: Facts, seed: bytes | None = None) -> None:
        self.facts = facts
        self.known = Known(seed or os.urandom(16))

    def columns(self, data: bytes, problems: Problems, sender: str = "") -> Columns:
        """The spans of a message. Raises `narrow.BadProtobuf` where it is none; bad spans are noted and left out."""
        raws, services, places = self._cut(data, sender)
        if not raws:
            return of_rows([])
        walk = Walk(raws)
        found = self._together(walk, raws, services, sender)
        if not walk.odd.any():
            return found
        plain = found.those(~walk.odd)
        one_by_one = []
        for row in np.flatnonzero(walk.odd).tolist():
            try:
                one_by_one.append(self._alone(raws[row], int(services[row]), sender))
            except ValueError as error:
                problems.note(_where(places, row), str(error))
        return joined([plain, of_rows(one_by_one)])

    def _cut(self, data: bytes, sender: str) -> tuple[list[bytes], NDArray[np.int32], list[int]]:
        """Spans as bytes, the number of the service of each, and how many there are up to the end of each resource."""
        raws: list[bytes] = []
        services, counts, places = [], [], []
        for resource in narrow.outer(data).resource_spans:
            before = len(raws)
            for scope in resource.scope_spans:
                raws.extend(scope.spans)
            service = service_of(narrow.resource_attributes(resource.resource.attributes))
            services.append(self.facts.names.number(service, sender))
            counts.append(len(raws) - before)
            places.append(len(raws))
        return raws, np.repeat(np.array(services, np.int32), counts), places

    def _together(self, walk: Walk, raws: list[bytes], services: NDArray[np.int32], sender: str) -> Columns:
        size = len(raws)
        nothing = np.zeros(size, np.int64)
        at, end = walk.at, walk.end
        trace, own, parent = (at.get(tag, nothing) for tag in (_TRACE, _ID, _PARENT))
        parent_length = end.get(_PARENT, nothing) - parent
        walk.odd |= (end.get(_TRACE, nothing) - trace != 16) | (end.get(_ID, nothing) - own != 8)
        walk.odd |= (parent_length != 0) & (parent_length != 8)
        known = parent_length == 8
        parents: Words = walk.words(parent) if known.all() else np.where(known, walk.words(parent), np.uint64(0))
        return Columns(
            walk.words(trace), walk.words(trace + 8), walk.words(own), parents, services,
            self._facts(walk, raws, sender), self._times(walk, _START), self._times(walk, _END),
            self._probabilities(walk),
        )  # fmt: skip

    def _times(self, walk: Walk, tag: int) -> Wholes:
        where = walk.at.get(tag)
        if where is None:
            return np.zeros(len(walk.ends), np.int64)
        found = walk.words(where).view(np.int64)
        return np.where((where > 0) & (found > 0), found, 0)  # beyond 2**63 no clock is sound

    def _probabilities(self, walk: Walk) -> NDArray[np.float64]:
        found = np.full(len(walk.ends), np.nan)
        if _STATE in walk.at:
            at, end = walk.at[_STATE], walk.end[_STATE]
            for row in np.flatnonzero(end > at).tolist():
                probability = narrow.probability(walk.data[at[row] : end[row]])
                if probability is not None:
                    found[row] = probability
        return found

    def _facts(self, walk: Walk, raws: list[bytes], sender: str) -> NDArray[np.int32]:
        kinds = self._kinds(walk)
        hashes, decided = self.known.attributes(walk, kinds)
        at, end = walk.at.get(_NAME), walk.end.get(_NAME)
        if at is not None and end is not None:
            rows = np.flatnonzero(~decided & (end > at))
            hashes[rows] ^= self.known.bytes(walk, rows, at[rows], end[rows])
        hashes ^= (kinds | (self._codes(walk) << np.uint64(8))) * _ODD
        hashes = (hashes ^ (hashes >> _SHIFT)) * _ODD
        return self.known.numbers(hashes, ~walk.odd, lambda row: self._learn(raws[row], sender))

    def _kinds(self, walk: Walk) -> Words:
        where = walk.at.get(_KIND)
        if where is None:
            return np.zeros(len(walk.ends), np.uint64)
        return np.where(where > 0, walk.bytes[where], 0).astype(np.uint64)

    def _codes(self, walk: Walk) -> Words:
        """Codes of the statuses: a message (2), then a code (3), or either alone."""
        found = np.zeros(len(walk.ends), np.uint64)
        if _STATUS not in walk.at:
            return found
        rows = np.flatnonzero(walk.end[_STATUS] > walk.at[_STATUS])
        at, end = walk.at[_STATUS][rows], walk.end[_STATUS][rows]
        texts = walk.bytes[at] == 0x12
        lengths = walk.bytes[at + 1].astype(np.int64)
        walk.odd[rows[texts & (lengths >= 0x80)]] = True
        at = np.where(texts, np.minimum(at + 2 + lengths, end + 1), at)
        coded = at < end
        good = (walk.bytes[np.minimum(at, end)] == 0x18) & (at + 2 == end)
        walk.odd[rows[coded & ~good | (at > end)]] = True
        found[rows[coded & good]] = walk.bytes[at[coded & good] + 1]
        return found

    def _learn(self, raw: bytes, sender: str) -> int:
        one = narrow.span(raw)
        return self._row(one, sender)

    def _row(self, one: Any, sender: str) -> int:
        facts = narrow.facts(one)
        return self.facts.row(facts.operation, one.kind, facts.failed, facts.peer, sender)

    def _alone(self, raw: bytes, service: int, sender: str) -> tuple[Any, ...]:
        """A row of columns. Raises `ValueError`."""
        one = narrow.span(raw)
        trace, own, parent, start, end, probability = narrow.bare(one)
        return (
            word(trace[:8]), word(trace[8:]), word(own), word(parent), service, self._row(one, sender),
            start, end, np.nan if probability is None else probability,
        )  # fmt: skip


def _where(places: list[int], row: int) -> str:
    outer = int(np.searchsorted(np.array(places), row, side="right"))
    return f"resource {outer}, span {row - (places[outer - 1] if outer else 0)}"
