"""What insights make of counted cases: spreads, shares with their doubt, and what is notable. Pure functions.

No mean stands here: times are skewed, one case of a year would hide twenty of a day. What few cases say is called few.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log, sqrt

DOUBT = 1.96
"""Standard deviations of the interval around a share: 95%."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lie: `n` cases, half of them at most `median`, 85% at most `p85` (None without a case).

    `few`: so few cases that half and 85% say little; show the number of cases first.
    """

    n: int = 0
    median: float | None = None
    p85: float | None = None
    few: bool = True


def spread(counted: Mapping[float, int], few_below: int) -> Spread:
    """The spread of values that occur so often. Quantiles are values that occur (nearest rank), never between two."""
    n = sum(counted.values())
    if not n:
        return Spread()
    values = sorted(counted.items())
    return Spread(n, _ranked(values, ceil(n * 0.5)), _ranked(values, ceil(n * 0.85)), n < few_below)


def _ranked(values: Sequence[tuple[float, int]], rank: int) -> float:
    seen = 0
    for value, times in values:
        seen += times
        if seen >= rank:
            return value
    raise ValueError("the rank is beyond the last value")


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `n` cases; between `low` and `high` lies the true share with 95% odds. None without a case."""

    part: int = 0
    n: int = 0
    few_below: int = 0

    @property
    def share(self) -> float | None:
        return self.part / self.n if self.n else None

    @property
    def few(self) -> bool:
        return self.n < max(self.few_below, 1)

    @property
    def low(self) -> float | None:
        return self._bound(-1)

    @property
    def high(self) -> float | None:
        return self._bound(1)

    def _bound(self, side: int) -> float | None:
        """Wilson's score interval (1927, "Probable inference, the law of succession, and statistical inference")."""
        if not self.n:
            return None
        p, z2 = self.part / self.n, DOUBT**2
        middle = p + z2 / (2 * self.n)
        reach = DOUBT * sqrt(p * (1 - p) / self.n + z2 / (4 * self.n**2))
        return min(max((middle + side * reach) / (1 + z2 / self.n), 0.0), 1.0)

    def is_below(self, wanted: float) -> bool | None:
        """Whether the true share lies below `wanted`; None where the cases can't tell."""
        if self.low is None or self.high is None:
            return None
        return True if self.high < wanted else False if self.low > wanted else None


def buckets(counted: Mapping[float, int], edges: Sequence[float]) -> list[int]:
    """How many values are at most the first edge, at most the second, ..., and beyond the last: one more than edges."""
    found = [0] * (len(edges) + 1)
    for value, times in counted.items():
        found[next((index for index, edge in enumerate(edges) if value <= edge), len(edges))] += times
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure now and in the window before, with the cases of each. `worse` says which way it gets worse."""

    key: str
    now: float | None
    before: float | None
    n_now: int
    n_before: int
    worse: str = "up"


@dataclass(frozen=True, slots=True)
class Change:
    """The figure that changed most. `ratio` is now over before; `is_worse` whether that is bad news."""

    figure: Figure
    ratio: float
    is_worse: bool


LEAST_CHANGE = 1.25
"""A figure that changed by less than a quarter is not called changed."""


def largest_change(figures: Iterable[Figure], few_below: int) -> Change | None:
    """The change that says most: the largest ratio, weighed by the root of the smaller number of cases.

    Figures of few cases in either window say nothing, nor does one that was 0 or became 0 of few.
    """
    best: tuple[float, Change] | None = None
    for one in figures:
        fewer = min(one.n_now, one.n_before)
        if fewer < max(few_below, 1) or not one.now or not one.before:
            continue
        ratio = one.now / one.before
        if max(ratio, 1 / ratio) < LEAST_CHANGE:
            continue
        weight = abs(log(ratio)) * sqrt(fewer)
        if best is None or weight > best[0]:
            best = (weight, Change(one, ratio, (ratio > 1) == (one.worse == "up")))
    return best[1] if best else None


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits in one place: open requests, points a week that delay costs, the oldest's age in days."""

    key: str
    open: int
    value_per_week: float
    oldest_days: int


def worst_queue(queues: Iterable[Queue]) -> Queue | None:
    """The queue whose delay costs most; among equal ones the one with the oldest case. None where nothing waits."""
    waiting = [one for one in queues if one.open]
    return max(waiting, key=lambda one: (one.value_per_week, one.oldest_days, one.open), default=None)


def value_at_edges(now: float, flows: Sequence[tuple[float, float]]) -> list[float]:
    """What waited at the end of each period, from what waits `now` and each period's (came, went), in order.

    The last period ends now; going back, what came wasn't there yet and what went still was.
    """
    found, left = [], now
    for came, went in reversed(flows):
        found.append(left)
        left = left - came + went
    return found[::-1]
