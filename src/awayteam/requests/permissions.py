"""Who may do what with requests. Reading is open, but for requests about what one may not see."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import connection
from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.expressions import Among, NoneOf
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.organisation.models import Team
from awayteam.requests import deciders
from awayteam.requests.deciders import Chosen, Level
from awayteam.requests.machine import MACHINE, Party, State, Verb
from awayteam.requests.models import Asker, Request

UNSEEN_MOST = 2_000
"""Ids of hidden requests that a statement names one by one."""


def visible(
    actor: Actor,
    queryset: "QuerySet[Request]",
    now: datetime | None = None,  # noqa: ARG001
    *,
    few: bool = False,
) -> "QuerySet[Request]":
    """The requests of `queryset` that the actor may see: all but those about an entity that is restricted to others.

    Whoever asks, the home team, the team that is asked to take it and the unit that decides see theirs. `few`: the
    queryset is narrow already, so that each row is looked at for itself; the answer is the same.
    """
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    if (
        connection.vendor == "sqlite" and not few
    ):  # by their numbers, found once: indexes of the list answer without its rows
        return queryset.exclude(pk__in=_unseen(actor))
    hidden = catalog.hidden(actor).order_by().values("pk")
    return queryset.filter(Q(entity__isnull=True) | ~Q(entity__in=hidden) | _own(actor))  # faster on PostgreSQL


def visible_at_once(actor: Actor, now: datetime | None = None) -> "QuerySet[Request]":
    """As `visible` of all requests, for a page that asks a handful of questions: the hidden ones are found only once.

    One statement. Where many are hidden, each question finds them for itself.
    """
    if catalog.sees_everything(actor) or actor.kind is ActorKind.ANONYMOUS:
        return visible(actor, Request.objects.all(), now)
    unseen = list(_unseen(actor)[: UNSEEN_MOST + 1])
    if len(unseen) > UNSEEN_MOST:
        return visible(actor, Request.objects.all(), now)
    return Request.objects.filter(NoneOf("pk", unseen)) if unseen else Request.objects.all()


def _unseen(actor: Actor) -> "QuerySet[Request, int]":
    """Ids of the requests about entities that are hidden from the actor, but for those that concern them."""
    hidden = catalog.hidden(actor).order_by().values("pk")
    return Request.objects.filter(entity__in=hidden).exclude(_own(actor)).order_by().values_list("pk", flat=True)


def _own(actor: Actor) -> Q:
    """Requests in which the actor or a team of theirs has a part."""
    teams = sorted(actor.teams | actor.manages)
    own = Q(home_team__in=teams) | Q(asking_team__in=teams) | Q(offered_team__in=teams) | Q(level__in=teams)
    asks = Q(team__in=teams) | Q(person=actor.person_id) if actor.person_id is not None else Q(team__in=teams)
    return own | Q(Among("pk", Asker.objects.filter(asks).order_by().values("request")))


def can_ask(actor: Actor, team: Team) -> Decision:
    """Whether the actor may ask in the name of `team`: its members and managers; administrators for any."""
    if not (writes := may_write(actor)):
        return writes
    if actor.person_id is None:
        return Decision(False, "Only people ask; this account is not linked to a person.", "person")
    if team.pk in actor.teams or team.pk in actor.manages:
        return Decision(True, "You belong to the team that asks.", "member")
    if actor.is_administrator:
        return Decision(True, "Administrators may ask for any team.", "administrator")
    return Decision(False, f"Only people of {team} ask in its name.", "member")


@dataclass
class Standing:
    """What an actor is to a request: each part is read once, when it is asked for."""

    actor: Actor
    request: Request
    now: datetime

    @cached_property
    def askers(self) -> list[Asker]:
        """Those who still ask, the first one first."""
        return list(Asker.objects.filter(request=self.request, left_at__isnull=True).select_related("team", "person"))

    @property
    def asker_ids(self) -> set[int]:
        return {self.request.asker_id, *(asker.person_id for asker in self.askers)}

    @property
    def asking_teams(self) -> set[int]:
        return {self.request.asking_team_id, *(asker.team_id for asker in self.askers)}

    @cached_property
    def home(self) -> Chosen:
        return self._deciders(self.request.home_team)

    @cached_property
    def offered(self) -> Chosen:
        team = self.request.offered_team
        return self._deciders(team) if team is not None else deciders.NOBODY

    @cached_property
    def manager(self) -> Level:
        return self.manager_after(None, lowest=self.request.level_id)

    def manager_after(self, unit: int | None, *, lowest: int | None = None) -> Level:
        """The manager who decides, above `unit` where that is given, and at or above `lowest`."""
        units = deciders.common_units(self.request.home_team, self.request.asking_team)
        if lowest is not None and any(one.pk == lowest for one in units):
            units = units[[one.pk for one in units].index(lowest) :]
        decided = {self.request.decider_id} if self.request.decider_id else set()
        return deciders.level(units, after=unit, askers=self.asker_ids, decided=decided, now=self.now)

    def _deciders(self, team: Team) -> Chosen:
        return deciders.deciders(team, askers=self.asker_ids, asking_teams=self.asking_teams, now=self.now)

    def of(self, party: Party) -> Decision:
        """Whether the actor may act as `party` of this request."""
        if self.actor.kind is ActorKind.SYSTEM:
            return Decision(True, "The software itself.", "system")
        if not (writes := may_write(self.actor)):
            return writes
        if party is Party.ASKING:
            return self._asking()
        chosen = {Party.HOME: lambda: self.home, Party.OFFERED: lambda: self.offered, Party.MANAGER: self._managers}
        return self._one_of(chosen[party](), party)

    def _managers(self) -> Chosen:
        return self.manager.chosen

    def _asking(self) -> Decision:
        actor = self.actor
        if actor.person_id is not None and actor.person_id in self.asker_ids:
            return Decision(True, "You ask in this request.", "asker")
        if self.asking_teams & (actor.leads | actor.decides | actor.manages):
            return Decision(True, "You lead a team that asks.", "asking-lead")
        if actor.is_administrator:
            return Decision(True, "Administrators may help out.", "administrator")
        return Decision(False, "Only those who ask, and leads and managers of their teams.", "asker")

    def _one_of(self, chosen: Chosen, party: Party) -> Decision:
        person = self.actor.person_id
        if person is not None and person in chosen.persons:
            return Decision(True, chosen.because, chosen.tier)
        if person is not None and person in self.asker_ids:
            return Decision(False, "You ask in this request; somebody else decides it.", "own-request")
        if self.actor.is_administrator:
            return Decision(True, "Administrators may help out.", "administrator")
        return Decision(False, f"Only the {party} does this.", party.name.lower())


def can(actor: Actor, verb: Verb, request: Request, now: datetime) -> Decision:
    """Whether `actor` may do `verb` with a request in its present state; the state's own rules are `rules.why_not`."""
    return can_as(Standing(actor, request, now), verb)[1]


def can_as(standing: Standing, verb: Verb) -> tuple[Party, Decision]:
    """The side as which the actor may do `verb`, with the decision; the first side where none allows it."""
    found = MACHINE.find(State(standing.request.state), verb)
    if found is None:
        return Party.HOME, Decision(False, "This can't be done with the request as it stands.", "state")
    sides = [Party(side) for side in found.by]
    answers = [(side, standing.of(side)) for side in sides]
    return next((answer for answer in answers if answer[1]), answers[0])
