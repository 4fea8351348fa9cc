"""The operators that flagd adds to JSONLogic, and `experiment`, which is ours. What can't be used gives null."""

from typing import Any

from . import assigning, versions
from .assigning import Assigned, Assigner, BadRule, Why, fraction
from .logic import Constant, Fn, Node, Run, operator
from .values import number, text

MOST_WEIGHT = 2**31 - 1
"""Bound of the sum of weights, so that `(hash * sum) >> 32` is exact everywhere."""


@operator("starts_with", "ends_with")
def affix(node: Node) -> Fn:
    if len(node.args) != 2:
        return Constant(None)
    whole, part, starts = node.arg(0), node.arg(1), node.operator == "starts_with"

    def matches(data: Any, run: Run) -> Any:
        one, other = whole(data, run), part(data, run)
        if not isinstance(one, str) or not isinstance(other, str):
            return None
        return one.startswith(other) if starts else one.endswith(other)

    return matches


@operator("sem_ver")
def sem_ver(node: Node) -> Fn:
    if len(node.args) != 3:
        return Constant(None)
    one, sign, other = node.all()

    def compares(data: Any, run: Run) -> Any:
        name = sign(data, run)
        compare = versions.COMPARISONS.get(name) if isinstance(name, str) else None
        first, second = versions.parse(one(data, run)), versions.parse(other(data, run))
        return None if compare is None or first is None or second is None else compare(first, second)

    return compares


@operator("fractional")
def fractional(node: Node) -> Fn:
    """Buckets by a hash of what stands first, or else of the flag's key and the targeting key.

    The hash is murmur3 (x86, 32 bits) over UTF-8, a bucket `(hash * sum of weights) >> 32`; see ADR 0019 on others.
    """
    args = node.args
    if not args:
        node.problem("fractional names its buckets: [variant, weight], ...")
        return Constant(None)
    first = 0 if isinstance(args[0], list) else 1
    by = node.arg(0) if first else None
    buckets = [_bucket(node, number) for number in range(first, len(args))]
    key = node.compiler.key
    fixed = [_weight(weight.value) for _variant, weight in buckets if isinstance(weight, Constant)]
    known = fixed if len(fixed) == len(buckets) else None

    def bucket(data: Any, run: Run) -> Any:
        if by is not None:
            hashed = _hashable(by(data, run))
        else:
            unit = data.get("targetingKey") if isinstance(data, dict) else None
            hashed = key + unit if isinstance(unit, str) else None
        if hashed is None:
            return None
        weights = known if known is not None else [_weight(weight(data, run)) for _variant, weight in buckets]
        return _pick(hashed, buckets, weights, data, run)

    return bucket


def _bucket(node: Node, number: int) -> tuple[Fn, Fn]:
    given, path = node.args[number], node.at(number)
    if not isinstance(given, list) or not 0 < len(given) <= 2:
        node.problem("a bucket is [variant, weight] or [variant]", path)
        return Constant(None), Constant(0)
    compiler = node.compiler
    weight = compiler.compile(given[1], (*path, 1), node.inner) if len(given) > 1 else Constant(1)
    return compiler.compile(given[0], (*path, 0), node.inner), weight


def _hashable(value: Any) -> str | None:
    return None if value is None or isinstance(value, list | dict) else text(value)


def _pick(hashed: str, buckets: list[tuple[Fn, Fn]], weights: list[int], data: Any, run: Run) -> Any:
    total = sum(weights)
    if not 0 < total <= MOST_WEIGHT:
        return None
    place, upper = (fraction(hashed, 0) * total) >> 32, 0
    for (variant, _weight_of), weight in zip(buckets, weights, strict=True):
        upper += weight
        if place < upper:
            return variant(data, run)
    return None


def _weight(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    found = number(value)
    return int(min(max(found, 0), MOST_WEIGHT + 1)) if found == found else 0


@operator("experiment")
def experiment(node: Node) -> Fn:
    """The arm of the unit (the targeting key) in an experiment, or null for who isn't in it."""
    try:
        rule = assigning.parse(node.raw)
    except BadRule as error:
        where = (error.where,) if error.where else ()
        node.problem(error.what, (*node.path, "experiment", *where))
        return Constant(None)
    assigner, salt = Assigner(rule), rule.salt

    def assigned(data: Any, run: Run) -> Any:
        unit = data.get("targetingKey") if isinstance(data, dict) else None
        found = assigner.assign(unit) if isinstance(unit, str) else Assigned(None, Why.NO_UNIT)
        run.experiment, run.assigned = salt, found
        return found.arm

    return assigned
