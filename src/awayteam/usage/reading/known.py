"""Combinations of a span's name, kind, status and wanted attributes that were met, by a keyed hash of their bytes.

The key is drawn at random for each process, so that nobody can prepare two combinations that are taken for one; by
chance that happens less often than once in a thousand million of them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from awayteam.usage.columns import Flags, Wholes, Words
from awayteam.usage.spans import CALLERS, PEER_KEYS, WANTED

if TYPE_CHECKING:
    from awayteam.usage.reading.arrays import Walk

_SLOTS = 1 << 17
_MOST = 400_000
_CLASSES = 1 << 12
LONGEST = 1_000
"""Bytes of an attribute or a name that are hashed; spans with longer ones are read one by one."""
_SHIFT = np.uint64(31)
_KEEP = np.array([(1 << (8 * each)) - 1 for each in range(8)] + [(1 << 64) - 1], np.uint64)
"""Masks for the first bytes of a word."""
_CALLERS = np.zeros(256, np.bool_)
_CALLERS[list(CALLERS)] = True
_DECIDE = frozenset({"http.route", "rpc.method"})
"""Attributes that make the operation by themselves, so that the span's name tells nothing."""


class Known:
    """Numbers of combinations; the table of slots is a cache before the dictionary, which begins anew when full."""

    def __init__(self, seed: bytes) -> None:
        self._factor = np.uint64(int.from_bytes(seed[:8], "little") | 1)
        self._salt = np.uint64(int.from_bytes(seed[8:16], "little"))
        self._hashes = np.zeros(_SLOTS, np.uint64)
        self._numbers = np.zeros(_SLOTS, np.int32)
        self._by_hash: dict[int, int] = {}
        self._keys, self._peers, self._deciding = self._classes()

    def _classes(self) -> tuple[Words, Flags, Flags]:
        """A table of the wanted keys: the mark of each at the place that it leads to, and what it is for."""
        marks = np.zeros(_CLASSES, np.uint64)
        peers, deciding = np.zeros(_CLASSES, np.bool_), np.zeros(_CLASSES, np.bool_)
        for name in WANTED:
            raw = name.encode()
            first, last = _word(raw[:8]), _word(raw[-8:]) if len(raw) >= 8 else 0
            mark = self._mark(np.array([first], np.uint64), np.array([last], np.uint64), np.array([len(raw)]))
            place = int(mark[0] >> np.uint64(52))
            if marks[place]:  # two keys in one place: draw another factor
                self._factor = np.uint64((int(self._factor) * 3 + 2) % (1 << 64))
                return self._classes()
            marks[place], peers[place], deciding[place] = mark[0], name in PEER_KEYS, name in _DECIDE
        return marks, peers, deciding

    def _mark(self, first: Words, last: Words, lengths: NDArray[np.int64]) -> Words:
        mixed = (first ^ self._salt) * self._factor
        mixed = ((mixed ^ (mixed >> _SHIFT)) + last) * self._factor
        mixed = ((mixed ^ (mixed >> _SHIFT)) + lengths.astype(np.uint64)) * self._factor
        return mixed | np.uint64(1)

    def attributes(self, walk: "Walk", kinds: Words) -> tuple[Words, Flags]:
        """A hash of the wanted attributes of each span in their order, and whether they decide its operation."""
        hashes, decided = np.zeros(len(kinds), np.uint64), np.zeros(len(kinds), np.bool_)
        callers = _CALLERS[kinds.astype(np.uint8)]
        if not walk.attributes:
            return hashes, decided
        sizes = np.cumsum([len(each.rows) for each in walk.attributes])
        rows, at, end = (np.concatenate(each) for each in zip(*walk.attributes, strict=True))
        lengths = walk.bytes[at + 1].astype(np.int64)
        plain = (walk.bytes[at] == 0x0A) & (lengths < 0x80) & (at + 2 + lengths <= end)
        walk.odd[rows[~plain & (end > at)]] = True  # the value before the key, or a very long key
        first, last = walk.words(at + 2), walk.words(np.maximum(at + lengths - 6, 0))
        short = lengths < 8
        first[short] &= _KEEP[lengths[short]]
        last[short] = 0
        marks = self._mark(first, last, lengths)
        places = (marks >> np.uint64(52)).astype(np.int64)
        wanted = np.flatnonzero((self._keys[places] == marks) & plain & (callers[rows] | ~self._peers[places]))
        rows, at, end, lengths, marks = rows[wanted], at[wanted], end[wanted], lengths[wanted], marks[wanted]
        value = at + 2 + lengths
        mixed = self.bytes(walk, rows, np.where(lengths <= 16, value, at + 10), end, marks)
        texts = (walk.bytes[value] == 0x12) & (walk.bytes[value + 1] > 2) & (walk.bytes[value + 2] == 0x0A)
        texts &= (walk.bytes[value + 3] > 0) & (value + 4 < end)
        deciding = self._deciding[places[wanted]]
        decided[rows[deciding & texts]] = True
        decided[rows[deciding & ~texts]] = False
        bounds = np.searchsorted(wanted, sizes).tolist()
        for start, stop in zip([0, *bounds[:-1]], bounds, strict=True):
            some = rows[start:stop]  # each span once
            hashes[some] = (hashes[some] * self._factor + mixed[start:stop]) ^ (hashes[some] >> _SHIFT)
        return hashes, decided

    def bytes(self, walk: "Walk", rows: Wholes, at: Wholes, end: Wholes, start: Words | None = None) -> Words:
        """A hash of bytes of the walk, from `at` to `end`; rows with too many are marked as odd."""
        left = end - at
        if len(left) and left.max() > LONGEST:
            walk.odd[rows[left > LONGEST]] = True
            left = np.minimum(left, LONGEST)
        found = (left.astype(np.uint64) + self._salt) * self._factor
        if start is not None:
            found ^= start
        some: Wholes | slice = slice(None)
        place, rest = at, left
        while len(rest):
            words = walk.words(place)
            if (rest < 8).any():
                words &= _KEEP[np.minimum(rest, 8)]
            mixed = (found[some] ^ words) * self._factor
            found[some] = mixed ^ (mixed >> _SHIFT)
            more = np.flatnonzero(rest > 8)
            some = more if isinstance(some, slice) else some[more]
            place, rest = place[more] + 8, rest[more] - 8
        return found

    def numbers(self, hashes: Words, sound: Flags, learn: Callable[[int], int]) -> NDArray[np.int32]:
        """The number of each combination; `learn` makes that of a row whose combination is new. 0 where not sound."""
        slots = (hashes >> np.uint64(64 - 17)).astype(np.int64)
        found = self._numbers[slots]
        missed = np.flatnonzero((self._hashes[slots] != hashes) | ~sound)
        if len(missed):
            found[missed] = 0
            self._miss(hashes, missed[sound[missed]], found, learn)
        return found

    def _miss(self, hashes: Words, missed: Wholes, found: NDArray[np.int32], learn: Callable[[int], int]) -> None:
        distinct, firsts, where = np.unique(hashes[missed], return_index=True, return_inverse=True)
        numbers = np.zeros(len(distinct), np.int32)
        if len(self._by_hash) > _MOST:
            self._by_hash.clear()
        for each, (key, first) in enumerate(zip(distinct.tolist(), firsts.tolist(), strict=True)):
            number = self._by_hash.get(key)
            if number is None:
                number = self._by_hash[key] = learn(int(missed[first]))
            numbers[each] = number
        found[missed] = numbers[where]
        slots = (distinct >> np.uint64(64 - 17)).astype(np.int64)
        self._hashes[slots], self._numbers[slots] = distinct, numbers


def _word(raw: bytes) -> int:
    return int.from_bytes(raw.ljust(8, b"\0")[:8], "little")
