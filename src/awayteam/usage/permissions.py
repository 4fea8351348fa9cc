"""Who may see use, say what a name is, and let something send counts. Reading is open; what a restricted entity is
called isn't told to those who may not see it."""

from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.kernel.permissions import Decision, may_write, seen_by_all
from awayteam.usage.models import Name, Sender


class Verb(StrEnum):
    """What can be done with use."""

    IMPORT = "usage.import"
    MATCH = "usage.match"
    RULES = "usage.rules"
    SENDERS = "usage.senders"
    VIEW = "usage.view"


def can(actor: Actor, verb: Verb, thing: Name | Sender | None = None, now: datetime | None = None) -> Decision:
    """Whether `actor` may do `verb`; a name is matched by those who answer for what it is or was, see `can_match`."""
    if verb is Verb.MATCH and isinstance(thing, Name):
        return can_match(actor, thing, None, now)
    return seen_by_all(actor, "figures of use", viewing=verb is Verb.VIEW)


def can_match(actor: Actor, name: Name, entity: Entity | None, now: datetime | None = None) -> Decision:
    """Whether the actor may say that this name is that entity (None: no service of ours, or nobody knows).

    It decides about owners and limits, so it is for administrators, leads and managers, and for those who answer for
    the entity that it is matched with now, or is to be.
    """
    if not (writes := may_write(actor)):
        return writes
    if catalog.sees_everything(actor):
        return Decision(True, "Administrators may mend everything.", "administrator")
    for one in (name.entity, entity):
        if one is not None and not catalog.can(actor, catalog.Verb.VIEW, one, now):
            return Decision(False, "This is restricted to its owners.", "restricted")
    if actor.leads or actor.manages:
        return Decision(True, "Leads and managers may say what a name is.", "lead")
    if entity is not None and name.entity is None:
        decision = catalog.can(actor, catalog.Verb.EDIT, entity, now)
        if decision and decision.rule != "unowned":
            return Decision(True, decision.reason, "owner")
    return Decision(False, "Leads, managers and those who answer for the service say what a name is.", "lead")


def can_keep_sender(actor: Actor, team: int | None) -> Decision:
    """Whether the actor may let something send, or stop it, in the name of a team (its id; None: of nobody)."""
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator:
        return Decision(True, "Administrators look after all senders.", "administrator")
    if team is not None and team in actor.leads | actor.manages:
        return Decision(True, "Leads look after what their own team sends.", "lead")
    return Decision(False, "Administrators, and leads for their own team, say what may send.", "administrator")


def visible_senders(actor: Actor, queryset: "QuerySet[Sender]") -> "QuerySet[Sender]":
    """The senders that the actor may see: all for administrators, those of their teams for others."""
    if actor.is_administrator:
        return queryset
    return queryset.filter(team__in=actor.teams | actor.leads | actor.manages)
