"""The list of reviews: what waits for me, what is open, what was decided."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.kernel.pages import csv_file, render
from awayteam.kernel.requests import Request
from awayteam.reviews import queries
from awayteam.reviews.queries import ReviewFilter

PAGE = 50
CSV_PAGE = 1_000
HEADER = (
    "number", "title", "field", "state", "team", "decider", "bar raiser", "recommendation", "due at", "asked at",
    "closed at",
)  # fmt: skip


def tabs() -> list[tuple[str, str, str, None]]:
    """The three lists of this app."""
    return [
        ("reviews", "Reviews", reverse("reviews"), None),
        ("register", "Register of overrides", reverse("register"), None),
        ("pool", "Bar raisers", reverse("bar_raisers"), None),
    ]


def filter_of(request: Request) -> ReviewFilter:
    """The filter that the address says."""
    given = request.GET
    chosen = {name: tuple(dict.fromkeys(given.getlist(name)))[:50] for name in ("state", "field", "team")}
    return ReviewFilter(
        **chosen, live=given.get("ended") != "yes", mine=given.get("mine") == "yes",
        text=given.get("q", "").strip()[:200],
    )  # fmt: skip


@require_safe
def index(request: Request) -> HttpResponseBase:
    wanted, sort, now = filter_of(request), request.GET.get("sort", "due"), timezone.now()
    if request.GET.get("format") == "csv":
        return csv_file("reviews", HEADER, _cells(request, wanted, sort))
    cursor = request.GET.get("cursor") or None
    context = {
        "page": queries.reviews(request.actor, wanted, now=now, sort=sort, cursor=cursor, limit=PAGE),
        "facets": [one for one in queries.facets(request.actor, wanted) if one.values],
        "numbers": queries.numbers(request.actor), "narrowed": wanted != ReviewFilter(), "sort": sort, "tabs": tabs(),
    }  # fmt: skip
    return render(request, "reviews/list.html", context)


def _cells(request: Request, wanted: ReviewFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor, now = None, timezone.now()
    while True:
        page = queries.reviews(request.actor, wanted, now=now, sort=sort, cursor=cursor, limit=CSV_PAGE)
        for row in page.items:
            one = row.review
            yield (
                one.pk, one.title, one.field, one.state, one.team.ref, one.decider.ref,
                one.bar_raiser.ref if one.bar_raiser else "", row.opinion.recommendation if row.opinion else "",
                one.due_at, one.created_at, one.closed_at,
            )  # fmt: skip
        cursor = page.next_cursor
        if cursor is None:
            return
