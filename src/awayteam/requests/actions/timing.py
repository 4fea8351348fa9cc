"""Management time: minutes that managers spend on what only they can decide. Scarce, so counted."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Person
from awayteam.requests.machine import Party
from awayteam.requests.models import Escalation, ManagementTime, Request
from awayteam.requests.stepping import Held, hold, subject_of

MOST_MINUTES = 10_000


def note_minutes(held: Held, minutes: int | None, person_id: int | None = None) -> ManagementTime:
    """Count the time of a manager's decision; None counts as the rulebook's usual time. In the caller's transaction."""
    spent = rulebook.current().requests.escalation_time_minutes if minutes is None else minutes
    if not 1 <= spent <= MOST_MINUTES:
        raise InvalidInput(
            "That is no time spent.", f"Between 1 and {MOST_MINUTES:,} minutes.", {"minutes_spent": "out of bounds"}
        )
    return ManagementTime.objects.create(
        request=held.request,
        escalation=Escalation.objects.filter(request=held.request, decided_at__isnull=True).first(),
        person_id=person_id if person_id is not None else held.actor.person_id,
        minutes=spent,
        at=held.now,
        noted_by_id=held.actor.person_id,
    )


def add_management_time(
    request: Request | int, *, actor: Actor, now: datetime, minutes: int, person: Person | None = None
) -> ManagementTime:
    """Count time that a manager (default: the actor) spent on a request before or after its decision.

    Raises `NotAllowed` for those who have no part in it.
    """
    with transaction.atomic():
        held = hold(request, actor=actor, now=now)
        if not held.standing.of(Party.MANAGER) and not held.standing.of(Party.HOME):
            held.standing.of(Party.ASKING).require()
        row = note_minutes(held, minutes, person.pk if person else None)
        events.append(
            EventName.REQUEST_MANAGEMENT_TIME,
            subject=subject_of(held.request),
            actor=actor,
            now=now,
            data={"minutes": minutes, "person": row.person_id},
        )
    return row
