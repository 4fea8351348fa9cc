"""Visits of a person: in which away teams they are and were."""

from dataclasses import dataclass
from datetime import date, datetime

from awayteam.engagements import permissions as engagements
from awayteam.engagements.models import Engagement, Member
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Person


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit of a person; `leaves` is the last day, None to the end."""

    engagement: Engagement
    joins: date
    leaves: date | None


def visits_of(actor: Actor, person: Person, now: datetime, *, limit: int = 20) -> list[VisitRow]:
    """The visits of a person that the actor may see, the newest first; one statement."""
    seen = engagements.visible(actor, Engagement.objects.order_by(), now).values("pk")
    rows = Member.objects.filter(person=person, engagement__in=seen)
    rows = rows.select_related("engagement__home_team", "engagement__away_team").order_by("-joins_on", "-pk")
    return [
        VisitRow(row.engagement, row.joins_on, row.left_at.date() if row.left_at else row.leaves_on)
        for row in rows[:limit]
    ]
