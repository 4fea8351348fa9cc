"""Saying that two APIs only look alike, and taking that back."""

from datetime import datetime

from django.db import transaction

from awayteam.duplicates.models import Likeness
from awayteam.duplicates.permissions import can_dismiss, likenesses
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.rules import require_reason


def dismiss(likeness: Likeness, *, actor: Actor, now: datetime, reason: str) -> Likeness:
    """Say that two APIs are no duplicates; that stays whatever later comparisons find.

    Raises `NotFound`, `NotAllowed`, `InvalidInput` (no reason), `Conflict` (dismissed already).
    """
    require_reason(reason)
    with transaction.atomic():
        row = _open(likeness, actor)
        if row.dismissed_at is not None:
            raise Conflict("This was dismissed already.", "Look at the list again.")
        row.dismissed_at, row.dismissed_by_id, row.dismissed_why = now, actor.person_id, reason.strip()
        row.save(update_fields=["dismissed_at", "dismissed_by", "dismissed_why"])
        _note(EventName.LIKENESS_DISMISSED, row, actor, now, reason)
    return row


def restore(likeness: Likeness, *, actor: Actor, now: datetime, reason: str) -> Likeness:
    """Take a dismissal back. Raises as `dismiss` does."""
    require_reason(reason)
    with transaction.atomic():
        row = _open(likeness, actor)
        if row.dismissed_at is None:
            raise Conflict("This isn't dismissed.", "Look at the list again.")
        row.dismissed_at, row.dismissed_by_id, row.dismissed_why = None, None, ""
        row.save(update_fields=["dismissed_at", "dismissed_by", "dismissed_why"])
        _note(EventName.LIKENESS_RESTORED, row, actor, now, reason)
    return row


def _open(likeness: Likeness, actor: Actor) -> Likeness:
    if not likenesses(actor, Likeness.objects.filter(pk=likeness.pk)).exists():
        raise NotFound("There is no such likeness.")
    rows = Likeness.objects.select_for_update(of=("self",)).select_related("a__owner", "b__owner")
    row = rows.get(pk=likeness.pk)
    owners = tuple(one.owner.team_id if one.owner else None for one in (row.a, row.b))
    can_dismiss(actor, (owners[0], owners[1])).require()
    return row


def _note(name: EventName, row: Likeness, actor: Actor, now: datetime, reason: str) -> None:
    label = f"{row.a} and {row.b}"
    data = {"a": row.a.ref, "b": row.b.ref, "score": round(row.score, 3)}
    events.append(name, subject=Subject("likeness", row.pk, label), actor=actor, now=now, reason=reason, data=data)
