"""The frame of the guided set-up: the steps with what each lacks, the way back and on."""

from typing import Any

from django.http import HttpResponse

from awayteam.engagements.forms.setup import STEPS
from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement, Standard
from awayteam.engagements.permissions import Standing
from awayteam.engagements.queries.next import Missing
from awayteam.engagements.queries.story import draft_gaps
from awayteam.engagements.served import ended
from awayteam.kernel.pages import render
from awayteam.kernel.requests import Request

KEYS = [key for key, _title in STEPS]


def after(step: str) -> str:
    """The step that follows."""
    return KEYS[min(KEYS.index(step) + 1, len(KEYS) - 1)]


def closed(row: Engagement, standing: Standing) -> str:
    """Why the draft can't be changed by the reader; "" where it can."""
    if row.state != State.PREPARING:
        return "The text has been proposed or signed: take it back, or propose an amendment."
    writes = standing.writes
    return "" if writes else writes.reason


def page(
    request: Request, row: Engagement, standing: Standing, step: str, template: str, context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """A step in its frame: the other steps with what they lack, and the way back and on."""
    at = KEYS.index(step)
    gaps: list[Missing] = []
    if row.state == State.PREPARING:
        gaps = draft_gaps(row, standing.now, standards=Standard.objects.filter(engagement=row).exists())
    frame = {
        "it": row,
        "step": step,
        "step_title": dict(STEPS)[step],
        "template": template,
        "steps": [(key, title, sum(one.anchor == key for one in gaps)) for key, title in STEPS],
        "missing": gaps if step != "check" else [],
        "before": KEYS[at - 1] if at else "",
        "after": KEYS[at + 1] if at + 1 < len(KEYS) else "",
        "refused": closed(row, standing),
        "conflict": None,
        "hints": [],
        "request_ended": ended(row),
    }
    return render(request, "engagements/setup.html", frame | context, status)
