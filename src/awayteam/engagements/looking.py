"""What a page of one engagement has read already, for the panels of upper apps on it."""

from datetime import datetime

from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import Standing
from awayteam.kernel.requests import Request

KEPT = "_standing_of_engagement"


def remember(request: Request, standing: Standing) -> None:
    """Let panels of this page ask what the actor is to the engagement without reading it again."""
    setattr(request, KEPT, standing)


def standing(request: Request, engagement: Engagement, now: datetime) -> Standing:
    """What the actor is to the engagement: as the page, or an earlier panel of it, has read it, or afresh."""
    known: Standing | None = getattr(request, KEPT, None)
    if known is None or known.engagement.pk != engagement.pk or known.actor is not request.actor:
        known = Standing(request.actor, engagement, now)
        remember(request, known)
    return known
