"""Two estimates beside each other: effect, interval, relative effect, p. Pure.

Fixed: Welch's t for means, ratios and adjusted values; the pooled z for two proportions, with Wald's interval, or
Newcombe's (1998, method 10) where an arm has fewer than five with or without the outcome. Sequential: `sequences`.
Relative intervals are Fieller's: they leave out zero exactly when the interval of the effect does, and stay valid at
every look.
"""

import math
from dataclasses import dataclass, field

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from awayteam.analysis import sequences
from awayteam.analysis.estimates import Estimate, less

FEW = 5
Interval = tuple[float, float]


@dataclass(frozen=True)
class Level:
    """How sure one wants to be: `planned` units of both arms together make it sequential, None is one look."""

    alpha: float = 0.05
    planned: float | None = None

    @property
    def sequential(self) -> bool:
        return self.planned is not None


@dataclass(frozen=True)
class Comparison:
    """`effect` is other minus control; what couldn't be computed is None, and `notes` say why."""

    effect: float | None = None
    interval: Interval | None = None
    relative: float | None = None
    relative_interval: Interval | None = None
    p: float | None = None
    test: str = ""
    error: float | None = None
    notes: tuple[str, ...] = field(default=())


def compare(control: Estimate, other: Estimate, level: Level, *, shared: float = 0.0) -> Comparison:
    """The effect of the other arm. `shared` is the covariance of the two values (clusters that stand in both arms)."""
    if not control.n or not other.n:
        who = "either arm" if not control.n and not other.n else "control" if not control.n else "this arm"
        return Comparison(notes=(f"no unit of {who} has a value",))
    effect = less(other, control)
    if math.isnan(effect):
        return Comparison(notes=("the denominator adds up to zero",))
    relative = effect / control.value if control.value else None
    if control.variance is None or other.variance is None:
        return Comparison(effect, None, relative, notes=("one unit alone says nothing about spread",))
    if control.successes is not None and other.successes is not None:
        return _proportions(control, other, level, effect, relative)
    variance = control.variance + other.variance - 2 * shared
    if variance <= 0:
        return Comparison(
            effect, None, relative, notes=("all values of an arm are equal in both arms: no spread to judge by",)
        )
    error = math.sqrt(variance)
    df = variance**2 / (_part(control) + _part(other)) if not shared else min(control.df, other.df)
    reach, p, test = _reach(effect / error, control.n + other.n, df, level)
    notes: list[str] = []
    if min(control.n, other.n) < 30 and level.sequential:
        notes.append("fewer than 30 units in an arm: the sequence holds for many units only")
    around = _fieller(control, other, reach, shared)
    if around is None and relative is not None:
        notes.append("control is too near to zero for a relative interval")
    return Comparison(
        effect, (effect - reach * error, effect + reach * error), relative, around, p, test, error, tuple(notes)
    )  # fmt: skip


def _part(one: Estimate) -> float:
    assert one.variance is not None
    return one.variance**2 / one.df


def _reach(z: float, n: float, df: float | None, level: Level) -> tuple[float, float, str]:
    """How many standard errors the interval reaches, p, and the test's name."""
    if level.planned is not None:
        reach = sequences.critical(n, level.planned, level.alpha)
        return reach, sequences.p_value(z, n, level.planned, level.alpha), "asymptotic confidence sequence"
    if df is None:
        return float(-ndtri(level.alpha / 2)), float(2 * ndtr(-abs(z))), "z"
    return float(-stdtrit(df, level.alpha / 2)), float(2 * stdtr(df, -abs(z))), "Welch's t"


def _proportions(control: Estimate, other: Estimate, level: Level, effect: float, relative: float | None) -> Comparison:
    assert control.variance is not None and other.variance is not None  # noqa: PT018 - both were looked at
    assert control.successes is not None and other.successes is not None  # noqa: PT018
    n = control.n + other.n
    few = min(control.successes, other.successes, control.n - control.successes, other.n - other.successes) < FEW
    error = math.sqrt(control.variance + other.variance)
    if level.sequential:
        if few:
            return Comparison(
                effect, None, relative, None, None, "asymptotic confidence sequence", error or None,
                (f"fewer than {FEW} with or without the outcome in an arm: too few for a confidence sequence",),
            )  # fmt: skip
        reach, p, test = _reach(effect / error, n, None, level)
        interval = (effect - reach * error, effect + reach * error)
        return Comparison(effect, interval, relative, _fieller(control, other, reach), p, test, error)
    share = (control.successes + other.successes) / n
    pooled = math.sqrt(share * (1 - share) * (1 / control.n + 1 / other.n))
    p = float(2 * ndtr(-abs(effect / pooled))) if pooled else 1.0
    reach = float(-ndtri(level.alpha / 2))
    if few:
        note = f"fewer than {FEW} with or without the outcome in an arm: Newcombe's interval, p is approximate"
        interval = newcombe(control, other, reach)
        return Comparison(effect, interval, relative, None, p, "two proportions, pooled z", error or None, (note,))
    return Comparison(
        effect, (effect - reach * error, effect + reach * error), relative, _fieller(control, other, reach), p,
        "two proportions, pooled z", error,
    )  # fmt: skip


def newcombe(control: Estimate, other: Estimate, reach: float) -> Interval:
    """Newcombe's hybrid of two Wilson intervals for a difference of proportions."""
    effect = other.value - control.value
    (low, high), (other_low, other_high) = _wilson(control, reach), _wilson(other, reach)
    down = math.hypot(other.value - other_low, high - control.value)
    up = math.hypot(other_high - other.value, control.value - low)
    return effect - down, effect + up


def _wilson(one: Estimate, reach: float) -> Interval:
    square = reach * reach
    centre = (one.value + square / (2 * one.n)) / (1 + square / one.n)
    half = reach * math.sqrt(one.value * (1 - one.value) / one.n + square / (4 * one.n**2)) / (1 + square / one.n)
    return centre - half, centre + half


def _fieller(control: Estimate, other: Estimate, reach: float, shared: float = 0.0) -> Interval | None:
    """Every r for which other - (1 + r) control lies within `reach` of its errors around zero; None if that is
    unbounded."""
    assert control.variance is not None and other.variance is not None  # noqa: PT018
    square, effect, base = reach * reach, less(other, control), control.value
    a = base * base - square * control.variance
    if not a > 0:
        return None
    half = effect * base + square * (control.variance - shared)
    c = effect * effect - square * (control.variance + other.variance - 2 * shared)
    root = half * half - a * c
    if root < 0:
        return None
    far = half + math.copysign(math.sqrt(root), half)
    ends = (far / a, c / far if far else 0.0)
    return min(ends), max(ends)
