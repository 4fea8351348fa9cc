"""Centred moments of one arm: how many, means, and sums of products about the means. Pure.

Sums of squares fail where means are large beside their spread (at 1e9 and a spread of 1 no digit is left). Everything
here is kept about the mean, merged by the formulas of Chan, Golub and LeVeque (1979).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RESOLUTION = 4 * 2.220446049250313e-16
"""Spreads below this share of the mean are what rounding leaves of values that are all equal."""


@dataclass(frozen=True)
class Moments:
    """Moments of vectors: `means[i]`, and `sums[i][j]` of (x_i - mean_i)(x_j - mean_j) over `n` units."""

    n: int
    means: tuple[float, ...]
    sums: tuple[tuple[float, ...], ...]

    def var(self, i: int = 0) -> float:
        """The sample variance; NaN for fewer than two units."""
        return self.cov(i, i)

    def cov(self, i: int, j: int) -> float:
        return self.sums[i][j] / (self.n - 1) if self.n > 1 else math.nan

    def quadratic(self, left: Sequence[float], right: Sequence[float]) -> float:
        """The sample covariance of two linear combinations of the columns, by their weights."""
        return sum(
            a * b * self.cov(i, j) for i, a in enumerate(left) if a for j, b in enumerate(right) if b
        )  # fmt: skip

    def only(self, columns: Sequence[int]) -> "Moments":
        """The moments of some of the columns, in this order."""
        return Moments(
            self.n,
            tuple(self.means[i] for i in columns),
            tuple(tuple(self.sums[i][j] for j in columns) for i in columns),
        )


def empty(width: int) -> Moments:
    return Moments(0, (0.0,) * width, ((0.0,) * width,) * width)


def shifted(
    n: int,
    shift: Sequence[float],
    sums: Sequence[float],
    products: Sequence[Sequence[float]],
    origins: Sequence[float] = (),
) -> Moments:
    """Moments from sums of differences to a constant (`shift`) and of their products.

    The constant should lie within the data; how much is lost otherwise says `lost`. `origins` are what the true means
    are larger by than those asked for.
    """
    width = len(shift)
    if n == 0:
        return empty(width)
    rest = [one / n for one in sums]
    means = tuple(s + r for s, r in zip(shift, rest, strict=True))
    table = [[products[i][j] - n * rest[i] * rest[j] for j in range(width)] for i in range(width)]
    for i in range(width):
        size = abs(means[i]) + (abs(origins[i]) if origins else 0.0)
        noise = n * (RESOLUTION * max(size, abs(rest[i]))) ** 2
        if table[i][i] <= noise or n == 1:
            for j in range(width):
                table[i][j] = table[j][i] = 0.0
    return Moments(n, means, tuple(map(tuple, table)))


def lost(n: int, total: float, square: float) -> float:
    """How many times the sum of squares about a constant is larger than that about the mean (1: nothing is lost)."""
    about = square - total * total / n if n else 0.0
    return square / about if about > 0 else (math.inf if square else 1.0)


def merge(parts: Iterable[Moments], width: int) -> Moments:
    """The moments of all parts together; each part has `width` columns."""
    whole = empty(width)
    for part in parts:
        whole = _joined(whole, part)
    return whole


def _joined(a: Moments, b: Moments) -> Moments:
    if not a.n or not b.n:
        return a if a.n else b
    n = a.n + b.n
    apart = [y - x for x, y in zip(a.means, b.means, strict=True)]
    share = b.n / n
    weight = a.n * share
    width = range(len(apart))
    return Moments(
        n,
        tuple(x + share * d for x, d in zip(a.means, apart, strict=True)),
        tuple(tuple(a.sums[i][j] + b.sums[i][j] + weight * apart[i] * apart[j] for j in width) for i in width),
    )


@dataclass(frozen=True)
class Facts:
    """What is known of a metric in one arm.

    `whole` are the units with a value; `paired` those with a value and a covariate (None where there is none, or where
    every unit has one and `whole` has the columns of both). `width` are the columns of the value itself: 1, or 2 for a
    ratio. `origin` must be added to the first mean: it is kept as a distance to it.
    """

    whole: Moments
    paired: Moments | None = None
    width: int = 1
    origin: float = 0.0

    @property
    def n(self) -> int:
        return self.whole.n


def together(facts: Sequence[Facts]) -> Facts:
    """Facts of several groups of units as one."""
    first = facts[0]
    whole = merge((one.whole for one in facts), len(first.whole.means))
    if first.paired is None:
        return Facts(whole, None, first.width, first.origin)
    return Facts(
        whole, merge((one.paired for one in facts if one.paired), len(first.paired.means)), first.width, first.origin
    )


def filled(arms: Sequence[Facts]) -> list[Moments]:
    """Moments of values and covariates over all units with a value; a missing covariate is the mean of those known.

    What a unit was before the experiment can't depend on its arm, so filling it with one constant in all arms leaves
    the estimate unbiased; such units are simply not adjusted.
    """
    if all(one.paired is None for one in arms):
        return [one.whole for one in arms]
    some = [one.paired for one in arms if one.paired is not None]
    known = merge(some, len(some[0].means))
    constant = known.means[arms[0].width :]
    return [_filled(one, constant) for one in arms]


def _filled(one: Facts, constant: tuple[float, ...]) -> Moments:
    paired, whole, width = one.paired, one.whole, one.width
    assert paired is not None
    missing = whole.n - paired.n
    if not missing:
        return paired
    rest = [(whole.n * whole.means[i] - paired.n * paired.means[i]) / missing for i in range(width)]
    zero = tuple((0.0,) * len(paired.means) for _ in paired.means)
    joined = _joined(paired, Moments(missing, (*rest, *constant), zero))
    size = range(len(paired.means))
    sums = tuple(
        tuple(whole.sums[i][j] if i < width and j < width else joined.sums[i][j] for j in size) for i in size
    )  # fmt: skip
    return Moments(whole.n, (*whole.means[:width], *joined.means[width:]), sums)
