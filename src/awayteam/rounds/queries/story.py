"""One round with all that its page, its API and the command line show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from awayteam.kernel import clockface
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import NotFound
from awayteam.kernel.permissions import Decision, may_write
from awayteam.rounds.machine import State, Verb
from awayteam.rounds.models import Remark, Round, RoundStep, Trip
from awayteam.rounds.permissions import visible
from awayteam.rounds.pledge import pledge_of
from awayteam.rounds.plots import ROUND
from awayteam.rounds.queries.lists import RELATED, RoundRow, rows_of
from awayteam.rounds.rules import Pledge
from awayteam.rounds.words import AFTER_CLOCK, STEP_WORDS, TODO_WORDS, VERB_WORDS
from awayteam.stories.stepping import Offer, look, offers

AROUND = 3
"""Lines of a standard that are shown before and after the one that is cited."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A line of a standard as it was frozen; `cited` marks the one that is meant."""

    number: int
    text: str
    cited: bool


@dataclass(frozen=True, slots=True)
class RemarkRow:
    """A remark, with the frozen text that it cites."""

    remark: Remark
    quoted: tuple[Quoted, ...]

    @property
    def citation(self) -> str:
        """What is cited, in words; "" for advice without a citation."""
        one = self.remark
        if one.standard is not None:
            line = f"line {one.standard_line}" if one.standard_line else ""
            return " · ".join(part for part in (one.standard.title, one.section, line) if part)
        if one.baseline is not None:
            was, now = one.baseline.value, one.figure
            return f"baseline: {one.baseline.key} was {_plain(was)}, is {_plain(now)}"
        return f"baseline: {one.check_key} wasn't red before" if one.check_key else ""


def _plain(value: object) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if value is not None else "unknown"


@dataclass(frozen=True, slots=True)
class Next:
    """Whose turn it is and what they must do; `then` is what happens when the clock runs out."""

    who: str
    ref: str
    mine: bool
    todo: str
    then: str
    face: ClockFace | None


@dataclass(frozen=True)
class Option:
    """Something that could be done now; `why_not` is "" where the actor may."""

    verb: str
    words: str
    says: str
    why_not: str

    @property
    def allowed(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class Event:
    """One step of the story, in words."""

    step: RoundStep
    words: str


@dataclass(frozen=True)
class Story:
    """A round as its page shows it: newest remarks first."""

    row: RoundRow
    next: Next | None
    options: list[Option]
    remarks: list[RemarkRow]
    trips: list[Trip]
    events: list[Event]
    pledge: Pledge
    may_advise: Decision

    @property
    def round(self) -> Round:
        return self.row.round

    @property
    def can_do(self) -> list[Option]:
        return [one for one in self.options if one.allowed]

    @property
    def cannot_do(self) -> list[Option]:
        return [one for one in self.options if not one.allowed]


def load(actor: Actor, pk: int, now: datetime) -> Round:
    """The round, if the actor may see it. Raises `NotFound`."""
    people = ("engagement__home_decider", "independent", "answered_by", "engagement__service")
    found = visible(actor, Round.objects.filter(pk=pk), now).select_related(*RELATED, *people).first()
    if found is None:
        raise NotFound(f"There is no round {pk}.", "Look at the engagement.")
    return found


def by_number(actor: Actor, engagement: int, number: int, now: datetime) -> Round:
    """The round of that number in an engagement. Raises `NotFound`."""
    rows = visible(actor, Round.objects.filter(engagement=engagement, number=number), now)
    pk = rows.values_list("pk", flat=True).first()
    if pk is None:
        raise NotFound(f"Engagement {engagement} has no round {number}.", "Look at its rounds.")
    return load(actor, pk, now)


def story(actor: Actor, row: Round, now: datetime) -> Story:
    """All about a round that `load` gave; some ten statements."""
    held = look(ROUND, row, actor=actor, now=now)
    writes = may_write(actor)
    closed = Decision(False, "This round is over.", "closed")
    return Story(
        row=rows_of([row], now)[0],
        next=_next(actor, row, now),
        options=[_option(one) for one in offers(held)],
        remarks=remarks_of(row),
        trips=list(row.trips.select_related("answered_by")),
        events=_events(row),
        pledge=pledge_of(row.engagement),
        may_advise=closed if row.closed_at is not None else writes,
    )


def _option(one: Offer) -> Option:
    refused = "" if one.decision else one.decision.reason
    return Option(one.verb.value, VERB_WORDS[Verb(one.verb)], one.transition.says, one.why_not or refused)


def _next(actor: Actor, row: Round, now: datetime) -> Next | None:
    if row.closed_at is not None:
        return None
    who = row.turn_person or row.turn_team
    mine = row.turn_person_id is not None and row.turn_person_id == actor.person_id
    mine = mine or (row.turn_person_id is None and row.turn_team_id in actor.teams)
    state = State(row.state)
    face = clockface.describe(row.clock, now) if row.clock is not None else None
    return Next(
        str(who or "an administrator"), who.ref if who else "", mine, TODO_WORDS[state], AFTER_CLOCK[state], face
    )


def remarks_of(row: Round) -> list[RemarkRow]:
    """The remarks of a round, newest first, each with what it quotes; one statement."""
    found = row.remarks.select_related("standard", "baseline", "person", "ruled_by").order_by("-pk")
    return [RemarkRow(one, quoted(one)) for one in found]


def quoted(remark: Remark) -> tuple[Quoted, ...]:
    """The lines of the frozen text around what is cited."""
    if remark.standard is None:
        return ()
    lines = remark.standard.text.splitlines()
    at = remark.standard_line or _line_of(lines, remark.section)
    if at is None:
        return ()
    begin, end = max(at - AROUND, 1), min(at + AROUND, len(lines))
    return tuple(Quoted(number, lines[number - 1], number == at) for number in range(begin, end + 1))


def _line_of(lines: Sequence[str], section: str) -> int | None:
    from awayteam.rounds.rules import has_section

    return next((number for number, line in enumerate(lines, 1) if has_section(line, section)), None)


def _events(row: Round) -> list[Event]:
    steps = row.steps.select_related("person", "team").order_by("-pk")
    return [Event(step, STEP_WORDS[Verb(step.verb)]) for step in steps]
