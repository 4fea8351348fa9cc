"""Regular expressions from strangers, matched in time linear in the text.

Gitea's CODEOWNERS, Prow's filters and MAINTAINERS' `N:` lines hold regular expressions. Python's `re` backtracks, so
one line such as `(a+)+$` could hold a process for hours. Here an expression becomes an automaton whose deterministic
form is built while it reads. Of many expressions only those are run whose fixed beginning or end fits the text. The
syntax is RE2's (Go's): no back-references, no look-around; what isn't supported is refused with its place.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from awayteam.sources.ownership.regularparse import Kind, Node, RegularError, parse

__all__ = ["RegularError", "RegularSet"]

_MAX_STATES = 20_000
"""States of the automaton of one expression: RE2 has a like bound on program size."""
_MAX_KEPT = 2_000
"""Expressions whose automata are kept for the next file that holds them."""
_MAX_CACHED = 5_000
"""Cached steps of one expression before they are forgotten."""
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_Test = Callable[[str], bool]


class _Step:
    """A state of the nondeterministic automaton: a test that leads on, a condition, a fork, or a match."""

    __slots__ = ("condition", "found", "outs", "test")

    def __init__(self) -> None:
        self.test: _Test | None = None
        self.condition = ""
        self.outs: list[_Step] = []
        self.found = False


class _State:
    """A state of the deterministic automaton: steps not yet followed, and the character before (as a kind)."""

    __slots__ = ("before", "matched", "nexts", "steps")

    def __init__(self, steps: frozenset[_Step], before: str, matched: bool) -> None:
        self.steps = steps
        self.before = before
        self.matched = matched
        self.nexts: dict[str, _State] = {}


class RegularSet:
    """All expressions at once: `search(text)` gives the indices of those that match somewhere in the text."""

    def __init__(self, expressions: Sequence[str]) -> None:
        """Raises `RegularError` for an expression that is wrong or too large; test them one by one to learn which."""
        self._machines: list[_Machine | None] = []
        self._needs: list[str] = []
        self._by_start: dict[int, dict[str, list[int]]] = {}
        self._by_end: dict[int, dict[str, list[int]]] = {}
        self._always: list[int] = []
        for index, expression in enumerate(expressions):
            machine, start, end, need = _compiled(expression)
            self._machines.append(machine)
            self._needs.append(need)
            if start:
                self._by_start.setdefault(len(start), {}).setdefault(start, []).append(index)
            elif end:
                self._by_end.setdefault(len(end), {}).setdefault(end, []).append(index)
            else:
                self._always.append(index)

    def search(self, text: str) -> frozenset[int]:
        candidates = list(self._always)
        for length, known in self._by_start.items():
            candidates += known.get(text[:length], ())
        for length, known in self._by_end.items():
            candidates += known.get(text[-length:], ())
        machines, needs = self._machines, self._needs
        return frozenset(
            i for i in candidates if needs[i] in text and ((machine := machines[i]) is None or machine.search(text))
        )


class _Machine:
    """One expression as a deterministic automaton that is built while it reads."""

    def __init__(self, node: Node) -> None:
        end = _Step()
        end.found = True
        self._again = frozenset({_Builder().build(node, end)})
        self._only_start = node.kind is Kind.SEQUENCE and bool(node.parts) and node.parts[0].text == "start"
        self._states: dict[tuple[frozenset[_Step], str], _State] = {}
        self._cached = 0
        self._start = self._state(self._again, "start")

    def search(self, text: str) -> bool:
        state = self._start
        for char in text:
            following = state.nexts.get(char)
            if following is None:
                following = self._advance(state, char)
            state = following
            if state.matched or not state.steps:
                return state.matched
        return _ends(_reach(state.steps, state.before, "end"))

    def _advance(self, state: _State, char: str) -> _State:
        kind = _kind(char)
        reached = _reach(state.steps, state.before, kind)
        if _ends(reached):
            following = self._state(frozenset(), kind, matched=True)
        else:
            steps = frozenset(step.outs[0] for step in reached if step.test is not None and step.test(char))
            following = self._state(steps if self._only_start else steps | self._again, kind)
        self._cached += 1
        if self._cached > _MAX_CACHED:
            self._cached = 0
            self._states = {}
            self._start.nexts = {}
        else:
            state.nexts[char] = following
        return following

    def _state(self, steps: frozenset[_Step], before: str, *, matched: bool = False) -> _State:
        if matched:
            return _State(steps, before, True)
        state = self._states.get((steps, before))
        if state is None:
            state = self._states[(steps, before)] = _State(steps, before, False)
        return state


@lru_cache(maxsize=_MAX_KEPT)
def _compiled(expression: str) -> tuple[_Machine | None, str, str, str]:
    """An expression's automaton, its fixed beginning and end, and the longest text that every match must hold; no
    automaton where it says no more than its beginning.

    Files of rules change line by line, so that nearly every expression of one version is in the next: what was built
    for it, and what it has read, is kept.
    """
    node = parse(expression)
    start, end = fixed_ends(node)
    machine = _Machine(node)  # built also where it isn't needed: it refuses what is too large
    parts = _flat(node)
    return (None if start and len(parts) == len(start) + 1 else machine), start, end, _longest(parts)


def _longest(parts: Iterable[Node]) -> str:
    """The longest run of fixed characters of a sequence."""
    longest = run = ""
    for part in parts:
        run = run + part.ranges[0][0] if _is_fixed(part) else ""
        longest = max(longest, run, key=len)
    return longest


def fixed_ends(node: Node) -> tuple[str, str]:
    """Texts with which everything that matches begins and ends, as far as the expression says so outright."""
    parts = _flat(node)
    start = end = ""
    if parts and parts[0].text == "start":
        for part in parts[1:]:
            if not _is_fixed(part):
                break
            start += part.ranges[0][0]
    if parts and parts[-1].text == "end":
        for part in reversed(parts[:-1]):
            if not _is_fixed(part):
                break
            end = part.ranges[0][0] + end
    return start, end


def _flat(node: Node) -> list[Node]:
    if node.kind is not Kind.SEQUENCE:
        return [node]
    return [inner for part in node.parts for inner in _flat(part)]


def _is_fixed(node: Node) -> bool:
    one = node.kind is Kind.CHAR and len(node.ranges) == 1 and node.ranges[0][0] == node.ranges[0][1]
    return one and not (node.negated or node.fold or node.categories)


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


def _ends(steps: Iterable[_Step]) -> bool:
    return any(step.found for step in steps)


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
