"""Events in the form in which they leave the house: CloudEvents 1.0, structured JSON."""

from typing import Any

from django.conf import settings

from awayteam.kernel.models import Event

CONTENT_TYPE = "application/cloudevents+json"


def of_event(event: Event) -> dict[str, Any]:
    """The CloudEvent of `event`: `id` is the event's id, `type` its name, `subject` "kind/id"; the rest is in `data`.

    `data.changes` maps a field's name to [old, new].
    """
    return {
        "specversion": "1.0",
        "id": str(event.pk),
        "source": settings.URL,
        "type": event.name,
        "subject": f"{event.subject_kind}/{event.subject_id}",
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "subject": {"kind": event.subject_kind, "id": event.subject_id, "label": event.subject_label},
            "actor": {"kind": event.actor_kind, "person": event.actor_person_id, "label": event.actor_label},
            "reason": event.reason,
            "rulebook": event.rulebook_version,
            "changes": event.data.get("changes", {}),
            "details": {name: value for name, value in event.data.items() if name != "changes"},
        },
    }
