"""Changes that leave a request's state as it is: its sums, its version, one event, and a message."""

from typing import Any

from awayteam.kernel import events
from awayteam.kernel.errors import Conflict
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.requests import rules
from awayteam.requests.actions.turning import retake
from awayteam.requests.machine import Verb
from awayteam.requests.models import Asker, Request
from awayteam.requests.permissions import Standing
from awayteam.requests.stepping import Held, address_of, subject_of


def recount(request: Request) -> None:
    """Sum up those who still ask: their value, their number, their earliest date, and who speaks first."""
    rows = list(Asker.objects.filter(request=request, left_at__isnull=True).order_by("pk"))
    request.value_per_week = rules.total([row.value_per_week for row in rows])
    request.askers_count = len(rows)
    request.wanted_by = min((row.wanted_by for row in rows if row.wanted_by), default=None)
    if rows:
        request.asker_id, request.asking_team_id = rows[0].person_id, rows[0].team_id


def still_open(held: Held) -> None:
    """Raises `Conflict` for a request that is final."""
    if not held.facts.is_open:
        raise Conflict(rules.why_not(held.facts, Verb.ACCEPT), "Ask anew; name this one in it.")


def note(held: Held, name: EventName, reason: str, changes: dict[str, tuple[Any, Any]], text: str) -> None:
    """A change that leaves the state as it is: sums, version, event, message."""
    request = held.request
    value = request.value_per_week
    held.standing = Standing(held.actor, request, held.now)
    recount(request)
    if value != request.value_per_week:
        changes = {**changes, "total_value_per_week": (str(value), str(request.value_per_week))}
    retake(held)
    request.changed_at = held.now
    request.version += 1
    request.save()
    event = events.append(
        name, subject=subject_of(request), actor=held.actor, now=held.now, reason=reason, changes=changes
    )
    home = [request.decider_id] if request.decider_id else []
    tell(
        now=held.now,
        subject=subject_of(request),
        event=name,
        text=text,
        address=address_of(request),
        persons=home,
        actor=held.actor,
        group=Group.MOVED,
        key=f"event-{event.pk}",
    )
