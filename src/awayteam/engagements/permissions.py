"""Who may do what with engagements. Reading is open, but for visits to what is hidden; nobody is on both sides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from awayteam.catalog import permissions as catalog
from awayteam.catalog.expressions import Among, NoneOf
from awayteam.engagements.machine import Party, State
from awayteam.engagements.models import Contract, Engagement, Member, Side
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.kernel.registries import Registry
from awayteam.organisation.models import Membership, Person, Team
from awayteam.organisation.queries.dates import dated
from awayteam.requests import deciders
from awayteam.requests.deciders import Chosen

SIGNING = frozenset({State.PREPARING, State.PROPOSED})
"""States in which every step is a signature, or takes the place of one: only those who may sign act."""
SIDES: dict[str, Side] = {Party.HOME: Side.HOME, Party.AWAY: Side.AWAY}
OTHER: dict[str, Side] = {Side.HOME: Side.AWAY, Side.AWAY: Side.HOME}


NAMED = ("home_decider", "home_contact", "home_deputy", "away_lead", "manager", "turn_person", "opened_by")
"""Columns that give a person a part in an engagement, or its turn."""
UNSEEN_MOST = 2_000
"""Ids of hidden engagements that a page finds once, for all its questions."""
Parts = Callable[[int], "QuerySet[Any, Any]"]
_parts: Registry[str, Parts] = Registry()


def gives_part(key: str, engagements: Parts) -> None:
    """Let an upper app say in which engagements it gives a person a part: ids, by the person's. In `App.register()`."""
    _parts[key] = engagements


def visible(actor: Actor, queryset: "QuerySet[Engagement]", now: datetime | None = None) -> "QuerySet[Engagement]":
    """The engagements of `queryset` that the actor may see: all but those about an entity that is restricted to others.

    Both teams and the managers above them see theirs; and whoever has a part in one, or a turn: who is named in it, its
    visitors, those who decide about their time, and those to whom an upper app gave something to do.
    """
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    if connection.vendor == "sqlite":  # by their numbers, found once: indexes of the list answer without its rows
        return queryset.exclude(pk__in=unseen(actor, now))
    hidden = catalog.hidden(actor).order_by().values("pk")
    return queryset.filter(Q(service__isnull=True) | ~Q(service__in=hidden) | _own(actor, now))


def visible_at_once(actor: Actor, now: datetime) -> "QuerySet[Engagement]":
    """As `visible` of all engagements, for a page that asks a handful of questions: the hidden are found only once.

    One statement. Where many are hidden, each question finds them for itself.
    """
    every = Engagement.objects.all()
    if catalog.sees_everything(actor) or actor.kind is ActorKind.ANONYMOUS:
        return visible(actor, every, now)
    numbers = list(unseen(actor, now)[: UNSEEN_MOST + 1])
    if len(numbers) > UNSEEN_MOST:
        return visible(actor, every, now)
    return every.filter(NoneOf("pk", numbers)) if numbers else every


def unseen(actor: Actor, now: datetime | None) -> "QuerySet[Engagement, int]":
    """Ids of the engagements about entities that are hidden from the actor, but for those that concern them."""
    hidden = catalog.hidden(actor).order_by().values("pk")
    return (
        Engagement.objects.filter(service__in=hidden).exclude(_own(actor, now)).order_by().values_list("pk", flat=True)
    )


def _own(actor: Actor, now: datetime | None) -> Q:
    """Engagements in which the actor or a team of theirs has a part."""
    teams = sorted(actor.teams | actor.manages)
    own = Q(home_team__in=teams) | Q(away_team__in=teams)
    return own | _takes_part(actor, actor.person_id, now) if actor.person_id is not None else own


def _takes_part(actor: Actor, person: int, now: datetime | None) -> Q:
    """Engagements in which the person has a part, or something to do."""
    at = now or timezone.now()
    time = Q(person__in=Person.objects.filter(manager=person).order_by().values("pk"))
    if actor.manages:
        time |= Q(person__in=Membership.objects.filter(dated(at), team__in=actor.manages).values("person"))
    if actor.leads:  # leads decide where no manager is named
        led = Q(person__in=Membership.objects.filter(dated(at), team__in=actor.leads).values("person"))
        time |= led & (Q(person__manager__isnull=True) | Q(person__manager__left_at__lte=at))
    members, waiting = Member.objects.order_by(), Contract.objects.filter(turn_person=person).order_by()
    found = Q(Among("pk", waiting.values("engagement")))
    for who in (Q(person=person), time & Q(left_at__isnull=True)):  # each by an index, where an OR would read them all
        found |= Q(Among("pk", members.filter(who).values("engagement")))
    for name in NAMED:
        found |= Q(**{name: person})
    for engagements in _parts.values():
        found |= Q(Among("pk", engagements(person)))
    return found


def visible_contracts(actor: Actor, queryset: "QuerySet[Contract]", now: datetime) -> "QuerySet[Contract]":
    """The contracts of `queryset` whose engagement the actor may see."""
    if catalog.sees_everything(actor):
        return queryset
    return queryset.filter(engagement__in=visible(actor, Engagement.objects.all(), now).order_by().values("pk"))


def can_open(actor: Actor, home: Team, away: Team) -> Decision:
    """Whether the actor may prepare a visit of `away` to `home`: people of either team, and managers above them."""
    if actor.kind is ActorKind.SYSTEM:
        return Decision(True, "The software itself.", "system")
    if not (writes := may_write(actor)):
        return writes
    if actor.person_id is None:
        return Decision(False, "Only people open engagements; this account is not linked to a person.", "person")
    if {home.pk, away.pk} & (actor.teams | actor.manages):
        return Decision(True, "You belong to one of the two teams.", "member")
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, f"Only people of {away} or {home} open this engagement.", "member")


