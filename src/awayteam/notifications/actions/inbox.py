"""What somebody has read. This is the state of an inbox and no change of the organisation, so it leaves no event."""

from collections.abc import Collection
from datetime import datetime

from awayteam.kernel.actor import Actor
from awayteam.notifications.models import Notification
from awayteam.notifications.permissions import Verb, can, visible


def read(*, actor: Actor, now: datetime, ids: Collection[int]) -> int:
    """Mark these of one's own notifications as read; returns how many were not. Others' are left alone."""
    can(actor, Verb.MARK).require()
    return visible(actor, Notification.objects.filter(pk__in=ids, read_at=None)).update(read_at=now)


def unread(*, actor: Actor, now: datetime, ids: Collection[int]) -> int:  # noqa: ARG001 - every write has `now`
    """Mark these of one's own notifications as not read."""
    can(actor, Verb.MARK).require()
    return visible(actor, Notification.objects.filter(pk__in=ids, read_at__isnull=False)).update(read_at=None)


def read_all(*, actor: Actor, now: datetime, up_to: int | None = None) -> int:
    """Mark all of one's notifications as read; `up_to` is the newest one that one has seen, so that what came since
    stays unread."""
    can(actor, Verb.MARK).require()
    rows = visible(actor, Notification.objects.filter(read_at=None))
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    return rows.update(read_at=now)


def read_subject(*, actor: Actor, now: datetime, kind: str, id: int) -> int:
    """Mark what somebody was told of a subject as read, because they look at its page. One statement."""
    if actor.person_id is None:
        return 0
    about = Notification.objects.filter(subject_kind=kind, subject_id=id, read_at=None)
    return visible(actor, about).update(read_at=now)
