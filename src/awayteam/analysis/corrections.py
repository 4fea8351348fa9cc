"""p-values of several comparisons at once: Holm (1979), Benjamini and Hochberg (1995). Pure."""

from collections.abc import Sequence
from typing import Literal

Correction = Literal["none", "holm", "bh"]


def adjusted(values: Sequence[float], correction: Correction) -> list[float]:
    """Adjusted p-values in the order given; `bh` bounds the share of false ones among those found."""
    if correction == "none":
        return list(values)
    order = sorted(range(len(values)), key=values.__getitem__)
    total = len(values)
    result = [1.0] * total
    if correction == "holm":
        most = 0.0
        for rank, place in enumerate(order):
            most = max(most, min(1.0, (total - rank) * values[place]))
            result[place] = most
        return result
    least = 1.0
    for rank in range(total, 0, -1):
        place = order[rank - 1]
        least = min(least, values[place] * total / rank)
        result[place] = least
    return result
