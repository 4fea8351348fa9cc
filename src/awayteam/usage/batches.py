"""Pairing over arrays: the calls of `usage.pairing.Pairing` (of a stream), found for thousands of spans at a time.

Spans lie in a ring in the order in which they came, so that what is too old is always at its tail. Two hash tables of
chains (newest first) lead to them: by their own id, and for callees that wait, by the id of the caller that they wait
for. Nothing is ever taken out of a chain: a link to a row that has left the ring ends it.

Trace and span are mixed into one word with a key of the process. Two spans of one window that aren't the same are taken
for one with a chance of less than one in a hundred thousand, at four million of them.
"""

import os
from collections import Counter, deque
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from awayteam.usage.columns import PEER_KINDS, Columns, Facts, Flags, Floats, Names, Numbers, Wholes, Words
from awayteam.usage.pairing import Call, Tally
from awayteam.usage.spans import Kind, Peer

Small = NDArray[np.uint8]
Rows = NDArray[np.int64]

_SERVICE, _MESSAGING = PEER_KINDS.index("service"), PEER_KINDS.index("messaging")
_WAITS, _ANSWERED = 1, 2
_SMALLEST = 1 << 11
LONGEST_CHAIN = 2_048
"""Rows of one place in a hash table that are looked at, so that what is made to fall into one place stops nobody."""
_SHIFT, _HIGH = np.uint64(32), np.uint64(29)


class Calls(NamedTuple):
    """Calls as columns; names are numbers of the facts' names, `kind` is an index into `PEER_KINDS`, `sender` whose
    span made the call known. Times in nanoseconds, 0 where nobody says; `probability` is NaN there."""

    consumer: Numbers
    provider: Numbers
    operation: Numbers
    kind: Small
    failed: Flags
    at: Wholes
    client_ns: Wholes
    server_ns: Wholes
    probability: Floats
    sender: Numbers

    @property
    def size(self) -> int:
        return len(self.at)

    def plain(self, facts: Facts) -> list[Call]:
        """The same one by one."""
        texts = facts.names.texts
        return [
            Call(
                texts[consumer], texts[provider], texts[operation], PEER_KINDS[kind], at, failed, client, server,
                None if probability != probability else probability,
            )
            for consumer, provider, operation, kind, failed, at, client, server, probability, _ in zip(
                *(column.tolist() for column in self), strict=True
            )
        ]  # fmt: skip


_TYPES = (
    np.int32, np.int32, np.int32, np.uint8, np.bool_, np.int64, np.int64, np.int64, np.float64, np.int32,
)  # fmt: skip


def no_calls() -> Calls:
    return Calls._make(np.empty(0, one) for one in _TYPES)


def joined(parts: list[Calls]) -> Calls:
    """Several as one."""
    return Calls._make(np.concatenate(each) for each in zip(*parts, strict=True)) if parts else no_calls()


class _Chains:
    """A hash table of rows by a word; `links[row]` is the row before it in its chain, -1 at the end."""

    def __init__(self, size: int, bits: int) -> None:
        self.heads = np.full(1 << bits, -1, np.int32)
        self.links = np.full(size, -1, np.int32)
        self.shift = np.uint64(64 - bits)

    def places(self, words: Words) -> Rows:
        return (words >> self.shift).astype(np.int64)

    def put(self, words: Words, rows: Rows) -> None:
        """Enter rows, the oldest first: every link leads to an older row."""
        places = self.places(words)
        before = self.heads[places]
        self.heads[places[::-1]] = rows[::-1]  # where several have one place, the oldest is written last
        first = self.heads[places] == rows
        self.links[rows[first]] = before[first]
        if first.all():
            return
        rows, places = rows[~first], places[~first]
        order = np.argsort(places, kind="stable")
        rows, places = rows[order], places[order]
        begins = np.append(True, places[1:] != places[:-1])
        self.links[rows] = np.where(begins, self.heads[places], np.append(-1, rows[:-1]))
        ends = np.append(begins[1:], True)
        self.heads[places[ends]] = rows[ends]


