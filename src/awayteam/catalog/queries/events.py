"""What happened, to anything: the event log without what the actor may not see."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from awayteam.catalog.permissions import hidden, sees_everything
from awayteam.kernel.actor import Actor
from awayteam.kernel.models import Event
from awayteam.kernel.paging import Page, decode_cursor, page_of

PRIVATE_KINDS = ("account", "token", "view", "webhook")
"""Subjects whose events concern administrators, and whoever caused them."""


def visible_events(actor: Actor, events: "QuerySet[Event]") -> "QuerySet[Event]":
    """The events of `events` that the actor may see: not those of restricted entities of other teams, nor those of
    other people's accounts and tokens."""
    if sees_everything(actor):
        return events
    mine = Q(actor_person_id=actor.person_id) if actor.person_id is not None else Q(pk__in=[])
    return events.exclude(subject_kind="entity", subject_id__in=hidden(actor).values("pk")).filter(
        mine | ~Q(subject_kind__in=PRIVATE_KINDS)
    )


def feed(
    actor: Actor,
    *,
    names: Sequence[str] = (),
    subject_kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Event]:
    """What happened that the actor may see, newest first; one statement. Raises `InvalidInput` for a foreign cursor."""
    events = visible_events(actor, Event.objects.all())
    if names:
        events = events.filter(name__in=names)
    if subject_kind:
        events = events.filter(subject_kind=subject_kind)
    if since is not None:
        events = events.filter(at__gte=since)
    if until is not None:
        events = events.filter(at__lte=until)
    if cursor:
        (before,) = decode_cursor(cursor, int)
        events = events.filter(pk__lt=before)
    return page_of(list(events.order_by("-pk")[: limit + 1]), limit, lambda event: (event.pk,))
