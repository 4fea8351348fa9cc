"""What rounds add to pages of apps below: panels of an engagement and of a team; and that they follow an engagement."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone

from awayteam.engagements import looking
from awayteam.engagements.machine import FINAL as ENDED
from awayteam.engagements.machine import State as Engaged
from awayteam.engagements.models import Engagement
from awayteam.kernel import panels
from awayteam.kernel.panels import Panel
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team
from awayteam.rounds import queries
from awayteam.rounds.actions.opening import end_with_engagement, terms_of
from awayteam.rounds.actions.reporting import can_report
from awayteam.rounds.models import Round
from awayteam.rounds.permissions import Sides
from awayteam.rounds.queries.lists import RELATED
from awayteam.rounds.rules import why_not_open
from awayteam.stories import hooks
from awayteam.stories.plot import Held

SHOWN, LATELY = 6, timedelta(days=180)
OVER = frozenset({*ENDED, Engaged.PRODUCTION, Engaged.WARRANTY})
DRAFTS = frozenset({Engaged.PREPARING, Engaged.PROPOSED, Engaged.DECLINED})


def register() -> None:
    panels.register("engagement", Panel("rounds", "Review rounds", 30, _rounds, "rounds/rounds_panel.html"))
    panels.register("engagement", Panel("hours", "Hours of the home team", 40, _hours, "rounds/hours_panel.html"))
    panels.register("engagement", Panel("reports", "Reports", 50, _reports, "rounds/reports_panel.html"))
    panels.register("team", Panel("latency", "How fast it answers away teams", 30, _team, "rounds/team_panel.html"))
    hooks.listen("engagement", "rounds", _engagement_went_on)


def _engagement_went_on(held: Held[Any], verb: StrEnum, source: str) -> None:  # noqa: ARG001 - shape of a hook
    """Rounds end with their engagement."""
    if held.row.state in OVER:
        end_with_engagement(held.row, actor=held.actor, now=held.now)


def _rounds(request: Request, engagement: Engagement) -> dict[str, Any] | None:
    """The newest rounds; nothing while the contract is a draft."""
    if engagement.state in DRAFTS:
        return None
    newest = Round.objects.filter(engagement=engagement).select_related(*RELATED).order_by("-pk")
    rows = queries.rows_of(list(newest[: SHOWN + 1]), timezone.now())  # whoever sees the engagement sees its rounds
    may, terms = _sides(request, engagement).away(), terms_of(engagement)
    why = {kind: why_not_open(kind, terms, most_open=1_000_000) for kind in ("design", "change")}
    return {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "may": may, "why": why, "engagement": engagement}


def _sides(request: Request, engagement: Engagement) -> Sides:
    """What the actor is to the engagement: read once for the panels of one page."""
    known: Sides | None = getattr(request, "_sides_of_rounds", None)
    if known is None or known.engagement.pk != engagement.pk:
        now = timezone.now()
        known = Sides(request.actor, engagement, now)
        known.standing = looking.standing(request, engagement, now)
        request._sides_of_rounds = known  # type: ignore[attr-defined] # of this page alone
    return known


def _hours(request: Request, engagement: Engagement) -> dict[str, Any] | None:
    if engagement.state in DRAFTS:
        return None
    found = queries.hours(request.actor, engagement, timezone.now(), _sides(request, engagement))
    return {"hours": found, "engagement": engagement} if found.rows or found.pledge.pledged else None


def _reports(request: Request, engagement: Engagement) -> dict[str, Any] | None:
    if engagement.contract_id is None:
        return None
    may = can_report(_sides(request, engagement))
    return {"reports": queries.reports(engagement, 3), "may": may, "engagement": engagement}


def _team(request: Request, team: Team) -> dict[str, Any] | None:  # noqa: ARG001 - shape of a panel
    """Latency of a home team over half a year; nothing where nothing was measured."""
    if team.is_unit:
        return None
    now = timezone.now()
    found = queries.latency_of_team(team, since=now - LATELY)
    return {"latency": found, "team": team, "days": LATELY.days} if found.trips else None
