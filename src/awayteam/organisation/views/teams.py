"""Teams and units: the tree, the list, and the page of one."""

from typing import Any

from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from awayteam.kernel import events, panels, rulebook
from awayteam.kernel.pages import as_of, csv_file, render, thing_address
from awayteam.kernel.requests import Request
from awayteam.organisation import permissions, queries
from awayteam.organisation.models import Team
from awayteam.organisation.permissions import Verb

PAGE = 100
CSV_HEADER = ("reference", "name", "title", "unit", "parent", "people", "over the limit", "on call", "e-mail")


def index_tabs() -> list[tuple[str, str, str, None]]:
    teams = reverse("teams")
    return [
        ("tree", "Tree", teams, None),
        ("list", "List", f"{teams}?view=list", None),
        ("people", "People", reverse("people"), None),
    ]


@require_safe
def index(request: Request) -> HttpResponseBase:
    """The organisation as a tree, or as a list that can be narrowed to what needs attention."""
    if request.GET.get("view") == "list" or request.GET.get("format") == "csv":
        return _list(request)
    at = as_of(request)
    nodes = queries.tree(request.actor, at=at)
    limit = rulebook.current().organisation.team_size_max
    known = [node for node in nodes if node.team.declared or node.children]
    context = {
        "nodes": known,
        "missing": [node.team for node in nodes if not node.team.declared and not node.children],
        "at": at,
        "limit": limit,
        "tabs": index_tabs(),
    }
    return render(request, "organisation/tree.html", context)


def _list(request: Request) -> HttpResponseBase:
    book, at = rulebook.current(), as_of(request)
    chosen = {name: request.GET.get(name) == "yes" for name in ("oversized", "without_on_call")}
    units = {"units": True, "teams": False}.get(request.GET.get("kind", ""))
    text = request.GET.get("q", "").strip()[:200]

    def ask(cursor: str | None, limit: int) -> Any:
        return queries.teams(request.actor, book, units=units, text=text, cursor=cursor, limit=limit, at=at, **chosen)

    if request.GET.get("format") == "csv":
        return csv_file("teams", CSV_HEADER, (_csv_row(row) for row in ask(None, 100_000).items))
    context = {
        "page": ask(request.GET.get("cursor") or None, PAGE),
        "chosen": chosen,
        "units": request.GET.get("kind", ""),
        "text": text,
        "at": at,
        "limit": book.organisation.team_size_max,
        "tabs": index_tabs(),
    }
    return render(request, "organisation/teams.html", context)


def _csv_row(row: queries.TeamRow) -> tuple[Any, ...]:
    team = row.team
    return (
        *(team.ref, team.name, team.title, "yes" if team.is_unit else "no", team.parent.ref if team.parent else ""),
        *(row.members, "yes" if row.is_over else "no", team.on_call_url, team.email),
    )


def frame(request: Request, team: Team, tab: str) -> dict[str, Any]:
    here = thing_address(team.ref)
    return {
        "team": team,
        "tab": tab,
        "tabs": [("overview", "Overview", here, None), ("history", "History", f"{here}history/", None)],
        "above": queries.above(team),
        "may_edit": permissions.can(request.actor, Verb.EDIT_TEAM, team),
        "may_staff": permissions.can(request.actor, Verb.STAFF, team),
    }


@require_safe
def team(request: Request, namespace: str, name: str) -> HttpResponseBase:
    found = queries.team(request.actor, f"group:{namespace}/{name}")
    if found.ref != f"group:{namespace}/{name}":
        return HttpResponseRedirect(thing_address(found.ref))
    at, book = as_of(request), rulebook.current()
    tree = queries.tree(request.actor, at=at, root=found) if found.is_unit or found.children.exists() else []
    context = frame(request, found, "overview") | {
        "at": at,
        "members": queries.members(found, at=at),
        "size": queries.size_check(found, book, at=at),
        "node": tree[0] if tree else None,
        "edits": queries.fact_edits(found),
        "limit": book.organisation.team_size_max,
        "panels": panels.build("team", request, found),
    }
    return render(request, "organisation/team.html", context)


@require_safe
def team_history(request: Request, namespace: str, name: str) -> HttpResponseBase:
    found = queries.team(request.actor, f"group:{namespace}/{name}")
    context = frame(request, found, "history") | {
        "events": events.history("team", found.pk, before=request.GET.get("cursor") or None),
        "former": queries.membership_history(found),
    }
    return render(request, "organisation/team_history.html", context)
