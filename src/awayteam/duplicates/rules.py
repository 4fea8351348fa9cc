"""The rules of duplicates as pure functions: what may follow, what two answers make, and when there are too many."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from awayteam.duplicates.machine import FINAL, MACHINE, Party, State, Verb


class Choice(StrEnum):
    """What a side (or the manager) wants to become of a duplicate."""

    CONVERGE = "converge"
    KEEP = "keep"
    RETIRE = "retire"


class GivesWay(StrEnum):
    """Whose thing is given up where two converge: the own build, or the home team's."""

    OWN = "own"
    HOME = "home"


TARGETS = {Choice.CONVERGE: State.CONVERGING, Choice.KEEP: State.KEPT, Choice.RETIRE: State.RETIRING}
CHOICE_WORDS = {Choice.CONVERGE: "converge", Choice.KEEP: "keep both", Choice.RETIRE: "retire the own build"}
STATE_WORDS = {
    State.OPEN: "own build",
    State.REVIEW: "looked at again",
    State.ARBITRATION: "with a manager",
    State.CONVERGING: "converging",
    State.RETIRING: "being retired",
    State.KEPT: "kept",
    State.CONVERGED: "converged",
    State.RETIRED: "retired",
    State.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: the choice, for converging whose thing gives way, and the date (of the end, or to look again)."""

    choice: Choice
    on: date
    gives_way: GivesWay | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know: the state, how often both were asked in this review, and whether somebody stands
    for the home side (`has_home`: False where nobody owns the thing). `at_top`: no unit is above the manager."""

    state: State
    asked: int = 0
    has_home: bool = True
    at_top: bool = False


def why_not(facts: Facts, verb: Verb) -> str:
    """Why the state forbids `verb`, as a sentence; "" where it doesn't. Persons aren't looked at."""
    if MACHINE.find(facts.state, verb) is not None:
        return ""
    if facts.state in FINAL:
        return f"This duplicate is {STATE_WORDS[facts.state]}; nothing more happens with it."
    if verb is Verb.ANSWER:
        return "Nobody is asked now; have both look at it first."
    if verb is Verb.WITHDRAW:
        return "Both teams have looked at it already; retire it instead."
    return f"This duplicate is {STATE_WORDS[facts.state]}; that doesn't lead on from there."


def wrong_with(said: Said, today: date, days_max: int) -> dict[str, str]:
    """What is wrong with an answer, by field; {} where nothing is."""
    wrong = {}
    if said.on <= today:
        wrong["on"] = "must lie in the future"
    elif (said.on - today).days > days_max:
        wrong["on"] = f"may lie at most {days_max} days ahead"
    if said.choice is Choice.CONVERGE and said.gives_way is None:
        wrong["gives_way"] = "say whose thing gives way"
    if said.choice is not Choice.CONVERGE and said.gives_way is not None:
        wrong["gives_way"] = "only where both converge"
    return wrong


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where answers lead, and what then holds; `said` is None while one side is still asked or they differ."""

    state: State
    said: Said | None = None


def answered(facts: Facts, own: Said | None, home: Said | None) -> Outcome:
    """What the answers so far make. Two equal choices hold, with the earlier date; different ones are for the manager.

    Where nobody stands for the home side, the own team's word is enough.
    """
    if not facts.has_home and own is not None:
        return Outcome(TARGETS[own.choice], own)
    if own is None or home is None:
        return Outcome(State.REVIEW)
    if (own.choice, own.gives_way) != (home.choice, home.gives_way):
        return Outcome(State.ARBITRATION)
    return Outcome(TARGETS[own.choice], min(own, home, key=lambda one: one.on))


def expired(facts: Facts, asked_max: int) -> State:
    """Where a clock that ran out leads from here; `asked_max` is how often both are asked before a manager sees it."""
    if facts.state is State.REVIEW:
        return State.REVIEW if facts.asked < asked_max else State.ARBITRATION
    if facts.state is State.ARBITRATION:
        return State.KEPT if facts.at_top else State.ARBITRATION
    if facts.state in FINAL:
        raise ValueError(f"no clock runs in {facts.state}")
    return State.REVIEW


def finished(state: State) -> State:
    """The final state in which FINISH ends from here."""
    return State.CONVERGED if state is State.CONVERGING else State.RETIRED


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many solutions of one thing there are: the thing itself and what others built beside it."""

    solutions: int
    seen_by_customers: int
    too_many: int

    @property
    def is_too_many(self) -> bool:
        return self.solutions >= self.too_many

    @property
    def warning(self) -> str:
        """A sentence where something should be done about it, else ""."""
        if self.seen_by_customers:
            return f"Customers see {self.seen_by_customers + 1} solutions of the same; they should almost never."
        if self.is_too_many:
            return (
                f"There are {self.solutions} solutions of the same; from {self.too_many} on, none is better than more."
            )
        return ""


def crowd(live: Iterable[bool], *, exists: bool, too_many: int) -> Crowd:
    """Counts live duplicates of one thing, each given as whether customers see it; `exists`: the thing itself does."""
    flags = list(live)
    return Crowd(len(flags) + int(exists), sum(flags), too_many)


def moment_of(day: date, time_zone: str) -> datetime:
    """Nine in the morning of a day where the team works: when the clock of a date runs out."""
    return datetime.combine(day, time(9), ZoneInfo(time_zone))


def parties(state: State, verb: Verb) -> tuple[Party, ...]:
    """Who may do `verb` in this state; () where nobody may."""
    found = MACHINE.find(state, verb)
    return tuple(Party(one) for one in found.by) if found else ()
