"""State machines as tables: one shape for every app, so that each can be checked, drawn and explained the same way.

A machine is pure data. The app's rules decide with it, its tests run the general checks of `problems`, and
`awayteam machines document` draws it for people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from awayteam.kernel.registries import Registry

CLOCK = "the clock"
"""The party of a transition that no person makes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A state in which somebody has the turn: `whose`, the clock that runs, what its end does; in people's words."""

    whose: str
    clock: str
    then: str


@dataclass(frozen=True, slots=True)
class Transition:
    """`verb` leads from any of `sources` to one of `targets`; `by` are the parties that may; `says` is one sentence."""

    verb: StrEnum
    sources: frozenset[StrEnum]
    targets: tuple[StrEnum, ...]
    by: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Machine:
    """`waiting` holds every state that isn't terminal; `start` are the states in which something begins."""

    name: str
    title: str
    states: type[StrEnum]
    start: tuple[StrEnum, ...]
    terminal: frozenset[StrEnum]
    waiting: Mapping[StrEnum, Waiting]
    transitions: Sequence[Transition] = field(default_factory=tuple)

    def leaving(self, state: StrEnum) -> list[Transition]:
        """The transitions out of `state`, in the order of the table."""
        return [one for one in self.transitions if state in one.sources]

    def find(self, state: StrEnum, verb: StrEnum) -> Transition | None:
        """The transition `verb` out of `state`, if there is one."""
        return next((one for one in self.transitions if one.verb == verb and state in one.sources), None)


registered: Registry[str, Machine] = Registry()


def register(machine: Machine) -> Machine:
    """Let `machine` be drawn and checked with the others; called in `App.register()`."""
    registered[machine.name] = machine
    return machine


def problems(machine: Machine) -> list[str]:
    """What is wrong with a machine, as sentences: dead ends, unreachable states, clocks without owner or end."""
    return [*_ends(machine), *_clocks(machine), *_reach(machine)]


def _ends(machine: Machine) -> Iterable[str]:
    for state in machine.states:
        out = machine.leaving(state)
        if state in machine.terminal and out:
            yield f"{machine.name}: {state} is terminal and yet {out[0].verb} leads out of it"
        if state not in machine.terminal and not any(target != state for one in out for target in one.targets):
            yield f"{machine.name}: nothing leads out of {state}"
    for state in machine.states:
        verbs = [one.verb for one in machine.leaving(state)]
        for verb in {verb for verb in verbs if verbs.count(verb) > 1}:
            yield f"{machine.name}: {verb} leads out of {state} twice"


def _clocks(machine: Machine) -> Iterable[str]:
    for state in machine.states:
        waiting, expires = machine.waiting.get(state), [one for one in machine.leaving(state) if CLOCK in one.by]
        if state in machine.terminal and waiting:
            yield f"{machine.name}: {state} is terminal and yet somebody has the turn"
        if state in machine.terminal:
            continue
        if waiting is None or not (waiting.whose and waiting.clock and waiting.then):
            yield f"{machine.name}: nobody has the turn in {state}, or its clock has no end"
        if not expires:
            yield f"{machine.name}: the clock of {state} runs out into nothing"


def _reach(machine: Machine) -> Iterable[str]:
    seen, ahead = set(machine.start), list(machine.start)
    while ahead:
        for one in machine.leaving(ahead.pop()):
            ahead += [target for target in one.targets if target not in seen]
            seen |= set(one.targets)
    yield from (f"{machine.name}: {state} is never reached" for state in machine.states if state not in seen)


def document(machines: Iterable[Machine]) -> str:
    """All machines as one Markdown page: a Mermaid drawing, the turns, and the transitions of each."""
    parts = [
        "# States\n\nWhat can happen to the things that have a life of their own, drawn from the code "
        "(`awayteam machines document`).\n"
    ]
    for machine in machines:
        parts += [f"\n## {machine.title}\n", _drawing(machine), _turns(machine), _table(machine)]
    return "".join(parts)


def _drawing(machine: Machine) -> str:
    lines = [f"  [*] --> {_node(state)}" for state in machine.start]
    arrows: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for one in machine.transitions:
        for source in _sources(machine, one):
            for target in one.targets:
                label = "clock" if one.by == (CLOCK,) else one.verb.replace("_", " ").replace("-", " ")
                arrows.setdefault((source, target), []).append(label)
    lines += [f"  {_node(a)} --> {_node(b)}: {', '.join(dict.fromkeys(words))}" for (a, b), words in arrows.items()]
    lines += [f"  {_node(state)} --> [*]" for state in machine.states if state in machine.terminal]
    return "\n```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n"


def _sources(machine: Machine, transition: Transition) -> list[StrEnum]:
    return [state for state in machine.states if state in transition.sources]


def _node(state: StrEnum) -> str:
    return state.value.replace("-", "_")


def _turns(machine: Machine) -> str:
    rows = [
        f"| {state} | {found.whose} | {found.clock} | {found.then} |"
        for state in machine.states
        if (found := machine.waiting.get(state))
    ]
    final = ", ".join(state for state in machine.states if state in machine.terminal)
    head = "\n| State | Whose turn | Clock | When it runs out |\n|---|---|---|---|\n"
    return head + "\n".join(rows) + f"\n\nFinal: {final}.\n"


def _table(machine: Machine) -> str:
    rows = [
        f"| {one.verb} | {', '.join(_sources(machine, one))} | {', '.join(one.targets)} "
        f"| {', '.join(one.by)} | {one.says} |"
        for one in machine.transitions
    ]
    return "\n| What | From | To | Who | Says |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
