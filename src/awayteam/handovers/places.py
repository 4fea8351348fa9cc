"""What handovers add to pages: panels of an engagement, of what was visited, and of who owns it."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.engagements import looking, ways
from awayteam.engagements.machine import State
from awayteam.engagements.machine import Verb as EngagementVerb
from awayteam.engagements.models import Engagement
from awayteam.handovers import queries
from awayteam.handovers.actions.handing import begin
from awayteam.handovers.actions.production import RUNNING, deploy
from awayteam.handovers.actions.retrospectives import ASKED
from awayteam.handovers.machine import OPEN, Party
from awayteam.handovers.permissions import Standing
from awayteam.handovers.words import STATE_WORDS, TONES
from awayteam.kernel import panels
from awayteam.kernel.panels import Panel
from awayteam.kernel.requests import Request
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Team

KINDS = frozenset({"API", "Component", "Resource", "System"})


def register() -> None:
    """Called in `App.register()`."""
    ways.instead(EngagementVerb.HAND_OVER.value, begin)
    ways.instead(EngagementVerb.DEPLOY.value, deploy)
    panels.register("engagement", Panel("handover", "Handover", 40, _handover, "handovers/engagement_panel.html"))
    panels.register("engagement", Panel("warranty", "Warranty", 50, _warranty, "handovers/warranty_panel.html"))
    panels.register("entity", Panel("visits", "Visits and warranty", 30, _entity, "handovers/entity_panel.html"))
    panels.register("team", Panel("self-service", "Better self-service", 60, _team, "handovers/team_panel.html"))
    listings.register(Listing("defects", "Defects"))


def _standing(request: Request, engagement: Engagement, now: datetime) -> Standing:
    """What the actor is to the engagement, as the page has read it."""
    found = Standing(request.actor, engagement, now)
    found.sides = looking.standing(request, engagement, now)
    return found


def _handover(request: Request, engagement: Engagement) -> dict[str, Any] | None:
    """The tries to hand it over, and the way to begin one."""
    if engagement.began_at is None:
        return None
    now = timezone.now()
    rows = queries.handovers(request.actor, engagement, now)
    ready = engagement.state in (State.ACTIVE, State.HANDING_OVER) and all(row.state not in OPEN for row in rows)
    return {
        "rows": rows,
        "engagement": engagement,
        "can_begin": ready and bool(_standing(request, engagement, now).of(Party.AWAY)),
        "handover_words": STATE_WORDS,
        "handover_tones": TONES,
    }


def _warranty(request: Request, engagement: Engagement) -> dict[str, Any] | None:
    """Production, warranty, pager and defects of a visit that has begun."""
    if engagement.began_at is None:
        return None
    now = timezone.now()
    running = engagement.state in RUNNING
    return {
        "warranty": queries.warranty(engagement, now),
        "deployments": queries.deployments(engagement)[:5],
        "engagement": engagement,
        "may_deploy": running and bool(_standing(request, engagement, now).takes_part()),
        "looks_back": engagement.state in ASKED,
    }


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """The visits to a service, their warranties, and who has the pager; nothing where nobody came."""
    if entity.kind not in KINDS:
        return None
    now = timezone.now()
    rows = queries.carried(request.actor, entity, now, limit=6)
    if not rows:
        return None
    suggested = queries.self_service(request.actor, now, service=entity) if len(rows) > 1 else []
    return {"rows": rows, "entity": entity, "suggestion": suggested[0] if suggested else None}


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """Services of the team that should rather serve themselves."""
    rows = [] if team.is_unit else queries.self_service(request.actor, timezone.now(), team=team)
    return {"rows": rows} if rows else None
