"""Who answers the pager for what a visit built: the away team until the contract's day, then the home team.

The row is written when the handover is accepted, and moves with an amendment of the day; a job tells both sides some
days before, and on the day.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from awayteam.engagements import turns
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.handovers import rules
from awayteam.handovers.models import PagerMove
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.events import EventName
from awayteam.notifications.actions import tell

CARRIED = frozenset({State.PRODUCTION, State.WARRANTY, State.CLOSED})
"""States after an accepted handover: what was built is there, and somebody must answer for it."""


def plan(engagement: Engagement, *, now: datetime) -> PagerMove | None:
    """Note the day on which the pager moves; None where the contract names none: it was the home team's all along."""
    if engagement.pager_on is None:
        return None
    made, _new = PagerMove.objects.update_or_create(
        engagement=engagement, defaults={"on": engagement.pager_on}, create_defaults={"on": engagement.pager_on}
    )
    if made.moved_at is None and moment(made) <= now:
        return _tell(made, now, moved=True)
    return made


def moment(move: PagerMove) -> datetime:
    """When it moves: at the start of that day where the home team is."""
    return turns.start_of(move.on, move.engagement.home_team)


def side(engagement: Engagement, now: datetime) -> str:
    """Who has the pager for what this engagement built."""
    if engagement.pager_on is None:
        return rules.HOME
    return rules.pager_side(turns.start_of(engagement.pager_on, engagement.home_team), now)


def run(now: datetime) -> int:
    """Tell of every pager that moves soon, and of those that have moved; returns how many."""
    _follow_amendments()
    notice = timedelta(days=rulebook.current().handovers.pager_notice_days)
    near = Q(on__lte=(now + notice + timedelta(days=1)).date(), moved_at__isnull=True)
    rows = PagerMove.objects.filter(near).select_related("engagement__home_team", "engagement__away_team")
    return sum(_look(row, now, notice) for row in rows.order_by("on", "pk")[:1_000])


def _follow_amendments() -> None:
    """An amendment may have named another day."""
    moved = PagerMove.objects.filter(moved_at__isnull=True, engagement__pager_on__isnull=False)
    for row in moved.exclude(on=F("engagement__pager_on")).select_related("engagement"):
        PagerMove.objects.filter(pk=row.pk).update(on=row.engagement.pager_on, announced_at=None)


def _look(row: PagerMove, now: datetime, notice: timedelta) -> bool:
    moves = moment(row)
    if moves <= now:
        _tell(row, now, moved=True)
        return True
    if row.announced_at is None and moves - notice <= now:
        _tell(row, now, moved=False)
        return True
    return False


def _tell(row: PagerMove, now: datetime, *, moved: bool) -> PagerMove:
    """Note it once, append the event, tell both sides; whoever comes second does nothing."""
    engagement = row.engagement
    name = EventName.PAGER_MOVED if moved else EventName.PAGER_ANNOUNCED
    field = "moved_at" if moved else "announced_at"
    what = f"The pager for “{ENGAGEMENT.label(engagement)}”"
    text = (
        f"{what} is with {engagement.home_team} now." if moved
        else f"{what} goes from {engagement.away_team} to {engagement.home_team} on {row.on:%Y-%m-%d}."
    )  # fmt: skip
    with transaction.atomic():
        if not PagerMove.objects.filter(pk=row.pk, **{f"{field}__isnull": True}).update(**{field: now}):
            return row
        setattr(row, field, now)
        subject = ENGAGEMENT.subject(engagement)
        events.append(name, subject=subject, actor=SYSTEM, now=now, data={"on": row.on.isoformat()})
        tell(
            now=now, subject=subject, event=name, text=text, address=ENGAGEMENT.address(engagement),
            persons=[one for one in (engagement.home_contact_id, engagement.away_lead_id) if one is not None],
            teams=[engagement.home_team_id, engagement.away_team_id], key=f"{name}-{row.pk}-{row.on}",
        )  # fmt: skip
    return row
