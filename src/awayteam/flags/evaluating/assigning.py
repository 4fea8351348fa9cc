"""Which arm of an experiment a unit gets: a pure function of the rule and the unit's key, the same everywhere.

Algorithm 1: murmur3 (x86, 32 bits) over the key's UTF-8, with the murmur3 of "purpose.salt" as its seed; a share of W
slots is `(hash * W) >> 32`. Layer, holdout, exposure and variant have salts of their own, so they are independent of
each other, and experiments are independent of experiments. An algorithm is never changed: another one gets another
number, and an experiment keeps the number with which it started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import mmh3

ALGORITHM = 1
"""The algorithm of experiments that start now."""
SLOTS = 10_000
"""Shares of layers, holdouts and traffic are counted in slots: 10,000 is everybody, 1 a hundredth of a percent."""
MOST_WEIGHT = 1_000_000
MOST_ARMS = 50
MOST_EPOCHS = 100
MOST_OVERRIDES = 1_000
LONGEST_SALT = 200


class Why(StrEnum):
    """Why a unit has its arm, or none."""

    DROPPED = "dropped"
    ENROLLED = "enrolled"
    HELD_OUT = "held-out"
    NO_UNIT = "no-unit"
    NOT_EXPOSED = "not-exposed"
    OTHER_LAYER_SLOTS = "other-layer-slots"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm is a variant of the flag; arms share an epoch's units by their weights."""

    name: str
    weight: int


@dataclass(frozen=True, slots=True)
class Layer:
    """Experiments of one layer exclude each other: each has its own slots, `start` (with) to `end` (without)."""

    salt: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Holdout:
    """`slots` of 10,000 units are kept out of every experiment that names this holdout."""

    salt: str
    slots: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """A time with one designed ratio. `traffic` of 10,000 units are in this epoch or an earlier one.

    Dialling up, or changing weights, is a further epoch: it takes units that were in none yet. Those of earlier epochs
    keep their arms, because their place in the traffic still leads to their own epoch's weights.
    """

    traffic: int
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class ExperimentRule:
    """What assigns units to arms. `salt` is the experiment's id, and never changes while it runs.

    `dropped` arms keep their units to themselves: those get no arm any more, and nobody else moves. `overrides` give
    test users an arm by their key, whatever else holds.
    """

    salt: str
    epochs: tuple[Epoch, ...]
    layer: Layer | None = None
    holdout: Holdout | None = None
    dropped: frozenset[str] = frozenset()
    overrides: Mapping[str, str] = field(default_factory=dict)
    algorithm: int = ALGORITHM


class Assigned(NamedTuple):
    """`arm` is None for whoever isn't in the experiment; `epoch` counts from 0."""

    arm: str | None
    why: Why
    epoch: int | None = None


class BadRule(ValueError):
    """A rule that can't be used. `where` is the path of the field inside the rule, `what` says what is wrong."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where, self.what = where, what


def fraction(key: str, seed: int) -> int:
    """The unsigned 32-bit hash of a unit's key under a seed. Lone surrogates count as "?"."""
    try:
        return mmh3.hash(key, seed, False)
    except UnicodeEncodeError:
        return mmh3.hash(key.encode("utf-8", "replace"), seed, False)


@lru_cache(maxsize=65_536)
def seed_of(purpose: str, salt: str) -> int:
    """The seed of one purpose ("layer", "holdout", "exposure", "variant") of one salt."""
    return fraction(f"{purpose}.{salt}", 0)


def slot(key: str, seed: int, slots: int = SLOTS) -> int:
    """The slot of a unit, 0 to `slots` - 1, evenly."""
    return (fraction(key, seed) * slots) >> 32


