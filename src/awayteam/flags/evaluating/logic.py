"""JSONLogic, compiled once to closures: a rule becomes a function of the context.

What flagd adds is here too (`$ref`, `fractional`, `sem_ver`, `starts_with`, `ends_with`, `$flagd.flagKey`,
`$flagd.timestamp`), and `experiment`, which is ours. There are no regular expressions in it, and no way to call out.
Rules are bounded in size and depth when they are compiled; loops, texts and lists when they run. Sources:
jsonlogic.com/operations.html, flagd.dev/reference/flag-definitions.
"""

import difflib
import time
from collections.abc import Callable, Mapping
from typing import Any

from .assigning import Assigned
from .text import Path

MOST_NODES = 5_000
"""Values in a rule, with what `$ref` brings in."""
DEEPEST = 64
MOST_STEPS = 20_000
"""Rounds of `map`, `filter`, `reduce`, `all`, `some` and `none` in one evaluation."""
LONGEST_TEXT = 100_000
LONGEST_LIST = 10_000

Fn = Callable[[Any, "Run"], Any]
Watch = Callable[[Path, Any, Any], None]


class Run:
    """One evaluation: its time (seconds since 1970), the loop rounds left, and the experiment that was asked."""

    __slots__ = ("assigned", "at", "experiment", "left")

    def __init__(self, at: float | None = None) -> None:
        self.at = at
        self.left = MOST_STEPS
        self.experiment = ""
        self.assigned: Assigned | None = None

    def timestamp(self) -> int:
        if self.at is None:
            self.at = time.time()
        return int(self.at)

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooMuch(f"the rule goes through more than {MOST_STEPS:,} elements")


class TooMuch(Exception):
    """An evaluation that would take too long or grow too large."""


class Constant:
    """A function that gives a constant, known to be one."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _data: Any, _run: Run) -> Any:
        return self.value


class Node:
    """What an operator is compiled from: its arguments as JSON, and the way to compile them."""

    __slots__ = ("compiler", "inner", "operator", "path", "raw")

    def __init__(self, compiler: "Compiler", operator: str, raw: Any, path: Path, inner: bool) -> None:
        self.compiler, self.operator, self.path, self.inner = compiler, operator, path, inner
        self.raw = raw

    @property
    def args(self) -> list[Any]:
        return self.raw if isinstance(self.raw, list) else [self.raw]

    def at(self, number: int) -> Path:
        """The path of an argument."""
        return (*self.path, self.operator, number) if isinstance(self.raw, list) else (*self.path, self.operator)

    def arg(self, number: int, *, element: bool = False) -> Fn:
        """An argument compiled; `element`: it is asked about elements of a list, not about the context."""
        return self.compiler.compile(self.args[number], self.at(number), element or self.inner)

    def all(self, start: int = 0) -> list[Fn]:
        return [self.arg(number) for number in range(start, len(self.args))]

    def problem(self, what: str, path: Path | None = None) -> None:
        self.compiler.problem(self.path if path is None else path, what)

    def count(self, least: int, most: int | None = None) -> bool:
        """Whether there are as many arguments as are needed; notes it otherwise."""
        if least <= len(self.args) and (most is None or len(self.args) <= most):
            return True
        needed = f"{least}" if most == least else f"at least {least}" if most is None else f"{least} to {most}"
        self.problem(f"{self.operator} takes {needed} arguments, and has {len(self.args)}")
        return False


Builder = Callable[[Node], Fn]
OPERATORS: dict[str, Builder] = {}


def operator(*names: str) -> Callable[[Builder], Builder]:
    """Let a function build the operators of these names."""

    def note(builder: Builder) -> Builder:
        OPERATORS.update(dict.fromkeys(names, builder))
        return builder

    return note


class Compiler:
    """Compiles the rules of one flag. `problems` are paths and what is wrong there; what is wrong becomes null.

    `watch`, where given, is told the path, the rule and the value of each operation as it is evaluated.
    """

    def __init__(self, key: str, evaluators: Mapping[str, Any], watch: Watch | None = None) -> None:
        self.key = key
        self.evaluators = evaluators
        self.watch = watch
        self.problems: list[tuple[Path, str]] = []
        self.nodes = 0
        self._within: list[str] = []
        self._depth = 0

    def problem(self, path: Path, what: str) -> None:
        if len(self.problems) < 50:
            self.problems.append((path, what))

    def compile(self, rule: Any, path: Path, inner: bool = False) -> Fn:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            if self.nodes == MOST_NODES + 1:
                self.problem(path, f"the rule has more than {MOST_NODES:,} values, with what it refers to")
            return Constant(None)
        if not isinstance(rule, dict | list):
            return Constant(rule)
        if self._depth >= DEEPEST:
            self.problem(path, f"is nested deeper than {DEEPEST}")
            return Constant(None)
        self._depth += 1
        try:
            return self._list(rule, path, inner) if isinstance(rule, list) else self._operation(rule, path, inner)
        finally:
            self._depth -= 1

    def _list(self, rule: list[Any], path: Path, inner: bool) -> Fn:
        made = [self.compile(one, (*path, number), inner) for number, one in enumerate(rule)]
        if all(isinstance(one, Constant) for one in made):
            return Constant([one.value for one in made if isinstance(one, Constant)])
        return lambda data, run: [one(data, run) for one in made]

    def _operation(self, rule: dict[str, Any], path: Path, inner: bool) -> Fn:
        if not rule:
            return Constant({})
        if len(rule) > 1:
            self.problem(path, f"an operation has one operator; here stand {', '.join(sorted(rule)[:4])[:100]}")
            return Constant(None)
        name, raw = next(iter(rule.items()))
        if name == "$ref":
            return self._reference(raw, path, inner)
        builder = OPERATORS.get(name)
        if builder is None:
            near = difflib.get_close_matches(name[:40], OPERATORS, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            self.problem(path, f"there is no operator {name[:40]!r}{meant}")
            return Constant(None)
        made = builder(Node(self, name, raw, path, inner))
        return made if self.watch is None else self._watched(made, rule, path)

    def _watched(self, made: Fn, rule: Any, path: Path) -> Fn:
        watch = self.watch
        assert watch is not None

        def watched(data: Any, run: Run) -> Any:
            value = made(data, run)
            watch(path, rule, value)
            return value

        return watched

    def _reference(self, name: Any, path: Path, inner: bool) -> Fn:
        if not isinstance(name, str) or name not in self.evaluators:
            known = f"; there are {', '.join(sorted(self.evaluators)[:10])}" if self.evaluators else ""
            self.problem(path, f"$ref names {str(name)[:60]!r}, which is none of the $evaluators{known}")
            return Constant(None)
        if name in self._within:
            self.problem(path, f"$ref leads in a circle: {' > '.join([*self._within, name])[:200]}")
            return Constant(None)
        self._within.append(name)
        try:
            return self.compile(self.evaluators[name], (*path, "$ref", name), inner)
        finally:
            self._within.pop()
