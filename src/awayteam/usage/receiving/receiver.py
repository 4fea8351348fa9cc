"""What one process received: spans that wait for their other half, and counts that wait for the spool.

Whatever was answered with 200 is in memory for a few seconds (`FLUSH_SECONDS`), or as long as its other half may come;
a process that is killed loses that, one that ends properly hands it over.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from awayteam.kernel.log import Log
from awayteam.usage import batches, spool
from awayteam.usage.batches import BatchPairing, Calls
from awayteam.usage.columns import Columns, Facts, of_spans
from awayteam.usage.counts import CountKey, Counts
from awayteam.usage.pairing import Tally
from awayteam.usage.reading import otlpjson
from awayteam.usage.reading.arrays import Reader
from awayteam.usage.reading.values import Problems
from awayteam.usage.receiving import adding

log = Log(__name__)
SOURCE = "otlp"
FLUSH_SECONDS = 5.0
FLUSH_CALLS = 250_000
MOST_COUNTS = 500_000
"""Distinct counts that may wait while the spool is full; beyond, nothing is accepted."""
MOST_FACTS = 600_000
ANEW_SECONDS = 600
"""How long a sender with too many names waits before it may bring others."""
FULL_AGAIN = 30
"""Seconds after which a sender is asked to try again when the spool is full."""


class Full(Exception):
    """No room now; `again` is in how many seconds there may be."""

    def __init__(self, message: str, again: int, *, spool: bool = False) -> None:
        super().__init__(message)
        self.again, self.spool = again, spool


@dataclass(frozen=True, slots=True)
class From:
    """Whom something comes from. `sampling` is supposed where spans don't say with what probability they were kept."""

    name: str
    sampling: float | None = None
    id: int = 0


@dataclass
class Taken:
    """What became of one request: things that were accepted, and what was refused and why."""

    accepted: int = 0
    problems: Problems = field(default_factory=Problems)
    warning: str = ""