@dataclass
class Standing:
    """What an actor is to an engagement: each part is read once, when it is asked for."""

    actor: Actor
    engagement: Engagement
    now: datetime

    @cached_property
    def visitors(self) -> frozenset[int]:
        """Who works for the away side by name: lead, accountable manager, members who have not left."""
        row = self.engagement
        named = {row.away_lead_id, row.manager_id}
        here = Member.objects.filter(engagement=row.pk, left_at__isnull=True)
        members = here.values_list("person_id", flat=True) if row.pk is not None else ()
        return frozenset({*members, *(one for one in named if one is not None)})

    @cached_property
    def _belong(self) -> dict[int, frozenset[int]]:
        """Team id to the people who belong to it now, of both teams."""
        row = self.engagement
        teams = (row.home_team_id, row.away_team_id)
        found: dict[int, set[int]] = {team: set() for team in teams}
        for team, person in Membership.objects.filter(dated(self.now), team__in=teams).values_list("team", "person"):
            found[team].add(person)
        return {team: frozenset(persons) for team, persons in found.items()}

    @property
    def away_people(self) -> frozenset[int]:
        """Everybody of the away side: its visitors, and whoever belongs to the away team."""
        return self.visitors | self._belong[self.engagement.away_team_id]

    @property
    def home_people(self) -> frozenset[int]:
        """Everybody of the home side; whoever is of the away side too is not of this one."""
        row = self.engagement
        named = {one for one in (row.home_decider_id, row.home_contact_id, row.home_deputy_id) if one is not None}
        return (self._belong[row.home_team_id] | named) - self.away_people

    @cached_property
    def home(self) -> Chosen:
        """Who signs and decides for the home side: the decider of record, then whoever decides for the home team."""
        row = self.engagement
        found = deciders.deciders(row.home_team, askers=self.away_people, asking_teams=(), now=self.now)
        return _led_by(self._fit(row.home_decider, self.away_people), found, "They are the home decider of record.")

    @cached_property
    def away(self) -> Chosen:
        """Who signs and decides for the away side: its lead, then whoever decides for the away team."""
        row = self.engagement
        barred = (self.home_people | frozenset(self.home.persons)) - self.visitors
        found = deciders.deciders(row.away_team, askers=barred, asking_teams=(), now=self.now)
        return _led_by(self._fit(row.away_lead, ()), found, "They lead the away team.")

    def _fit(self, person: Person | None, barred: "frozenset[int] | tuple[int, ...]") -> int | None:
        if person is None or person.pk in barred or (person.left_at is not None and person.left_at <= self.now):
            return None
        return person.pk

    def chosen(self, side: str) -> Chosen:
        return self.home if side == Side.HOME else self.away

    def team(self, side: str) -> Team:
        return self.engagement.home_team if side == Side.HOME else self.engagement.away_team

    def side(self, person_id: int | None) -> Side | None:
        """The side that a person is on; None for neither. Whoever is of the away side is never of the home side."""
        if person_id is None:
            return None
        if person_id in self.away_people:
            return Side.AWAY
        if person_id in self.home_people or person_id in self.home.persons:
            return Side.HOME
        return Side.AWAY if person_id in self.away.persons else None

    def signs(self, side: str) -> Decision:
        """Whether the actor may sign for `side`. Nobody helps out here, administrators neither."""
        if not (writes := may_write(self.actor)):
            return writes
        person, chosen = self.actor.person_id, self.chosen(side)
        if person is not None and person in chosen.persons:
            return Decision(True, chosen.because, chosen.tier)
        if self.side(person) == OTHER[side]:
            return Decision(False, "You are on the other side of this engagement.", "other-side")
        if side == Side.HOME:
            return Decision(False, f"Only the decider of record, and who decides for {self.team(side)}.", "signs")
        return Decision(False, f"Only the away team's lead, and who decides for {self.team(side)}.", "signs")

    def of(self, party: str) -> Decision:
        """Whether the actor may act as `party` in the present state."""
        if not (writes := may_write(self.actor)):
            return writes
        side = SIDES.get(party)
        if side is None:
            return Decision(False, "Nobody does this; it follows from something else.", "awayteam")
        signs = self.signs(side)
        if signs or self.engagement.state in SIGNING:
            return signs
        return self._helps(side, signs)

    def _helps(self, side: Side, refused: Decision) -> Decision:
        """What contact, deputy and accountable manager may do without signing; administrators help out."""
        row, person = self.engagement, self.actor.person_id
        if refused.rule == "other-side":
            return refused
        if side is Side.HOME and person is not None and person in (row.home_contact_id, row.home_deputy_id):
            return Decision(True, "You are the home team's contact or deputy.", "contact")
        if side is Side.AWAY and person is not None and person == row.manager_id:
            return Decision(True, "You are the accountable manager.", "manager")
        if self.actor.is_administrator:
            return Decision(True, "Administrators may help out.", "administrator")
        return refused

    @property
    def writes(self) -> Decision:
        """Whether the actor may fill in the draft of the contract: anybody of either side."""
        if not (writes := may_write(self.actor)):
            return writes
        if self.side(self.actor.person_id) is not None or self._manages:
            return Decision(True, "You belong to one of the two sides.", "side")
        if self.actor.is_administrator:
            return Decision(True, "Administrators may help out.", "administrator")
        return Decision(False, "Only people of the two sides write its contract.", "side")

    @property
    def _manages(self) -> bool:
        return bool({self.engagement.home_team_id, self.engagement.away_team_id} & self.actor.manages)


def _led_by(person: int | None, found: Chosen, because: str) -> Chosen:
    """`person` before the others."""
    if person is None:
        return found
    return Chosen((person, *(one for one in found.persons if one != person)), "named", because)
