"""Calls out of spans: the caller's span and the callee's that names it as its parent, across files and requests.

What waits is bounded in number and time. A call that no callee was seen for counts for what the caller says it called
(a database, a queue, something outside, a service that isn't traced); without such a word it is counted as unpaired.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from awayteam.usage.spans import CALLEES, CALLERS, Kind, Span

Key = tuple[bytes, bytes]
Mark = tuple[bytes, bytes, str, int]


class Call(NamedTuple):
    """One service called another. `kind` is "service", or what the callee is instead; `server_ns` and `client_ns` are
    how long it took as either saw it, 0 where nobody says."""

    consumer: str
    provider: str
    operation: str
    kind: str
    at: int
    failed: bool
    client_ns: int
    server_ns: int
    probability: float | None


@dataclass(slots=True)
class Tally:
    """What became of spans. `roots` were called by nobody in the trace, `foreign` name a parent that was never seen."""

    spans: int = 0
    paired: int = 0
    by_word: int = 0
    unpaired: int = 0
    foreign: int = 0
    roots: int = 0
    local: int = 0
    duplicates: int = 0
    nameless: int = 0
    dropped: int = 0

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}


class _Caller(NamedTuple):
    span: Span
    arrived: float


@dataclass
class Pairing:
    """Bounded store of what waits for its other half. `add` and `expire` give the calls that became known.

    `capacity` is how many spans are remembered, `seconds` how long, in the clock that `now` is given in. `whole`: all
    spans of each trace are at hand, so that parents of any kind count; otherwise only client and producer spans are
    kept. Not safe to share between threads.
    """

    seconds: float = 30.0
    capacity: int = 1_000_000
    whole: bool = False
    tally: Tally = field(default_factory=Tally)
    _callers: dict[Key, list[_Caller]] = field(default_factory=dict)
    _callees: dict[Key, list[_Caller]] = field(default_factory=dict)
    _answered: set[Mark] = field(default_factory=set)
    _known: "OrderedDict[Mark, _Caller]" = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        """Spans that are remembered: those that wait, and those that would be told again."""
        return len(self._known)

    def add(self, span: Span, now: float = 0.0) -> list[Call]:
        """Take a span; a second one of the same id, service and kind changes nothing while the first is kept."""
        tally = self.tally
        tally.spans += 1
        if not span.service:
            tally.nameless += 1
            return []
        calls_ = self.whole or span.kind in CALLERS
        called = span.kind in CALLEES or (self.whole and span.kind not in CALLERS)
        if not calls_ and not called:
            tally.local += 1
            return []
        mark = _mark(span)
        if mark in self._known:
            tally.duplicates += 1
            return []
        if len(self) >= self.capacity:
            tally.dropped += 1
            return []
        waiting = self._known[mark] = _Caller(span, now)
        made = self._called(waiting) if called else []
        if calls_:
            made += self._calling(waiting)
        return made

    def _called(self, callee: _Caller) -> list[Call]:
        span = callee.span
        if not span.parent:
            if span.kind in CALLEES or self.whole:
                self.tally.roots += 1
            return []
        key = (span.trace, span.parent)
        callers = self._callers.get(key)
        if callers is None:
            self._callees.setdefault(key, []).append(callee)
            return []
        return self._resolve(callers, callee)

    def _calling(self, caller: _Caller) -> list[Call]:
        key = (caller.span.trace, caller.span.id)
        self._callers.setdefault(key, []).append(caller)
        here = self._callees.get(key)
        if here is None:
            return []
        made: list[Call] = []
        left: list[_Caller] = []
        for callee in here:
            if callee.span is caller.span:  # one that has its caller's id waits for that caller, not for itself
                left.append(callee)
                continue
            call = _call(caller.span, callee.span)
            if call is not None and not _is_local(callee.span, self._callers[key]):
                made.append(self._answer(caller.span, call))
            elif call is None and caller.span.service == callee.span.service:
                self.tally.local += 1
            else:
                left.append(callee)
        if left:
            self._callees[key] = left
        else:
            del self._callees[key]
        return made

    def _resolve(self, callers: list[_Caller], callee: _Caller) -> list[Call]:
        if _is_local(callee.span, callers):
            self.tally.local += 1
            return []
        for caller in callers:
            call = _call(caller.span, callee.span)
            if call is not None:
                return [self._answer(caller.span, call)]
        self.tally.local += 1
        return []

    def _answer(self, caller: Span, call: Call) -> Call:
        self.tally.paired += 1
        self._answered.add(_mark(caller))
        return call

    def expire(self, now: float) -> list[Call]:
        """Give up what has waited for `seconds`; calls that rest on the caller's word alone come out of it."""
        before = now - self.seconds
        made: list[Call] = []
        while self._known and next(iter(self._known.values())).arrived <= before:
            _, waiting = self._known.popitem(last=False)
            span = waiting.span
            if _taken(self._callers, (span.trace, span.id), waiting):
                made += self._forget(span)
            if _taken(self._callees, (span.trace, span.parent), waiting):
                self.tally.foreign += 1
        return made

    def finish(self) -> list[Call]:
        """Give up everything that waits."""
        return self.expire(float("inf"))

    def _forget(self, span: Span) -> Iterator[Call]:
        mark = _mark(span)
        if mark in self._answered:
            self._answered.discard(mark)
        elif span.kind in CALLERS:
            if span.peer is None:
                self.tally.unpaired += 1
            else:
                self.tally.by_word += 1
                yield Call(
                    span.service, span.peer.name, span.operation, span.peer.kind, span.start, span.failed,
                    _took(span), 0, span.probability,
                )  # fmt: skip


def pair(spans: Iterable[Span], *, tally: Tally | None = None) -> Iterator[Call]:
    """All calls of whole traces."""
    pairing = Pairing(capacity=10_000_000, whole=True, tally=tally or Tally())
    for span in spans:
        yield from pairing.add(span)
    yield from pairing.finish()


def _mark(span: Span) -> Mark:
    return span.trace, span.id, span.service, span.kind


def _taken(waiting: dict[Key, list[_Caller]], key: Key, one: _Caller) -> bool:
    """Take one out of those of a key; False where it isn't among them."""
    here = waiting.get(key, [])
    left = [other for other in here if other is not one]
    if len(left) == len(here):
        return False
    if left:
        waiting[key] = left
    else:
        del waiting[key]
    return True


def _is_local(callee: Span, callers: list[_Caller]) -> bool:
    """Whether the parent is in the callee's own service: where two spans share the id, that one is meant."""
    if callee.kind in CALLEES:
        return False
    return any(one.span.service == callee.service for one in callers)


def _call(caller: Span, callee: Span) -> Call | None:
    """The call that two spans are, None where they are steps within one service."""
    if caller.service == callee.service and not (caller.kind in CALLERS and callee.kind in CALLEES):
        return None
    if callee.id == caller.id and not callee.shared and callee.kind == caller.kind:
        return None
    kind = "messaging" if Kind.PRODUCER in (caller.kind, callee.kind) or callee.kind == Kind.CONSUMER else "service"
    return Call(
        caller.service, callee.service, callee.operation or caller.operation, kind, callee.start or caller.start,
        callee.failed or (caller.failed and caller.kind in CALLERS), _took(caller) if caller.kind in CALLERS else 0,
        _took(callee), caller.probability if callee.probability is None else callee.probability,
    )  # fmt: skip


def _took(span: Span) -> int:
    return max(0, span.end - span.start) if span.start and span.end else 0
