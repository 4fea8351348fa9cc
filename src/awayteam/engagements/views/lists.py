"""Lists of engagements: facets at the left, a board by state, those of one team or unit, and open places."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.engagements import queries
from awayteam.engagements.queries import EngagementFilter, EngagementRow
from awayteam.engagements.queries.filters import MANY, SINGLE, filter_of
from awayteam.kernel.pages import begun, csv_file, render, thing_address
from awayteam.kernel.requests import Request
from awayteam.organisation.queries import team as team_of

PAGE = 50
EXPORT_MOST, EXPORT_PAGE = 100_000, 1_000
COLUMNS = (
    *("number", "title", "state", "home team", "away team", "service", "request", "first day", "last day", "review"),
    *("pledged hours", "warranty days", "turn", "turn of team", "due at", "opened at", "changed at", "ended at"),
    "address",
)
QUICK = (
    ("turn", "me", "Your turn"),
    ("home", "mine", "At your teams"),
    ("away", "mine", "Your teams away"),
    ("person", "me", "You take part"),
)
TEAM_MOST = 25
SIDES = [
    ("home", "Away teams here", "Nobody works in this team’s code now."),
    ("away", "This team elsewhere", "This team works in nobody’s code now."),
]


@require_safe
def index(request: Request) -> HttpResponseBase:
    """The list."""
    filter, sort, now = filter_of(request.GET), request.GET.get("sort", "due"), timezone.now()
    if request.GET.get("format") == "csv":
        return csv_file("engagements", COLUMNS, (_values(request, row) for row in _all(request, filter, sort)))
    if request.GET.get("format") == "json":
        return _json(request, filter, sort)
    cursor = request.GET.get("cursor") or None
    shown = queries.listing(request.actor, filter, sort=sort, cursor=cursor, limit=PAGE, most=12, now=now)
    context = _frame(request, "list") | {
        "page": shown.page,
        "total": shown.total,
        "facets": [facet for facet in shown.facets if facet.values],
        "sort": sort,
        "states": [filter.state[0]] if len(filter.state) == 1 else list(filter.state) or ["open"],
    }
    return render(request, "engagements/list.html", context)


@require_safe
def board(request: Request) -> HttpResponseBase:
    """The open engagements by their state: how many, and those of each whose clocks end first."""
    filter, now = filter_of(request.GET), timezone.now()
    columns = queries.board(request.actor, replace(filter, state=("open",)), now)
    return render(request, "engagements/board.html", _frame(request, "board") | {"columns": columns})


def tabs(shared: str = "") -> list[tuple[str, str, str, None]]:
    """List, board, places: the ways to look at engagements."""
    return [
        ("list", "List", reverse("engagements") + shared, None),
        ("board", "Board", reverse("engagements_board") + shared, None),
        ("places", "Open places", reverse("places"), None),
    ]


def _frame(request: Request, tab: str) -> dict[str, Any]:
    query = request.GET.copy()
    for name in ("cursor", "format", "sort", "saved"):
        query.pop(name, None)
    return {
        "tab": tab,
        "tabs": tabs(f"?{query.urlencode()}" if query else ""),
        "chosen": _chosen(request),
        "quick": _quick(request),
    }


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
        found.append((words, {name: [one for one in here if one != value] if on else [*here, value]}, on))
    return found


def _all(request: Request, filter: EngagementFilter, sort: str) -> Iterator[EngagementRow]:
    """Every row of the list, page by page."""
    cursor, sent, now = None, 0, timezone.now()
    while sent < EXPORT_MOST:
        page = queries.list_engagements(request.actor, filter, sort=sort, cursor=cursor, limit=EXPORT_PAGE, now=now)
        yield from page.items
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return


def _values(request: Request, row: EngagementRow) -> tuple[Any, ...]:
    return (
        *(row.id, row.title, row.state, row.home.ref, row.away.ref, row.service.ref if row.service else ""),
        *(row.request_id, row.starts_on, row.ends_on, row.review_mode, row.pledged_hours, row.warranty_days),
        *(row.turn.ref if row.turn else "", row.turn_team.ref if row.turn_team else "", row.due_at, row.created_at),
        *(row.changed_at, row.closed_at, request.build_absolute_uri(reverse("engagement", args=[row.id]))),
    )


def _json(request: Request, filter: EngagementFilter, sort: str) -> StreamingHttpResponse:
    """A list of objects with the columns of the CSV file, sent as it is made."""
    names = [name.replace(" ", "_") for name in COLUMNS]
    rows = begun(_all(request, filter, sort))

    def lines() -> Iterator[bytes]:
        before = b"["
        for row in rows:
            yield before + orjson.dumps(dict(zip(names, _values(request, row), strict=True)))
            before = b",\n"
        yield b"]\n" if before != b"[" else b"[]\n"

    response = StreamingHttpResponse(lines(), content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="engagements.json"'
    return response


@dataclass(frozen=True, slots=True)
class Part:
    """Some engagements of a team, and how many there are in all."""

    rows: list[EngagementRow]
    total: int


@require_safe
def of_team(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """Who visits a team, and whom it visits; for a unit, the visits of all its teams."""
    team = team_of(request.actor, f"group:{namespace}/{name}")
    if team.ref != f"group:{namespace}/{name}":
        return HttpResponseRedirect(thing_address(team.ref, "engagements"))
    rows = [("unit", "Open visits", "No away team comes or goes in this unit now.")] if team.is_unit else SIDES
    shown = []
    for field, words, none in rows:
        query = urlencode({field: team.ref})
        shown.append((field, words, _part(request, query), none, f"{reverse('engagements')}?{query}"))
    return render(request, "engagements/team.html", {"team": team, "parts_shown": shown})


def _part(request: Request, query: str) -> Part:
    filter, now = filter_of(QueryDict(query)), timezone.now()
    page = queries.list_engagements(request.actor, filter, sort="due", limit=TEAM_MOST, now=now)
    rows = list(page.items)
    return Part(rows, queries.total(request.actor, filter, now) if page.next_cursor else len(rows))


@require_safe
def places(request: Request) -> HttpResponse:
    """Open places of all away teams: the gig marketplace."""
    text, skill = request.GET.get("q", "").strip()[:200], request.GET.get("skill", "").strip()[:80]
    now, cursor = timezone.now(), request.GET.get("cursor") or None
    page = queries.open_places(request.actor, now, text=text, skill=skill, cursor=cursor, limit=PAGE)
    return render(request, "engagements/places.html", {"page": page, "skill": skill, "tabs": tabs()})
