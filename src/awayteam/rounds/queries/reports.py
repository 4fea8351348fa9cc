"""Reports that were made."""

from datetime import datetime

from awayteam.engagements.models import Engagement
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import NotFound
from awayteam.rounds.models import Report
from awayteam.rounds.permissions import visible_reports


def reports(engagement: Engagement, limit: int = 60) -> list[Report]:
    """The reports of an engagement that the actor sees, newest first, without their figures; one statement."""
    rows = Report.objects.filter(engagement=engagement).select_related("made_by").defer("data", "text")
    return list(rows.order_by("-made_at", "-pk")[:limit])


def report(actor: Actor, pk: int, now: datetime) -> Report:
    """One report. Raises `NotFound`."""
    rows = visible_reports(actor, Report.objects.filter(pk=pk), now)
    found = rows.select_related("engagement", "engagement__home_team", "engagement__away_team", "made_by").first()
    if found is None:
        raise NotFound(f"There is no report {pk}.", "Look at the engagement.")
    return found
