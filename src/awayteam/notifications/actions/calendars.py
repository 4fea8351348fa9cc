"""The secret address of a person's calendar."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import EventName
from awayteam.notifications import wishes
from awayteam.notifications.models import CalendarFeed
from awayteam.notifications.permissions import Verb, can, person_of

READ_EVERY = timedelta(hours=1)
"""`last_read_at` is exact to this, so that reading doesn't mean writing each time."""


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed and its token in the clear: shown now and never again."""

    feed: CalendarFeed
    token: str


def make_calendar(*, actor: Actor, now: datetime, with_teams: bool = False) -> NewFeed:
    """A new secret address for one's calendar; the one before ends. `with_teams` adds what one's teams must do."""
    can(actor, Verb.PREFER, None, now).require()
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        _end(actor, now)
        feed = CalendarFeed.objects.create(
            person_id=person_of(actor), digest=digest(token), with_teams=with_teams, created_at=now
        )
        data = {"with_teams": with_teams}
        subject = wishes.own_subject(actor)
        events.append(EventName.CALENDAR_CREATED, subject=subject, actor=actor, now=now, data=data)
    return NewFeed(feed, token)


def revoke_calendar(*, actor: Actor, now: datetime) -> bool:
    """End the secret address at once; False where there was none."""
    can(actor, Verb.PREFER, None, now).require()
    with transaction.atomic():
        ended = _end(actor, now)
        if ended:
            subject = wishes.own_subject(actor)
            events.append(EventName.CALENDAR_REVOKED, subject=subject, actor=actor, now=now)
    return ended


def note_reading(feed: CalendarFeed, now: datetime) -> None:
    """Remember that a calendar program read the feed, at most once an hour."""
    stale = Q(last_read_at__isnull=True) | Q(last_read_at__lt=now - READ_EVERY)
    if feed.last_read_at is None or feed.last_read_at < now - READ_EVERY:
        CalendarFeed.objects.filter(stale, pk=feed.pk).update(last_read_at=now)


def digest(token: str) -> str:
    """SHA-256 in hexadecimal digits: enough for a secret that is random and long."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _end(actor: Actor, now: datetime) -> bool:
    return bool(CalendarFeed.objects.filter(person_id=person_of(actor), revoked_at=None).update(revoked_at=now))
