"""What needs a manager: escalations, questions of belonging, decisions that didn't hold, much value that waits."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.requests.machine import MANAGER_TURN, State
from awayteam.requests.models import Escalation, Request
from awayteam.requests.permissions import visible
from awayteam.requests.queries.rows import RequestRow, rows_of

MOST = 6
STUCK = (State.OVERDUE.value, State.DECLINED.value)
"""States in which the home team isn't doing it, and nobody else is yet."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Open requests for one manager, each part the most valuable first; `more` counts those that aren't shown.

    `waiting`: a manager of their units has the turn. `broken`: decided by a manager, and late or refused again.
    `stuck`: nobody does it, and delay costs at least the rulebook's `manager_value_per_week`.
    """

    waiting: list[RequestRow]
    broken: list[RequestRow]
    stuck: list[RequestRow]
    more: int


def needs(actor: Actor, now: datetime) -> Needs | None:
    """What truly needs management of this person; None for who manages nothing. Four statements.

    Administrators decide where there is no manager.
    """
    if not actor.manages and not actor.is_administrator:
        return None
    ours = Request.objects.filter(closed_at__isnull=True, home_team__in=sorted(actor.manages))
    decided = Escalation.objects.filter(
        request=OuterRef("pk"), outcome__in=[Escalation.Outcome.RESHUFFLED.value, Escalation.Outcome.AWAY.value]
    )
    managers = Request.objects.filter(closed_at__isnull=True, state__in=sorted(MANAGER_TURN))
    value = rulebook.current().insights.manager_value_per_week
    parts = [
        managers.filter(Q(level__in=sorted(actor.manages)) | Q(turn_person__isnull=False, turn_person=actor.person_id)),
        ours.filter(Exists(decided), state__in=STUCK),
        ours.filter(~Exists(decided), state__in=STUCK, value_per_week__gte=value),
    ]
    ids = [_ids(actor, rows, now) for rows in parts]
    found = {row.id: row for row in rows_of(sorted({pk for some in ids for pk in some[:MOST]}), now)}
    shown = [[found[pk] for pk in some[:MOST]] for some in ids]
    return Needs(shown[0], shown[1], shown[2], sum(max(0, len(some) - MOST) for some in ids))


def _ids(actor: Actor, rows: "QuerySet[Request]", now: datetime) -> list[int]:
    seen = visible(actor, rows, now).order_by("-value_per_week", "due_at", "pk")
    return list(seen.values_list("pk", flat=True)[: 10 * MOST])
