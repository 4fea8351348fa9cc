"""Who sees which saved views, and who may change them."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.permissions import Decision, may_write
from awayteam.lists.models import Audience, BulkChange, SavedView


class Verb(StrEnum):
    CHANGE = "view.change"
    SAVE = "view.save"
    SHARE = "view.share"


def visible(actor: Actor, views: "QuerySet[SavedView]", now: datetime | None = None) -> "QuerySet[SavedView]":  # noqa: ARG001
    """One's own, those shared with one's teams or with everybody; administrators see what is shared with any team."""
    seen = Q(audience=Audience.EVERYBODY)
    if actor.is_administrator:
        seen |= Q(audience=Audience.TEAM)
    elif teams := actor.teams | actor.manages:
        seen |= Q(team_id__in=sorted(teams))
    if actor.person_id is not None:
        seen |= Q(owner_id=actor.person_id)
    return views.filter(seen)


def can(
    actor: Actor,
    verb: Verb,
    view: SavedView | None,
    now: datetime | None = None,  # noqa: ARG001
    team_id: int | None = None,
) -> Decision:
    """Whether `actor` may do this. Sharing is with `team_id`, or with everybody where that is None.

    Administrators may take away what others share, since it stands in everybody's menu.
    """
    if actor.person_id is None:
        return Decision(False, "Saved views belong to a person, and you act as none.", "view.person")
    if not (writes := may_write(actor)):
        return writes
    if view is not None and view.owner_id != actor.person_id:
        moderated = actor.is_administrator and view.audience != Audience.ME
        if not moderated:
            return Decision(False, "Only the one who saved this view may change it.", "view.owner")
        return Decision(True, "Administrators look after what is shared.", "administrator")
    if verb is Verb.SHARE and team_id is not None and team_id not in actor.teams | actor.manages:
        return Decision(False, "You may share with teams to which you belong or that you manage.", "view.team")
    return Decision(True, "Everybody keeps their own views.", "view.own")


def may_undo(actor: Actor, made: BulkChange, now: datetime) -> Decision:
    """Whether this person may take the change back now."""
    hours = rulebook.current().lists.undo_hours
    if not (writes := may_write(actor)):
        return writes
    if made.person_id != actor.person_id:
        return Decision(False, "Only the one who made the change takes it back at once.", "bulk.own")
    if made.undone_at is not None:
        return Decision(False, "It was taken back already.", "bulk.once")
    if now - made.made_at > timedelta(hours=hours):
        return Decision(False, f"It is older than {hours} hours; change the rows by hand.", "bulk.hours")
    return Decision(True, "You made this change.", "bulk.own")
