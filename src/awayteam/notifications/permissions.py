"""Who may do what with notifications: everybody with their own; a team's channel is for its leads and managers."""

from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from awayteam.kernel.actor import Actor, ActorKind
from awayteam.kernel.errors import NotAllowed
from awayteam.kernel.permissions import Decision, may_write
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Team


class Verb(StrEnum):
    """What can be done."""

    FOLLOW = "subject.follow"
    MARK = "notifications.mark"
    PREFER = "preferences.change"
    READ = "notifications.read"
    SET_CHANNEL = "team.set-channel"


def can(actor: Actor, verb: Verb, thing: Team | None = None, now: datetime | None = None) -> Decision:  # noqa: ARG001
    """Whether `actor` may do `verb`: to their own inbox and wishes, or (SET_CHANNEL) to the team `thing`."""
    if actor.kind is ActorKind.ANONYMOUS:
        return Decision(False, "Sign in first.", "signed-in")
    if verb is not Verb.READ and not (writes := may_write(actor)):
        return writes
    if verb is Verb.SET_CHANNEL:
        return _channel(actor, thing)
    if actor.person_id is None:
        return Decision(False, "Only people of the organisation have notifications.", "person")
    return Decision(True, "These are your own.", "own")


def person_of(actor: Actor) -> int:
    """The person that the actor is; for what `can` has allowed."""
    if actor.person_id is None:
        raise NotAllowed("Only people of the organisation have notifications.")
    return actor.person_id


def _channel(actor: Actor, team: Team | None) -> Decision:
    if actor.is_administrator:
        return Decision(True, "Administrators may mend everything.", "administrator")
    if team is not None and team.pk in actor.leads | actor.manages:
        return Decision(True, "You lead or manage this team.", "lead")
    return Decision(False, "Only leads and managers of the team set its channel.", "lead")


def visible(actor: Actor, queryset: "QuerySet[Notification]", now: datetime | None = None) -> "QuerySet[Notification]":  # noqa: ARG001
    """One's own notifications and nobody else's, whoever one is."""
    return queryset.filter(person_id=actor.person_id) if actor.person_id is not None else queryset.none()
