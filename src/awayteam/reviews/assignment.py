"""Which bar raiser reviews something: a pure choice among candidates, with its reasons and everybody passed over.

Nobody who is close to a decision raises its bar (P12): people of the involved teams and of the units around them,
people who lately worked or reviewed there, and the management lines of whoever asks and decides are passed over. Of
those left, whoever has the most room is chosen.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Why(StrEnum):
    """Why somebody was passed over, the rule by its name."""

    BARRED = "barred"
    FIELD = "field"
    LEFT = "left"
    TRAINING = "training"
    TERM = "term"
    NEAR = "near"
    LINE = "line"
    RECENT = "recent"
    ABSENT = "absent"
    LOAD = "load"


FIRM = frozenset({Why.BARRED, Why.FIELD, Why.LEFT, Why.TRAINING, Why.TERM, Why.NEAR, Why.LINE, Why.RECENT})
"""Rules that nobody lifts; load and absence give way where a keeper of the pool names somebody."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bar raiser of one field as they are today.

    `houses` are the ids of their teams and of the units around these, as far as nearness reaches. `above` are the
    people above them. `recent` says where they lately worked or reviewed: (team id, words). `absences` are spans of
    days, both of which belong to it. `load` counts what they have open; `last` is the day of their last assignment.
    """

    person: int
    name: str
    field: str
    houses: frozenset[int] = frozenset()
    above: frozenset[int] = frozenset()
    trained: bool = True
    since: date | None = None
    term_until: date | None = None
    left: bool = False
    absences: tuple[tuple[date, date], ...] = ()
    recent: tuple[tuple[int, str], ...] = ()
    load: int = 0
    load_max: int = 3
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be reviewed. `houses` as of candidates, of the involved teams, with their names in `names`.

    `barred` maps a person to why they never review this: they asked, decide, declined. `asking` are those whose
    management line is closed, `above` the people above these. `until` is the day by which the review should be there.
    """

    field: str
    today: date
    until: date
    houses: frozenset[int] = frozenset()
    teams: frozenset[int] = frozenset()
    names: Mapping[int, str] = dataclasses.field(default_factory=dict)
    barred: Mapping[int, str] = dataclasses.field(default_factory=dict)
    asking: frozenset[int] = frozenset()
    above: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody who was passed over: by which rule, and why in a sentence."""

    person: int
    name: str
    why: Why
    words: str


@dataclass(frozen=True, slots=True)
class Choice:
    """`person` is None where nobody can; `reasons` are sentences about the choice, `passed_over` is in order of id."""

    person: int | None
    name: str
    reasons: tuple[str, ...]
    passed_over: tuple[Passed, ...]

    @property
    def counts(self) -> dict[Why, int]:
        """How many were passed over by each rule."""
        return dict(Counter(one.why for one in self.passed_over))


def obstacle(candidate: Candidate, need: Need) -> tuple[Why, str] | None:
    """The first rule that keeps the candidate from this review, the firm ones first; None where none does."""
    for look in (_barred, _ready, _independent, _present, _room):
        if found := look(candidate, need):
            return found
    return None


def _barred(one: Candidate, need: Need) -> tuple[Why, str] | None:
    if one.person in need.barred:
        return Why.BARRED, need.barred[one.person]
    if one.field != need.field:
        return Why.FIELD, f"Raises the bar in {one.field}, not in {need.field}."
    return (Why.LEFT, "Has left.") if one.left else None


def _ready(one: Candidate, need: Need) -> tuple[Why, str] | None:
    if not one.trained:
        return Why.TRAINING, "Isn't trained yet."
    if one.since is not None and one.since > need.today:
        return Why.TERM, f"Begins on {one.since}."
    if one.term_until is not None and one.term_until < need.today:
        return Why.TERM, f"The term ended on {one.term_until}."
    return None


def _independent(one: Candidate, need: Need) -> tuple[Why, str] | None:
    if near := one.houses & need.houses:
        return Why.NEAR, f"Belongs to {need.names.get(min(near), 'a unit of an involved team')}, which is involved."
    if one.person in need.above:
        return Why.LINE, "Is above somebody who asks or decides."
    if one.above & need.asking:
        return Why.LINE, "Reports to somebody who asks or decides."
    for team, words in one.recent:
        if team in need.teams:
            return Why.RECENT, words
    return None


def _present(one: Candidate, need: Need) -> tuple[Why, str] | None:
    for first, last in one.absences:
        if first <= need.until and need.today <= last:
            return Why.ABSENT, f"Is away from {first} to {last}."
    return None


def _room(one: Candidate, _need: Need) -> tuple[Why, str] | None:
    if one.load >= one.load_max:
        return Why.LOAD, f"Has {one.load} open, of {one.load_max} at most."
    return None


def choose(candidates: Iterable[Candidate], need: Need) -> Choice:
    """The bar raiser for `need`: who has the most room, then who waited longest, then the lowest id.

    The same candidates in any order give the same choice.
    """
    free: list[Candidate] = []
    passed: list[Passed] = []
    for one in candidates:
        found = obstacle(one, need)
        if found is None:
            free.append(one)
        else:
            passed.append(Passed(one.person, one.name, *found))
    passed.sort(key=lambda each: each.person)
    if not free:
        return Choice(None, "", (_nobody(need, passed),), tuple(passed))
    best = min(free, key=_order)
    return Choice(best.person, best.name, _reasons(best, need, len(free), passed), tuple(passed))


def _order(one: Candidate) -> tuple[float, date, int]:
    return (one.load / max(one.load_max, 1), one.last or date.min, one.person)


def _nobody(need: Need, passed: list[Passed]) -> str:
    if not passed:
        return f"Nobody raises the bar in {need.field} yet."
    counts = Counter(one.why for one in passed)
    return (
        f"None of {len(passed)} can: " + ", ".join(f"{number} by {why}" for why, number in sorted(counts.items())) + "."
    )


def _reasons(best: Candidate, need: Need, free: int, passed: list[Passed]) -> tuple[str, ...]:
    most = f"Has {best.load} of at most {best.load_max} reviews open, the most room of {free} who could."
    only = "Is the only one who can."
    since = f"Last assigned on {best.last}." if best.last else "Was never assigned before."
    return (
        f"Raises the bar in {need.field}" + (f", for a term until {best.term_until}." if best.term_until else "."),
        "Is independent: of none of the involved teams or the units around them, in nobody's line, not lately there.",
        most if free > 1 else only,
        since,
        *((f"{len(passed)} {'other was' if len(passed) == 1 else 'others were'} passed over.",) if passed else ()),
    )
