"""What is particular to handovers and defects as stories: who acts, whose turn comes, what their clocks do."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.engagements import plots as engagements
from awayteam.engagements.models import Engagement
from awayteam.handovers import permissions
from awayteam.handovers.machine import DEFECT as DEFECT_MACHINE
from awayteam.handovers.machine import MACHINE, DefectState, DefectVerb, Party, State, Verb
from awayteam.handovers.models import Defect, DefectStep, Handover, HandoverStep, Severity
from awayteam.handovers.permissions import Standing
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.stories.plot import Held, Plot, Turn, hours_of

V, W = Verb, DefectVerb
OF_ENGAGEMENT = engagements.RELATED
RELATED = ("engagement", *(f"engagement__{name}" for name in OF_ENGAGEMENT))


class HandoverPlot(Plot[Handover]):
    kind = "handover"
    name = "handover"
    machine = MACHINE
    model = Handover
    steps = HandoverStep
    related = RELATED
    events = {
        V.ACCEPT: EventName.HANDOVER_ACCEPTED,
        V.BEGIN: EventName.HANDOVER_BEGUN,
        V.EXPIRE: EventName.HANDOVER_EXPIRED,
        V.LAPSE: EventName.HANDOVER_LAPSED,
        V.REFUSE: EventName.HANDOVER_REFUSED,
        V.SUBMIT: EventName.HANDOVER_SUBMITTED,
        V.TAKE_BACK: EventName.HANDOVER_TAKEN_BACK,
    }

    def label(self, row: Handover) -> str:
        number = f" ({row.number})" if row.number > 1 else ""
        return f"Handover{number}: {row.engagement}"

    def address(self, row: Handover) -> str:
        return reverse("handover", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Handover]", now: datetime) -> "QuerySet[Handover]":
        return permissions.visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Handover.objects.filter(pk=pk).exclude(engagement__service__restricted=True).exists()

    def standing(self, held: Held[Handover]) -> Standing:
        return Standing(held.actor, held.row.engagement, held.now)

    def of(self, held: Held[Handover], party: str) -> Decision:
        return permissions.party_of_handover(held.standing, held.row, party)

    def why_not(self, held: Held[Handover], verb: StrEnum) -> str:
        from awayteam.handovers.checklist import why_not

        return why_not(held.row) if verb is Verb.SUBMIT else ""

    def turn(self, held: Held[Handover], state: StrEnum) -> Turn:
        book, row, sides = rulebook.current().handovers, held.row.engagement, held.standing.sides
        if state is State.PREPARING:
            return Turn(sides.away.first, row.away_team_id, book.prepare_minutes, hours_of(row.away_team))
        if state is State.SUBMITTED:
            return Turn(sides.home.first, row.home_team_id, book.decide_minutes, hours_of(row.home_team))
        return Turn(held.row.reviewer_id, None, book.look_over_minutes, hours_of(row.home_team))

    def expire(self, held: Held[Handover]) -> None:
        from awayteam.handovers.actions.handing import expire

        expire(held)

    def listeners(self, row: Handover) -> Collection[int]:
        return (row.engagement.home_team_id, row.engagement.away_team_id)

    def side(self, held: Held[Handover]) -> int | None:
        return _side(held.row.engagement, held.party)

    def waiting(self, actor: Actor) -> Q | None:
        return _waiting(actor)


class DefectPlot(Plot[Defect]):
    kind = "defect"
    name = "defect"
    machine = DEFECT_MACHINE
    model = Defect
    steps = DefectStep
    related = RELATED
    events = {
        W.DISMISS: EventName.DEFECT_DISMISSED,
        W.DISPUTE: EventName.DEFECT_DISPUTED,
        W.EXPIRE: EventName.DEFECT_EXPIRED,
        W.FIX: EventName.DEFECT_FIXED,
        W.REPORT: EventName.DEFECT_REPORTED,
        W.RULE: EventName.DEFECT_RULED,
        W.TAKE: EventName.DEFECT_TAKEN,
    }

    def label(self, row: Defect) -> str:
        return f"Defect: {row.title}"

    def address(self, row: Defect) -> str:
        return reverse("defect", args=[row.pk])

    def visible(self, actor: Actor, queryset: "QuerySet[Defect]", now: datetime) -> "QuerySet[Defect]":
        return permissions.visible(actor, queryset, now)

    def seen_by_all(self, pk: int) -> bool:
        return Defect.objects.filter(pk=pk).exclude(engagement__service__restricted=True).exists()

    def standing(self, held: Held[Defect]) -> Standing:
        return Standing(held.actor, held.row.engagement, held.now)

    def of(self, held: Held[Defect], party: str) -> Decision:
        return permissions.party_of_defect(held.standing, held.row, party)

    def why_not(self, held: Held[Defect], verb: StrEnum) -> str:
        if verb is DefectVerb.DISPUTE and held.row.disputed_once:
            return "It was disputed before, and what was decided then stands."
        return ""

    def turn(self, held: Held[Defect], state: StrEnum) -> Turn:
        book, row, sides = rulebook.current().handovers, held.row.engagement, held.standing.sides
        if state is DefectState.AWAY:
            minutes = fix_minutes(held.row.severity)
            return Turn(sides.away.first, row.away_team_id, minutes, hours_of(row.away_team))
        if state is DefectState.HOME:
            return Turn(sides.home.first, row.home_team_id, book.home_minutes, hours_of(row.home_team))
        level = permissions.manager_level(row, after=None, now=held.now)
        held.row.unit = level.unit
        unit = level.unit.pk if level.unit is not None else None
        return Turn(level.chosen.first, unit, book.rule_minutes, hours_of(level.unit or row.home_team))

    def expire(self, held: Held[Defect]) -> None:
        from awayteam.handovers.actions.defects import expire

        expire(held)

    def listeners(self, row: Defect) -> Collection[int]:
        return (row.engagement.home_team_id, row.engagement.away_team_id)

    def side(self, held: Held[Defect]) -> int | None:
        return _side(held.row.engagement, held.party)

    def waiting(self, actor: Actor) -> Q | None:
        mine = Q(reported_by=actor.person_id) if actor.person_id is not None else None
        theirs = _waiting(actor)
        return mine if theirs is None else theirs if mine is None else mine | theirs


def fix_minutes(severity: str) -> int:
    """Working minutes that the away team has for a defect."""
    book = rulebook.current().handovers
    return {
        Severity.HIGH.value: book.fix_high_minutes,
        Severity.MEDIUM.value: book.fix_medium_minutes,
        Severity.LOW.value: book.fix_low_minutes,
    }[severity]


def _side(engagement: Engagement, party: str) -> int | None:
    """The team of the side that acts; parties of both machines are called the same."""
    return {Party.AWAY.value: engagement.away_team_id, Party.HOME.value: engagement.home_team_id}.get(str(party))


def _waiting(actor: Actor) -> Q | None:
    teams = sorted(actor.teams)
    return Q(engagement__home_team__in=teams) | Q(engagement__away_team__in=teams) if teams else None


HANDOVER = HandoverPlot()
DEFECT = DefectPlot()