class Receiver:
    """Safe to share between threads. `seconds` and `capacity` as of `BatchPairing`; `place` is the spool's folder."""

    def __init__(
        self, *, seconds: float = 15.0, capacity: int = 4_000_000, place: Path | None = None,
        clock: "Clock | None" = None,
    ) -> None:  # fmt: skip
        self.place, self.clock = place, clock or Clock()
        self.facts = Facts()
        self.reader = Reader(self.facts)
        self.pairing = BatchPairing(self.facts, seconds=seconds, capacity=capacity)
        self.full = False
        self._lock = threading.Lock()
        self._senders: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._calls: list[Calls] = []
        self._waiting = 0
        self._counts: dict[int, Counts] = {}
        self._told: dict[int, Counter[str]] = {}
        self._refused: Counter[int] = Counter()
        self._flushed = self._begun = self.clock.steady()

    # Taking

    def traces(self, data: bytes, sender: From) -> Taken:
        """Spans as OTLP's protobuf. Raises `narrow.BadProtobuf` where it is none, and `Full`: nothing was taken."""
        taken = Taken()
        with self._lock:
            self.check_room()
            self._take(self.reader.columns(data, taken.problems, sender.name), sender, taken)
        return taken

    def traces_of(self, document: object, sender: From) -> Taken:
        """Spans as OTLP's JSON. Raises `Full`."""
        taken = Taken()
        spans = list(otlpjson.spans(document, taken.problems))
        with self._lock:
            self.check_room()
            self._take(of_spans(spans, self.facts, sender.name), sender, taken)
        return taken

    def _take(self, columns: Columns, sender: From, taken: Taken) -> None:
        now = self.clock.steady()
        self._keep(self._expire(now))
        pairing = self.pairing
        room = pairing.capacity - len(pairing)
        if columns.size > room and room < pairing.capacity:
            raise Full("more spans wait for their other half than there is room for", max(1, int(pairing.seconds / 4)))
        if sender.sampling is not None:
            columns.probability[columns.probability != columns.probability] = sender.sampling
        before = pairing.tally.as_dict()
        number = self._number(sender.name)
        self._keep(pairing.add(columns, now, number))
        self._tell(number, {name: value - before[name] for name, value in pairing.tally.as_dict().items()})
        self._tell(number, {"refused": taken.problems.count})
        taken.accepted = columns.size
        if capped := self.facts.names.capped.get(sender.name):
            taken.warning = f"more distinct names than are told apart: {capped} since the start stand under (others)"

    def add(self, counts: Counts, sender: From) -> None:
        """Take counts that need no pairing. Raises `Full`."""
        with self._lock:
            self.check_room()
            self._of(self._number(sender.name)).merge(counts)

    def check_room(self) -> None:
        """Raise `Full` where nothing can be taken."""
        if self.full and self._size() >= MOST_COUNTS:
            raise Full("counts can't be stored fast enough, or not at all", FULL_AGAIN, spool=True)

    def _size(self) -> int:
        return sum(len(counts.rows) for counts in self._counts.values())

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._senders)
            self._senders.append(name)
        return number

    def _of(self, number: int) -> Counts:
        return self._counts.setdefault(number, Counts())

    def _tell(self, number: int, tally: dict[str, int]) -> None:
        self._told.setdefault(number, Counter()).update({name: value for name, value in tally.items() if value})

    def _keep(self, calls: Calls) -> None:
        if calls.size:
            self._calls.append(calls)
            self._waiting += calls.size
            if self._waiting >= FLUSH_CALLS:
                self._add_up()

    def _expire(self, now: float) -> Calls:
        calls = self.pairing.expire(now)
        for number, tally in self.pairing.given_up().items():
            self._tell(number, tally)
        return calls

    def _add_up(self) -> None:
        calls, self._calls, self._waiting = batches.joined(self._calls), [], 0
        adding.add(calls, self.facts, SOURCE, self.clock.hour(), self._counts)

    # Handing over

    def tick(self) -> None:
        """Give up what waited too long, and hand over what is due. Called every second or so."""
        with self._lock:
            now = self.clock.steady()
            self._keep(self._expire(now))
            if now - self._flushed < FLUSH_SECONDS and not self.full:
                return
            self._flushed = now
            self._begin_anew()
        self.flush()

    def finish(self) -> None:
        """Give up whatever waits and hand everything over: the process ends."""
        with self._lock:
            self._keep(self._expire(float("inf")))
        self.flush()

    def flush(self) -> None:
        """Hand counts over to the spool; what it has no room for stays here."""
        with self._lock:
            self._add_up()
            self._told, told = {}, self._told
            day = self.clock.hour() // 24
            for number, tally in told.items():
                self._of(number).tell(SOURCE, day, _stored(tally))
            counts, self._counts = self._counts, {}
        for number in list(counts):
            try:
                if counts[number]:
                    spool.put(counts[number], sender=self._senders[number], place=self.place)
                del counts[number]
            except (spool.SpoolFull, OSError) as error:
                log.error("usage.spool-full", reason=str(error))
                break
        with self._lock:
            self.full = bool(counts)
            for number, left in counts.items():
                left.merge(self._counts.pop(number, Counts()))
                self._counts[number] = left

    def _begin_anew(self) -> None:
        """Forget combinations and names that nothing here refers to, once there are very many."""
        names, now = self.facts.names, self.clock.steady()
        crowded = len(self.facts) >= MOST_FACTS or len(names.texts) >= names.most // 2
        if not crowded and not (names.capped and now - self._begun >= ANEW_SECONDS):
            return
        self._begun = now
        if names.capped:
            log.warning("usage.names-capped", senders=dict(names.capped))
        self._add_up()
        self.facts = self.pairing.compacted()
        self.reader = Reader(self.facts)


def _stored(tally: Counter[str]) -> dict[str, int]:
    """The tally of pairing under the names of `counts.TALLY`."""
    found = dict(tally)
    found["expired"] = sum(tally[name] for name in ("by_word", "unpaired", "foreign"))
    return {name: value for name, value in found.items() if value}


class Clock:
    """The two clocks that a receiver goes by."""

    def steady(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def hour(self) -> int:
        """Hours since 1970."""
        return int(time.time() // 3600)


def counted(rows: Iterable[tuple[CountKey, int, int]]) -> Counts:
    """Counts of calls that nothing was left out of: the key, how many were let through, how many were denied.

    Denied ones count as failed calls. For reports of proxies (RLQS) and the like: what they report is unsampled.
    """
    from awayteam.usage.counts import Count

    found = Counts()
    for key, allowed, denied in rows:
        if allowed + denied > 0:
            at = key.bucket_hour * 3_600_000_000_000
            found.add(key, Count(allowed + denied, float(allowed + denied), float(denied), [], 1.0, at, at))
    return found


__all__ = ["Clock", "From", "Full", "Receiver", "Taken", "Tally", "counted"]
