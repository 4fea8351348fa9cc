"""Limits as pure values: rates, states, what a limit would have done to past use, and when use is a spike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from statistics import median

HOUR_SECONDS = 3600
MOST_REQUESTS = 100_000_000
"""The largest number a limit takes; Envoy counts tokens in 32 bits."""


class Unit(StrEnum):
    """What a rate is per."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


SECONDS = {Unit.SECOND: 1, Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.DAY: 86_400}


class State(StrEnum):
    """Shadow counts what it would limit; enforced limits; off does nothing, and is kept with its history."""

    SHADOW = "shadow"
    ENFORCED = "enforced"
    OFF = "off"


class Verb(StrEnum):
    """What moves a limit from one state to another."""

    ENFORCE = "enforce"
    OFF = "off"
    SHADOW = "shadow"


STEPS: Mapping[tuple[State, Verb], State] = {
    (State.SHADOW, Verb.ENFORCE): State.ENFORCED,
    (State.SHADOW, Verb.OFF): State.OFF,
    (State.ENFORCED, Verb.SHADOW): State.SHADOW,
    (State.ENFORCED, Verb.OFF): State.OFF,
    (State.OFF, Verb.SHADOW): State.SHADOW,
}
"""What is possible. Nothing is enforced that didn't stand in shadow before."""


class Origin(StrEnum):
    """What a limit follows from."""

    HAND = "hand"
    ALLOCATION = "allocation"
    SPIKE = "spike"


class SpikeState(StrEnum):
    """What became of a spike. `PLANNED`: the consumer's growth is meant, no limit."""

    OPEN = "open"
    SHADOW = "shadow"
    ENFORCED = "enforced"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Rate:
    """`requests` per `unit`; `burst` is how many may come at once after a rest."""

    requests: int
    unit: Unit
    burst: int

    @property
    def per_second(self) -> float:
        return self.requests / SECONDS[self.unit]

    @property
    def seconds(self) -> int:
        """Seconds of the unit."""
        return SECONDS[self.unit]

    @property
    def wait_seconds(self) -> int:
        """Seconds, rounded up, until one more request is allowed after the last one was."""
        return max(1, ceil(1 / self.per_second))

    def at_most(self, other: "Rate") -> bool:
        """Whether this lets through no more than `other`, in the long run and at once."""
        return self.per_second <= other.per_second and self.burst <= other.burst


def burst_of(requests: int, unit: Unit, seconds: int) -> int:
    """The burst where none is named: `seconds` worth of the rate, at least one request."""
    return max(1, ceil(requests / SECONDS[unit] * seconds))


def wrong_with(requests: int, burst: int) -> dict[str, str]:
    """What is wrong with the numbers of a limit, by field; empty where nothing is."""
    found = {}
    if not 1 <= requests <= MOST_REQUESTS:
        found["requests"] = f"must lie between 1 and {MOST_REQUESTS:,}"
    if not 1 <= burst <= MOST_REQUESTS:
        found["burst"] = f"must lie between 1 and {MOST_REQUESTS:,}"
    return found


def after_change(state: State, old: Rate, new: Rate) -> State:
    """The state of a limit whose numbers change: an enforced one that becomes tighter goes through shadow again."""
    if state is State.ENFORCED and not old.at_most(new):
        return State.SHADOW
    return state


@dataclass(frozen=True, slots=True)
class Hour:
    """What a limit would have done in one hour: `calls` came; at least `least`, at most `most` over the limit."""

    hour: int
    calls: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a limit would have done to past use. `hours` are hours since 1970 in which calls came, oldest first.

    `least` supposes that the calls of an hour came evenly, `most` that they all came evenly in a part of it (1 /
    `peak_factor`). Hourly counts say no more.
    """

    rate: Rate
    peak_factor: float
    hours: tuple[Hour, ...]

    @property
    def calls(self) -> int:
        return sum(one.calls for one in self.hours)

    @property
    def least(self) -> int:
        return sum(one.least for one in self.hours)

    @property
    def most(self) -> int:
        return sum(one.most for one in self.hours)

    @property
    def hours_over(self) -> int:
        """Hours in which it would have limited anything, at most."""
        return sum(one.most > 0 for one in self.hours)


def preview(rate: Rate, counts: Sequence[tuple[int, float]], *, peak_factor: float) -> Preview:
    """What `rate` would have done to hourly `counts` ((hour since 1970, calls), each hour once)."""
    hours = tuple(
        Hour(hour, round(calls), over(rate, calls, 1.0), over(rate, calls, peak_factor))
        for hour, calls in sorted(counts)
        if calls > 0
    )
    return Preview(rate, peak_factor, hours)


def over(rate: Rate, calls: float, bunching: float) -> int:
    """Calls of one hour beyond the limit, when they came evenly within 1 / `bunching` of it and the bucket was full."""
    allowed = rate.per_second * HOUR_SECONDS / max(1.0, bunching) + rate.burst
    return max(0, round(calls - allowed))


@dataclass(frozen=True, slots=True)
class Spiked:
    """One hour far beyond what is usual. `usual` is the median of calls an hour, `factor` how many times that came."""

    hour: int
    calls: int
    usual: float
    factor: float


def spike(
    counts: Mapping[int, float], *, hour: int, days: int, factor: float, calls_min: int, days_min: int = 2
) -> Spiked | None:
    """Whether `hour` (since 1970) is a spike against the same consumer's own hours of the `days` before it.

    Usual is the median over all hours before it back to the first with calls, hours without calls counting as none: a
    consumer that calls once a day has a usual hour of nothing. A few calls more are never a spike (`calls_min`), nor is
    anything of a consumer that is known for less than `days_min` days: that is a new one, for an allocation to answer.
    """
    calls = counts.get(hour, 0)
    first = min((one for one, n in counts.items() if n > 0 and hour - days * 24 <= one < hour), default=hour)
    if calls < calls_min or hour - first < days_min * 24:
        return None
    before = [counts.get(one, 0) for one in range(first, hour)]
    usual = float(median(before))
    highest_usual = max(usual, 1.0)
    same_hours = max((counts.get(one, 0) for one in range(hour - 24, first - 1, -24)), default=0)
    if calls < factor * highest_usual or calls < factor * same_hours / 2:
        return None
    return Spiked(hour, round(calls), usual, calls / highest_usual)


def ready_limit(counts: Mapping[int, float], *, hour: int, room: float, burst_seconds: int) -> Rate:
    """The limit to offer for a spike: `room` times the busiest hour before it, per second where that is a whole one."""
    busiest = max((n for one, n in counts.items() if one < hour), default=0.0)
    per_hour = max(1.0, busiest * room)
    for unit in (Unit.SECOND, Unit.MINUTE, Unit.HOUR):
        requests = ceil(per_hour * SECONDS[unit] / HOUR_SECONDS)
        if requests >= 10 or unit is Unit.HOUR:
            break
    return Rate(requests, unit, burst_of(requests, unit, burst_seconds))
