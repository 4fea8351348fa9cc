"""People: the list, and the page of one."""

from typing import Any

from django.http import HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe

from awayteam.kernel import events, panels
from awayteam.kernel.pages import as_of, csv_file, render, thing_address
from awayteam.kernel.requests import Request
from awayteam.organisation import permissions, queries
from awayteam.organisation.models import Person
from awayteam.organisation.permissions import Verb
from awayteam.organisation.views.teams import index_tabs

PAGE = 100
CSV_HEADER = ("reference", "name", "display name", "e-mail", "teams", "manager")


@require_safe
def index(request: Request) -> HttpResponseBase:
    at, text = as_of(request), request.GET.get("q", "").strip()[:200]
    teamless = request.GET.get("teamless") == "yes"
    team = queries.team(request.actor, request.GET["team"]) if request.GET.get("team") else None

    def ask(cursor: str | None, limit: int) -> Any:
        return queries.people(request.actor, text=text, team=team, teamless=teamless, cursor=cursor, limit=limit, at=at)

    if request.GET.get("format") == "csv":
        return csv_file("people", CSV_HEADER, (_csv_row(row) for row in ask(None, 100_000).items))
    context = {
        "page": ask(request.GET.get("cursor") or None, PAGE),
        "text": text,
        "teamless": teamless,
        "team": team,
        "at": at,
        "tabs": index_tabs(),
    }
    return render(request, "organisation/people.html", context)


def _csv_row(row: queries.PersonRow) -> tuple[Any, ...]:
    person = row.person
    teams = " ".join(team.ref for team in row.teams)
    manager = person.manager.ref if person.manager else ""
    return (person.ref, person.name, person.display_name, person.email, teams, manager)


def frame(request: Request, person: Person, tab: str) -> dict[str, Any]:
    here = thing_address(person.ref)
    return {
        "person": person,
        "tab": tab,
        "tabs": [("overview", "Overview", here, None), ("history", "History", f"{here}history/", None)],
        "may_edit": permissions.can(request.actor, Verb.EDIT_PERSON, person),
        "may_identify": permissions.can(request.actor, Verb.IDENTIFY, person),
    }


@require_safe
def person(request: Request, namespace: str, name: str) -> HttpResponseBase:
    found = queries.person(request.actor, f"user:{namespace}/{name}")
    if found.ref != f"user:{namespace}/{name}":
        return HttpResponseRedirect(thing_address(found.ref))
    at = as_of(request)
    context = frame(request, found, "overview") | {
        "at": at,
        "places": queries.teams_of(found, at=at),
        "former": queries.former_teams_of(found),
        "identities": queries.identities(found),
        "reports": list(found.reports.filter(left_at__isnull=True).order_by("name")[:50]),
        "edits": queries.fact_edits(found),
        "panels": panels.build("person", request, found),
    }
    return render(request, "organisation/person.html", context)


@require_safe
def person_history(request: Request, namespace: str, name: str) -> HttpResponseBase:
    found = queries.person(request.actor, f"user:{namespace}/{name}")
    context = frame(request, found, "history") | {
        "events": events.history("person", found.pk, before=request.GET.get("cursor") or None),
    }
    return render(request, "organisation/person_history.html", context)
