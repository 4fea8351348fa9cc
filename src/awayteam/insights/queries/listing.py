"""The cases behind a figure, row by row: exactly those that it counted, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from awayteam.insights.cases import MEASURES, Measure
from awayteam.insights.queries.counting import between
from awayteam.insights.scope import Place, Scope
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.requests.models import Request

LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Which:
    """Which cases: of `measure`, of `group` ("" all), in `part` of the window ("" all of it, "before", a period)."""

    measure: str
    group: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case. `value` is in the measure's unit, `group` one of its groups; the request is named as it is now."""

    id: int
    request: int
    title: str
    kind: str
    home: Place
    at: datetime
    group: str
    group_words: str
    value: int | None
    points: Decimal


def measure_of(which: Which) -> Measure:
    """The measure; raises `InvalidInput` for one that there isn't."""
    found = MEASURES.get(which.measure)
    if found is None:
        what = f"There is no figure {which.measure[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(MEASURES)}.", {"measure": "unknown"})
    return found


def _cases(scope: Scope, which: Which) -> Any:
    measure = measure_of(which)
    last = len(scope.window.periods) - 1
    part = which.part
    if part not in ("", "before") and not (part.isascii() and part.isdecimal() and len(part) < 4 and int(part) <= last):
        raise InvalidInput(
            f"There is no part {part[:20]!r} of the window.", f"Use before, or 0 to {last}.", {"part": "unknown"}
        )
    start, end = between(scope, part)
    found = measure.cases(scope, start, end)
    return found.filter(c_group=which.group) if which.group else found


def cases(scope: Scope, which: Which, *, cursor: str | None = None, limit: int = 50) -> Page[CaseRow]:
    """A page of cases, the newest first; three statements. Raises `InvalidInput`."""
    measure, limit = measure_of(which), max(1, min(limit, LARGEST_PAGE))
    found = _cases(scope, which)
    if cursor:
        at, pk = decode_cursor(cursor, datetime, int)
        found = found.filter(Q(c_at__lt=at) | Q(c_at=at, pk__lt=pk))
    names = ("pk", "c_request", "c_kind", "c_home", "c_at", "c_group", "c_value", "c_points")
    rows = list(found.order_by("-c_at", "-pk").values_list(*names)[: limit + 1])
    page = page_of(rows, limit, lambda row: (row[4], row[0]))
    titles = dict(Request.objects.filter(pk__in={row[1] for row in page.items}).values_list("pk", "title"))
    return page.map(lambda row: _row(scope, measure, row, titles))


def _row(scope: Scope, measure: Measure, row: tuple[Any, ...], titles: dict[int, str]) -> CaseRow:
    pk, request, kind, home, at, group, value, points = row
    words = measure.groups.get(group, group)
    return CaseRow(pk, request, titles[request], kind, scope.places[home], at, group, words, value, points)


def number(scope: Scope, which: Which) -> int:
    """How many cases there are; one statement."""
    return int(_cases(scope, which).count())
