"""Who may see and do what with reviews, the pool and the register. The register is open to everybody signed in."""

from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.organisation.models import Membership, Person, Team
from awayteam.organisation.queries import dated
from awayteam.reviews.machine import EntryParty, Party
from awayteam.reviews.models import RegisterEntry, Review


class Deed(StrEnum):
    """What can be done besides moving a review from state to state."""

    DEVIATE = "deviation.enter"
    KEEP_POOL = "pool.keep"
    MEET = "condition.meet"
    REQUEST = "review.request"


def visible(actor: Actor, queryset: "QuerySet[Review]", now: datetime | None = None) -> "QuerySet[Review]":  # noqa: ARG001
    """The reviews of `queryset` that the actor may see: all but those of a service that is restricted to others.

    Whoever asks, reviews or decides sees theirs.
    """
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    seen = Q(entity__isnull=True) | ~Q(entity__in=catalog.hidden(actor).order_by().values("pk"))
    if actor.person_id is not None:
        seen |= Q(requester=actor.person_id) | Q(bar_raiser=actor.person_id) | Q(decider=actor.person_id)
    return queryset.filter(seen)


def entries(
    actor: Actor,
    queryset: "QuerySet[RegisterEntry]",
    now: datetime | None = None,  # noqa: ARG001
) -> "QuerySet[RegisterEntry]":
    """The entries of the register that the actor may see: all, whatever they are about. Nothing is left out of it."""
    return queryset.none() if actor.kind is ActorKind.ANONYMOUS else queryset


def unseen(actor: Actor, entities: set[int]) -> set[int]:
    """Of these services those that are restricted to others: an entry about one keeps its name back, and no more."""
    if not entities or catalog.sees_everything(actor):
        return set()
    seen = catalog.visible(actor, Entity.objects.filter(pk__in=entities)).values_list("pk", flat=True)
    return entities - set(seen)


def can_request(actor: Actor, teams: "list[Team]") -> Decision:
    """Whether the actor may ask for a review in which these teams are involved: any party may."""
    if not (writes := may_write(actor)):
        return writes
    if actor.kind is ActorKind.SYSTEM or actor.is_administrator:
        return Decision(True, "Administrators may ask for any review.", "administrator")
    if {team.pk for team in teams} & (actor.teams | actor.manages):
        return Decision(True, "You belong to an involved team, or manage it.", "party")
    return Decision(False, "Only people of the involved teams and managers above them ask for a review.", "party")


def keeper(actor: Actor) -> Decision:
    """Whether the actor keeps the pool: administrators, and managers of a unit at the very top."""
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator:
        return Decision(True, "Administrators keep the pool.", "administrator")
    if actor.manages and Team.objects.filter(pk__in=actor.manages, parent__isnull=True, is_unit=True).exists():
        return Decision(True, "You manage a unit at the top.", "top-manager")
    return Decision(False, "Administrators and managers at the top keep the pool.", "keeper")


def can_keep(actor: Actor, person: Person, now: datetime) -> Decision:
    """Whether the actor may put `person` into the pool, take them out, and say when they are away: the keepers and the
    person's managers."""
    decision = keeper(actor)
    if decision or decision.rule in ("signed-in", "token-scope"):
        return decision
    if person.manager_id is not None and person.manager_id == actor.person_id:
        return Decision(True, "They report to you.", "manager")
    if actor.manages and Membership.objects.filter(dated(now), person=person, team__in=actor.manages).exists():
        return Decision(True, "You manage their team.", "manager")
    return Decision(False, f"Keepers of the pool and managers of {person} do this.", "manager")


def can_be_away(actor: Actor, person: Person, now: datetime) -> Decision:
    """Whether the actor may say when `person` is away: they themselves too."""
    if actor.person_id == person.pk and actor.may_write:
        return Decision(True, "This is you.", "self")
    return can_keep(actor, person, now)


def can_leave(actor: Actor, person: Person, now: datetime) -> Decision:
    """Whether the actor may end the time of `person` in the pool: they themselves too."""
    return can_be_away(actor, person, now)


def can_deviate(actor: Actor, team: Team) -> Decision:
    """Whether the actor may enter a deviation of `team`: whoever decides for it, leads or manages it."""
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator:
        return Decision(True, "Administrators may enter for any team.", "administrator")
    if team.pk in actor.leads | actor.decides | actor.manages:
        return Decision(True, "You decide for this team.", "decider")
    return Decision(False, f"Whoever leads, decides for or manages {team} enters its deviations.", "decider")


def can_meet(actor: Actor, review: Review) -> Decision:
    """Whether the actor may say that a condition is met: the decider, whoever asked, and their team."""
    if not (writes := may_write(actor)):
        return writes
    if actor.person_id is not None and actor.person_id in (review.decider_id, review.requester_id):
        return Decision(True, "You decide or asked in this review.", "party")
    if review.team_id in actor.teams | actor.manages or actor.is_administrator:
        return Decision(True, "You belong to the deciding team.", "party")
    return Decision(False, "The decider, whoever asked, and the deciding team say what is met.", "party")


def as_party(actor: Actor, review: Review, party: str) -> Decision:
    """Whether the actor may act as `party` of a review. Nobody stands in for a bar raiser or a decider."""
    person = actor.person_id
    if party == Party.BAR_RAISER:
        own = person is not None and person == review.bar_raiser_id
        return Decision(own, "It is assigned to you." if own else "Only the bar raiser does this.", "bar-raiser")
    if party == Party.DECIDER:
        own = person is not None and person == review.decider_id
        return Decision(own, "You decide this." if own else "Only the decider does this.", "decider")
    if party == Party.REQUESTER:
        return _as_requester(actor, review)
    if party == Party.KEEPER:
        if person is not None and person in (review.requester_id, review.decider_id):
            return Decision(False, "You ask or decide here; somebody else assigns.", "own-review")
        return keeper(actor)
    return Decision(False, "Nobody does this; it follows by itself.", "itself")


def _as_requester(actor: Actor, review: Review) -> Decision:
    if actor.person_id is not None and actor.person_id == review.requester_id:
        return Decision(True, "You asked for it.", "requester")
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, "Only whoever asked for the review withdraws it.", "requester")


def as_entry_party(actor: Actor, entry: RegisterEntry, party: str) -> Decision:
    """Whether the actor may act as `party` of an entry of the register."""
    if party == EntryParty.DECIDER:
        own = actor.person_id is not None and actor.person_id == entry.decider_id
        return Decision(own, "You decided this." if own else "Whoever decided says what happened.", "decider")
    if party == EntryParty.MANAGER:
        if entry.team_id in actor.manages:
            return Decision(True, "You manage the team that decided.", "manager")
        if actor.is_administrator:
            return Decision(True, "Administrators may help out.", "administrator")
        return Decision(False, "Whoever decided, or a manager above, says what happened.", "manager")
    return Decision(False, "Nobody does this; it follows by itself.", "itself")
