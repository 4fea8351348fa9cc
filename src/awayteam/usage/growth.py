"""Unusual growth of daily counts: how far the last day and the last week lie from what is usual. Pure, over arrays.

A series is compared with itself on a log scale, where a doubling is the same step for a small and a large consumer.
What is usual for a day is the median of the same weekday over the weeks before the last, so that weekends and single
bad days don't count. How much a series scatters is the median absolute deviation (MAD) of its residuals, but never less
than what a Poisson process of that level would scatter. Scores are in such units: at 6 a normal series is flagged a few
times in half a million. A slow ramp moves the usual along with it: it is found by its last weeks beside its first ones,
in units of what two weeks differ by, and by the allocation that it uses up.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

DAYS = 84
"""Twelve weeks: eleven to learn what is usual, and the last."""
WEEKS_MIN = 5
MAD_TO_SIGMA = 1.4826
"""The MAD of a normal distribution times this is its standard deviation."""
OF_A_DAY = 1.07
"""The standard deviation of a day beside its usual, which is itself the median of eleven: sqrt(1 + 0.38 ** 2)."""
OF_A_WEEK = 0.5
"""The same of the median of seven days (0.46) beside their usual ones (0.14)."""
OF_A_RAMP = 0.57
"""The same of the difference of two medians of three such weeks; from simulated series, as medians overlap."""
TOGETHER = 4096
"""Series that are worked on at a time: some megabytes, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One value for each series. `day` and `week` are scores without unit; the others calls a day.

    `usual_day` and `usual_week` are what was expected, `last_day` and `last_week` what came: the last day, and the
    median of the last seven. `ramp` is the score of the last three weeks beside the first three, `times` by how much
    they are more.
    """

    day: Floats
    week: Floats
    usual_day: Floats
    usual_week: Floats
    last_day: Floats
    last_week: Floats
    ramp: Floats
    times: Floats

    def spikes(self, score: float, impact: float) -> Mask:
        """Series whose last day is unusual, by at least `impact` calls."""
        found: Mask = (self.day > score) & (self.last_day - self.usual_day >= impact)
        return found

    def steps(self, score: float, impact: float) -> Mask:
        """Series whose last week is unusual, by at least `impact` calls a day."""
        found: Mask = (self.week > score) & (self.last_week - self.usual_week >= impact)
        return found

    def ramps(self, score: float, impact: float, times: float) -> Mask:
        """Series that grew to `times` of what they were, bit by bit, by at least `impact` calls a day."""
        grown = self.last_week * (1 - 1 / np.maximum(self.times, 1))
        found: Mask = (self.ramp > score) & (self.times >= times) & (grown >= impact)
        return found


def whole_weeks(counts: NDArray[Any]) -> NDArray[Any]:
    """The newest whole weeks in which anything was counted at all, twelve at most; columns are days, the oldest first.

    An installation that is six weeks old has six weeks, and not six more without calls.
    """
    seen = np.flatnonzero(counts.any(axis=0))
    days = min(counts.shape[1] - int(seen[0]) if seen.size else 0, DAYS)
    return counts[:, counts.shape[1] - days // 7 * 7 :]


def score(counts: NDArray[Any]) -> Scores:
    """Scores of series (rows) of whole weeks of daily counts, the last column being the newest day.

    Raises `ValueError` for fewer than five weeks, or days that are no whole weeks.
    """
    series, days = counts.shape
    if days % 7 or days < WEEKS_MIN * 7:
        raise ValueError(f"{days} days are not five or more whole weeks")
    out = np.empty((8, series), dtype=np.float32)
    for start in range(0, series, TOGETHER):
        out[:, start : start + TOGETHER] = _score(counts[start : start + TOGETHER])
    return Scores(*out)


def _score(counts: NDArray[Any]) -> Floats:
    series, weeks = counts.shape[0], counts.shape[1] // 7
    raw: Floats = np.ascontiguousarray(counts.T, dtype=np.float32).reshape(weeks, 7, series)
    logs = np.log1p(raw)
    before, last = logs[:-1], logs[-1]
    usual = _median(before.copy())
    expected = np.expm1(usual)
    scatter = MAD_TO_SIGMA * _median_of_many(np.abs(before - usual).reshape(-1, series))
    above = (last - usual) / np.maximum(scatter, 1 / np.sqrt(1 + expected))
    ramp, times = _ramp(logs)
    return np.stack(
        [
            above[-1] / OF_A_DAY, _median(above.copy()) / OF_A_WEEK, expected[-1], _median(expected.copy()),
            raw[-1, -1], _median(raw[-1].copy()), ramp, times,
        ]
    )  # fmt: skip


def _ramp(logs: Floats) -> tuple[Floats, Floats]:
    """Score and factor of the last three weeks beside the first three.

    What a week scatters is told from differences of neighbouring weeks, which a slow ramp hardly touches.
    """
    series = logs.shape[2]
    weekly = _median(logs.transpose(1, 0, 2).copy())
    first, last = _median(weekly[:3].copy()), _median(weekly[-3:].copy())
    change = np.diff(logs, axis=0).reshape(-1, series)
    scatter = MAD_TO_SIGMA * _median_of_many(np.abs(change)) / np.float32(np.sqrt(2))
    return (last - first) / (OF_A_RAMP * np.maximum(scatter, np.exp(-first / 2))), np.exp(last - first)


def _median(values: Floats) -> Floats:
    """The median along the first, short axis; sorts in place, neighbours by neighbours, whole slices at a time."""
    many = len(values)
    for turn in range(many):
        for left in range(turn % 2, many - 1, 2):
            low = np.minimum(values[left], values[left + 1])
            np.maximum(values[left], values[left + 1], out=values[left + 1])
            values[left] = low
    between: Floats = (values[(many - 1) // 2] + values[many // 2]) / np.float32(2)
    return between


def _median_of_many(values: Floats) -> Floats:
    """The median along the first axis, which is long."""
    middle = len(values) // 2
    found = np.partition(values.T, sorted({(len(values) - 1) // 2, middle}), axis=1)
    between: Floats = (found[:, (len(values) - 1) // 2] + found[:, middle]) / np.float32(2)
    return between


@dataclass(frozen=True, slots=True)
class Trend:
    """The line through the weeks of one series: `level` calls a day now, `slope` more calls a day with each day."""

    level: float
    slope: float

    def days_until(self, limit: float) -> int | None:
        """Days until the line reaches `limit` calls a day: 0 where it is there, None where it won't for three years."""
        if self.level >= limit:
            return 0
        if self.slope <= 0 or (limit - self.level) / self.slope > 3 * 366:
            return None
        return int(np.ceil((limit - self.level) / self.slope))


def trend(counts: NDArray[Any]) -> Trend:
    """The trend of one series of daily counts: Theil-Sen's line through the medians of its weeks, at the last day.

    A week that is no more than a few bad days doesn't turn it. No slope is told from fewer than four weeks.
    """
    whole = np.asarray(counts, dtype=np.float64)
    whole = whole[len(whole) % 7 :]
    if len(whole) < 7:
        return Trend(float(np.median(counts)) if len(counts) else 0.0, 0.0)
    weeks = np.median(whole.reshape(-1, 7), axis=1)
    if len(weeks) < 4:
        return Trend(float(weeks[-1]), 0.0)
    later, earlier = np.triu_indices(len(weeks), 1)[::-1]
    slope = float(np.median((weeks[later] - weeks[earlier]) / (later - earlier)))
    middle = float(np.median(weeks - slope * np.arange(len(weeks))))
    level = middle + slope * (len(weeks) - 1 + 3 / 7)
    return Trend(max(level, 0.0), slope / 7)
