"""Following subjects, and hearing less of them."""

from datetime import datetime
from typing import Any

from django.db import transaction

from awayteam.kernel import events, subjects
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.models import Subscription
from awayteam.notifications.permissions import Verb, can
from awayteam.notifications.rules import Level
from awayteam.notifications.wishes import own_subject


def follow(*, actor: Actor, now: datetime, subject: Subject, level: Level = Level.ALL) -> Subscription:
    """Hear of `subject` from now on, at `level`. Of a team (kind "team") this is what one hears of its affairs.

    Raises `NotFound` for what the actor may not see, `NotAllowed` for those who are nobody of the organisation.
    """
    can(actor, Verb.FOLLOW, None, now).require()
    if subject.id not in subjects.seen_by(actor, subject.kind, [subject.id]):
        raise NotFound(f"There is no {subject.kind} {subject.id}.")
    with transaction.atomic():
        found = Subscription.objects.select_for_update().filter(**_which(actor, subject)).first()
        if found is not None and found.level == level:
            return found
        old = found.level if found else None
        row, _new = Subscription.objects.update_or_create(
            **_which(actor, subject), defaults={"level": level, "since": now}
        )
        _tell(actor, now, subject, old, level)
    return row


def unfollow(*, actor: Actor, now: datetime, subject: Subject) -> None:
    """Take back what `follow` said: of the subject one then hears only what names oneself or one's teams."""
    can(actor, Verb.FOLLOW, None, now).require()
    with transaction.atomic():
        found = Subscription.objects.filter(**_which(actor, subject)).first()
        if found is not None:
            old = found.level
            found.delete()
            _tell(actor, now, subject, old, None)


def follow_by_taking_part(*, person: int, now: datetime, subject: Subject) -> None:
    """Let a person who takes part in a story hear how it goes on, unless they said otherwise; no event of its own.

    Called by the action in which they take part.
    """
    row = Subscription(person_id=person, subject_kind=subject.kind, subject_id=subject.id, level=Level.ALL, since=now)
    Subscription.objects.bulk_create([row], ignore_conflicts=True)


def _which(actor: Actor, subject: Subject) -> dict[str, Any]:
    return {"person_id": actor.person_id, "subject_kind": subject.kind, "subject_id": subject.id}


def _tell(actor: Actor, now: datetime, subject: Subject, old: str | None, new: str | None) -> None:
    changes = {f"{subject.kind} {subject.label}"[:200]: (old, new)}
    events.append(
        EventName.SUBSCRIPTION_CHANGED,
        subject=own_subject(actor),
        actor=actor,
        now=now,
        changes=changes,
        data={"kind": subject.kind, "id": subject.id},
    )
