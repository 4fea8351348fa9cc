"""Reports for both managers: on demand, and each week by the job."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse

from awayteam.engagements.models import Engagement
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import Conflict
from awayteam.kernel.events import EventName
from awayteam.kernel.permissions import Decision
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.reviews.chain import managers_above
from awayteam.rounds.models import Report
from awayteam.rounds.permissions import Sides
from awayteam.rounds.queries.reporting import gather
from awayteam.rounds.reports import text_of
from awayteam.stories.stepping import hold

DAYS = 7


def can_report(sides: Sides) -> Decision:
    """Whether somebody may have a report made: people of either side, and managers above one of the teams."""
    found = sides.either()
    teams = {sides.engagement.home_team_id, sides.engagement.away_team_id}
    if not found and teams & sides.actor.manages and sides.actor.may_write:
        return Decision(True, "You manage one of the two teams.", "manager")
    return found


def make_report(
    engagement: Engagement | int, *, actor: Actor, now: datetime, days: int = DAYS, week: date | None = None
) -> Report:
    """Write the report of the last `days` days and send it to both sides' managers; `week` is given by the job alone.

    Raises `NotFound`, `NotAllowed`, `Conflict` where nothing was agreed yet, or the week has its report.
    """
    with transaction.atomic():
        visit = hold(ENGAGEMENT, engagement, actor=actor, now=now).row
        if actor is not SYSTEM:
            can_report(Sides(actor, visit, now)).require()
        if visit.contract_id is None:
            raise Conflict("Nothing is agreed yet.", "A report is about an engagement under a contract.")
        if week is not None and Report.objects.filter(engagement=visit, week=week).exists():
            raise Conflict("This week has its report.", "Make one on demand.")
        since = now - timedelta(days=max(1, min(days, 366)))
        data = gather(visit, since=since, until=now)
        row = Report.objects.create(
            engagement=visit, week=week, since=since, until=now, data=data, text=text_of(data), made_at=now,
            made_by_id=actor.person_id,
        )  # fmt: skip
        _send(visit, row, actor, now)
    return row


def readers(visit: Engagement, now: datetime) -> list[int]:
    """Who gets the report: accountable manager and lead of the visit, decider and manager of the home team."""
    above = managers_above(visit.home_decider_id, visit.home_team, now)[:1]
    named = (visit.manager_id, visit.away_lead_id, visit.home_decider_id, *above)
    return sorted({one for one in named if one is not None})


def _send(visit: Engagement, row: Report, actor: Actor, now: datetime) -> None:
    subject, late = ENGAGEMENT.subject(visit), len(row.data["late"])
    data = {"report": row.pk, "week": row.week.isoformat() if row.week else None, "late": late}
    events.append(EventName.REPORT_MADE, subject=subject, actor=actor, now=now, data=data)
    said = f"{late} things are late" if late != 1 else "one thing is late"
    text = f"Report of {visit.title}: {len(row.data['needed'])} turns are open, {said if late else 'nothing is late'}."
    address = reverse("round_report", args=[row.pk])
    tell(
        now=now, subject=subject, event=EventName.REPORT_MADE, text=text, address=address,
        persons=readers(visit, now), group=Group.TURN, key=f"report-{row.pk}",
    )  # fmt: skip
