"""The story of one engagement, and a form for each verb."""

from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.discussions.queries import box
from awayteam.engagements import looking, queries
from awayteam.engagements.forms.verbs import FORMS, form_for
from awayteam.engagements.machine import SIGNED, State
from awayteam.engagements.models import Side
from awayteam.engagements.permissions import Standing
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.engagements.queries import Story
from awayteam.engagements.words import MODE_WORDS
from awayteam.kernel import panels
from awayteam.kernel.pages import render
from awayteam.kernel.permissions import Decision
from awayteam.kernel.requests import Request

FIRST = ("sign", "start", "hand-over", "resume", "work-on", "deploy")
"""Verbs whose button is the first and strongest where they are possible; the set-up comes before them all."""


def load(request: Request, pk: int, now: datetime) -> Story:
    """The story of the engagement that the address names. Raises `NotFound`."""
    return queries.story(request.actor, queries.load(request.actor, pk, now), now)


@require_safe
def story(request: Request, pk: int) -> HttpResponseBase:
    return render(request, "engagements/story.html", context_of(request, load(request, pk, timezone.now())))


def context_of(request: Request, found: Story) -> dict[str, Any]:
    """What the story's page needs."""
    standing: Standing = found.held.standing
    looking.remember(request, standing)
    forms = {one.verb: form_for(one.verb, found) for one in found.can_do if one.verb in FORMS}
    return {
        "story": found,
        "row": found.row,
        "forms": forms,
        "opened": request.GET.get("do", ""),
        "main": main_verb(found),
        "mode_words": MODE_WORDS,
        "may_write": standing.writes,
        "may_amend": may_amend(found),
        "panels": panels.build("engagement", request, found.engagement),
        **box(request, found.held.subject, address=ENGAGEMENT.address(found.engagement)),
    }


def main_verb(found: Story) -> str:
    """The one thing that the reader should do next; "" where it isn't their turn."""
    if found.is_draft:
        return "setup"
    if found.turn is None or not found.turn.mine:
        return ""
    possible = {option.verb for option in found.can_do}
    return next((verb for verb in FIRST if verb in possible), "")


def may_amend(found: Story) -> Decision:
    """Whether the reader may propose an amendment: whoever may sign for one of the sides, under a contract in force."""
    standing: Standing = found.held.standing
    if State(found.row.state) not in SIGNED or found.row.state == State.WARRANTY:
        return Decision(False, "There is no contract in force that could be amended.", "state")
    if found.signing is not None:
        return Decision(False, "An amendment waits for a signature already.", "signing")
    away, home = standing.signs(Side.AWAY), standing.signs(Side.HOME)
    return away if away else home
