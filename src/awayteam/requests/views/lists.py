"""Lists of requests: facets at the left, a board by state, and the queue of one team."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.kernel import rulebook
from awayteam.kernel.pages import csv_file, render, thing_address
from awayteam.kernel.requests import Request
from awayteam.organisation.queries import team as team_of
from awayteam.requests import queries
from awayteam.requests.queries import RequestFilter, RequestRow
from awayteam.requests.queries.board import board as board_of
from awayteam.requests.queries.parameters import MANY, SINGLE, filter_of

PAGE = 50
CSV_MOST = 100_000
CSV_PAGE = 1_000
COLUMNS = (
    *("number", "title", "kind", "state", "home team", "asking team", "asked by", "others asking", "about"),
    *("turn", "turn of team", "due at", "value per week", "wanted by", "promised", "refusal lost", "asked at"),
    *("changed at", "closed at", "address"),
)


@require_safe
def index(request: Request) -> HttpResponseBase:
    """The list."""
    filter, sort, now = filter_of(request.GET), request.GET.get("sort", "-value"), timezone.now()
    if request.GET.get("format") == "csv":
        return csv_file("requests", COLUMNS, _csv_rows(request, filter, sort))
    cursor = request.GET.get("cursor") or None
    shown = queries.listing(request.actor, filter, sort=sort, cursor=cursor, limit=PAGE, most=12, now=now)
    context = _frame(request, "list") | {
        "page": shown.page,
        "total": shown.total,
        "facets": [facet for facet in shown.facets if facet.values],
        "sort": sort,
        "states": [filter.state[0]] if len(filter.state) == 1 else list(filter.state) or ["open"],
    }
    return render(request, "requests/list.html", context)


@require_safe
def board(request: Request) -> HttpResponseBase:
    """The open requests by their state: how many, and those of the highest value in each."""
    filter, now = filter_of(request.GET), timezone.now()
    columns = board_of(request.actor, replace(filter, state=("open",)), now)
    return render(request, "requests/board.html", _frame(request, "board") | {"columns": columns, "now": now})


def _frame(request: Request, tab: str) -> dict[str, Any]:
    query = request.GET.copy()
    for name in ("cursor", "format", "sort", "saved"):
        query.pop(name, None)
    shared = f"?{query.urlencode()}" if query else ""
    return {
        "tab": tab,
        "tabs": [
            ("list", "List", reverse("requests") + shared, None),
            ("board", "Board", reverse("requests_board") + shared, None),
        ],
        "chosen": _chosen(request),
        "quick": _quick(request),
    }


def _chosen(request: Request) -> list[tuple[str, str, list[str]]]:
    """What narrows the list: (property, value, the property's values without it)."""
    rows = [
        (name, value, request.GET.getlist(name)) for name in (*MANY, *SINGLE) for value in request.GET.getlist(name)
    ]
    return [(name, value, [other for other in all if other != value]) for name, value, all in rows if value]


QUICK = (
    ("turn", "me", "Your turn"),
    ("asking", "mine", "Your teams ask"),
    ("home", "mine", "Your teams answer"),
    ("overdue", "yes", "Clock ran out"),
)


def _quick(request: Request) -> list[tuple[str, dict[str, Any], bool]]:
    """Words, parameters and whether it is on, of what people look for most."""
    found = []
    for name, value, words in QUICK:
        here = request.GET.getlist(name)
        on = value in here
        found.append((words, {name: [one for one in here if one != value] if on else [*here, value]}, on))
    return found


def _csv_rows(request: Request, filter: RequestFilter, sort: str) -> Iterator[tuple[Any, ...]]:
    cursor, sent, now = None, 0, timezone.now()
    while sent < CSV_MOST:
        page = queries.list_requests(request.actor, filter, sort=sort, cursor=cursor, limit=CSV_PAGE, now=now)
        yield from (_csv_row(request, row) for row in page.items)
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return


def _csv_row(request: Request, row: RequestRow) -> tuple[Any, ...]:
    return (
        *(row.id, row.title, row.kind, row.state, row.home.ref, row.asking.ref, row.asker.ref, row.askers_count - 1),
        *(row.entity.ref if row.entity else "", row.turn.ref if row.turn else ""),
        *(row.turn_team.ref if row.turn_team else "", row.due_at, row.value_per_week, row.wanted_by),
        *(row.expected_until, "yes" if row.lost_refusal else "no", row.created_at, row.changed_at, row.closed_at),
        request.build_absolute_uri(reverse("request", args=[row.id])),
    )


def _unit() -> str:
    return rulebook.current().requests.value_unit


@require_safe
def team_queue(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """What one team has to answer, by value or by clock."""
    team = team_of(request.actor, f"group:{namespace}/{name}")
    if team.ref != f"group:{namespace}/{name}":
        return HttpResponseRedirect(thing_address(team.ref, "requests"))
    by = "clock" if request.GET.get("by") == "clock" else "value"
    now = timezone.now()
    context = {"team": team, "queue": queries.queue(request.actor, team, now, by=by), "by": by, "unit": _unit()}
    return render(request, "requests/queue.html", context)
