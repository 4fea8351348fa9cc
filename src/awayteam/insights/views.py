"""Pages of insights: the organisation, one unit or team, and the cases behind a figure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from awayteam.insights import flat, queries, words
from awayteam.insights.cases import MEASURES
from awayteam.insights.queries import Part, Point, Which
from awayteam.insights.scope import Asked, Scope, scope
from awayteam.insights.windows import SPANS, Every
from awayteam.kernel import rulebook
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.pages import csv_file, render
from awayteam.kernel.requests import Request
from awayteam.organisation.queries import team as team_of
from awayteam.requests.words import KIND_WORDS, points

PAGE = 50
CSV_MOST = 100_000
CSV_PAGE = 1_000
WINDOW = ("only", "span", "since", "until", "every", "kind")
"""Parameters that make up the question; links to other pages of insights carry them."""
CASES_HEADER = (
    "request", "title", "kind", "home team", "time", "outcome", "value", "unit", "cost of delay a week", "address",
)  # fmt: skip
SHOWN_PARTS = 40


def asked_of(request: Request, team: str) -> Asked:
    given = {name: request.GET.get(name, "").strip()[:40] for name in WINDOW}
    return Asked(team=team, **given)


@require_safe
def organisation(request: Request) -> HttpResponseBase:
    """The whole organisation."""
    return _page(request, scope(request.actor, asked_of(request, ""), timezone.now()))


@require_safe
def of_team(request: Request, namespace: str, name: str) -> HttpResponseBase:
    """One team, or one unit with everything below it."""
    ref = f"group:{namespace}/{name}"
    team = team_of(request.actor, ref)
    if team.ref != ref:
        return HttpResponseRedirect(address_of(team.ref))
    return _page(request, scope(request.actor, asked_of(request, ref), timezone.now()))


def _page(request: Request, asked: Scope) -> HttpResponseBase:
    found = queries.figures(asked)
    if request.GET.get("format") == "csv":
        return csv_file("insights", flat.HEADER, flat.rows(found))
    unit = rulebook.current().requests.value_unit
    context = frame(request, asked) | {
        "found": found,
        "headline": words.headline(found, unit),
        "verdict": words.promise_verdict(found.promises),
        "parts": found.parts[:SHOWN_PARTS],
        "more_parts": max(0, len(found.parts) - SHOWN_PARTS),
        "unit": unit,
        "charts": _charts(found),
        "visits": _visits_of(asked, kept(request)),
    }
    return render(request, "insights/page.html", context)


def _charts(found: queries.Figures) -> dict[str, list[tuple[str, float | None]]]:
    """The lines of the page in units that people read: working days, percent, days, points, hours."""

    def points_of(line: Sequence[Point], scale: float) -> list[tuple[str, float | None]]:
        return [(label_of(one), None if one.value is None else round(one.value * scale, 2)) for one in line]

    return {
        "decided": points_of(found.decided.points, 1 / found.per_day),
        "expiry": [(label_of(one, "ended"), one.value or 0.0) for one in found.expiry_points],
        "done": points_of(found.done.points, 1 / 24),
        "value": [(one.label, one.value) for one in found.value_points],
        "managed": points_of(found.managed_points, 1),
    }


def label_of(one: Point, of: str = "") -> str:
    """A point with its cases, and whether its time isn't over."""
    counted = f"{one.n:,} {of}" if of else words.cases(one.n)
    return f"{one.label}{', so far' if one.running else ''} ({counted})"


def frame(request: Request, asked: Scope) -> dict[str, Any]:
    """What both kinds of page need: the window, links to cases, words of numbers."""
    per_day = calendar_of().minutes_per_day
    return {
        "scope": asked,
        "team": asked.team,
        "window": asked.window,
        "spans": SPANS,
        "everies": list(Every),
        "kinds": KIND_WORDS,
        "cases_at": _cases_at(request, asked),
        "part_at": _part_at(request, asked),
        "insights_at": lambda ref: address_of(ref, kept(request)),
        "points": points,
        "share": words.share,
        "doubt": words.doubt,
        "hours": words.hours,
        "counted": words.cases,
        "minutes": lambda value: words.minutes(value, per_day),
        "short": lambda value: words.short_minutes(value, per_day),
        "per_day": per_day,
    }


