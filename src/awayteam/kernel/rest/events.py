"""The shape of an event in the REST interface."""

from datetime import datetime
from typing import Any

from ninja import Schema

from awayteam.kernel.models import Event


class EventSubject(Schema):
    kind: str
    id: int
    label: str


class EventActor(Schema):
    kind: str
    label: str
    person_id: int | None


class EventOut(Schema):
    """One thing that happened. `data.changes` maps a field to [old, new]."""

    id: int
    at: datetime
    name: str
    subject: EventSubject
    actor: EventActor
    reason: str
    data: dict[str, Any]
    rulebook_version: str


def event_of(event: Event) -> EventOut:
    return EventOut(
        id=event.pk,
        at=event.at,
        name=event.name,
        subject=EventSubject(kind=event.subject_kind, id=event.subject_id, label=event.subject_label),
        actor=EventActor(kind=event.actor_kind, label=event.actor_label, person_id=event.actor_person_id),
        reason=event.reason,
        data=event.data,
        rulebook_version=event.rulebook_version,
    )
