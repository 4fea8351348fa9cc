"""The list of changes."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.gate.models import Change
from awayteam.gate.queries import pages
from awayteam.gate.queries.narrowing import MANY, SINGLE, ChangeFilter, filter_of
from awayteam.gate.queries.pages import ChangeRow
from awayteam.kernel.pages import csv_file, render
from awayteam.kernel.requests import Request

PAGE = 50
EXPORT_MOST, EXPORT_PAGE = 100_000, 1_000
COLUMNS = (
    "number", "repository", "name", "title", "state", "outcome", "says", "is", "author", "author's teams", "home team",
    "asked", "due at", "opened at", "first review at", "minutes to first review", "merged at", "head", "stands at",
    "address",
)  # fmt: skip
QUICK = (
    ("mine", "word", "Wait for your word"),
    ("mine", "made", "Made by you"),
    ("home", "mine", "In your teams’ code"),
    ("by", "mine", "By your teams"),
)


@require_safe
def index(request: Request) -> HttpResponseBase:
    """Changes that the gate was told of; the open ones where nothing else is said."""
    wanted, sort, now = filter_of(request.GET), request.GET.get("sort", pages.DEFAULT_SORT), timezone.now()
    if request.GET.get("format") == "csv":
        return csv_file("changes", COLUMNS, (_values(request, row) for row in _all(request, wanted, sort)))
    cursor = request.GET.get("cursor") or None
    page = pages.list_changes(request.actor, wanted, now=now, sort=sort, cursor=cursor, limit=PAGE)
    facets = pages.facets(request.actor, wanted, now=now)
    chosen = _chosen(request)
    context = {
        "page": page, "wanted": wanted, "sort": sort, "now": now, "chosen": chosen, "quick": _quick(request),
        "total": pages.total(request.actor, wanted, now) if page.next_cursor or cursor else len(page.items),
        "facets": [facet for facet in facets if facet.values],
        "known": bool(page.items) or (not chosen and Change.objects.exists()),
    }  # fmt: skip
    return render(request, "gate/list.html", context)


def _chosen(request: Request) -> list[tuple[str, str, list[str]]]:
    """What narrows the list: (property, value, the property's values without it)."""
    rows = [
        (name, value, request.GET.getlist(name)) for name in (*MANY, *SINGLE) for value in request.GET.getlist(name)
    ]
    return [(name, value, [other for other in all if other != value]) for name, value, all in rows if value]


def _quick(request: Request) -> list[tuple[str, dict[str, Any], bool]]:
    """Words, parameters and whether it is on, of what people look for most."""
    found = []
    for name, value, words in QUICK:
        here = request.GET.getlist(name)
        on = value in here
        rest = [one for one in here if one != value] if name in MANY else []
        found.append((words, {name: rest if on else [*rest, value]}, on))
    return found


def _all(request: Request, wanted: ChangeFilter, sort: str) -> Iterator[ChangeRow]:
    """Every row of the list, page by page."""
    cursor, sent, now = None, 0, timezone.now()
    while sent < EXPORT_MOST:
        page = pages.list_changes(request.actor, wanted, now=now, sort=sort, cursor=cursor, limit=EXPORT_PAGE)
        yield from page.items
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return


def _values(request: Request, row: ChangeRow) -> tuple[Any, ...]:
    one = row.change
    asked = ", ".join(each.ref for each in row.asked) + (f", {row.asked_more} more" if row.asked_more else "")
    return (
        one.pk, one.repository, one.key, one.title, one.state, one.outcome, one.says, ", ".join(one.standings),
        one.author.ref if one.author else one.author_label, ", ".join(each.ref for each in row.teams),
        one.home_team.ref if one.home_team else "", asked, one.due_at, one.opened_at, one.first_reviewed_at,
        row.review_minutes if row.is_reviewed else None, one.merged_at, one.head, one.url,
        request.build_absolute_uri(reverse("change", args=[one.pk])),
    )  # fmt: skip
