"""Pages of APIs that look alike."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from awayteam.catalog import queries as catalog
from awayteam.duplicates import actions
from awayteam.duplicates.alike import queries
from awayteam.duplicates.permissions import can_dismiss
from awayteam.duplicates.views.pages import PAGE, tabs
from awayteam.kernel import events, rulebook
from awayteam.kernel.pages import ReasonForm, done, render
from awayteam.kernel.requests import Request


@require_safe
def index(request: Request) -> HttpResponse:
    """Pairs of APIs of different owners, the most alike first."""
    named = request.GET.get("of", "").strip()[:300]
    of = catalog.resolve(request.actor, named) if named else None
    dismissed = request.GET.get("dismissed") == "yes"
    owners = tuple(request.GET.getlist("owner"))[:50]
    cursor = request.GET.get("cursor") or None
    context: dict[str, Any] = {
        "page": queries.alike(request.actor, of=of, owners=owners, dismissed=dismissed, cursor=cursor, limit=PAGE),
        "of": of,
        "dismissed": dismissed,
        "owners": owners,
        "tabs": tabs(),
        "last": queries.last_comparison(),
        "least": rulebook.current().duplicates.likeness_min,
    }
    return render(request, "duplicates/alike.html", context)


@require_safe
def story(request: Request, pk: int) -> HttpResponse:
    """Two APIs side by side: the parts of the score, and the operations that both have."""
    found = queries.compared(request.actor, pk)
    row = found.likeness
    owners = tuple(one.owner.team_id if one.owner else None for one in (row.a, row.b))
    context = {
        "found": found,
        "row": row,
        "may_dismiss": can_dismiss(request.actor, (owners[0], owners[1])),
        "events": events.history("likeness", pk, limit=20),
        "parts": (("Operations", row.operations), ("Names", row.names), ("Descriptions", row.descriptions)),
    }
    return render(request, "duplicates/likeness.html", context)


def _change(request: Request, pk: int, action: Any, words: str) -> HttpResponseBase:
    row = queries.likeness(request.actor, pk)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    action(row, actor=request.actor, now=timezone.now(), reason=reason)
    return done(request, words, reverse("likeness", args=[pk]))


@require_POST
def dismiss(request: Request, pk: int) -> HttpResponseBase:
    return _change(request, pk, actions.dismiss, "They only look alike; that stays.")


@require_POST
def restore(request: Request, pk: int) -> HttpResponseBase:
    return _change(request, pk, actions.restore, "They are shown again.")
