"""Putting the suggestion to make a service self-service aside."""

from datetime import datetime

from django.db import transaction

from awayteam.catalog.models import Entity
from awayteam.handovers.models import Dismissal
from awayteam.handovers.permissions import can_dismiss
from awayteam.handovers.suggesting import suggestion
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict
from awayteam.kernel.events import EventName, Subject
from awayteam.stories.stepping import words_of


def put_aside(service: Entity, *, actor: Actor, now: datetime, words: str) -> Dismissal:
    """Put it aside with the reason; visits that were counted so far don't count for the next one.

    Raises `Conflict` where nothing is suggested.
    """
    can_dismiss(actor, service).require()
    reason = words_of(words)
    with transaction.atomic():
        Entity.objects.select_for_update().filter(pk=service.pk).first()
        found = suggestion(service, now)
        if found is None:
            raise Conflict("Nothing is suggested for this service now.", "Look at its page.")
        made = Dismissal.objects.create(
            service=service,
            visits=len(found),
            reason=reason,
            person_id=actor.person_id,
            label=actor.label[:200],
            at=now,
        )
        subject = Subject("entity", service.pk, str(service)[:300])
        data = {"visits": len(found)}
        events.append(EventName.SELF_SERVICE_DISMISSED, subject=subject, actor=actor, now=now, reason=reason, data=data)
        return made
