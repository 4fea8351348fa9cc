"""What the worker looks after: pagers that move, and turns of people who left or may act no more."""

from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from awayteam.handovers import pager
from awayteam.handovers.fallback import draw
from awayteam.handovers.models import Handover
from awayteam.handovers.plots import DEFECT, HANDOVER
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.kernel.jobs import Job
from awayteam.kernel.log import Log
from awayteam.organisation.models import Membership
from awayteam.organisation.queries.dates import dated
from awayteam.stories.models import Story
from awayteam.stories.plot import Plot
from awayteam.stories.stepping import hand_on, hold

log = Log(__name__)
MOST = 2_000
WHY = "Whoever had the turn may not act any more, or left."
M = TypeVar("M", bound=Story)


def pass_on(now: datetime) -> int:
    """Give turns to whoever has them now; returns how many went on. One that fails doesn't stop the others."""
    return _pass_on(HANDOVER, EventName.HANDOVER_REASSIGNED, now) + _pass_on(DEFECT, EventName.DEFECT_REASSIGNED, now)


def _pass_on(plot: Plot[M], name: EventName, now: datetime) -> int:
    here = Membership.objects.filter(dated(now), person=OuterRef("turn_person"), team=OuterRef("turn_team"))
    gone = Q(turn_person__isnull=True) | Q(turn_person__left_at__lte=now) | ~Exists(here)
    other = ~Q(turn_team=F("engagement__home_team")) & ~Q(turn_team=F("engagement__away_team"))
    moved = Q(turn_team__isnull=False) & other  # what they own went to another team
    rows = plot.model._default_manager.filter(gone | moved, closed_at__isnull=True)
    done = 0
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)[:MOST]):
        try:
            with transaction.atomic():
                held = hold(plot, pk, actor=SYSTEM, now=now)
                _draw_again(held.row, now)
                done += hand_on(held, words=WHY, name=name)
        except Exception:
            log.exception("turn.failed", kind=plot.kind, row=pk)
    return done


def _draw_again(row: Story, now: datetime) -> None:
    """A fall-back reviewer who left is replaced."""
    if isinstance(row, Handover) and row.reviewer is not None:
        left = row.reviewer.left_at
        if left is not None and left <= now:
            drawn = draw(row.engagement, now)
            row.reviewer_id, row.reviewer_because = drawn.person, list(drawn.reasons)


JOBS = (
    Job(name="handovers.pagers", every_seconds=900, run=pager.run),
    Job(name="handovers.turns", every_seconds=300, run=pass_on),
)
