"""Rules of review rounds: how a round is reviewed, what may be cited, who looks, what silence costs. Pure.

Source: specs/engagements.md (table of complaints, review modes), ADR 0011.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from awayteam.rounds.machine import State

EVERY_CHANGE, ARCHITECTURE, BAR_RAISER = "every-change", "architecture", "bar-raiser"
DESIGN_STATES = frozenset({"agreed", "active", "handing-over"})
CHANGE_STATES = frozenset({"active", "handing-over"})
LONGEST_WORDS, LONGEST_KEY = 20_000, 500


class Way(StrEnum):
    """Who looks at a round: the home team, the away team itself, or somebody independent."""

    HOME = "home"
    OWN = "own"
    INDEPENDENT = "independent"


START = {Way.HOME: State.OPEN, Way.OWN: State.OWN_REVIEW, Way.INDEPENDENT: State.FALL_BACK}


@dataclass(frozen=True, slots=True)
class Pledge:
    """Hours that the home team pledged, and what it gave of them, in minutes."""

    pledged: int
    booked: int

    @property
    def left(self) -> int:
        return max(self.pledged - self.booked, 0)

    @property
    def over(self) -> int:
        """Minutes that the home team gave freely."""
        return max(self.booked - self.pledged, 0)

    @property
    def why_not(self) -> str:
        """Why the home team's time can't be demanded any more; "" where it can."""
        if self.pledged == 0:
            return "No hours were pledged: only the design is reviewed by the home team."
        if self.left == 0:
            return (
                f"The {self.pledged // 60} h that were pledged are used up; the home team may still give time freely."
            )
        return ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the contract in force says of reviews, and what was done of it. `state` is the engagement's."""

    state: str
    mode: str
    pledge: Pledge
    design_approved: bool
    open_rounds: int


def needs_design(terms: Terms) -> bool:
    """Whether the home team signs the design and leaves the changes to the away team's own review."""
    return terms.mode == ARCHITECTURE or (terms.mode == EVERY_CHANGE and terms.pledge.pledged == 0)


def why_not_open(kind: str, terms: Terms, *, most_open: int) -> str:
    """Why a round of this kind can't be opened now; "" where it can."""
    allowed = DESIGN_STATES if kind == "design" else CHANGE_STATES
    if terms.state not in allowed:
        said = terms.state.replace("-", " ")
        return f"The engagement is {said}; a {kind} is shown while it is {' or '.join(sorted(allowed))}."
    if kind == "change" and needs_design(terms) and not terms.design_approved:
        return "The design comes first: open a round of kind design, which the decider of record signs."
    if terms.open_rounds >= most_open:
        return f"{terms.open_rounds} rounds are open already; at most {most_open} at a time. End one first."
    return ""


def way(kind: str, terms: Terms) -> tuple[Way, str]:
    """How a round of this kind is reviewed, and why so."""
    if terms.mode == BAR_RAISER:
        return Way.INDEPENDENT, "By the contract independent reviewers look at everything."
    if kind == "design":
        return Way.HOME, "The decider of record signs the design before the code."
    if needs_design(terms):
        return Way.OWN, "The home team signed the design; the away team merges on its own review and green checks."
    if terms.pledge.left == 0:
        return Way.INDEPENDENT, f"{terms.pledge.why_not} Somebody independent looks."
    return Way.HOME, "By the contract the home team looks at every change."


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could look. `role` is what they are to the engagement; `turns` are reviews that wait for them."""

    person: int
    role: str
    turns: int = 0
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Picked:
    """`person` is None where nobody can; `reasons` say why this one and why not those before."""

    person: int | None
    role: str
    reasons: tuple[str, ...]


def pick(candidates: Sequence[Candidate], *, barred: Collection[int], busy_from: int) -> Picked:
    """The first who may look, is here, and has fewer than `busy_from` reviews waiting; else the first who is here."""
    reasons: list[str] = []
    here: list[Candidate] = []
    for one in candidates:
        if one.person in barred:
            continue
        if one.absent:
            reasons.append(f"The {one.role} is absent.")
            continue
        here.append(one)
        if one.turns < busy_from:
            return Picked(one.person, one.role, (*reasons, f"The {one.role} looks."))
        reasons.append(f"The {one.role} has {one.turns} reviews waiting already.")
    if here:
        least = min(here, key=lambda one: one.turns)
        return Picked(least.person, least.role, (*reasons, f"Everybody is busy; the {least.role} has the fewest."))
    return Picked(None, "", (*reasons, "Nobody of the home team can look."))


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a reviewer. `standard` and `baseline` are ids of what the contract froze; see `models.Remark`."""

    kind: str
    words: str
    standard: int | None = None
    section: str = ""
    standard_line: int | None = None
    baseline: int | None = None
    figure: Decimal | None = None
    check: str = ""
    path: str = ""
    line: int | None = None

    @property
    def is_cited(self) -> bool:
        return self.standard is not None or self.baseline is not None or bool(self.check)


