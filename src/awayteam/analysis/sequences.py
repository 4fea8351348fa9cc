"""Asymptotic confidence sequences: intervals that hold at every look at once. Pure.

Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences"
(arXiv 2103.06476), theorem 2.2: over t units with spread s, a mean lies within

    s / sqrt(t) * sqrt(2 (t rho^2 + 1) / (t rho^2) * log(sqrt(t rho^2 + 1) / alpha))

at all t together, with probability 1 - alpha in the limit. `rho` only decides at which t the interval is narrowest.
"""

import math


def weight(alpha: float) -> float:
    """t rho^2 at the sample for which rho is chosen: -2 log(alpha) + log(1 - 2 log(alpha)), their equation for rho."""
    twice = -2 * math.log(alpha)
    return twice + math.log(twice + 1)


def rho(planned: float, alpha: float) -> float:
    """The parameter for which the interval is narrowest at `planned` units."""
    return math.sqrt(weight(alpha) / planned)


def critical(n: float, planned: float, alpha: float) -> float:
    """How many standard errors the interval reaches at `n` units, chosen for `planned`: 3.04 at alpha 0.05, n =
    planned."""
    t = n * weight(alpha) / planned
    return math.sqrt(2 * (t + 1) / t * (math.log(t + 1) / 2 - math.log(alpha)))


def p_value(z: float, n: float, planned: float, alpha: float) -> float:
    """The smallest level at which the sequence with this rho leaves out zero; valid at any time one looks."""
    t = n * weight(alpha) / planned
    exponent = math.log1p(t) / 2 - z * z * t / (2 * (t + 1))
    return 1.0 if exponent >= 0 else math.exp(exponent)
