"""Calls added up to edges: who uses which operation of whom, how often, seen when, on which evidence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from awayteam.usage.pairing import Call, Tally

OTHER = "(others)"
MOST_OPERATIONS = 5_000
"""Operations of one provider that are told apart; more are put together, and that is said."""
EARLIEST, LATEST = 946_684_800_000_000_000, 4_102_444_800_000_000_000
"""From 2000 to 2100 in nanoseconds: a span from elsewhere has a clock that tells nothing."""


class EdgeKey(NamedTuple):
    consumer: str
    provider: str
    operation: str
    kind: str
    source: str


@dataclass(slots=True)
class Edge:
    """`seen` calls, which stand for `calls` where spans were sampled; times in nanoseconds, 0 where no clock is sound.

    `probability` is the smallest one with which a span was kept, None where for some of them nobody says.
    """

    seen: int = 0
    calls: float = 0.0
    failed: float = 0.0
    first: int = 0
    last: int = 0
    probability: float | None = 1.0


@dataclass
class Edges:
    """Edges that are being counted; memory grows with distinct edges, not with calls."""

    most_operations: int = MOST_OPERATIONS
    rows: dict[EdgeKey, Edge] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    capped: dict[str, int] = field(default_factory=dict)
    """Providers with more operations than are told apart, and how many calls went under `(others)`."""
    odd_times: int = 0
    _operations: dict[str, set[str]] = field(default_factory=dict)

    def count(self, calls: Iterable[Call], source: str) -> None:
        """Add calls of one source ("jaeger", "zipkin", "otlp")."""
        for call in calls:
            self._count(call, source)

    def _count(self, call: Call, source: str) -> None:
        operation = self._operation(call)
        key = EdgeKey(call.consumer, call.provider, operation, call.kind, source)
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = Edge()
        weight = 1.0 / call.probability if call.probability else 1.0
        row.seen += 1
        row.calls += weight
        if call.failed:
            row.failed += weight
        if row.probability is not None:
            row.probability = None if call.probability is None else min(row.probability, call.probability)
        if EARLIEST <= call.at < LATEST:
            row.first = min(row.first, call.at) if row.first else call.at
            row.last = max(row.last, call.at)
        else:
            self.odd_times += 1

    def _operation(self, call: Call) -> str:
        known = self._operations.setdefault(call.provider, set())
        if call.operation in known:
            return call.operation
        if len(known) >= self.most_operations:
            self.capped[call.provider] = self.capped.get(call.provider, 0) + 1
            return OTHER
        known.add(call.operation)
        return call.operation

    def add(self, other: "Edges") -> None:
        """Add all that `other` counted."""
        for key, row in other.rows.items():
            _add(self.rows.setdefault(key, Edge()), row)
        for name, number in other.tally.as_dict().items():
            setattr(self.tally, name, getattr(self.tally, name) + number)
        self.odd_times += other.odd_times

    def by_service(self) -> "Edges":
        """The same without operations."""
        whole = Edges(self.most_operations, tally=self.tally, capped=self.capped, odd_times=self.odd_times)
        for key, row in self.rows.items():
            place = whole.rows.setdefault(key._replace(operation=""), Edge())
            _add(place, row)
        return whole

    def sorted(self) -> list[tuple[EdgeKey, Edge]]:
        """Most calls first, then by name."""
        return sorted(self.rows.items(), key=lambda one: (-one[1].calls, one[0]))


def _add(place: Edge, row: Edge) -> None:
    place.seen += row.seen
    place.calls += row.calls
    place.failed += row.failed
    place.first = min(filter(None, (place.first, row.first)), default=0)
    place.last = max(place.last, row.last)
    if place.probability is not None:
        place.probability = None if row.probability is None else min(place.probability, row.probability)


def moment(nanoseconds: int) -> str | None:
    """ISO 8601 in UTC to the microsecond, None for 0."""
    if not nanoseconds:
        return None
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1_000)
    return at.isoformat().replace("+00:00", "Z")


def as_dict(key: EdgeKey, row: Edge) -> dict[str, Any]:
    """An edge as JSON has it; `calls` and `failed` are estimates where `sampling` is below 1."""
    return {
        "consumer": key.consumer,
        "provider": key.provider,
        "operation": key.operation or None,
        "kind": key.kind,
        "calls": round(row.calls),
        "failed": round(row.failed),
        "seen": row.seen,
        "source": key.source,
        "sampling": row.probability,
        "first_seen": moment(row.first),
        "last_seen": moment(row.last),
    }
