"""How long work takes: three-point estimates, and what a team's past says about its estimates.

Expected effort and variance of a three-point estimate are those of PERT (Malcolm, Roseboom, Clark and Fazar:
"Application of a technique for research and development program evaluation", Operations Research 7, 1959):
mean (low + 4 likely + high) / 6, variance ((high - low) / 6)².

A team's ratio of real to estimated effort is taken in logarithms, x = ln(real / estimated), whose mean is a normal
variable with the prior N(0, t²). With n finished items, of mean x̄ and spread s around it, and k = s² / t² held fixed
as "items that the prior is worth", the posterior is the usual one of two normals (Gelman and others: "Bayesian Data
Analysis", 3rd edition, section 2.5): mean w x̄ and variance t² (1 - w) with the trust w = n / (n + k). With few items
the ratio stays near 1 and the doubt is wide; with many it is the team's own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

UNITS = 1_000_000
"""The planner counts work in whole millionths of a team-week, so that sums are exact."""

LEAST_LEFT = 0.1
"""Share of its expected effort that a started item is taken to need still, however long it has been worked on."""

Z85 = 1.0364333894937898
"""The normal quantile of 85%."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Effort in team-weeks, low <= likely <= high."""

    low: float
    likely: float
    high: float

    @property
    def mean(self) -> float:
        return (self.low + 4 * self.likely + self.high) / 6

    @property
    def variance(self) -> float:
        return ((self.high - self.low) / 6) ** 2


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What a team's past says: `ratio` by which its estimates are multiplied, `spread` of single items around it
    (standard deviation of the logarithm), `doubt` about the ratio itself (likewise), `trust` in the past (0 to 1) from
    `items` that were finished."""

    items: int = 0
    ratio: float = 1.0
    spread: float = 0.0
    doubt: float = 0.3
    trust: float = 0.0

    def adjusted(self, estimate: Estimate, spent: float = 0.0) -> tuple[float, float]:
        """Team-weeks still to go and their variance, after `spent` team-weeks of work.

        The variance goes over from the estimate's own range to the spread of the team's past as trust grows. Doubt
        about the ratio is not in it: it is common to all items, and the planner adds it for the sum.
        """
        return self.left(estimate.mean, estimate.variance, spent)

    def left(self, mean: float, variance: float, spent: float) -> tuple[float, float]:
        """As `adjusted`, for an estimate whose mean and variance are known."""
        whole = mean * self.ratio
        left = max(whole - spent, whole * LEAST_LEFT)
        own, past = variance * self.ratio**2, (whole * self.spread) ** 2
        return left, ((1 - self.trust) * own + self.trust * past) * left / whole


def accuracy_of(past: Sequence[tuple[float, float]], *, prior_items: float, prior_spread: float) -> Accuracy:
    """The accuracy that follows from (estimated, real) efforts of finished items; see the module for the formulas.

    `prior_items` (k) is how many items the belief "estimates are right" is worth, `prior_spread` (t) how far the
    logarithm of a team's ratio usually lies from 0. Pairs without positive values say nothing and are left out.
    """
    logs = [math.log(real / estimated) for estimated, real in past if estimated > 0 and real > 0]
    count = len(logs)
    trust = count / (count + prior_items)
    mean = sum(logs) / count if count else 0.0
    spread = math.sqrt(sum((one - mean) ** 2 for one in logs) / (count - 1)) if count > 1 else prior_spread
    doubt = prior_spread * math.sqrt(1 - trust)
    return Accuracy(count, math.exp(trust * mean), spread, doubt, trust)
