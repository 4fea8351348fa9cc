"""Regular expressions from strangers, matched in time linear in the text.

Gitea's CODEOWNERS, Prow's filters and MAINTAINERS' `N:` lines hold regular expressions. Python's `re` backtracks, so
one line such as `(a+)+$` could hold a process for hours. Here an expression becomes an automaton, and all
expressions of a file run side by side as one deterministic automaton that is built while it reads. The syntax is RE2's
(Go's): no back-references, no look-around; what isn't supported is refused with its place.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence

from awayteam.sources.ownership.regularparse import Kind, Node, RegularError, parse

__all__ = ["RegularError", "RegularSet"]

_MAX_STATES = 20_000
"""States of the automaton of one expression: RE2 has a like bound on program size."""
_MAX_CACHED = 50_000
"""Cached steps before they are forgotten."""
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_Test = Callable[[str], bool]


class _Step:
    """A state of the nondeterministic automaton: a test that leads on, a condition, a fork, or a match."""

    __slots__ = ("condition", "found", "outs", "test")

    def __init__(self) -> None:
        self.test: _Test | None = None
        self.condition = ""
        self.outs: list[_Step] = []
        self.found = -1


class _State:
    """A state of the deterministic automaton: steps not yet followed, and the character before (as a kind)."""

    __slots__ = ("before", "matched", "nexts", "steps")

    def __init__(self, steps: frozenset[_Step], matched: frozenset[int], before: str) -> None:
        self.steps = steps
        self.matched = matched
        self.before = before
        self.nexts: dict[str, _State] = {}


class RegularSet:
    """All expressions at once: `search(text)` gives the indices of those that match somewhere in the text."""

    def __init__(self, expressions: Sequence[str]) -> None:
        """Raises `RegularError` for an expression that is wrong or too large; test them one by one to learn which."""
        starts = []
        for index, expression in enumerate(expressions):
            builder = _Builder()
            end = _Step()
            end.found = index
            starts.append(builder.build(parse(expression), end))
        self._count = len(starts)
        self._again = frozenset(starts)
        self._states: dict[tuple[frozenset[_Step], frozenset[int], str], _State] = {}
        self._cached = 0
        self._start = self._state(self._again, frozenset(), "start")

    def search(self, text: str) -> frozenset[int]:
        state = self._start
        for char in text:
            following = state.nexts.get(char)
            if following is None:
                following = self._advance(state, char)
            state = following
            if len(state.matched) == self._count:
                return state.matched
        return state.matched | _ends(_reach(state.steps, state.before, "end"))

    def _advance(self, state: _State, char: str) -> _State:
        kind = _kind(char)
        reached = _reach(state.steps, state.before, kind)
        matched = state.matched | _ends(reached)
        steps = {step.outs[0] for step in reached if step.test is not None and step.test(char)}
        following = self._state(self._again.union(steps), matched, kind)
        self._cached += 1
        if self._cached > _MAX_CACHED:
            self._cached = 0
            self._states = {}
            self._start.nexts = {}
        else:
            state.nexts[char] = following
        return following

    def _state(self, steps: frozenset[_Step], matched: frozenset[int], before: str) -> _State:
        key = (steps, matched, before)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _State(steps, matched, before)
        return state


def _reach(steps: Iterable[_Step], before: str, after: str) -> set[_Step]:
    """All steps that forks and met conditions lead to, between a character of kind `before` and one of kind `after`."""
    seen: set[_Step] = set()
    todo = list(steps)
    while todo:
        step = todo.pop()
        if step in seen:
            continue
        seen.add(step)
        if step.test is None and (not step.condition or _holds(step.condition, before, after)):
            todo += step.outs
    return seen


def _ends(steps: Iterable[_Step]) -> frozenset[int]:
    return frozenset(step.found for step in steps if step.found >= 0)


def _kind(char: str) -> str:
    return "newline" if char == "\n" else "word" if char in _WORD else "other"


def _holds(condition: str, before: str, after: str) -> bool:
    if condition == "start":
        return before == "start"
    if condition == "end":
        return after == "end"
    if condition == "line start":
        return before in ("start", "newline")
    if condition == "line end":
        return after in ("end", "newline")
    boundary = (before == "word") != (after == "word")
    return boundary if condition == "boundary" else not boundary


class _Builder:
    """Thompson's construction, backwards: each part is built in front of what follows it."""

    def __init__(self) -> None:
        self._states = 0

    def build(self, node: Node, after: _Step) -> _Step:
        if node.kind is Kind.CHAR:
            step = self._new(after)
            step.test = _test(node)
            return step
        if node.kind is Kind.CONDITION:
            step = self._new(after)
            step.condition = node.text
            return step
        if node.kind is Kind.SEQUENCE:
            for part in reversed(node.parts):
                after = self.build(part, after)
            return after
        if node.kind is Kind.CHOICE:
            return self._new(*(self.build(part, after) for part in node.parts))
        return self._repeat(node, after)

    def _repeat(self, node: Node, after: _Step) -> _Step:
        part = node.parts[0]
        if node.most is None:
            loop = self._new()
            loop.outs = [self.build(part, loop), after]
            after = loop
        else:
            for _ in range(node.most - node.least):
                after = self._new(self.build(part, after), after)
        for _ in range(node.least):
            after = self.build(part, after)
        return after

    def _new(self, *outs: _Step) -> _Step:
        self._states += 1
        if self._states > _MAX_STATES:
            raise RegularError("the expression is too large; repeat less")
        step = _Step()
        step.outs = list(outs)
        return step


def _test(node: Node) -> _Test:
    """The test of one character: ranges, Unicode categories, negation, case folding."""
    ranges, categories, negated = node.ranges, node.categories, node.negated
    if len(ranges) == 1 and not categories and not negated and not node.fold and ranges[0][0] == ranges[0][1]:
        only = ranges[0][0]
        return lambda char: char == only

    def plain(char: str) -> bool:
        if any(low <= char <= high for low, high in ranges):
            return True
        if not categories:
            return False
        category = unicodedata.category(char)
        return any(category.startswith(name) != inverse for name, inverse in categories)

    if node.fold:
        return lambda char: any(plain(c) for c in {char, char.lower(), char.upper()} if len(c) == 1) != negated
    return lambda char: plain(char) != negated
