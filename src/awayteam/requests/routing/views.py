"""Fragments of the Ask page that come while somebody types."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from awayteam.catalog.models import Entity
from awayteam.kernel.pages import render
from awayteam.kernel.requests import Request
from awayteam.requests.similar import similar

LEAST_LETTERS = 8
"""Typed in all before anything is compared."""


@require_POST
def similar_requests(request: Request) -> HttpResponse:
    """Open requests that ask for much the same as what was typed so far."""
    title, need = request.POST.get("title", "")[:300], request.POST.get("need", "")[:10_000]
    target = request.POST.get("target", "")[:30]
    number = int(target[2:]) if target[:2] in ("e:", "t:") and target[2:].isdecimal() and len(target) < 20 else None
    entity_id = number if target.startswith("e:") else None
    team_id = number if target.startswith("t:") else None
    if entity_id is not None:
        team_id = Entity.objects.filter(pk=entity_id).values_list("owner__team_id", flat=True).first()
    long_enough = len(title.strip()) + len(need.strip()) >= LEAST_LETTERS
    found = (
        similar(request.actor, title=title, need=need, home_team_id=team_id, entity_id=entity_id) if long_enough else []
    )
    return render(request, "requests/similar.html", {"similar": found, "compared": long_enough})