class Assigner:
    """A rule made ready: `assign(key)` costs two hashes, one more for a layer and for a holdout each."""

    __slots__ = ("_dropped", "_epochs", "_exposure", "_holdout", "_layer", "_overrides", "_variant", "rule")

    def __init__(self, rule: ExperimentRule) -> None:
        self.rule = rule
        self._exposure = seed_of("exposure", rule.salt)
        self._variant = seed_of("variant", rule.salt)
        layer, holdout = rule.layer, rule.holdout
        self._layer = None if layer is None else (seed_of("layer", layer.salt), layer.start, layer.end)
        self._holdout = None if holdout is None else (seed_of("holdout", holdout.salt), holdout.slots)
        self._epochs = [(one.traffic, sum(arm.weight for arm in one.arms), bounds(one)) for one in rule.epochs]
        self._dropped = rule.dropped
        self._overrides = rule.overrides

    def assign(self, key: str) -> Assigned:
        """The arm of the unit with this key."""
        if key in self._overrides:
            return Assigned(self._overrides[key], Why.OVERRIDE)
        if not key:
            return Assigned(None, Why.NO_UNIT)
        if self._layer is not None and not self._layer[1] <= slot(key, self._layer[0]) < self._layer[2]:
            return Assigned(None, Why.OTHER_LAYER_SLOTS)
        if self._holdout is not None and slot(key, self._holdout[0]) < self._holdout[1]:
            return Assigned(None, Why.HELD_OUT)
        place = slot(key, self._exposure)
        for number, (traffic, total, upper) in enumerate(self._epochs):
            if place < traffic:
                return self._in_epoch(key, number, total, upper)
        return Assigned(None, Why.NOT_EXPOSED)

    def _in_epoch(self, key: str, number: int, total: int, upper: tuple[tuple[int, str], ...]) -> Assigned:
        weight = slot(key, self._variant, total)
        arm = next(name for bound, name in upper if weight < bound)
        if arm in self._dropped:
            return Assigned(None, Why.DROPPED, number)
        return Assigned(arm, Why.ENROLLED, number)


def bounds(epoch: Epoch) -> tuple[tuple[int, str], ...]:
    """The upper bound of each arm in the epoch's sum of weights, in their order."""
    upper, made = 0, []
    for arm in epoch.arms:
        upper += arm.weight
        made.append((upper, arm.name))
    return tuple(made)


def parse(data: Any) -> ExperimentRule:
    """The rule that stands as JSON in a flag's targeting (see docs/flags.md). Raises `BadRule`.

    >>> parse({"id": "cart-7", "traffic": 500, "arms": [["control", 1], ["new", 1]]}).epochs[0].traffic
    500
    """
    if not isinstance(data, Mapping):
        raise BadRule("", "an experiment is an object")
    known = {"id", "algorithm", "layer", "holdout", "traffic", "arms", "epochs", "dropped", "overrides"}
    if extra := sorted(str(name) for name in set(data) - known):
        raise BadRule(extra[0][:40], f"there is no such field; there are {', '.join(sorted(known))}")
    algorithm = data.get("algorithm", ALGORITHM)
    if algorithm != ALGORITHM or isinstance(algorithm, bool):
        raise BadRule("algorithm", f"only {ALGORITHM} is known")
    epochs = _epochs(data)
    names = {arm.name for epoch in epochs for arm in epoch.arms}
    dropped = data.get("dropped", [])
    if not isinstance(dropped, list) or not all(isinstance(one, str) and one in names for one in dropped):
        raise BadRule("dropped", "names arms that there are")
    return ExperimentRule(
        salt=_salt(data.get("id"), "id"), epochs=epochs, layer=_layer(data.get("layer")),
        holdout=_holdout(data.get("holdout")), dropped=frozenset(dropped),
        overrides=_overrides(data.get("overrides", {}), names),
    )  # fmt: skip


