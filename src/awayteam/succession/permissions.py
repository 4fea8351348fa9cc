"""Who may see a succession, and begin one. Whoever sees the thing sees who is to own it; so do both sides."""

from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity, Presence
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.organisation.models import Team
from awayteam.succession.models import Succession

KINDS = frozenset({"api", "component", "domain", "resource", "system"})
"""Kinds of things (in small letters) that change hands; teams and people don't."""


def visible(actor: Actor, queryset: "QuerySet[Succession]", now: datetime) -> "QuerySet[Succession]":
    """The rows of `queryset` about things that the actor may see, and those of their own teams and turns."""
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    things = Entity.objects.filter(restricted=True).order_by()
    hidden = things.exclude(pk__in=catalog.visible(actor, things, now).values("pk")).values("pk")
    mine = sorted(actor.teams | actor.manages)
    own = Q(giver__in=mine) | Q(receiver__in=mine) | Q(begun_team__in=mine)
    if actor.person_id is not None:
        own |= Q(turn_person=actor.person_id) | Q(begun_by=actor.person_id)
    return queryset.filter(~Q(entity__in=hidden) | own)


def takes_part(actor: Actor) -> Decision:
    """Whether the actor may do anything here at all: people, signed in, with more than a reading token."""
    if not (writes := may_write(actor)):
        return writes
    if actor.person_id is None and actor.kind is not ActorKind.SYSTEM:
        return Decision(False, "Only people do this; this account is not linked to a person.", "person")
    return Decision(True, "You are one of the organisation.", "person")


def changes_hands(entity: Entity) -> Decision:
    """Whether this kind of thing has successions."""
    if entity.kind.lower() not in KINDS:
        return Decision(False, f"A {entity.kind.lower()} has no owner to change here.", "kind")
    if entity.presence != Presence.PRESENT:
        return Decision(False, f"{entity} isn't declared now; declare it first.", "presence")
    return Decision(True, "It has an owner.", "kind")


def speaks_for(actor: Actor, team: Team) -> Decision:
    """Whether the actor may begin something for `team`: its members, and managers above it."""
    if not (allowed := takes_part(actor)):
        return allowed
    if team.pk in actor.teams | actor.manages:
        return Decision(True, f"You belong to {team} or manage it.", "member")
    if actor.is_administrator:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, f"Only members of {team}, and managers above it, do this.", "member")


def owns(actor: Actor, entity: Entity) -> Decision:
    """Whether the actor may offer or retire a thing: whoever leads, decides for or manages its owning team."""
    if not (allowed := takes_part(actor)):
        return allowed
    owner = entity.owner
    if owner is not None and owner.person_id is not None and owner.person_id == actor.person_id:
        return Decision(True, "You own it.", "owner")
    if owner is not None and owner.team_id in actor.leads | actor.decides | actor.manages:
        return Decision(True, f"You answer for it with {owner}.", "owner")
    if actor.is_administrator or actor.kind is ActorKind.SYSTEM:
        return Decision(True, "Administrators may help out.", "administrator")
    if owner is not None and owner.team_id in actor.teams and not _has_deciders(owner):
        return Decision(True, f"{owner} has nobody who decides for it; its members do.", "member")
    return Decision(False, "Only who decides for, leads or manages the owning team does this.", "owner")


def _has_deciders(owner: Entity) -> bool:
    return owner.team is not None and owner.team.memberships.filter(role__in=("decider", "lead"), ends=None).exists()


def orders(actor: Actor, entity: Entity, receiver: Team) -> Decision:
    """Whether the actor may have a thing change hands in a reorganisation: who manages both teams."""
    if not (allowed := takes_part(actor)):
        return allowed
    giver = entity.owner.team_id if entity.owner is not None else None
    if receiver.pk in actor.manages and (giver is None or giver in actor.manages):
        return Decision(True, "You manage both teams.", "manager")
    if actor.is_administrator or actor.kind is ActorKind.SYSTEM:
        return Decision(True, "Administrators may help out.", "administrator")
    return Decision(False, "Only who manages both teams does this.", "manager")
