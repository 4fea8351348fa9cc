"""Pages of insights of engagements: the organisation, one unit or team, and the cases behind a figure."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.insights import views as frame
from awayteam.insights.flat import HEADER
from awayteam.insights.scope import Scope, scope
from awayteam.insights.visits import flat, listing
from awayteam.insights.visits.cases import VISIT_MEASURES, Case
from awayteam.insights.visits.figures import VisitFigures, figures
from awayteam.insights.visits.listing import WhichVisits
from awayteam.insights.words import hours, minutes
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.pages import csv_file, render
from awayteam.kernel.requests import Request
from awayteam.organisation.queries import team as team_of

PAGE = 50
NAME = 10
CASES_HEADER = ("kind", "number", "title", "away team", "home team", "time", "outcome", "value", "unit", "address")


@require_safe
def organisation(request: Request) -> HttpResponseBase:
    """The whole organisation."""
    return _page(request, scope(request.actor, frame.asked_of(request, ""), timezone.now()))


@require_safe
def of_team(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """Visits at one team, or at one unit with everything below it."""
    ref = f"group:{namespace}/{name}"
    team = team_of(request.actor, ref)
    if team.ref != ref:
        return HttpResponseRedirect(_address(team.ref))
    return _page(request, scope(request.actor, frame.asked_of(request, ref), timezone.now()))


def _address(ref: str, given: list[tuple[str, str]] | None = None) -> str:
    namespace, _, name = ref.partition(":")[2].partition("/")
    where = reverse("insights_visits_team", args=[namespace, name]) if ref else reverse("insights_visits")
    return where + (f"?{urlencode(given)}" if given else "")


def _page(request: Request, asked: Scope) -> HttpResponseBase:
    found = figures(asked)
    if request.GET.get("format") == "csv":
        return csv_file("insights-engagements", HEADER, flat.rows(found))
    context = frame.frame(request, asked) | {
        "found": found,
        "charts": _charts(found),
        "visits_at": lambda ref: _address(ref, frame.kept(request)),
        "cases_at": _cases_at(request, asked),
        "others": frame.address_of(asked.team.ref if asked.team else "", frame.kept(request)),
    }
    return render(request, "insights/visits.html", context)


def _charts(found: VisitFigures) -> dict[str, Any]:
    """What is drawn: the median answer of each period in working days, flows between units, and time by path."""
    answered = [
        (frame.label_of(one), None if one.value is None else round(one.value / found.per_day, 2))
        for one in found.answered_points
    ]
    flows = [
        (f"{_short(flow.away.label)} → {_short(flow.home.label)}", float(flow.visits)) for flow in found.unit_flows[:12]
    ]
    paths = [(row.words, round((row.now.median or 0) / 24, 1)) for row in found.paths if row.now.n]
    return {"answered": answered, "flows": flows, "paths": paths}


def _short(label: str) -> str:
    """A name that leaves room for another one beside a bar; the table names both in full."""
    return label if len(label) <= NAME else f"{label[: NAME - 1]}…"


def _cases_at(request: Request, asked: Scope) -> Callable[..., str]:
    """Makes the address of the cases behind a figure: `cases_at("ended", group="expired", part="before")`."""
    kept = dict(frame.kept(request)) | ({"team": asked.team.ref} if asked.team else {})

    def address(measure: str, group: str = "", part: str = "", **other: str) -> str:
        given = {"measure": measure, "group": group, "part": part} | kept | other
        return (
            f"{reverse('insights_visits_cases')}?{urlencode({name: value for name, value in given.items() if value})}"
        )

    return address


@require_safe
def cases(request: Request) -> HttpResponseBase:
    """The cases behind a figure, exactly those that it counted."""
    asked = scope(request.actor, frame.asked_of(request, request.GET.get("team", "")[:300]), timezone.now())
    given = {name: request.GET.get(name, "")[:300] for name in ("measure", "group", "part", "away", "home")}
    which = WhichVisits(**given | {"measure": given["measure"] or "begun"})
    measure = listing.visit_measure(which)
    if request.GET.get("format") == "csv":
        return csv_file(f"insights-engagements-{measure.key}", CASES_HEADER, _cells(request, asked, which))
    page = listing.visit_page(asked, which, cursor=request.GET.get("cursor") or None, limit=PAGE)
    per_day = calendar_of().minutes_per_day
    context = frame.frame(request, asked) | {
        "page": page,
        "measure": measure,
        "which": which,
        "value": lambda case: said(measure.unit, case.value, per_day),
        "address_of": address_of,
        "place": lambda team: asked.places[team],
        "groups": [measure.groups.get(one, one) for one in which.group.split("+") if one],
        "part_words": frame.part_words(asked, which.part),
        "back": _address(asked.team.ref if asked.team else "", frame.kept(request)),
    }
    return render(request, "insights/visit_cases.html", context)


def said(unit: str, value: int | None, per_day: int) -> str:
    """A case's own number, in words."""
    if value is None or not unit:
        return ""
    if unit == "working minutes":
        return minutes(value, per_day)
    return hours(value) if unit == "hours" else f"{value:,} {unit}"


def _cells(request: Request, asked: Scope, which: WhichVisits) -> Iterator[tuple[Any, ...]]:
    measure = VISIT_MEASURES[which.measure]
    for case in listing.visit_cases(asked, which):
        yield (
            *case.key, case.title, _ref(asked, case.away), _ref(asked, case.home), case.at, case.group, case.value,
            measure.unit, request.build_absolute_uri(address_of(case)),
        )  # fmt: skip


def _ref(asked: Scope, team: int | None) -> str:
    return asked.places[team].ref if team is not None else ""


def address_of(case: Case) -> str:
    """The page of what the case is about: an engagement, or a request."""
    return reverse(case.key[0], args=[case.key[1]])
