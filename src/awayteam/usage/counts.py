"""Counts of calls by the hour: what every receiver and reader of files hands over, and what is stored. Pure.

A count stands for calls of one operation of one provider by one consumer in one hour, as one kind of evidence (source)
saw them. What stands behind them (spans that were paired, expired, dropped...) is told by source and day.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from awayteam.usage.edges import EARLIEST, LATEST, OTHER
from awayteam.usage.pairing import Call

HOUR_NS = 3_600_000_000_000
BOUNDS_MS = tuple(float(1 << power) for power in range(15))
"""Upper bounds of the classes of latency, 1 ms to 16 s by doubling; a sixteenth class is beyond."""
CLASSES = len(BOUNDS_MS) + 1
MOST_OPERATIONS, MOST_SERVICES = 5_000, 50_000
"""Operations of one provider, and consumers and providers, that one batch tells apart."""
TALLY = (
    "spans", "paired", "by_word", "unpaired", "foreign", "expired", "dropped", "duplicates", "nameless", "roots",
    "local", "odd_times", "capped", "refused",
)  # fmt: skip
"""What is told beside the figures. `expired`: gave up waiting for the other half; `dropped`: no room; `capped`: calls
that stand under `(others)`; `refused`: what couldn't be read; the others as in `pairing.Tally`."""


class CountKey(NamedTuple):
    """`bucket_hour` is hours since 1970, UTC. `kind` is that of the call: "service", "messaging", "database" or
    "external"; `source` the evidence: "otlp", "jaeger", "zipkin", "table", "servicegraph", "envoy", "mesh"..."""

    bucket_hour: int
    consumer: str
    provider: str
    operation: str
    kind: str
    source: str


@dataclass(slots=True)
class Count:
    """`seen` calls that stand for `calls` (and `failed` of them) where some were left out; `latency` has `seen` or
    fewer calls in the classes of `BOUNDS_MS`, [] where nobody says how long they took.

    `probability` is the smallest one with which a call was kept, None where for some of them nobody says. `first` and
    `last` are nanoseconds since 1970, 0 where unknown.
    """

    seen: int = 0
    calls: float = 0.0
    failed: float = 0.0
    latency: list[int] = field(default_factory=list)
    probability: float | None = 1.0
    first: int = 0
    last: int = 0

    def add(self, other: "Count") -> None:
        self.seen += other.seen
        self.calls += other.calls
        self.failed += other.failed
        self.first = min(filter(None, (self.first, other.first)), default=0)
        self.last = max(self.last, other.last)
        if self.probability is not None:
            self.probability = None if other.probability is None else min(self.probability, other.probability)
        if other.latency:
            mine = self.latency or [0] * CLASSES
            self.latency = [one + two for one, two in zip(mine, other.latency, strict=True)]


Latency = Sequence[float]


def class_of(milliseconds: float) -> int:
    """The class of a latency: the first whose bound isn't exceeded."""
    return min(max(0, (max(1, int(-(-milliseconds // 1))) - 1).bit_length()), CLASSES - 1)


@dataclass
class Counts:
    """Counts being added up; memory grows with distinct keys, and those are capped.

    `tallies` maps (source, day since 1970) to what stands behind the counts; names as in `TALLY`. `capped` names
    providers (or "" for services) of which more was seen than is told apart, with the calls under `(others)`.
    """

    rows: dict[CountKey, Count] = field(default_factory=dict)
    tallies: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)
    capped: Counter[str] = field(default_factory=Counter)
    most_operations: int = MOST_OPERATIONS
    most_services: int = MOST_SERVICES
    _operations: dict[str, set[str]] = field(default_factory=dict, repr=False)
    _services: set[str] = field(default_factory=set, repr=False)

    def __bool__(self) -> bool:
        return bool(self.rows or self.tallies)

    def add(self, key: CountKey, count: Count) -> None:
        """Add a count, which may come to be kept as it is; beyond the caps it goes under `(others)`."""
        key = self._within(key, count.seen)
        row = self.rows.get(key)
        if row is None:
            self.rows[key] = count
        else:
            row.add(count)

    def count(self, calls: Iterable[Call], source: str, *, hour: int) -> None:
        """Add calls of one source; those whose clock tells nothing (before 2000, after 2100) count in `hour`."""
        for call in calls:
            sound = EARLIEST <= call.at < LATEST
            bucket = call.at // HOUR_NS if sound else hour
            if not sound:
                self.tell(source, hour // 24, {"odd_times": 1})
            self.add(
                CountKey(bucket, call.consumer, call.provider, call.operation, call.kind, source),
                of_call(call, call.at if sound else 0),
            )

    def tell(self, source: str, day: int, tally: Mapping[str, int]) -> None:
        """Add what stands behind the counts of a source, received on that day since 1970. Unknown names are refused."""
        if unknown := tally.keys() - set(TALLY):
            raise ValueError(f"no such tally: {', '.join(sorted(unknown))}")
        self.tallies.setdefault((source, day), Counter()).update({name: n for name, n in tally.items() if n})

    def merge(self, other: "Counts") -> None:
        """Add all that `other` has; it must not be used any more."""
        for key, count in other.rows.items():
            self.add(key, count)
        for (source, day), tally in other.tallies.items():
            self.tell(source, day, tally)
        self.capped.update(other.capped)

    def moved(self, hours: int) -> "Counts":
        """The same as many hours later, with times that lie as much later."""
        other = Counts(tallies=self.tallies, capped=self.capped)
        for key, count in self.rows.items():
            first, last = (one + hours * HOUR_NS if one else 0 for one in (count.first, count.last))
            other.rows[key._replace(bucket_hour=key.bucket_hour + hours)] = replace(count, first=first, last=last)
        return other

    def _within(self, key: CountKey, seen: int) -> CountKey:
        if not (self._has_room(key.consumer) and self._has_room(key.provider)):
            self._cap(key, "", seen)
            return key._replace(
                consumer=key.consumer if key.consumer in self._services else OTHER,
                provider=key.provider if key.provider in self._services else OTHER,
                operation=OTHER,
            )
        known = self._operations.setdefault(key.provider, set())
        if key.operation not in known:
            if len(known) >= self.most_operations:
                self._cap(key, key.provider, seen)
                return key._replace(operation=OTHER)
            known.add(key.operation)
        return key

    def _has_room(self, name: str) -> bool:
        if name not in self._services and len(self._services) < self.most_services:
            self._services.add(name)
        return name in self._services

    def _cap(self, key: CountKey, whose: str, seen: int) -> None:
        self.capped[whose] += seen
        self.tell(key.source, key.bucket_hour // 24, {"capped": seen})


def of_call(call: Call, at: int) -> Count:
    """One call as a count; a latency is the server's, else the client's."""
    weight = 1.0 / call.probability if call.probability else 1.0
    took = call.server_ns or call.client_ns
    latency: list[int] = []
    if took:
        latency = [0] * CLASSES
        latency[class_of(took / 1e6)] = 1
    return Count(1, weight, weight if call.failed else 0.0, latency, call.probability, at, at)


def percentile(latency: Latency, share: float) -> float | None:
    """Milliseconds below which `share` of the calls stayed, in a straight line within a class; None without calls."""
    wanted = sum(latency) * share
    if not wanted:
        return None
    below = 0.0
    for place, calls in enumerate(latency):
        if calls and below + calls >= wanted:
            low = BOUNDS_MS[place - 1] if place else 0.0
            high = BOUNDS_MS[place] if place < len(BOUNDS_MS) else 2 * low
            return low + (high - low) * (wanted - below) / calls
        below += calls
    return BOUNDS_MS[-1]
