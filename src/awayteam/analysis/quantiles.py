"""Quantiles with the bootstrap's intervals, without drawing any sample. Pure.

A resample of n values has as its k-th smallest the value at rank ceil(n U), U being the k-th smallest of n uniform
numbers: a Beta(k, n + 1 - k). So its quantile is drawn from the few values around the quantile, whatever n is.
Quantiles lie between two ranks as NumPy's `linear` (type 7 of Hyndman and Fan 1996).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from awayteam.analysis.compare import Comparison, Level
from awayteam.analysis.estimates import Estimate

DRAWS = 10_000
GRID = 4_001
SEED = 20_260_101


def fractions(n: int, quantile: float, grid: int = GRID) -> list[float]:
    """At which fractions of the sorted values one must know the value: every rank that matters, or so many evenly
    between.

    Ranks within seven standard deviations of the quantile's matter; with more ranks than `grid` those between are
    interpolated, an error far below that of the draws.
    """
    if n < 2:
        return [quantile]
    around = 7 * math.sqrt(n * quantile * (1 - quantile)) + 7
    centre = (n - 1) * quantile
    low, high = max(0, math.floor(centre - around)), min(n - 1, math.ceil(centre + around))
    ranks = range(low, high + 1) if high - low < grid else np.linspace(low, high, grid)
    return [min(1.0, float(rank) / (n - 1)) for rank in ranks]


def drawn(
    n: int, quantile: float, at: Sequence[float], values: Sequence[float], stream: int, draws: int = DRAWS
) -> NDArray[np.float64]:
    """The quantiles of `draws` resamples; `values` are those at the fractions `at`. One seed and stream, one answer."""
    generator = np.random.default_rng([SEED, stream])
    place = (n - 1) * quantile
    below = math.floor(place)
    first = generator.beta(below + 1, n - below, draws)
    ranks = np.asarray(at) * (n - 1)
    known = np.asarray(values, dtype=np.float64)

    def look(uniform: NDArray[np.float64]) -> NDArray[np.float64]:
        rank = np.clip(np.ceil(n * uniform) - 1, 0, n - 1)
        return np.asarray(np.interp(rank, ranks, known), dtype=np.float64)

    low = look(first)
    part = place - below
    if not part:
        return low
    second = first + (1 - first) * generator.beta(1, max(1, n - below - 1), draws)
    return low + part * (look(second) - low)


def compare(
    control: tuple[Estimate, NDArray[np.float64]], other: tuple[Estimate, NDArray[np.float64]], level: Level,
    by_sequence: Callable[[Estimate, Estimate, Level], Comparison],
) -> Comparison:  # fmt: skip
    """The difference of two quantiles: percentiles of the draws, or a sequence on their spread."""
    (a, first), (b, second) = control, other
    if not a.n or not b.n:
        return by_sequence(a, b, level)
    effect = b.value - a.value
    relative = effect / a.value if a.value else None
    differences = second - first
    spread = float(differences.std(ddof=1))
    if min(a.n, b.n) < 2 or not spread:
        return Comparison(effect, None, relative, notes=("no spread to judge a quantile by",))
    if level.sequential:
        return by_sequence(a, b, level)
    ends = np.quantile(differences, [level.alpha / 2, 1 - level.alpha / 2])
    more = int((differences >= 0).sum()), int((differences <= 0).sum())
    p = min(1.0, 2 * (min(more) + 1) / (len(differences) + 1))
    around: tuple[float, float] | None = None
    if float(first.min()) > 0 or float(first.max()) < 0:
        low, high = np.quantile(differences / first, [level.alpha / 2, 1 - level.alpha / 2])
        around = float(low), float(high)
    return Comparison(
        effect, (float(ends[0]), float(ends[1])), relative, around, p, f"bootstrap, {len(first):,} draws", spread
    )  # fmt: skip
