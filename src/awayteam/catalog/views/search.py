"""Search: one box for everything; the same words in the palette, as one types."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from awayteam.catalog import queries
from awayteam.kernel.pages import render
from awayteam.kernel.requests import Request

LONGEST = 200


@require_safe
def search(request: Request) -> HttpResponse:
    words, kinds = request.GET.get("q", "")[:LONGEST], tuple(request.GET.getlist("kind"))[:10]
    result = queries.search(request.actor, words, limit=50 if kinds else 12, kinds=kinds)
    return render(request, "catalog/search.html", {"words": words, "kinds": kinds, "result": result})


@require_safe
def suggest(request: Request) -> HttpResponse:
    """The best hits as a fragment for the palette."""
    words = request.GET.get("q", "")[:LONGEST]
    result = queries.search(request.actor, words, limit=4)
    return render(request, "catalog/suggest.html", {"words": words, "result": result})
