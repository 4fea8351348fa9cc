"""Who may see what of the catalog. One rule serves lists, details, facets and search."""

from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor, ActorKind


def sees_everything(actor: Actor) -> bool:
    """Administrators and the software itself see restricted entities of every team."""
    return actor.is_administrator or actor.kind is ActorKind.SYSTEM


def owners_trusted(actor: Actor) -> "QuerySet[Entity, int]":
    """Ids of the entities (groups and the person's own user) whose restricted things the actor sees, as a subquery."""
    teams = actor.teams | actor.manages
    mine = Q(team_id__in=sorted(teams))
    if actor.person_id is not None:
        mine |= Q(person_id=actor.person_id)
    return Entity.objects.filter(mine).values_list("pk", flat=True).order_by()


def visible(actor: Actor, queryset: "QuerySet[Entity]", now: datetime | None = None) -> "QuerySet[Entity]":  # noqa: ARG001
    """The entities of `queryset` that the actor may see: all but the restricted ones of other teams.

    The roles in `actor` are those of now already; `now` is here because every `visible` has it.
    """
    return queryset if sees_everything(actor) else queryset.filter(visible_through(actor))


def visible_through(actor: Actor, path: str = "") -> Q:
    """The same rule for rows that lead to an entity by `path` ("source__"), as a condition on them."""
    if sees_everything(actor):
        return Q()
    mine = owners_trusted(actor)
    trusted = Q(**{f"{path}owner__in": mine}) | Q(**{f"{path}pk__in": mine})
    return Q(**{f"{path}restricted": False}) | trusted
