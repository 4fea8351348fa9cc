"""Who may see rounds, and act in them. Nobody reviews own work, nobody of the away side answers for the home."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from awayteam.engagements import permissions as engagements
from awayteam.engagements.machine import Party as Of
from awayteam.engagements.models import Engagement, Member, Side
from awayteam.kernel.actor import Actor
from awayteam.kernel.permissions import Decision, may_write
from awayteam.rounds.machine import Party
from awayteam.rounds.models import Report, Round, RoundKind

ADMINISTRATOR = Decision(True, "Administrators may help out.", "administrator")


def visible(actor: Actor, queryset: "QuerySet[Round]", now: datetime) -> "QuerySet[Round]":
    """The rounds of engagements that the actor may see."""
    return queryset.filter(engagement__in=_engagements(actor, now))


def taking_part(person: int) -> "QuerySet[Round, Any]":
    """Engagements of which a person shows a round, looks at one, or rules in one."""
    named = Q(opened_by=person) | Q(reviewer=person) | Q(independent=person) | Q(turn_person=person)
    return Round.objects.filter(named).order_by().values("engagement")


def visible_reports(actor: Actor, queryset: "QuerySet[Report]", now: datetime) -> "QuerySet[Report]":
    """The reports of engagements that the actor may see."""
    return queryset.filter(engagement__in=_engagements(actor, now))


def _engagements(actor: Actor, now: datetime) -> "QuerySet[Engagement]":
    return engagements.visible(actor, Engagement.objects.order_by(), now)


@dataclass
class Sides:
    """What an actor is to an engagement, for whatever this app does with it; each part is read once."""

    actor: Actor
    engagement: Engagement
    now: datetime

    @cached_property
    def standing(self) -> engagements.Standing:
        return engagements.Standing(self.actor, self.engagement, self.now)

    @cached_property
    def side(self) -> Side | None:
        person = self.actor.person_id
        return self.standing.side(person) if person is not None else None

    @cached_property
    def worked(self) -> bool:
        """Whether the actor is, or ever was, a member of the away team."""
        if self.actor.person_id is None:
            return False
        return Member.objects.filter(engagement=self.engagement, person=self.actor.person_id).exists()

    def away(self) -> Decision:
        """Whether the actor acts for the away team: its members, leads and managers."""
        if not (writes := may_write(self.actor)):
            return writes
        if self.side == Side.AWAY:
            return Decision(True, "You belong to the away side.", "away-side")
        if self.standing.of(Of.AWAY):
            return self.standing.of(Of.AWAY)
        return Decision(False, "Only people of the away team do this.", "away-side")

    def home(self) -> Decision:
        """Whether the actor acts for the home team: anybody of its side, but nobody who is or was with the visitors."""
        if not (writes := may_write(self.actor)):
            return writes
        if self.side == Side.AWAY or self.worked:
            return Decision(False, "You are of the away side; nobody is on both sides.", "both-sides")
        if self.side == Side.HOME:
            return Decision(True, "You belong to the home side.", "home-side")
        if self.standing.of(Of.HOME):
            return self.standing.of(Of.HOME)
        return Decision(False, "Only people of the home team do this.", "home-side")

    def either(self) -> Decision:
        """Whether the actor belongs to one of the two sides."""
        home = self.home()
        return home if home else self.away()


@dataclass
class Standing(Sides):
    """What an actor is to a round."""

    round: Round

    def of(self, party: str) -> Decision:
        """Whether the actor may act as `party` of the round."""
        if not (writes := may_write(self.actor)):
            return writes
        if party == Party.AWAY:
            return self.away()
        if party == Party.COLLEAGUE:
            return self._colleague()
        if party == Party.REVIEWER:
            return self._reviewer()
        if party in (Party.INDEPENDENT, Party.BAR_RAISER):
            return self._independent(party)
        return Decision(False, "Nobody does this; it follows by itself.", "itself")

    def _own_work(self) -> Decision | None:
        """The refusal of somebody whose own work this is, or who is of the away side."""
        person = self.actor.person_id
        if person is not None and person == self.round.opened_by_id:
            return Decision(False, "You opened this round; nobody reviews own work.", "own-work")
        if self.side == Side.AWAY or self.worked:
            return Decision(False, "You are of the away side; somebody of the home side answers.", "both-sides")
        return None

    def _reviewer(self) -> Decision:
        if (refused := self._own_work()) is not None:
            return refused
        if self.round.kind == RoundKind.DESIGN:
            return self._signs_designs()
        return self.home()

    def _signs_designs(self) -> Decision:
        """The decider of record; whoever else decides for the home team only where that person can't."""
        person, record = self.actor.person_id, self.engagement.home_decider_id
        if person is not None and person == record:
            return Decision(True, "You are the decider of record.", "decider-of-record")
        if person is not None and person == self.round.reviewer_id:
            return Decision(True, "You stand in for the decider of record.", "stands-in")
        if person is not None and person in self.standing.home.persons and record not in self.standing.home.persons:
            return Decision(True, "The decider of record is gone; you decide for the home team.", "home-decider")
        if self.actor.is_administrator:
            return ADMINISTRATOR
        return Decision(False, "The decider of record signs the design.", "decider-of-record")

    def _independent(self, party: str) -> Decision:
        if (refused := self._own_work()) is not None:
            return refused
        person = self.actor.person_id
        if person is not None and person == self.round.independent_id:
            return Decision(True, f"You were chosen as {party}.", "chosen")
        if self.round.independent_id is None and self.actor.is_administrator and self.side is None:
            return ADMINISTRATOR
        return Decision(False, f"Only {party} who was chosen does this.", "chosen")

    def _colleague(self) -> Decision:
        person = self.actor.person_id
        if person is not None and person == self.round.opened_by_id:
            return Decision(False, "You opened this round; nobody reviews own work.", "own-work")
        if self.side == Side.AWAY:
            return Decision(True, "You belong to the away team and didn't open it.", "colleague")
        return Decision(False, "Another person of the away team looks at this.", "colleague")