def to_data(rule: ExperimentRule) -> dict[str, Any]:
    """The rule as JSON; `parse` reads it back."""
    data: dict[str, Any] = {"id": rule.salt, "algorithm": rule.algorithm}
    if rule.layer is not None:
        data["layer"] = {"id": rule.layer.salt, "from": rule.layer.start, "to": rule.layer.end}
    if rule.holdout is not None:
        data["holdout"] = {"id": rule.holdout.salt, "slots": rule.holdout.slots}
    data["epochs"] = [
        {"traffic": epoch.traffic, "arms": [[arm.name, arm.weight] for arm in epoch.arms]} for epoch in rule.epochs
    ]
    if rule.dropped:
        data["dropped"] = sorted(rule.dropped)
    if rule.overrides:
        data["overrides"] = dict(sorted(rule.overrides.items()))
    return data


def _salt(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_SALT or value != value.strip():
        raise BadRule(where, f"a text of 1 to {LONGEST_SALT} characters")
    return value


def _whole(value: Any, where: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadRule(where, f"a whole number from {least} to {most:,}")
    return value


def _fields(value: Any, where: str, names: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or set(value) != names:
        raise BadRule(where, f"an object with {', '.join(sorted(names))}")
    return value


def _epochs(data: Mapping[str, Any]) -> tuple[Epoch, ...]:
    if "epochs" not in data:
        return (_epoch({"traffic": data.get("traffic", SLOTS), "arms": data.get("arms")}, ""),)
    given = data["epochs"]
    if "traffic" in data or "arms" in data:
        raise BadRule("epochs", "stands instead of traffic and arms")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_EPOCHS:
        raise BadRule("epochs", f"a list of 1 to {MOST_EPOCHS}")
    made: list[Epoch] = []
    for number, one in enumerate(given):
        made.append(_epoch(one, f"epochs[{number}]."))
        if number and made[number].traffic < made[number - 1].traffic:
            raise BadRule(f"epochs[{number}].traffic", "never less than the epoch before: that would take units away")
    return tuple(made)


def _epoch(value: Any, where: str) -> Epoch:
    found = _fields(value, where.rstrip("."), {"traffic", "arms"})
    arms = found["arms"]
    if not isinstance(arms, list) or not 0 < len(arms) <= MOST_ARMS:
        raise BadRule(f"{where}arms", f"a list of 1 to {MOST_ARMS} [variant, weight]")
    made = []
    for number, one in enumerate(arms):
        if not isinstance(one, list) or len(one) != 2 or not isinstance(one[0], str) or not one[0]:
            raise BadRule(f"{where}arms[{number}]", "a [variant, weight]")
        made.append(Arm(one[0], _whole(one[1], f"{where}arms[{number}][1]", 0, MOST_WEIGHT)))
    if len({arm.name for arm in made}) != len(made):
        raise BadRule(f"{where}arms", "each variant once")
    if not any(arm.weight for arm in made):
        raise BadRule(f"{where}arms", "one weight at least is above 0")
    return Epoch(_whole(found["traffic"], f"{where}traffic", 0, SLOTS), tuple(made))


def _layer(value: Any) -> Layer | None:
    if value is None:
        return None
    found = _fields(value, "layer", {"id", "from", "to"})
    start = _whole(found["from"], "layer.from", 0, SLOTS)
    return Layer(_salt(found["id"], "layer.id"), start, _whole(found["to"], "layer.to", start, SLOTS))


def _holdout(value: Any) -> Holdout | None:
    if value is None:
        return None
    found = _fields(value, "holdout", {"id", "slots"})
    return Holdout(_salt(found["id"], "holdout.id"), _whole(found["slots"], "holdout.slots", 0, SLOTS))


def _overrides(value: Any, names: set[str]) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > MOST_OVERRIDES:
        raise BadRule("overrides", f"an object with at most {MOST_OVERRIDES:,} units and their arms")
    for unit, arm in value.items():
        if not isinstance(unit, str) or arm not in names:
            raise BadRule("overrides", f"{str(unit)[:40]!r} gets an arm that there isn't")
    return dict(value)
