"""Classes of latency in 64 bits: sixteen shares, each as a power, which compress to some two bytes a row.

A share of 1 is 15, and each step below is a factor of 2**(8/14), so that 1 stands for 1/256; 0 is none. A share is off
by a fifth at most, and percentiles by less, since errors of many rows cancel out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from awayteam.usage.counts import CLASSES

STEP = 8 / 14
_SHIFTS = np.arange(CLASSES, dtype=np.uint64) * np.uint64(4)

Matrix = npt.NDArray[np.float64]


def packed(classes: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """(n, 16) numbers of calls -> (n,) words; 0 where there are none."""
    numbers = np.asarray(classes, dtype=np.float64).reshape(-1, CLASSES)
    totals = numbers.sum(axis=1, keepdims=True)
    share = np.divide(numbers, totals, out=np.zeros_like(numbers), where=totals > 0)
    with np.errstate(divide="ignore"):
        level = np.clip(np.round(15 + np.log2(share) / STEP), 1, 15)
    levels = np.where(share > 0, level, 0).astype(np.uint64)
    words: npt.NDArray[np.uint64] = np.bitwise_or.reduce(levels << _SHIFTS, axis=1)
    return words


def unpacked(words: npt.ArrayLike) -> Matrix:
    """(n,) words -> (n, 16) shares that add up to 1, or to 0 where there are none."""
    levels = (np.asarray(words, dtype=np.uint64)[:, None] >> _SHIFTS) & np.uint64(15)
    share = np.where(levels > 0, np.exp2((levels.astype(np.float64) - 15) * STEP), 0.0)
    total = share.sum(axis=1, keepdims=True)
    found: Matrix = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
    return found


def columns() -> str:
    """SQL: sums by class over rows with `latency` and `seen`, as columns l0 to l15, all times one factor."""
    return ", ".join(
        f"sum(CASE WHEN (latency >> {4 * one}) & 15 = 0 THEN 0 "
        f"ELSE seen * pow(2.0, ((latency >> {4 * one}) & 15) * {STEP}) END) AS l{one}"
        for one in range(CLASSES)
    )


def percentiles(sums: Sequence[Any], shares: Sequence[float]) -> list[float | None]:
    """Percentiles in milliseconds of one row of class sums."""
    from awayteam.usage.counts import percentile

    return [percentile([float(one or 0) for one in sums], share) for share in shares]
