"""Who may do what here. Whoever sees an engagement sees its handovers and defects; the sides are the engagement's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.engagements import permissions as engagements
from awayteam.engagements.models import Engagement, Side
from awayteam.handovers.machine import DefectParty, Party
from awayteam.handovers.models import Defect, Handover
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.requests import deciders
from awayteam.requests.deciders import Level

M = TypeVar("M", bound=Model)


def visible(actor: Actor, queryset: "QuerySet[M]", now: datetime) -> "QuerySet[M]":
    """The rows of `queryset` (of things with an `engagement`) whose engagement the actor may see."""
    if catalog.sees_everything(actor):
        return queryset
    seen = engagements.visible(actor, Engagement.objects.all(), now).order_by().values("pk")
    return queryset.filter(engagement__in=seen)


def looking_over(person: int) -> "QuerySet[Handover, Any]":
    """Engagements of which a person was drawn to look a handover over, or has the turn with one."""
    return Handover.objects.filter(Q(reviewer=person) | Q(turn_person=person)).order_by().values("engagement")


def mending(person: int) -> "QuerySet[Defect, Any]":
    """Engagements of which a person reported a defect, or has the turn with one."""
    return Defect.objects.filter(Q(turn_person=person) | Q(reported_by=person)).order_by().values("engagement")


@dataclass
class Standing:
    """What an actor is to an engagement, with what handovers and defects ask beyond it."""

    actor: Actor
    engagement: Engagement
    now: datetime

    @cached_property
    def sides(self) -> engagements.Standing:
        return engagements.Standing(self.actor, self.engagement, self.now)

    @cached_property
    def side(self) -> Side | None:
        return self.sides.side(self.actor.person_id)

    def of(self, party: str) -> Decision:
        """Whether the actor may act as the away or home side: who decides for it, contact, deputy, manager."""
        return self.sides.of(party)

    def works(self) -> Decision:
        """Whether the actor may fill in the checklist: anybody of the away side."""
        return self._anybody(Side.AWAY, "Only people of the away side fill in the checklist.")

    def answers(self, side: Side) -> Decision:
        """Whether the actor may act for a side in what needs no decider: anybody who belongs to it."""
        return self._anybody(side, f"Only people of the {side} side do this.")

    def takes_part(self) -> Decision:
        """Whether the actor may record what happened (a deployment): anybody of either side, and managers above."""
        if not (writes := may_write(self.actor)):
            return writes
        if self.side is not None:
            return Decision(True, "You belong to one of the two sides.", "side")
        row = self.engagement
        if {row.home_team_id, row.away_team_id} & self.actor.manages:
            return Decision(True, "You manage one of the two teams.", "manager")
        return self._helps("Only people of the two sides record this.")

    def _anybody(self, side: Side, otherwise: str) -> Decision:
        if not (writes := may_write(self.actor)):
            return writes
        if self.side is side:
            return Decision(True, f"You belong to the {side} side.", "side")
        if self.side is not None:
            return Decision(False, "You are on the other side of this engagement.", "other-side")
        return self._helps(otherwise)

    def _helps(self, otherwise: str) -> Decision:
        if self.actor.is_administrator:
            return Decision(True, "Administrators may help out.", "administrator")
        return Decision(False, otherwise, "side")


def party_of_handover(standing: Standing, handover: Handover, party: str) -> Decision:
    """Whether the actor may act as `party` of this handover."""
    if party != Party.REVIEWER:
        return standing.of(party)
    if not (writes := may_write(standing.actor)):
        return writes
    person = standing.actor.person_id
    if person is not None and person == handover.reviewer_id and standing.side is None:
        return Decision(True, "You are the fall-back reviewer.", "reviewer")
    return Decision(False, "Only the fall-back reviewer, or the home team after all, answers now.", "reviewer")


def manager_level(engagement: Engagement, *, after: int | None, now: datetime) -> Level:
    """Who says whose a disputed defect is: the manager of the lowest unit above both teams, of neither side."""
    units = deciders.common_units(engagement.home_team, engagement.away_team)
    named = {engagement.manager_id, engagement.away_lead_id, engagement.home_decider_id}
    barred = {person for person in named if person is not None}
    return deciders.level(units, after=after, askers=(), decided=barred, now=now)


def party_of_defect(standing: Standing, defect: Defect, party: str) -> Decision:
    """Whether the actor may act as `party` with this defect."""
    answers: dict[str, Callable[[], Decision]] = {
        DefectParty.AWAY: lambda: standing.answers(Side.AWAY),
        DefectParty.HOME: lambda: standing.answers(Side.HOME),
        DefectParty.REPORTER: lambda: _reporter(standing, defect),
        DefectParty.MANAGER: lambda: _manager(standing, defect),
    }
    return answers[party]()


def _reporter(standing: Standing, defect: Defect) -> Decision:
    if not (writes := may_write(standing.actor)):
        return writes
    person = standing.actor.person_id
    if person is not None and person == defect.reported_by_id:
        return Decision(True, "You reported it.", "reporter")
    return standing.answers(Side.HOME)


def _manager(standing: Standing, defect: Defect) -> Decision:
    if not (writes := may_write(standing.actor)):
        return writes
    person = standing.actor.person_id
    chosen = manager_level(standing.engagement, after=None, now=standing.now).chosen
    if person is not None and (person in chosen.persons or person == defect.turn_person_id):
        return Decision(True, chosen.because, chosen.tier)
    if standing.actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, "Only the manager above both teams decides this.", "manager")


def can_report(actor: Actor) -> Decision:
    """Whether the actor may report a defect: everybody who is signed in and may write."""
    if not (writes := may_write(actor)):
        return writes
    return Decision(True, "Everybody may report a defect.", "reporting-is-open")


def can_dismiss(actor: Actor, service: Entity) -> Decision:
    """Whether the actor may put the suggestion about a service aside: people and managers of the team that owns it."""
    if not (writes := may_write(actor)):
        return writes
    team = service.owner.team_id if service.owner is not None else None
    if team is not None and team in actor.teams | actor.manages:
        return Decision(True, "Your team owns it.", "owner")
    if actor.is_administrator or actor.kind is ActorKind.SYSTEM:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, "Only people of the team that owns it decide this.", "owner")
