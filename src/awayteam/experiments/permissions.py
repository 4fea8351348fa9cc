"""Who may see and do what with experiments, metrics, sources and senders. Reading is open, as everywhere."""

from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.experiments.machine import Party
from awayteam.experiments.models import Experiment
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, administrators_only, may_write
from awayteam.organisation.models import Team


def visible(actor: Actor, queryset: "QuerySet[Experiment]", now: datetime | None = None) -> "QuerySet[Experiment]":  # noqa: ARG001
    """The experiments of `queryset` that the actor may see: all but those of a service that is restricted to others."""
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    seen = Q(entity__isnull=True) | ~Q(entity__in=catalog.hidden(actor).order_by().values("pk"))
    if actor.person_id is not None:
        seen |= Q(owner=actor.person_id) | Q(decider=actor.person_id)
    return queryset.filter(seen)


def can_design(actor: Actor, team: Team) -> Decision:
    """Whether the actor may design an experiment for `team`, and do what its owners do."""
    if not (writes := may_write(actor)):
        return writes
    if team.pk in actor.teams | actor.leads | actor.decides | actor.manages:
        return Decision(True, "You belong to this team, or manage it.", "owning-team")
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, f"Only people of {team} and managers above do this.", "owning-team")


def can_define(actor: Actor, team: Team) -> Decision:
    """Whether the actor may define and change metrics that `team` keeps."""
    return can_design(actor, team)


def can_connect(actor: Actor) -> Decision:
    """Whether the actor may name the organisation's own tables as sources of facts."""
    return administrators_only(actor, "name sources of facts")


def as_party(actor: Actor, row: Experiment, party: str) -> Decision:
    """Whether the actor may act as `party` of an experiment."""
    if party == Party.OWNER:
        if actor.person_id is not None and actor.person_id == row.owner_id:
            return Decision(True, "You own this experiment.", "owner")
        return can_design(actor, row.team)
    if party == Party.DECIDER:
        own = actor.person_id is not None and actor.person_id == row.decider_id
        return Decision(own, "You decide this." if own else "Only the decider, or a manager above, decides.", "decider")
    if party == Party.MANAGER:
        if row.team_id in actor.manages:
            return Decision(True, "You manage the team that owns it.", "manager")
        return Decision(False, "Only the decider, or a manager above, decides.", "manager")
    return Decision(False, "Nobody does this; it follows by itself.", "itself")
