"""Who may see and do what with allocations, budgets and growth. Reading is open, but for what is restricted."""

from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.allocations.models import Agenda, Allocation, Budget, Growth
from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, administrators_only, may_write
from awayteam.organisation.models import Team

ADMINISTRATOR = Decision(True, "Administrators may help out.", "administrator")


def _ends_seen(actor: Actor) -> Q:
    """Rows whose provider and consumer the actor may see."""
    consumer = Q(consumer__isnull=True) | catalog.visible_through(actor, "consumer__")
    return catalog.visible_through(actor, "provider__") & consumer


def _of_my_teams(actor: Actor, *columns: str) -> Q:
    mine, found = sorted(actor.teams | actor.manages), Q(pk__in=[])
    for column in columns:
        found |= Q(**{f"{column}__in": mine})
    return found


def visible(actor: Actor, queryset: "QuerySet[Allocation]", now: datetime) -> "QuerySet[Allocation]":  # noqa: ARG001
    """The allocations of `queryset` that the actor may see: both ends of theirs, or of one of both teams."""
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    return queryset.filter(_ends_seen(actor) | _of_my_teams(actor, "home_team", "asking_team"))


def visible_growth(actor: Actor, queryset: "QuerySet[Growth]", now: datetime) -> "QuerySet[Growth]":  # noqa: ARG001
    """The findings of growth that the actor may see, by the same rule."""
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    return queryset.filter(_ends_seen(actor) | _of_my_teams(actor, "home_team", "consumer_team"))


def visible_budgets(actor: Actor, queryset: "QuerySet[Budget]", now: datetime) -> "QuerySet[Budget]":  # noqa: ARG001
    """The budgets of providers that the actor may see."""
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    return queryset.filter(catalog.visible_through(actor, "provider__"))


def visible_agendas(actor: Actor, queryset: "QuerySet[Agenda]", now: datetime) -> "QuerySet[Agenda]":  # noqa: ARG001
    """Agendas are open to everybody; points about what one may not see are left out of them."""
    return queryset.none() if actor.kind is ActorKind.ANONYMOUS else queryset


def hides_nothing(row: Allocation | Growth) -> bool:
    """Whether everybody who is signed in sees this row."""
    return not row.provider.restricted and (row.consumer is None or not row.consumer.restricted)


def takes_part(actor: Actor) -> Decision:
    """Whether the actor may do anything here at all: people, signed in, with more than a reading token."""
    if not (writes := may_write(actor)):
        return writes
    if actor.person_id is None and actor.kind is not ActorKind.SYSTEM:
        return Decision(False, "Only people do this; this account is not linked to a person.", "person")
    return Decision(True, "You are one of the organisation.", "person")


def in_name_of(actor: Actor, team: Team | None, what: str) -> Decision:
    """Whether the actor may speak for a team: its members, managers above it, administrators. `what` they would do."""
    allowed = takes_part(actor)
    if not allowed:
        return allowed
    if actor.kind is ActorKind.SYSTEM:
        return Decision(True, "The software itself.", "system")
    if team is not None and team.pk in actor.teams | actor.manages:
        return Decision(True, "You belong to this team or manage it.", "member")
    if actor.is_administrator:
        return ADMINISTRATOR
    if team is None:
        return Decision(False, f"No team answers for it; administrators {what}.", "member")
    return Decision(False, f"Only members and managers of {team} {what}.", "member")


def can_ask(actor: Actor, team: Team) -> Decision:
    """Whether the actor may ask for an allocation in the name of `team`."""
    return in_name_of(actor, team, "ask in its name")


def can_declare(actor: Actor, provider: Entity) -> Decision:
    """Whether the actor may say what a provider can serve: its team."""
    owner = provider.owner.team if provider.owner is not None else None
    return in_name_of(actor, owner, "say what it can serve")


def can_answer(actor: Actor, row: Growth) -> Decision:
    """Whether the actor may answer for growing use: the consumer's team, or the provider's where nobody knows whose."""
    return in_name_of(actor, row.consumer_team or row.home_team, "answer for this growth")


def can_import(actor: Actor) -> Decision:
    """Whether the actor may bring a whole file of grants in: administrators, as finance."""
    return administrators_only(actor, "import allocations")
