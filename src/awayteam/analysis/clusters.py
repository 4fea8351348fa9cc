"""Units that aren't independent of each other: means and ratios with errors by cluster. Pure.

The sandwich of Liang and Zeger with the small-sample factor G/(G-1) * (N-1)/(N-2), as a regression on the arm has it
(statsmodels' `cov_type="cluster"`, Stata's `vce(cluster)`). A cluster may stand in both arms: then the arms' errors
covary. Degrees of freedom are the clusters less one.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awayteam.analysis.estimates import Estimate


@dataclass(frozen=True)
class Cells:
    """One arm by cluster: numbers of the clusters, units, and sums above and below the line (below: units, for a mean).

    `above` may be sums of differences to `shift`, the same in all arms, where `below` are units. `alone` are units
    without a cluster, each its own: how many, sums above and below, and of the products above-above, above-below,
    below-below.
    """

    cluster: NDArray[np.int64]
    units: NDArray[np.float64]
    above: NDArray[np.float64]
    below: NDArray[np.float64]
    shift: float = 0.0
    alone: tuple[float, ...] = ()

    def total(self, at: int) -> float:
        """Units (0), the sum above (1) or below (2)."""
        return float((self.units, self.above, self.below)[at].sum()) + (self.alone[at] if self.alone else 0.0)


def estimates(control: Cells, other: Cells) -> tuple[Estimate, Estimate, float]:
    """Both arms' estimates, and their covariance."""
    arms = (control, other)
    n = control.total(0) + other.total(0)
    numbers = np.union1d(control.cluster, other.cluster)
    groups = len(numbers) + sum(one.alone[0] for one in arms if one.alone)
    values = [one.total(1) / one.total(2) if one.total(2) else math.nan for one in arms]
    counts = [round(one.total(0)) for one in arms]
    if groups < 2 or n <= 2 or any(math.isnan(value) for value in values):
        bare = [Estimate(count, value + one.shift, None, 0)
                for count, value, one in zip(counts, values, arms, strict=True)]  # fmt: skip
        return bare[0], bare[1], 0.0
    factor = groups / (groups - 1) * (n - 1) / (n - 2)
    scores, own = [], []
    for one, value, count in zip(arms, values, counts, strict=True):
        below = one.total(2)
        score = np.zeros(len(numbers))
        score[np.searchsorted(numbers, one.cluster)] = (one.above - value * one.below) / below
        square = float(score @ score)
        if one.alone:
            _, _, _, above_above, above_below, below_below = one.alone
            square += max(0.0, above_above - 2 * value * above_below + value * value * below_below) / below**2
        scores.append(score)
        own.append(Estimate(count, value + one.shift, factor * square, groups - 1, distance=value))
    return own[0], own[1], factor * float(scores[0] @ scores[1])
