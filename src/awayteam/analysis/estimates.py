"""From moments to what one arm says: a value, its variance, degrees of freedom. Pure.

Ratios by the delta method (Deng, Knoblich, Lu 2018); CUPED (Deng, Xu, Kohavi, Walker 2013), for ratios by the same
linearisation of value and covariate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from awayteam.analysis.moments import Facts, Moments, filled, merge


@dataclass(frozen=True)
class Estimate:
    """What one arm says of a metric.

    `variance` is that of the value itself (a standard error squared), None where it isn't known; `df` its degrees of
    freedom. `raw` is the value before it was adjusted by a covariate. `successes` only for proportions. `distance` is
    the value less a constant that is the same in all arms.
    """

    n: int
    value: float
    variance: float | None
    df: float
    raw: float | None = None
    successes: int | None = None
    distance: float | None = None


def proportion(facts: Facts) -> Estimate:
    n = facts.n
    if not n:
        return Estimate(0, math.nan, None, 0)
    share = facts.whole.means[0]
    successes = round(share * n)
    share = successes / n
    return Estimate(n, share, share * (1 - share) / n, n - 1, successes=successes)


def less(other: Estimate, control: Estimate) -> float:
    """The effect, with all the digits there are."""
    if other.distance is None or control.distance is None:
        return other.value - control.value
    return other.distance - control.distance


def plain(facts: Facts) -> Estimate:
    """A mean (width 1) or a ratio of means (width 2)."""
    moments, width, n = facts.whole, facts.width, facts.whole.n
    value = _value(moments, 0, width) if n else math.nan
    if n < 2 or math.isnan(value):
        return Estimate(n, value + facts.origin, None, 0, distance=value)
    weights = _gradient(moments, 0, width)
    variance = max(0.0, moments.quadratic(weights, weights)) / n
    return Estimate(n, value + facts.origin, variance, n - 1, distance=value)


def pair(control: Facts, other: Facts, covariates: int) -> tuple[Estimate, Estimate, float | None]:
    """Both arms' estimates, and the coefficient of the covariate (None where there is none or it doesn't vary).

    The coefficient and the covariate's mean are those of both arms together, so that both are adjusted alike.
    """
    width = control.width
    if not covariates:
        return plain(control), plain(other), None
    arms = filled((control, other))
    both = merge(arms, width + covariates)
    if both.n < 2 or not all(one.n for one in arms):
        return plain(control), plain(other), None
    own, before = _gradient(both, 0, width), _gradient(both, width, covariates)
    spread = both.quadratic(before, before)
    if not spread > 0 or math.isnan(centre := _value(both, width, covariates)):
        return plain(control), plain(other), None
    theta = both.quadratic(own, before) / spread
    a, b = (_adjusted(one, width, covariates, theta, centre, control.origin) for one in arms)
    return a, b, theta


def _adjusted(
    one: Moments, width: int, covariates: int, theta: float, centre: float, origin: float
) -> Estimate:  # fmt: skip
    raw = _value(one, 0, width)
    value = raw - theta * (_value(one, width, covariates) - centre)
    if one.n < 2 or math.isnan(value):
        return Estimate(one.n, value + origin, None, 0, raw + origin, distance=value)
    before = _gradient(one, width, covariates)
    weights = [x - theta * y for x, y in zip(_gradient(one, 0, width), before, strict=True)]
    variance = max(0.0, one.quadratic(weights, weights)) / one.n
    return Estimate(one.n, value + origin, variance, one.n - 1, raw + origin, distance=value)


def _value(moments: Moments, start: int, width: int) -> float:
    if width == 1:
        return moments.means[start]
    above, below = moments.means[start : start + 2]
    return above / below if below else math.nan


def _gradient(moments: Moments, start: int, width: int) -> Sequence[float]:
    weights = [0.0] * len(moments.means)
    if width == 1:
        weights[start] = 1.0
        return weights
    below = moments.means[start + 1]
    if below:
        weights[start], weights[start + 1] = 1 / below, -moments.means[start] / below / below
    return weights
