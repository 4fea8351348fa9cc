"""Assigning many units at once, and the rule of an experiment for those above: the seam between flags and experiments.

`evaluating.assigning` says how; here it is done for millions with numpy. An experiment's arms become a flag's variants
by putting `to_data(rule)` into the flag's targeting: `{"if": [audience, {"experiment": to_data(rule)}, null]}`, which
`targeting_of` makes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import mmh3

from awayteam.flags.evaluating.assigning import (
    ALGORITHM,
    SLOTS,
    Arm,
    Assigned,
    Assigner,
    BadRule,
    Epoch,
    ExperimentRule,
    Holdout,
    Layer,
    Why,
    bounds,
    fraction,
    parse,
    seed_of,
    slot,
    to_data,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ALGORITHM",
    "SLOTS",
    "Arm",
    "Assigned",
    "Assigner",
    "BadRule",
    "Epoch",
    "ExperimentRule",
    "Holdout",
    "Layer",
    "Many",
    "Why",
    "assign_many",
    "hashes",
    "parse",
    "slot",
    "targeting_of",
    "to_data",
]


@dataclass(frozen=True, slots=True)
class Many:
    """Arms of many units, in their order: `arm` is an index into `names` (-1: not in it), `epoch` as in `Assigned`."""

    names: tuple[str, ...]
    arm: "NDArray[np.int16]"
    epoch: "NDArray[np.int16]"


def targeting_of(rule: ExperimentRule, audience: Any = None, otherwise: Any = None) -> dict[str, Any]:
    """The targeting of a flag whose variants are the rule's arms.

    `audience` is JSONLogic (everybody where None); `otherwise` names the variant of all others (None: the default).
    """
    experiment = {"experiment": to_data(rule)}
    if audience is None and otherwise is None:
        return experiment
    if otherwise is None:
        return {"if": [audience, experiment, None]}
    inside = {"or": [experiment, otherwise]}
    return inside if audience is None else {"if": [audience, inside, otherwise]}


def hashes(units: Sequence[str], seed: int) -> "NDArray[np.uint64]":
    """The 32-bit hashes of units under a seed, as `fraction` gives them, ready to be multiplied."""
    import numpy as np

    try:
        found: Iterable[int] = map(mmh3.hash, units, repeat(seed), repeat(False))
        return np.fromiter(found, dtype=np.uint64, count=len(units))
    except UnicodeEncodeError:
        return np.fromiter((fraction(unit, seed) for unit in units), dtype=np.uint64, count=len(units))


def assign_many(rule: ExperimentRule, units: Sequence[str]) -> Many:
    """The arms of `units`, as `Assigner.assign` gives them one by one."""
    import numpy as np

    names = tuple(dict.fromkeys(arm.name for epoch in rule.epochs for arm in epoch.arms))
    index = {name: number for number, name in enumerate(names)}
    arm, epoch = np.full(len(units), -1, np.int16), np.full(len(units), -1, np.int16)
    place = _places(rule, units)
    chosen = np.searchsorted(np.array([one.traffic for one in rule.epochs]), place, side="right")
    inside = np.flatnonzero(chosen < len(rule.epochs))
    epoch[inside] = chosen[inside]
    variant = hashes([units[one] for one in inside.tolist()], seed_of("variant", rule.salt))
    for number, one in enumerate(rule.epochs):
        here = np.flatnonzero(epoch[inside] == number)
        upper = np.array([bound for bound, _name in bounds(one)], dtype=np.uint64)
        weight = (variant[here] * upper[-1]) >> np.uint64(32)
        own = np.array([-1 if kept.name in rule.dropped else index[kept.name] for kept in one.arms], np.int16)
        arm[inside[here]] = own[np.searchsorted(upper, weight, side="right")]
    _override(rule, units, index, arm, epoch)
    return Many(names, arm, epoch)


def _places(rule: ExperimentRule, units: Sequence[str]) -> "NDArray[np.int64]":
    """Each unit's place in the traffic; `SLOTS` for whom layer, holdout or an empty key keep out."""
    import numpy as np

    place = _slots(units, "exposure", rule.salt)
    if rule.layer is not None:
        layer = _slots(units, "layer", rule.layer.salt)
        place[(layer < rule.layer.start) | (layer >= rule.layer.end)] = SLOTS
    if rule.holdout is not None:
        place[_slots(units, "holdout", rule.holdout.salt) < rule.holdout.slots] = SLOTS
    if "" in units:
        place[np.fromiter((not unit for unit in units), dtype=bool, count=len(units))] = SLOTS
    return place


def _slots(units: Sequence[str], purpose: str, salt: str) -> "NDArray[np.int64]":
    import numpy as np

    return ((hashes(units, seed_of(purpose, salt)) * np.uint64(SLOTS)) >> np.uint64(32)).astype(np.int64)


def _override(
    rule: ExperimentRule, units: Sequence[str], index: dict[str, int],
    arm: "NDArray[np.int16]", epoch: "NDArray[np.int16]",
) -> None:  # fmt: skip
    if not rule.overrides:
        return
    for number, unit in enumerate(units):
        if unit in rule.overrides:
            arm[number], epoch[number] = index[rule.overrides[unit]], -1
