"""Who may see and change limits. Reading is open, but for what one may not see of the catalog."""

from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, administrators_only
from awayteam.quotas.models import Limit, Spike


def visible(actor: Actor, queryset: "QuerySet[Limit]", now: datetime) -> "QuerySet[Limit]":  # noqa: ARG001
    """The limits of `queryset` whose API and consumer the actor may see both."""
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    consumer = Q(consumer__isnull=True) | catalog.visible_through(actor, "consumer__")
    if catalog.sees_everything(actor):
        return queryset
    return queryset.filter(catalog.visible_through(actor, "api__"), consumer)


def visible_spikes(actor: Actor, queryset: "QuerySet[Spike]", now: datetime) -> "QuerySet[Spike]":  # noqa: ARG001
    """The spikes whose API and consumer the actor may see both."""
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    return queryset.filter(catalog.visible_through(actor, "api__"), catalog.visible_through(actor, "consumer__"))


def can_limit(actor: Actor, api: Entity, now: datetime) -> Decision:
    """Whether the actor may set, enforce and switch off limits of an API: who provides it, and managers above.

    Limits of what nobody answers for are for administrators: they would hit others in nobody's name.
    """
    decision = catalog.can(actor, catalog.Verb.EDIT, api, now)
    if decision.allowed and decision.rule == "unowned":
        return Decision(False, "Nobody answers for this API; an administrator may limit it.", "unowned")
    if not decision.allowed and decision.rule == "owner":
        return Decision(False, f"Only {api.owner} and managers above set limits of this API; ask them.", "owner")
    return decision


def can_add_nodes(actor: Actor) -> Decision:
    """Whether the actor may give proxies tokens and take them back."""
    return administrators_only(actor, "add and revoke proxies")
