"""How many units a design needs, by the statistics of `awayteam.analysis.power`."""

from functools import lru_cache

from awayteam.analysis import power
from awayteam.experiments.checks import Powered
from awayteam.experiments.design import WHOLE, Correction, Design, Horizon, MetricKind, Role, Use

SHARES = frozenset({MetricKind.PROPORTION, MetricKind.RETENTION})


def powered(design: Design) -> list[Powered]:
    """Of each metric of success the units needed in all arms together, and what the planned units would find."""
    return [_powered(design, one) for one in design.of_role(Role.SUCCESS)]


def needed_units(design: Design) -> float | None:
    """The units that the hungriest metric of success needs; None where the past of one isn't known."""
    found = [one.units for one in powered(design)]
    return None if not found or None in found else max(one for one in found if one is not None)


def expected_units(design: Design) -> float | None:
    """The units that the planned days bring."""
    return None if design.daily_units is None else design.daily_units * design.days * design.traffic / WHOLE


def _powered(design: Design, use: Use) -> Powered:
    if not use.mean or use.effect is None or not (use.deviation or use.metric.kind in SHARES):
        return Powered(use.metric.key, use.metric.title, None)
    alpha = design.alpha
    if design.correction is not Correction.NONE:
        alpha /= max(len(design.of_role(Role.SUCCESS)) * len(design.treatments), 1)
    smallest = min(design.treatments, key=lambda one: one.share)
    both = design.control.share + smallest.share
    shares = (design.control.share / both, smallest.share / both)
    sequential = design.horizon is Horizon.SEQUENTIAL
    share = use.metric.kind in SHARES
    pair = _units(use.mean, use.deviation or 0, use.effect, shares, alpha, design.power, sequential, share)
    expected = expected_units(design)
    units = pair * WHOLE / both
    found = use.effect * (units / expected) ** 0.5 if expected else None
    return Powered(use.metric.key, use.metric.title, units, found)


@lru_cache(maxsize=512)
def _units(
    mean: float, deviation: float, effect: float, shares: tuple[float, float], alpha: float, wanted: float,
    sequential: bool, share: bool,
) -> float:  # fmt: skip
    """Units of two arms together. A proportion's spread follows from its mean."""
    change = mean * effect
    first, second = deviation**2, deviation**2
    if share:
        after = min(max(mean + change, 1e-9), 1 - 1e-9)
        first, second = mean * (1 - mean), after * (1 - after)
    design = power.Design(first, second, *shares, alpha=alpha, sequential=sequential)
    return float(power.units_for(wanted, design, change))
