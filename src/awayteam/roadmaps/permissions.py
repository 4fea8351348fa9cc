"""Who may change goals and roadmaps. Reading is open to everybody who is signed in."""

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from django.db.models import Model, QuerySet

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, may_write
from awayteam.organisation.models import Team

Row = TypeVar("Row", bound=Model)


class Verb(StrEnum):
    """What can be done to a team's roadmap, goals and documents."""

    EDIT = "roadmap.edit"
    RANK = "roadmap.rank"
    VIEW = "roadmap.view"


def can(actor: Actor, verb: Verb, team: Team, now: datetime | None = None) -> Decision:  # noqa: ARG001
    """Whether `actor` may do `verb` to what belongs to `team`.

    EDIT is of facts: items, efforts, goals, documents, capacity. RANK is of the order, and of what begins, ends or is
    dropped; the rulebook's `[roadmaps] ranking` says whether every member may.
    """
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, "Sign in first.", "signed-in")
    if verb is Verb.VIEW:
        return Decision(True, "Reading is open to everybody who is signed in.", "reading-is-open")
    if not (writes := may_write(actor)):
        return writes
    if actor.is_administrator:
        return Decision(True, "Administrators may mend everything.", "administrator")
    for role, teams in (("manage", actor.manages), ("lead", actor.leads), ("decide for", actor.decides)):
        if team.pk in teams:
            return Decision(True, f"You {role} this team.", role.split()[0])
    if team.pk not in actor.teams:
        return Decision(False, f"Only members and managers of {team} may change this.", "member")
    if verb is Verb.RANK and rulebook.current().roadmaps.ranking == "deciders":
        return Decision(False, f"Only deciders, leads and managers rank the roadmap of {team}.", "ranking")
    return Decision(True, "You belong to this team.", "member")


def visible(actor: Actor, queryset: "QuerySet[Row]", now: datetime | None = None) -> "QuerySet[Row]":  # noqa: ARG001
    """The rows of `queryset` (goals, items, documents) that the actor may see: all for everybody who is signed in."""
    return queryset.none() if actor.kind is ActorKind.ANONYMOUS else queryset
