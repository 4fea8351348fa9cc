"""Who may see and mend the away map. Reading is open; who sees a restricted entity sees its repository."""

from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from awayteam.catalog import permissions as catalog
from awayteam.catalog.models import Entity
from awayteam.contributions.models import Repository, RepositoryEntity
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.permissions import Decision, seen_by_all


class Verb(StrEnum):
    """What can be done to repositories and authors."""

    CORRECT = "author.correct"
    FOLLOW = "repository.follow"
    REFRESH = "repository.refresh"
    UNFOLLOW = "repository.unfollow"
    VIEW = "contributions.view"


def can(actor: Actor, verb: Verb, thing: Repository | None = None, now: datetime | None = None) -> Decision:  # noqa: ARG001
    """Whether `actor` may do `verb`. Authors are corrected by administrators, and by leads and managers of any team."""
    decision = seen_by_all(actor, "repositories", viewing=verb is Verb.VIEW)
    if verb is not Verb.CORRECT or decision.allowed or decision.rule != "administrator":
        return decision
    if actor.leads or actor.manages:
        return Decision(True, "Leads and managers may say who an author is.", "lead")
    return Decision(False, "Only administrators, leads and managers say who an author is.", "lead")


def visible(actor: Actor, queryset: "QuerySet[Repository]", now: datetime | None = None) -> "QuerySet[Repository]":
    """The repositories of `queryset` that the actor may see: all but those of an entity that is restricted to others.

    One restricted entity hides the whole repository, since its commits can't be told apart from the others'.
    """
    if catalog.sees_everything(actor):
        return queryset
    if actor.kind is ActorKind.ANONYMOUS:
        return queryset.none()
    restricted = Entity.objects.filter(restricted=True)
    seen = catalog.visible(actor, restricted, now).values("pk")
    hidden = RepositoryEntity.objects.filter(entity__restricted=True).exclude(entity__in=seen)
    return queryset.exclude(pk__in=hidden.values("repository_id"))
