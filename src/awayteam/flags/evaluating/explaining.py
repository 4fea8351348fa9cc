"""What a context would get of a flag, and why: each step of its rule with the value that it had."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .flag import Answer, Flag
from .text import Path, written

MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: where it stands, how deep, its rule, and what came of it. In the order of reading."""

    path: str
    depth: int
    rule: Any
    value: Any


@dataclass(frozen=True, slots=True)
class Explanation:
    """`steps` are at most 500; `left_out` counts those beyond."""

    answer: Answer
    steps: tuple[Step, ...]
    left_out: int


def explain(
    key: str, definition: Any, evaluators: Mapping[str, Any], context: dict[str, Any], at: float | None = None,
) -> Explanation:  # fmt: skip
    """Evaluate a flag for `context`, watching."""
    seen: list[tuple[Path, Any, Any]] = []
    beyond = 0

    def watch(path: Path, rule: Any, value: Any) -> None:
        nonlocal beyond
        if len(seen) < MOST_STEPS:
            seen.append((path, rule, value))
        else:
            beyond += 1

    answer = Flag(key, definition, evaluators, watch=watch).evaluate(context, at)
    ordered = sorted(seen, key=lambda one: [(isinstance(part, str), part) for part in one[0]])
    depths = {path for path, _rule, _value in ordered}
    steps = [
        Step(written(path), sum(path[:size] in depths for size in range(len(path))), rule, value)
        for path, rule, value in ordered
    ]
    return Explanation(answer, tuple(steps), beyond)