class BatchPairing:
    """A bounded store of what waits, and of what was seen. `add` and `expire` give the calls that became known.

    `seconds` is how long a span is remembered, in the clock that `now` is given in (which mustn't go back), `capacity`
    how many. Memory grows with what is remembered, by doubling, up to some 60 bytes a span. Not safe to share between
    threads.
    """

    def __init__(
        self, facts: Facts, *, seconds: float = 30.0, capacity: int = 1_000_000, seed: bytes | None = None
    ) -> None:
        self.facts, self.seconds, self.capacity = facts, seconds, capacity
        self.tally = Tally()
        seed = seed or os.urandom(16)
        self._one, self._two = (np.uint64(int.from_bytes(seed[at : at + 8], "little") | 1) for at in (0, 8))
        self._arrived: deque[tuple[int, float]] = deque()
        self._tail = self._head = 0
        self._given_up: dict[int, Counter[str]] = {}
        self._make(_SMALLEST)

    def __len__(self) -> int:
        """Spans that are remembered."""
        return self._head - self._tail

    def _make(self, size: int) -> None:
        self._size = size
        bits = size.bit_length() - 1
        self._own, self._awaited = _Chains(size, bits), _Chains(size, bits)
        self._key, self._parent = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
        self._service, self._facts = np.zeros(size, np.int32), np.zeros(size, np.int32)
        self._sender = np.zeros(size, np.int32)
        self._start, self._took = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self._probability = np.zeros(size, np.float64)
        self._state = np.zeros(size, np.uint8)

    # Spans

    def add(self, columns: Columns, now: float = 0.0, sender: int = 0) -> Calls:
        """Take spans; one of the same id, service and kind as one that is remembered changes nothing."""
        tally = self.tally
        tally.spans += columns.size
        kinds = self.facts.kind[columns.facts]
        named = columns.service != 0
        bound = named & (kinds >= Kind.SERVER)
        tally.nameless += columns.size - int(np.count_nonzero(named))
        tally.local += int(np.count_nonzero(named & ~bound))
        if not bound.all():
            columns, kinds = columns.those(bound), kinds[bound]
        if not columns.size:
            return no_calls()
        key = self._mixed(columns.trace_high, columns.trace_low, columns.id)
        fresh = self._fresh(key, columns, kinds)
        if not len(fresh):
            return no_calls()
        if len(fresh) < columns.size:
            columns, kinds, key = columns.those(fresh), kinds[fresh], key[fresh]
        rows = self._store(key, columns, now, sender)
        calling = (kinds == Kind.CLIENT) | (kinds == Kind.PRODUCER)
        made = self._called(rows[~calling], columns.parent[~calling], sender)
        return joined([*made, *self._calling(rows[calling], sender)])

    def _mixed(self, high: Words, low: Words, own: Words) -> Words:
        found = (high ^ self._two) * self._one
        found = ((found ^ (found >> _SHIFT)) + low) * self._two
        found = ((found ^ (found >> _HIGH)) + own) * self._one
        found = (found ^ (found >> _SHIFT)) * self._two
        return found ^ (found >> _HIGH)

    def _fresh(self, key: Words, columns: Columns, kinds: Small) -> Rows:
        """Places of the spans that weren't seen before and for which there is room, in their order."""
        mark = self._mixed(key, columns.service.astype(np.uint64), kinds.astype(np.uint64))
        _, firsts = np.unique(mark, return_index=True)
        fresh: Flags = np.zeros(len(key), np.bool_)
        fresh[firsts] = True
        whose, seen = self._matches(self._own, self._key, key)
        same = (self._service[seen] == columns.service[whose]) & (self.facts.kind[self._facts[seen]] == kinds[whose])
        fresh[whose[same]] = False
        found = np.flatnonzero(fresh)
        room = max(0, self.capacity - len(self))
        left_out = int(np.isin(mark, mark[found[room:]]).sum()) if len(found) > room else 0  # with their duplicates
        self.tally.dropped += left_out
        self.tally.duplicates += len(key) - len(found[:room]) - left_out
        return found[:room]

    def _store(self, key: Words, columns: Columns, now: float, sender: int) -> Rows:
        while len(self) + len(key) > self._size:
            self._double()
        rows = (self._head + np.arange(len(key))) & (self._size - 1)
        self._head += len(key)
        if self._arrived and self._arrived[-1][1] >= now:
            self._arrived[-1] = self._head, self._arrived[-1][1]
        else:
            self._arrived.append((self._head, now))
        parent = self._mixed(columns.trace_high, columns.trace_low, columns.parent)
        start, end = columns.start, columns.end
        self._key[rows], self._parent[rows] = key, parent
        self._service[rows], self._facts[rows] = columns.service, columns.facts
        self._sender[rows] = sender
        self._start[rows] = start
        self._took[rows] = np.where((start != 0) & (end != 0), np.maximum(end - start, 0), 0)
        self._probability[rows] = columns.probability
        self._state[rows] = 0
        self._own.put(key, rows)
        return rows

    def _double(self) -> None:
        """Twice the room; rows keep their order."""
        live = (self._tail + np.arange(len(self))) & (self._size - 1)
        names = ("_key", "_parent", "_service", "_facts", "_sender", "_start", "_took", "_probability", "_state")
        held = {name: getattr(self, name)[live] for name in names}
        self._make(self._size * 2)
        for name, values in held.items():
            getattr(self, name)[: len(live)] = values
        self._arrived = deque((upto - self._tail, at) for upto, at in self._arrived)
        self._tail, self._head = 0, len(live)
        bounds = [0, *(upto for upto, _ in self._arrived)]
        for first, last in pairwise(bounds):  # as they came: chains have the newest first
            rows = np.arange(first, last)
            self._own.put(self._key[rows], rows)
            waits = rows[(self._state[rows] & _WAITS) != 0]
            self._awaited.put(self._parent[waits], waits)

    def _matches(self, chains: _Chains, words: Words, wanted: Words) -> tuple[Rows, Rows]:
        """Which of the wanted words stand at which rows; for each, the newest row comes first."""
        mask, live = self._size - 1, len(self)
        whose: Rows = np.arange(len(wanted))
        at = chains.heads[chains.places(wanted)].astype(np.int64)
        age = (self._head - 1 - at) & mask
        valid = (at >= 0) & (age < live)
        found: list[tuple[Rows, Rows]] = [(whose[:0], at[:0])]
        for _ in range(LONGEST_CHAIN):
            if not valid.all():
                whose, at, age, wanted = whose[valid], at[valid], age[valid], wanted[valid]
            if not len(whose):
                break
            hit = words[at] == wanted
            if hit.any():
                found.append((whose[hit], at[hit]))
            at = chains.links[at].astype(np.int64)
            before, age = age, (self._head - 1 - at) & mask
            valid = (at >= 0) & (age > before) & (age < live)  # a row that isn't older has taken another's place
        return np.concatenate([one for one, _ in found]), np.concatenate([one for _, one in found])

    # Calls

    def _called(self, rows: Rows, parents: Words, sender: int) -> list[Calls]:
        rooted = parents == 0
        self.tally.roots += int(np.count_nonzero(rooted))
        rows = rows[~rooted]
        if not len(rows):
            return []
        whose, at = self._matches(self._own, self._key, self._parent[rows])
        kinds = self.facts.kind[self._facts[at]]
        calling = (kinds == Kind.CLIENT) | (kinds == Kind.PRODUCER)
        first = np.full(len(rows), -1, np.int64)
        first[whose[calling]] = at[calling]  # the oldest is written last
        hit = first >= 0
        waits = rows[~hit]
        self._state[waits] |= _WAITS
        self._awaited.put(self._parent[waits], waits)
        return [self._paired(first[hit], rows[hit], sender)]

    def _calling(self, rows: Rows, sender: int) -> list[Calls]:
        if not len(rows):
            return []
        whose, at = self._matches(self._awaited, self._parent, self._key[rows])
        waits = (self._state[at] & _WAITS) != 0
        if not waits.any():
            return []
        callees, firsts = np.unique(at[waits], return_index=True)  # of two callers with one id, the first
        self._state[callees] &= ~np.uint8(_WAITS)
        return [self._paired(rows[whose[waits][firsts]], callees, sender)]

    def _paired(self, callers: Rows, callees: Rows, sender: int) -> Calls:
        facts = self.facts
        self.tally.paired += len(callers)
        self._state[callers] |= _ANSWERED
        caller, callee = self._facts[callers], self._facts[callees]
        messaging = (facts.kind[caller] == Kind.PRODUCER) | (facts.kind[callee] == Kind.CONSUMER)
        operation, start = facts.operation[callee], self._start[callees]
        probability = self._probability[callees]
        return Calls(
            self._service[callers], self._service[callees],
            np.where(operation != 0, operation, facts.operation[caller]),
            np.where(messaging, _MESSAGING, _SERVICE).astype(np.uint8),
            facts.failed[callee] | facts.failed[caller], np.where(start != 0, start, self._start[callers]),
            self._took[callers], self._took[callees],
            np.where(np.isnan(probability), self._probability[callers], probability),
            np.full(len(callers), sender, np.int32),
        )  # fmt: skip

    def expire(self, now: float) -> Calls:
        """Give up what has waited for `seconds`; calls that rest on the caller's word alone come out of it."""
        before = now - self.seconds
        upto = self._tail
        while self._arrived and self._arrived[0][1] <= before:
            upto = self._arrived.popleft()[0]
        rows = np.arange(self._tail, upto) & (self._size - 1)
        self._tail = upto
        if not len(rows):
            return no_calls()
        facts, state = self.facts, self._state[rows]
        waits = (state & _WAITS) != 0
        own = self._facts[rows]
        kinds = facts.kind[own]
        alone = ((kinds == Kind.CLIENT) | (kinds == Kind.PRODUCER)) & ((state & _ANSWERED) == 0)
        said = alone & (facts.peer_kind[own] != 0)
        for name, some in (("foreign", waits), ("by_word", said), ("unpaired", alone & ~said)):
            self._give_up(name, self._sender[rows[some]])
        rows, own = rows[said], own[said]
        return Calls(
            self._service[rows], facts.peer[own], facts.operation[own], facts.peer_kind[own], facts.failed[own],
            self._start[rows], self._took[rows], np.zeros(len(rows), np.int64), self._probability[rows],
            self._sender[rows],
        )  # fmt: skip

    def _give_up(self, name: str, senders: Numbers) -> None:
        setattr(self.tally, name, getattr(self.tally, name) + len(senders))
        for sender, number in enumerate(np.bincount(senders).tolist()):
            if number:
                self._given_up.setdefault(sender, Counter())[name] += number

    def given_up(self) -> dict[int, Counter[str]]:
        """By sender, what of the tally came of expiring since this was asked last."""
        found, self._given_up = self._given_up, {}
        return found

    def finish(self) -> Calls:
        """Give up everything that waits."""
        return self.expire(float("inf"))

    def compacted(self) -> Facts:
        """A table of facts with only what spans here refer to; they refer to it from now on."""
        live = (self._tail + np.arange(len(self))) & (self._size - 1)
        old = self.facts
        new = Facts(Names(old.names.most, old.names.most))
        texts = old.names.texts
        services = np.zeros(len(texts), np.int32)
        for number in np.unique(self._service[live]).tolist():
            services[number] = new.names.number(texts[number])
        rows = np.zeros(len(old), np.int32)
        for row in np.unique(self._facts[live]).tolist():
            kind = int(old.peer_kind[row])
            peer = Peer(PEER_KINDS[kind], texts[old.peer[row]]) if kind else None
            rows[row] = new.row(texts[old.operation[row]], int(old.kind[row]), bool(old.failed[row]), peer)
        self._service[live], self._facts[live] = services[self._service[live]], rows[self._facts[live]]
        new.names.settled(old.names.most_of_one)
        self.facts = new
        return new
