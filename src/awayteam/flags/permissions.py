"""Who may see and change flags. Reading is open; a flag is changed by its team, environments by administrators."""

from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from awayteam.flags.models import Flag
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write, seen_by_all
from awayteam.organisation.models import Team


class Verb(StrEnum):
    """What can be done with flags."""

    CHANGE = "flag.change"
    CREATE = "flag.create"
    ENVIRONMENTS = "flag.environments"
    VIEW = "flag.view"


def visible(actor: Actor, queryset: "QuerySet[Flag]", now: datetime) -> "QuerySet[Flag]":  # noqa: ARG001
    """All flags for everybody who is signed in."""
    return queryset.none() if actor.kind is ActorKind.ANONYMOUS else queryset


def can(actor: Actor, verb: Verb, thing: Flag | Team | None, now: datetime) -> Decision:  # noqa: ARG001
    """Whether `actor` may do `verb`: CREATE is of a team, CHANGE of a flag, ENVIRONMENTS (and tokens) of nothing."""
    if verb in (Verb.VIEW, Verb.ENVIRONMENTS):
        return seen_by_all(actor, "flags" if verb is Verb.VIEW else "environments of flags", viewing=verb is Verb.VIEW)
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator or actor.kind is ActorKind.SYSTEM:
        return Decision(True, "Administrators may mend everything.", "administrator")
    team = thing.owner_id if isinstance(thing, Flag) else thing.pk if thing is not None else None
    if team is not None and team in actor.teams | actor.manages:
        return Decision(True, "You belong to the team that owns it, or manage it.", "owner")
    if isinstance(thing, Flag):
        return Decision(False, f"Only {thing.owner} and managers above change this flag; ask them.", "owner")
    return Decision(False, "Flags are made for a team by its members and managers.", "owner")