def _visits_of(asked: Scope, given: list[tuple[str, str]]) -> str:
    """The page of visits with the same question."""
    if asked.team is None:
        where = reverse("insights_visits")
    else:
        namespace, _, name = asked.team.ref.partition(":")[2].partition("/")
        where = reverse("insights_visits_team", args=[namespace, name])
    return where + (f"?{urlencode(given)}" if given else "")


def kept(request: Request) -> list[tuple[str, str]]:
    return [(name, request.GET[name]) for name in WINDOW if request.GET.get(name)]


def address_of(ref: str, given: list[tuple[str, str]] | None = None) -> str:
    """The page of a team, or with "" of the organisation."""
    namespace, _, name = ref.partition(":")[2].partition("/")
    where = reverse("insights_team", args=[namespace, name]) if ref else reverse("insights")
    return where + (f"?{urlencode(given)}" if given else "")


def _cases_at(request: Request, asked: Scope) -> Callable[..., str]:
    """Makes the address of the cases behind a figure: `cases_at("decided", group="decline", part="before")`."""
    always = dict(kept(request)) | ({"team": asked.team.ref} if asked.team else {})

    def address(measure: str, group: str = "", part: str = "", **other: str) -> str:
        given = {"measure": measure, "group": group, "part": part} | always | other
        return f"{reverse('insights_cases')}?{urlencode({name: value for name, value in given.items() if value})}"

    return address


def _part_at(request: Request, asked: Scope) -> Callable[[str, Part], str]:
    """Makes the address of the cases that one line of a table counts."""
    address = _cases_at(request, asked)

    def part(measure: str, row: Part) -> str:
        if row.place is None:
            return address(measure, kind=row.key)
        return address(measure, team=row.place.ref, only="yes" if row.place.alone else "")

    return part


@require_safe
def cases(request: Request) -> HttpResponseBase:
    """The cases behind a figure, exactly those that it counted."""
    asked = scope(request.actor, asked_of(request, request.GET.get("team", "")[:300]), timezone.now())
    given = {name: request.GET.get(name, "")[:40] for name in ("measure", "group", "part")}
    which = Which(**given | {"measure": given["measure"] or "decided"})
    measure = queries.measure_of(which)
    if request.GET.get("format") == "csv":
        return csv_file(f"insights-{measure.key}", CASES_HEADER, _csv_rows(request, asked, which))
    page = queries.cases(asked, which, cursor=request.GET.get("cursor") or None, limit=PAGE)
    per_day = calendar_of().minutes_per_day
    context = frame(request, asked) | {
        "page": page,
        "total": queries.number(asked, which),
        "measure": measure,
        "measures": MEASURES.values(),
        "which": which,
        "value": lambda row: words.value_of(measure.key, row.value, per_day),
        "part_words": part_words(asked, which.part),
        "back": address_of(asked.team.ref if asked.team else "", kept(request)),
    }
    return render(request, "insights/cases.html", context)


def part_words(asked: Scope, part: str) -> str:
    if part == "before":
        return "the window before"
    return asked.window.periods[int(part)].label if part else asked.window.words


def _csv_rows(request: Request, asked: Scope, which: Which) -> Iterator[tuple[Any, ...]]:
    cursor, sent = None, 0
    unit = MEASURES[which.measure].unit
    while sent < CSV_MOST:
        page = queries.cases(asked, which, cursor=cursor, limit=CSV_PAGE)
        for row in page.items:
            where = request.build_absolute_uri(reverse("request", args=[row.request]))
            yield (
                row.request,
                row.title,
                row.kind,
                row.home.ref,
                row.at,
                row.group,
                row.value,
                unit,
                row.points,
                where,
            )
        sent, cursor = sent + len(page.items), page.next_cursor
        if cursor is None:
            return
