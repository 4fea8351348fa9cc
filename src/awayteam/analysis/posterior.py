"""A second view: the posterior of an effect under a normal prior around zero. Pure.

It isn't protected against looking often and no rule reads it. A prior without spread given is flat.
"""

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri


@dataclass(frozen=True)
class Posterior:
    """`better` is the probability that the effect is above zero; `loss` what is lost on average, in the metric's unit,
    by choosing the arm where it is worse; `interval` holds the effect with probability 1 - alpha."""

    mean: float
    spread: float
    better: float
    loss: float
    interval: tuple[float, float]
    prior: str


def posterior(
    effect: float, error: float, *, alpha: float = 0.05, prior_spread: float | None = None, up: bool = True
) -> Posterior:
    """The posterior of an effect with this standard error (above zero); `up` is whether more is better."""
    if prior_spread is None:
        mean, spread, prior = effect, error, "flat"
    else:
        share = 1 / (1 + (error / prior_spread) ** 2)
        mean, spread, prior = effect * share, error * math.sqrt(share), f"normal(0, {prior_spread:g})"
    z = mean / spread if up else -mean / spread
    better = float(ndtr(z))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    half = float(ndtri(1 - alpha / 2)) * spread
    return Posterior(
        mean, spread, better, spread * max(0.0, density - z * float(ndtr(-z))), (mean - half, mean + half), prior
    )
