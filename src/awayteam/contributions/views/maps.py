"""The map, areas, belonging, contradictions, and the commits behind every number."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from awayteam.contributions import drawing, queries
from awayteam.contributions.matrix import matrix
from awayteam.contributions.permissions import Verb, can
from awayteam.contributions.queries.areas import SORTS
from awayteam.contributions.rules import DEFINITIONS
from awayteam.contributions.views.common import ALL, ROWS, choice_of, filter_of, frame
from awayteam.kernel import panels, rulebook
from awayteam.kernel.pages import csv_file, render
from awayteam.kernel.requests import Request

AREA_HEADER = (
    "repository", "area", "owner", "commits", "home", "away", "authors", "top author's share", "file", "line",
)  # fmt: skip
WINDOW = (
    "Commits by committer date, counted back from each repository's newest commit unless a date is chosen; both ends "
    "inclusive, UTC."
)


@require_safe
def away_map(request: Request) -> HttpResponseBase:
    """The map: how much comes from whom, the matrix, the largest flows, and how it went over time."""
    choice = choice_of(request)
    found = queries.away_map(request.actor, choice)
    if request.GET.get("format") == "csv":
        header = ("from", "from reference", "to", "to reference", "class", "commits", "file changes")
        return csv_file("away-map", header, (_flow_cells(row) for row in found.flows))
    series = queries.over_time(found.scope)
    highest = max((p.home + p.away for one in series for p in one.periods), default=0)
    sort = request.GET.get("sort", "away")[:30]
    context = frame(request, "map") | {
        "found": found,
        "choice": choice,
        "matrix": matrix(found.flows, sort=sort, most=ALL if request.GET.get("all") == "yes" else 40),
        "sort": sort,
        "sankey": drawing.sankey(found.flows),
        "series": [(one, drawing.multiple(one, highest)) for one in series],
        "away_flows": [row for row in found.flows if not row.is_home],
        "definitions": DEFINITIONS | {"window": WINDOW},
        "may_follow": can(request.actor, Verb.FOLLOW),
        "panels": panels.build("repository", request, choice.repository) if choice.repository else [],
    }
    return render(request, "contributions/map.html", context)


def _flow_cells(row: queries.FlowRow) -> tuple[Any, ...]:
    kind = "home" if row.is_home else "away"
    return (row.origin.label, row.origin.ref, row.target.label, row.target.ref, kind, row.commits, row.files)


@require_safe
def areas(request: Request) -> HttpResponseBase:
    choice, book = choice_of(request), rulebook.current().contributions
    sort, sole = request.GET.get("sort", "commits"), request.GET.get("sole") == "yes"
    owner = request.GET.get("owner", "")[:20]

    def ask(cursor: str | None, limit: int) -> Any:
        return queries.areas(request.actor, choice, book, sort=sort, sole=sole, owner=owner, cursor=cursor, limit=limit)

    if request.GET.get("format") == "csv":
        return csv_file("areas", AREA_HEADER, (_area_cells(row) for row in ask(None, ALL).items))
    context = frame(request, "areas") | {
        "page": ask(request.GET.get("cursor") or None, ROWS),
        "scope": queries.scope(request.actor, choice),
        "choice": choice,
        "sort": sort if sort in SORTS else "commits",
        "sole": sole,
        "owner": owner,
        "rules": book,
    }
    return render(request, "contributions/areas.html", context)


def _area_cells(row: queries.AreaRow) -> tuple[Any, ...]:
    area = row.area
    counts = (row.commits, row.home, row.away, row.authors, round(row.top_share, 4))
    return (area.repository.name, area.name, row.owner.label, *counts, area.file, area.line)


@require_safe
def area(request: Request, id: int) -> HttpResponse:
    choice, book = choice_of(request), rulebook.current().contributions
    found = queries.area(request.actor, id, choice, book)
    context = frame(request, "areas") | {"found": found, "choice": choice, "rules": book}
    return render(request, "contributions/area.html", context)


@require_safe
def belonging(request: Request) -> HttpResponseBase:
    choice, book = choice_of(request), rulebook.current().contributions
    rows = queries.belonging(request.actor, choice, book)
    if request.GET.get("format") == "csv":
        header = ("repository", "area", "owner", "changed mostly by", "commits", "of", "share")
        cells = (
            (
                one.area.repository.name,
                one.area.name,
                one.owner.label,
                one.candidate.label,
                one.commits,
                one.of,
                one.share,
            )
            for one in rows
        )
        return csv_file("belonging", header, cells)
    context = frame(request, "belonging") | {
        "rows": rows,
        "choice": choice,
        "scope": queries.scope(request.actor, choice),
        "rules": book,
    }
    return render(request, "contributions/belonging.html", context)


@require_safe
def commits(request: Request) -> HttpResponseBase:
    """The commits behind a number, newest first."""
    choice, which = choice_of(request), filter_of(request)
    if request.GET.get("format") == "csv":
        rows = queries.commits(request.actor, choice, which, limit=ALL).items
        header = ("repository", "commit", "time", "author", "person", "class", "from", "files", "subject")
        return csv_file("commits", header, (_commit_cells(row) for row in rows))
    context = frame(request, "map") | {
        "page": queries.commits(request.actor, choice, which, cursor=request.GET.get("cursor") or None, limit=ROWS),
        "scope": queries.scope(request.actor, choice),
        "words": queries.words(request.actor, which),
        "choice": choice,
    }
    return render(request, "contributions/commits.html", context)


def _commit_cells(row: queries.CommitRow) -> tuple[Any, ...]:
    origin = row.origin.label if row.origin else ""
    return (
        row.repository, row.sha, row.at, row.author, row.person_ref, row.stands, origin, row.files, row.subject,
    )  # fmt: skip


@require_safe
def contradictions(request: Request) -> HttpResponseBase:
    rows = queries.contradictions(request.actor)
    if request.GET.get("format") == "csv":
        header = ("entity", "catalog owner", "owners by rules", "rule", "repository", "folder")
        cells = (
            (one.entity.ref, one.entity.owner.ref if one.entity.owner else "", " ".join(one.rule_owners), one.rule,
             one.repository.name, one.folder)
            for one in rows
        )  # fmt: skip
        return csv_file("contradictions", header, cells)
    return render(request, "contributions/contradictions.html", frame(request, "contradictions") | {"rows": rows})
