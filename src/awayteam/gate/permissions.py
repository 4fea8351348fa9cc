"""Who may see changes, tell of them, and let one in as an emergency. Reading is open, but for what is restricted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.contributions import permissions as contributions
from awayteam.contributions.models import Repository
from awayteam.engagements import permissions as engagements
from awayteam.engagements.models import Engagement
from awayteam.gate.models import Change, Stand
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.organisation.models import Person, Team

CI = "ci:"
"""How the origins begin of which accounts tell, in place of a forge."""


def visible(actor: Actor, queryset: "QuerySet[Change]", now: datetime | None = None) -> "QuerySet[Change]":
    """The changes of `queryset` that the actor may see: all but those in a repository of something restricted to
    others, and those that an engagement about something restricted lets in.

    Authors see theirs, and accounts what they told of.
    """
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    repositories = contributions.visible(actor, Repository.objects.order_by(), now).values("pk")
    seen = Q(followed__isnull=True) | Q(followed__in=repositories)
    visits = Change.engagements.through.objects.filter(engagement__in=engagements.unseen(actor, now))
    seen &= ~Q(pk__in=visits.values("change"))
    if actor.person_id is not None:
        seen |= Q(author=actor.person_id)
    if actor.user_id is not None:
        seen |= Q(teller=actor.user_id)
    return queryset.filter(seen)


def unseen_engagements(actor: Actor, numbers: Collection[int], now: datetime) -> set[int]:
    """Of these engagements those that the actor may not see; one statement."""
    if not numbers or catalog.sees_everything(actor):
        return set()
    rows = engagements.visible(actor, Engagement.objects.filter(pk__in=numbers).order_by(), now)
    return set(numbers) - set(rows.values_list("pk", flat=True))


def can_tell(actor: Actor, change: Change | None) -> Decision:
    """Whether the actor may tell of a change in place of a forge: of one that is new, or that they told of before."""
    if not (writes := may_write(actor)):
        return writes
    if change is None:
        return Decision(True, "Everybody who may write may tell of a change.", "teller")
    if not change.origin.startswith(CI):
        return Decision(False, "A forge tells of this change; nobody else does.", "forge")
    if actor.is_administrator or (actor.user_id is not None and change.teller_id == actor.user_id):
        return Decision(True, "You told of it before.", "teller")
    return Decision(False, "Another account tells of this change.", "teller")


@dataclass(frozen=True, slots=True)
class Homes:
    """Whose word a change lacks: for each part that isn't let in the teams of which one must answer, none where nobody
    owns it."""

    lacking: tuple[frozenset[int], ...]

    def all_of(self, teams: Iterable[int]) -> bool:
        """Whether each part is one of these teams'; where nothing is lacking they have nothing to answer for."""
        mine = frozenset(teams)
        return bool(self.lacking) and all(mine & some for some in self.lacking)


def can_pass(actor: Actor, change: Change, homes: Homes) -> Decision:
    """Whether the actor may let a change in as an emergency: whom the rulebook's `gate.emergency` names.

    Leads and managers of the home team must be that for every team whose word is lacking: a change of many parts isn't
    let in by the team of one of them.
    """
    if not (writes := may_write(actor)):
        return writes
    if actor.kind is ActorKind.SYSTEM or actor.person_id is None:
        return Decision(False, "Only people let a change in; this account isn't linked to a person.", "person")
    if change.state != Stand.OPEN:
        return Decision(False, f"The change is {change.state}.", "open")
    named = rulebook.current().gate.emergency
    if actor.is_administrator and "administrator" in named:
        return Decision(True, "The rulebook lets administrators.", "administrator")
    if "lead-of-home" in named and homes.all_of(actor.leads):
        return Decision(True, "You lead every team whose word is lacking.", "lead-of-home")
    if "manager-of-home" in named and homes.all_of(actor.manages):
        return Decision(True, "You manage every team whose word is lacking.", "manager-of-home")
    return _by_name(actor, named)


def _by_name(actor: Actor, named: Collection[str]) -> Decision:
    """Whether the rulebook names the actor, or a team of theirs, by reference."""
    refs = {one.lower() for one in named if ":" in one}
    if refs and actor.person_id is not None:
        own = set(Person.objects.filter(pk=actor.person_id).values_list("ref", flat=True))
        own |= set(Team.objects.filter(pk__in=actor.teams).values_list("ref", flat=True))
        if refs & {one.lower() for one in own}:
            return Decision(True, "The rulebook names you, or a team of yours.", "named")
    return Decision(False, f"The rulebook lets {', '.join(named) or 'nobody'} do this (gate.emergency).", "emergency")
