"""Counts for tests: a few services that use each other, and an installation's folder of its own."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from awayteam.usage import spool
from awayteam.usage.counts import CLASSES, Count, CountKey, Counts
from awayteam.usage.store import owner

NOW = datetime(2026, 6, 15, 10, 30, tzinfo=UTC)
HOUR = int(NOW.timestamp()) // 3600


def count(calls: int, *, failed: int = 0, probability: float | None = 1.0, slow: int = 3, hour: int = HOUR) -> Count:
    """Calls of one hour, all in the latency class `slow`."""
    latency = [0] * CLASSES
    latency[slow] = calls
    at = hour * 3600 * 10**9
    return Count(calls, calls / (probability or 1), failed / (probability or 1), latency, probability, at, at + 10**9)


def counts(*rows: tuple[str, str, str, int], hour: int = HOUR, source: str = "otlp", **values: object) -> Counts:
    """Counts of (consumer, provider, operation, calls) in one hour."""
    made = Counts()
    for consumer, provider, operation, calls in rows:
        key = CountKey(hour, consumer, provider, operation, "service", source)
        made.add(key, count(calls, hour=hour, **values))  # type: ignore[arg-type]
    made.tell(source, hour // 24, {"spans": 2 * sum(row[3] for row in rows), "paired": sum(row[3] for row in rows)})
    return made


def stored(*some: Counts, now: datetime = NOW, sender: str = "") -> None:
    """Through the spool into the store, with the summary of `now`."""
    for one in some:
        spool.put(one, sender=sender)
    owner.settle(now)


def days(*rows: tuple[str, str, str, int], back: Iterable[int], source: str = "otlp") -> Counts:
    """The same counts at noon of several days before `NOW`."""
    made = Counts()
    for day in back:
        made.merge(counts(*rows, hour=int((NOW - timedelta(days=day)).timestamp()) // 86_400 * 24 + 9, source=source))
    return made
