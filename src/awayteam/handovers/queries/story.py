"""A handover as its page shows it: whose turn, what can be done, the checklist with its evidence, what happened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from awayteam.engagements.models import Engagement, Standard
from awayteam.handovers import checklist, rules
from awayteam.handovers.machine import FINAL, Party, State
from awayteam.handovers.models import ChecklistLine, Evidence, Handover, HandoverStep, Refusal
from awayteam.handovers.permissions import Standing, visible
from awayteam.handovers.plots import HANDOVER
from awayteam.handovers.results import sentence
from awayteam.handovers.words import STATE_WORDS, TODO_WORDS, TONES, VERB_WORDS
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace, describe
from awayteam.kernel.errors import NotFound
from awayteam.kernel.permissions import Decision
from awayteam.stories.models import Story
from awayteam.stories.plot import Held
from awayteam.stories.stepping import look, offers


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be done in this state; `why_not` is "" where the reader may do it now."""

    verb: str
    words: str
    says: str
    why_not: str

    @property
    def allowed(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Next:
    """Whose turn it is (None: nobody's), what they have to do, the clock, what its end does, and what can be done."""

    person: Any
    team: Any
    mine: bool
    todo: str
    face: ClockFace | None
    then: str
    options: tuple[Option, ...]

    @property
    def can_do(self) -> list[Option]:
        return [one for one in self.options if one.allowed]

    @property
    def cannot_do(self) -> list[Option]:
        return [one for one in self.options if not one.allowed]


def next_of(held: Held[Any], todo: Mapping[str, str], words: Mapping[str, str]) -> Next:
    """What happens next with a story of this app."""
    row: Story = held.row
    machine = held.plot.machine
    state = machine.states(row.state)
    waiting = machine.waiting.get(state)
    mine = row.turn_person_id is not None and row.turn_person_id == held.actor.person_id
    mine = mine or (row.turn_person_id is None and row.turn_team_id in held.actor.teams)
    return Next(
        person=row.turn_person,
        team=row.turn_team,
        mine=mine,
        todo=todo.get(row.state, ""),
        face=describe(row.clock, held.now) if row.clock is not None else None,
        then=waiting.then if waiting else "",
        options=tuple(_options(held, words)),
    )


def _options(held: Held[Any], words: Mapping[str, str]) -> Iterable[Option]:
    seen: set[StrEnum] = set()
    for one in offers(held):
        if one.verb in seen or one.verb not in words:
            continue
        seen.add(one.verb)
        why = one.why_not or ("" if one.decision else one.decision.reason)
        yield Option(one.verb.value, words[one.verb], one.transition.says, why)


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A piece of evidence; `text` is what it says in words."""

    row: Evidence
    text: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with what shows it. `state` is done, waived, open, or by itself so; `lacks` what it needs to be ticked."""

    row: ChecklistLine
    state: str
    evidence: tuple[EvidenceRow, ...]
    lacks: str
    by_itself: bool


@dataclass(frozen=True, slots=True)
class HandoverStory:
    """Everything on a handover's page. `works` and `waives`: whether the reader may fill in, or waive, its lines."""

    row: Handover
    next: Next
    lines: tuple[LineRow, ...]
    unmet: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    steps: tuple[HandoverStep, ...]
    standards: tuple[Standard, ...]
    works: Decision
    waives: Decision
    standing: Standing

    @property
    def words(self) -> str:
        return STATE_WORDS[self.row.state]

    @property
    def tone(self) -> tuple[str, str]:
        return TONES[self.row.state]

    @property
    def is_open(self) -> bool:
        return self.row.state not in FINAL

    @property
    def can_change(self) -> bool:
        return self.row.state == State.PREPARING

    @property
    def met(self) -> int:
        return sum(one.state != "open" for one in self.lines)


def load(actor: Actor, pk: int, now: datetime) -> Handover:
    """The handover, if the actor may see it. Raises `NotFound`."""
    related = (*HANDOVER.related, "engagement__service", "clock", "turn_person", "turn_team", "reviewer", "begun_by")
    seen = visible(actor, Handover.objects.filter(pk=pk), now).select_related(*related).first()
    if seen is None:
        raise NotFound(f"There is no handover {pk}.", "Look at the engagement.")
    return seen


def handovers(actor: Actor, engagement: Engagement, now: datetime) -> list[Handover]:
    """The tries of an engagement, the newest first."""
    rows = visible(actor, Handover.objects.filter(engagement=engagement), now)
    return list(rows.select_related("clock", "turn_person", "turn_team").order_by("-number"))


def handover_story(actor: Actor, pk: int, now: datetime) -> HandoverStory:
    """A handover for its page; some fifteen statements whatever its size. Raises `NotFound`."""
    row = load(actor, pk, now)
    held = look(HANDOVER, row, actor=actor, now=now)
    standing: Standing = held.standing
    lines, open_rounds = checklist.lines_of(row), checklist.open_reviews(row)
    return HandoverStory(
        row=row,
        next=next_of(held, TODO_WORDS, VERB_WORDS),
        lines=tuple(line_row(one, open_rounds) for one in lines),
        unmet=tuple(rules.unmet([checklist.line_of(one) for one in lines], open_rounds)),
        refusals=tuple(row.refusals.select_related("standard", "line", "person").order_by("-pk")),
        steps=tuple(row.steps.select_related("person", "team").order_by("-pk")[:200]),
        standards=tuple(row.engagement.standards.defer("text")),
        works=standing.works(),
        waives=standing.of(Party.HOME),
        standing=standing,
    )


def line_row(row: ChecklistLine, open_rounds: int) -> LineRow:
    """A line as it stands."""
    line = checklist.line_of(row)
    by_itself = row.key == rules.BY_ITSELF
    done = not open_rounds if by_itself else line.done
    state = "waived" if line.waived else "done" if done else "open"
    shown = tuple(EvidenceRow(one, evidence_text(one)) for one in row.evidence.all())
    return LineRow(row, state, shown, rules.lacks(line), by_itself)


def evidence_text(one: Evidence) -> str:
    """What a piece of evidence says."""
    if one.kind == Evidence.Kind.RESULTS:
        return f"{one.file}: {sentence(one.figures)}"
    if one.kind == Evidence.Kind.WALKTHROUGH:
        return f"Walkthrough with {one.attended_by} on {one.on:%Y-%m-%d}"
    return one.url if one.kind == Evidence.Kind.LINK else one.words


def citable(story: HandoverStory) -> Sequence[LineRow]:
    """Lines that a refusal may cite."""
    return [one for one in story.lines if one.state != "waived"]
