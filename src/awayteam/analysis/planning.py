"""What a design needs, from what is known of the metric: units, detectable effect, or power; and days. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from awayteam.analysis import power
from awayteam.kernel.errors import InvalidInput

Kind = Literal["mean", "proportion", "ratio"]


@dataclass(frozen=True)
class Plan:
    """What is known. `baseline` is control's value, `spread` the standard deviation of one unit (of a ratio: of its
    linearised value); exactly two of effect, units and `wanted` power decide the third. `ratio`: shares, control
    first."""

    kind: Kind = "mean"
    baseline: float | None = None
    spread: float | None = None
    effect: float | None = None
    relative: float | None = None
    units: int | None = None
    wanted: float | None = None
    alpha: float = 0.05
    sequential: bool = True
    ratio: Sequence[float] = (1.0, 1.0)
    traffic: float | None = None
    days: float | None = None
    looks: int = power.LOOKS


def linearised(above: float, above_sd: float, below: float, below_sd: float, correlation: float) -> tuple[float, float]:
    """A ratio's value, and the standard deviation of one unit's linearised value, from what is above and below the
    line."""
    if not below:
        raise InvalidInput("The mean below the ratio's line is zero.", "Give --below-mean.")
    value = above / below
    variance = above_sd**2 - 2 * value * correlation * above_sd * below_sd + value * value * below_sd**2
    return value, math.sqrt(max(0.0, variance)) / abs(below)


def plan(asked: Plan) -> dict[str, Any]:
    """The design as plain values; raises `InvalidInput`."""
    _check(asked)
    effect = asked.effect
    if asked.relative is not None:
        assert asked.baseline is not None
        effect = asked.relative * abs(asked.baseline)
    units = asked.units
    if units is None and asked.days is not None and asked.traffic:
        units = math.floor(asked.days * asked.traffic)
    wanted = 0.8 if asked.wanted is None else asked.wanted
    if effect is not None and units is not None:
        solved = "power"
        found = power.power(_design(asked, effect), effect, units)
    elif effect is not None:
        solved, units = "units", power.units_for(wanted, _design(asked, effect), effect)
        found = power.power(_design(asked, effect), effect, units)
    elif units is not None:
        solved, effect = "effect", power.effect_for(wanted, units, lambda one: _design(asked, one))
        if asked.kind == "proportion" and not 0 <= (asked.baseline or 0) + effect <= 1:
            raise InvalidInput(f"{units:,} units can't show any effect on this proportion.", "Plan for more units.")
        found = power.power(_design(asked, effect), effect, units)
    else:
        raise InvalidInput("Too little is known.", "Give --effect or --relative, or --units, or --traffic with --days.")
    whole = sum(asked.ratio)
    days = units / asked.traffic if asked.traffic else None
    return {
        "solved": solved, "kind": asked.kind, "method": "sequential" if asked.sequential else "fixed",
        "alpha": asked.alpha, "power": found.power, "units": units,
        "units_per_arm": [math.ceil(units * share / whole) for share in asked.ratio],
        "effect": effect, "relative": effect / abs(asked.baseline) if asked.baseline else None,
        "baseline": asked.baseline, "spread": asked.spread,
        "days": None if days is None else math.ceil(days - 1e-9),
        "expected_units": math.ceil(found.stop * units) if asked.sequential else units,
        "looks": asked.looks if asked.sequential else 1,
    }  # fmt: skip


def _check(asked: Plan) -> None:
    def wrong(what: str, advice: str) -> InvalidInput:
        return InvalidInput(what, advice)

    if not 0 < asked.alpha < 0.5:
        raise wrong("alpha lies between 0 and 0.5.", "Write --alpha 0.05.")
    if asked.wanted is not None and not asked.alpha < asked.wanted < 1:
        raise wrong("The wanted power lies between alpha and 1.", "Write --power 0.8.")
    if asked.kind == "proportion" and (asked.baseline is None or not 0 < asked.baseline < 1):
        raise wrong("A proportion wants control's share, between 0 and 1.", "Write --baseline 0.12.")
    if asked.kind != "proportion" and (asked.spread is None or not 0 < asked.spread < math.inf):
        raise wrong(
            "A mean wants the standard deviation of one unit.", "Write --sd 25, or read it: --from TABLE --metric …"
        )
    if asked.effect is not None and asked.relative is not None:
        raise wrong("Both --effect and --relative are given.", "Leave one out.")
    if asked.relative is not None and not asked.baseline:
        raise wrong("A relative effect wants control's value.", "Write --baseline 12.5.")
    for name, value in (("--effect", asked.effect), ("--relative", asked.relative)):
        if value is not None and (not value or not math.isfinite(value)):
            raise wrong(f"{name} must be a number other than zero.", "Write the smallest effect worth knowing of.")
    if asked.units is not None and asked.units < 4:
        raise wrong("Fewer than four units say nothing.", "Write --units 10000.")
    if asked.traffic is not None and not 0 < asked.traffic < math.inf:
        raise wrong("--traffic is the units that come in a day, above zero.", "Write --traffic 5000.")
    if asked.days is not None and (asked.traffic is None or asked.days <= 0):
        raise wrong("--days wants --traffic, and is above zero.", "Write --traffic 5000 --days 14.")
    if len(asked.ratio) < 2 or any(not 0 < one < math.inf for one in asked.ratio):
        raise wrong("--ratio is two or more shares above zero, control first.", "Write --ratio 1:1.")
    if not 1 <= asked.looks <= 1_000:
        raise wrong("--looks is between 1 and 1,000.", "Write --looks 14.")


def _design(asked: Plan, effect: float) -> power.Design:
    """Control beside the smallest of the other arms."""
    whole = sum(asked.ratio)
    first, other = asked.ratio[0] / whole, min(asked.ratio[1:]) / whole
    if asked.kind != "proportion":
        assert asked.spread is not None
        return power.Design(
            asked.spread**2, asked.spread**2, first, other, asked.alpha, asked.sequential, asked.looks
        )  # fmt: skip
    assert asked.baseline is not None
    after = asked.baseline + effect
    if not 0 < after < 1:
        if asked.effect is not None or asked.relative is not None:
            raise InvalidInput(f"A share of {asked.baseline:g} can't change by {effect:g}.", "Name a smaller effect.")
        after = min(max(after, 1e-9), 1 - 1e-9)
    mixed = (asked.baseline * first + after * other) / (first + other)
    return power.Design(
        asked.baseline * (1 - asked.baseline), after * (1 - after), first, other, asked.alpha, asked.sequential,
        asked.looks, mixed * (1 - mixed),
    )  # fmt: skip