@dataclass(frozen=True, slots=True)
class Known:
    """An item of the baseline: what was red before (check, finding, defect), or a figure (coverage)."""

    id: int
    kind: str
    key: str
    words: str = ""
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the engagement froze at kick-off: texts of the standards by id, and the baseline."""

    standards: Mapping[int, str] = field(default_factory=dict)
    baseline: Sequence[Known] = ()

    def was_red(self, check: str) -> Known | None:
        """The item of the baseline for a check that was red already; None where it wasn't."""
        wanted = " ".join(check.split())
        red = (one for one in self.baseline if one.kind != "coverage")
        return next((one for one in red if " ".join(one.key.split()) == wanted), None)


def wrong_with(point: Point, frozen: Frozen) -> dict[str, str]:
    """What is wrong with a point, by field; empty where it may be made. Nobody may raise what was red before."""
    wrong: dict[str, str] = {}
    if not point.words.strip():
        wrong["words"] = "say what is to be done, in a sentence"
    elif len(point.words) > LONGEST_WORDS or "\0" in point.words:
        wrong["words"] = f"at most {LONGEST_WORDS:,} characters"
    if point.kind == "change" and not point.is_cited:
        wrong["cites"] = (
            "cite a frozen standard with its section or line, a check that is red now, or a figure that is worse than "
            "the baseline; without it this is advice, or a demand for a bar raiser"
        )
    wrong |= _wrong_check(point, frozen) | _wrong_standard(point, frozen) | _wrong_figure(point, frozen)
    return wrong


def _wrong_check(point: Point, frozen: Frozen) -> dict[str, str]:
    if not point.check:
        return {}
    if len(point.check) > LONGEST_KEY or "\0" in point.check:
        return {"check": f"at most {LONGEST_KEY} characters"}
    was = frozen.was_red(point.check)
    if was is None or point.kind == "advice":
        return {}
    said = f": {was.words}" if was.words else ""
    return {"check": f"was red before the visit ({was.kind} {was.key}{said}); what was red before doesn't count"}


def _wrong_standard(point: Point, frozen: Frozen) -> dict[str, str]:
    if point.standard is None:
        unused = point.section or point.standard_line
        return {"standard": "name the document of the section or line"} if unused else {}
    text = frozen.standards.get(point.standard)
    if text is None:
        return {"standard": "isn't one of the documents that were frozen with the contract"}
    if not point.section and point.standard_line is None:
        return {"section": "say which section or line of the document"}
    if point.section and not has_section(text, point.section):
        return {"section": "doesn't stand in the document as it was frozen"}
    lines = text.count("\n") + (not text.endswith("\n"))
    if point.standard_line is not None and not 1 <= point.standard_line <= lines:
        return {"standard_line": f"the document as it was frozen has {lines} lines"}
    return {}


def has_section(text: str, section: str) -> bool:
    """Whether a line of the text is that heading, or names that key: marks around it and case don't count."""
    wanted = _bare(section)
    return bool(wanted) and any(
        wanted == bare or bare.startswith(f"{wanted}:") for bare in map(_bare, text.splitlines())
    )


def _bare(line: str) -> str:
    return " ".join(line.strip().strip("#=*_[]-").split()).casefold()


def _wrong_figure(point: Point, frozen: Frozen) -> dict[str, str]:
    if point.baseline is None:
        return {"baseline": "name the item of the baseline that it is worse than"} if point.figure is not None else {}
    known = next((one for one in frozen.baseline if one.id == point.baseline), None)
    if known is None:
        return {"baseline": "isn't an item of this engagement's baseline"}
    if known.value is None:
        return {"baseline": f"{known.kind} {known.key} was red before the visit; what was red before doesn't count"}
    if point.figure is None:
        return {"figure": "say the figure of now"}
    if point.figure >= known.value:
        return {"figure": f"isn't worse than before: {known.key} was {known.value.normalize():f}"}
    return {}


def days_lost(minutes: int, minutes_per_day: int) -> int:
    """Whole working days that silence cost, at least one."""
    return max(math.ceil(minutes / minutes_per_day), 1)


@dataclass(frozen=True, slots=True)
class Latency:
    """How fast answers came. Minutes are working time of the home team; None where nothing was measured."""

    trips: int
    median: int | None
    p90: int | None
    in_time: int

    @property
    def share(self) -> float | None:
        """The share that was answered before the clock ran out, 0 to 1."""
        return self.in_time / self.trips if self.trips else None


def latency(trips: Sequence[tuple[int, bool]]) -> Latency:
    """Of (minutes, in time) of measured trips. Percentiles are nearest-rank: a figure that really occurred."""
    minutes = sorted(one for one, _ in trips)

    def at(share: float) -> int | None:
        return minutes[max(math.ceil(share * len(minutes)) - 1, 0)] if minutes else None

    return Latency(len(minutes), at(0.5), at(0.9), sum(in_time for _, in_time in trips))
