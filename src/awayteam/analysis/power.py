"""Before the start: how many units, how small an effect, how long. Pure.

Fixed: the normal approximation (statsmodels' `NormalIndPower` with each arm's own variance). Sequential: the
probability that a confidence sequence chosen for the planned sample leaves out zero at one of the looks, by integrating
the process from look to look (Armitage, McPherson and Rowe 1969).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from awayteam.analysis import sequences

LOOKS = 100
CELLS = 1_600


@dataclass(frozen=True)
class Design:
    """Two arms: variances of one unit in each (`other` under the effect), and the shares of units that come into them.

    `null` is the variance of a unit while nothing differs, where the fixed test takes another (two proportions); None:
    the same.
    """

    control: float
    other: float
    share_control: float = 0.5
    share_other: float = 0.5
    alpha: float = 0.05
    sequential: bool = True
    looks: int = LOOKS
    null: float | None = None

    def error(self, n: float) -> float:
        """The standard error of the effect with n units in the whole experiment."""
        return math.sqrt(self.control / (n * self.share_control) + self.other / (n * self.share_other))

    def null_error(self, n: float) -> float:
        """The standard error that the fixed test reckons with."""
        if self.null is None:
            return self.error(n)
        return math.sqrt(self.null / (n * self.share_control) + self.null / (n * self.share_other))


@dataclass(frozen=True)
class Crossing:
    """Whether and when a sequence leaves out zero: `power`, and the mean share of the planned sample at the stop."""

    power: float
    stop: float


def crossing(drift: float, alpha: float, looks: int = LOOKS) -> Crossing:
    """For an effect of `drift` standard errors at the end of the planned sample, looked at evenly."""
    times = np.arange(1, looks + 1) / looks
    reach = np.array([sequences.critical(float(t), 1.0, alpha) * math.sqrt(t) for t in times])
    edge = float(reach.max()) + 0.1
    step = 2 * edge / CELLS
    centres = -edge + step * (np.arange(CELLS) + 0.5)
    spread = math.sqrt(1 / looks)
    width = math.ceil((7 * spread + abs(drift) / looks) / step)
    offsets = step * np.arange(-width, width + 1) - drift / looks
    kernel = ndtr((offsets + step / 2) / spread) - ndtr((offsets - step / 2) / spread)
    inside = np.clip((reach[:, None] - np.abs(centres)[None, :]) / step + 0.5, 0, 1)
    density = ndtr((centres + step / 2 - drift / looks) / spread) - ndtr((centres - step / 2 - drift / looks) / spread)
    stop = 0.0
    going = 1.0
    for look in range(looks):
        if look:
            density = np.convolve(density, kernel)[width : width + CELLS]
        density = density * inside[look]
        left = float(density.sum())
        stop += (going - left) * float(times[look])
        going = left
    return Crossing(1 - going, stop + going)


def power(design: Design, effect: float, n: float) -> Crossing:
    """The probability to find this effect with n units in all."""
    error = design.error(n)
    if design.sequential:
        return crossing(abs(effect) / error, design.alpha, design.looks)
    reach = float(ndtri(1 - design.alpha / 2)) * design.null_error(n)
    near, far = (abs(effect) - reach) / error, (-abs(effect) - reach) / error
    return Crossing(float(ndtr(near) + ndtr(far)), 1.0)


def drift_for(wanted: float, alpha: float, looks: int = LOOKS) -> float:
    """How many standard errors an effect must be, at the planned end, for a sequence to find it with this
    probability."""
    return _solve(lambda drift: crossing(drift, alpha, looks).power, wanted, 0.0, 20.0, 1e-5)


def units_for(wanted: float, design: Design, effect: float) -> int:
    """How many units in the whole experiment find this effect with this probability."""
    if design.sequential:
        drift = drift_for(wanted, design.alpha, design.looks)
        return math.ceil((drift * design.error(1.0) / abs(effect)) ** 2 - 1e-9)
    scale = (design.error(1.0) / abs(effect)) ** 2
    found = _solve(lambda n: power(design, effect, n * scale).power, wanted, 1e-6, 400.0, 1e-10)
    return math.ceil(found * scale - 1e-6)


def effect_for(wanted: float, n: float, design: Callable[[float], Design]) -> float:
    """The smallest effect that n units find with this probability; `design` gives the variances under an effect."""
    first = design(0.0)
    if first.sequential:
        drift = drift_for(wanted, first.alpha, first.looks)
        effect = drift * first.error(n)
        for _ in range(200):
            before, effect = effect, drift * design(effect).error(n)
            if abs(effect - before) <= 1e-12 * effect:
                break
        return effect
    unit = first.error(n)
    return unit * _solve(lambda one: power(design(one * unit), one * unit, n).power, wanted, 0.0, 20.0, 1e-10)


def _solve(rising: Callable[[float], float], wanted: float, low: float, high: float, near: float) -> float:
    """Where a rising function reaches a value: bisection with false position."""
    at_low, at_high = rising(low) - wanted, rising(high) - wanted
    if at_low >= 0:
        return low
    for turn in range(200):
        if high - low <= near:
            break
        middle = (low + high) / 2 if turn % 3 == 2 else low - at_low * (high - low) / (at_high - at_low)
        middle = min(max(middle, low + near / 4), high - near / 4)
        value = rising(middle) - wanted
        if value < 0:
            low, at_low = middle, value
        else:
            high, at_high = middle, value
    return (low + high) / 2
