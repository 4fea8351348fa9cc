"""Warranties, deployments and pagers: of one engagement, and of all visits to a service."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from awayteam.catalog.models import Entity
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible
from awayteam.handovers import pager, seeing
from awayteam.handovers.models import Deployment
from awayteam.handovers.pager import CARRIED
from awayteam.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class WarrantyRow:
    """The end of one visit. `runs` says whether a defect that shows now is the away team's to repair, if theirs;
    `pager` is the side that answers it now. Counts are of its defects."""

    engagement: Engagement
    starts_at: datetime | None
    ends_at: datetime | None
    runs: bool
    pager: str
    open_defects: int
    defects: int

    @property
    def pager_team(self) -> str:
        row = self.engagement
        return str(row.away_team if self.pager == "away" else row.home_team)


def warranty(engagement: Engagement, now: datetime) -> WarrantyRow:
    """The warranty of one engagement; the caller has checked sight."""
    counts = engagement.defects.aggregate(all=Count("pk"), open=Count("pk", filter=Q(closed_at__isnull=True)))
    return _row(engagement, now, counts["open"], counts["all"])


def _row(engagement: Engagement, now: datetime, open_defects: int, defects: int) -> WarrantyRow:
    found = seeing.warranty_of(engagement)
    started = engagement.state in CARRIED and engagement.production_at is not None
    return WarrantyRow(
        engagement=engagement,
        starts_at=found.starts_at if started else None,
        ends_at=found.ends_at,
        runs=engagement.state == State.WARRANTY and found.holds(now),
        pager=pager.side(engagement, now),
        open_defects=open_defects,
        defects=defects,
    )


def carried(actor: Actor, service: Entity, now: datetime, *, limit: int = 20) -> list[WarrantyRow]:
    """The visits to a service, the newest first: two statements."""
    rows = visible(actor, Engagement.objects.filter(service=service, began_at__isnull=False), now)
    rows = rows.select_related("home_team", "away_team").annotate(
        all_defects=Count("defects"), open_defects=Count("defects", filter=Q(defects__closed_at__isnull=True))
    )
    found: Iterable[Engagement] = rows.order_by("-began_at", "-pk")[:limit]
    return [_row(one, now, one.open_defects, one.all_defects) for one in found]  # type: ignore[attr-defined]


def deployments(engagement: Engagement) -> list[Deployment]:
    """What was recorded, the newest first."""
    return list(engagement.deployments.select_related("recorded_by").order_by("-at", "-pk")[:100])
