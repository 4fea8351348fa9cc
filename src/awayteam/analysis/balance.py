"""Whether units came into arms as designed: the sample ratio. Pure.

Fabijan and others (2019), "Diagnosing sample ratio mismatch in online controlled experiments": Pearson's chi-square
against the designed shares; below 0.001 no result is believed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scipy.special import chdtrc

LIMIT = 0.001


@dataclass(frozen=True)
class Balance:
    """`p` is None where there is nothing to compare; `reasons` say why results are blocked."""

    p: float | None
    reasons: tuple[str, ...] = ()
    designed: Mapping[str, float] = field(default_factory=dict)
    crossed: int = 0

    @property
    def blocked(self) -> bool:
        return bool(self.reasons)


def chi_square(counts: Sequence[int], shares: Sequence[float]) -> float | None:
    """Pearson's p of counts against shares that are above zero; None for fewer than two arms or no unit."""
    total, whole = sum(counts), sum(shares)
    if len(counts) < 2 or not total:
        return None
    expected = [total * share / whole for share in shares]
    statistic = sum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True))
    return float(chdtrc(len(counts) - 1, statistic))


def judge(counts: Mapping[str, int], shares: Mapping[str, float], crossed: int = 0) -> Balance:
    """Counts of units by arm against designed shares by arm; `crossed` units were seen in two arms."""
    whole = sum(shares.values())
    designed = {arm: share / whole for arm, share in shares.items()}
    reasons = []
    for arm, n in counts.items():
        if n and not shares.get(arm):
            reasons.append(f"arm {arm} should have no traffic, and has {n:,} units")
    open_arms = [arm for arm, share in shares.items() if share]
    p = chi_square([counts.get(arm, 0) for arm in open_arms], [shares[arm] for arm in open_arms])
    if p is not None and p < LIMIT:
        seen = " : ".join(f"{counts.get(arm, 0):,}" for arm in open_arms)
        meant = " : ".join(f"{designed[arm]:.4g}" for arm in open_arms)
        reasons.append(f"sample ratio mismatch: {seen} units ({' : '.join(open_arms)}), designed {meant}, p = {p:.2g}")
    if crossed:
        reasons.append(f"{crossed:,} units were seen in more than one arm")
    return Balance(p, tuple(reasons), designed, crossed)
