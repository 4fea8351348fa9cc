"""Counting the cases of a measure in the database: by period, home team, kind and group, each distinct value once."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, IntegerField, Sum, Value, When

from awayteam.insights.cases import MEASURES, Measure
from awayteam.insights.scope import Scope

BEFORE = -1
"""The period of cases in the window before."""


class Counted(NamedTuple):
    """`number` cases of one period (`BEFORE`, or the index in the window), home team, kind, group and value.

    `points` is the sum of their requests' cost of delay a week.
    """

    period: int
    home: int
    kind: str
    group: str
    value: int | None
    number: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class Counts:
    """The counted rows of one measure, to be cut as figures need them."""

    rows: list[Counted]

    def where(self, fits: Callable[[Counted], bool]) -> "Counts":
        return Counts([row for row in self.rows if fits(row)])

    @property
    def now(self) -> "Counts":
        return self.where(lambda row: row.period != BEFORE)

    @property
    def before(self) -> "Counts":
        return self.where(lambda row: row.period == BEFORE)

    @property
    def number(self) -> int:
        return sum(row.number for row in self.rows)

    @property
    def points(self) -> Decimal:
        return sum((row.points for row in self.rows), Decimal(0))

    @property
    def total(self) -> int:
        """The sum of the values."""
        return sum((row.value or 0) * row.number for row in self.rows)

    @property
    def values(self) -> dict[float, int]:
        """How often each value occurs; cases without a value are left out."""
        found: dict[float, int] = defaultdict(int)
        for row in self.rows:
            if row.value is not None:
                found[row.value] += row.number
        return found

    def by(self, key: Callable[[Counted], Any]) -> dict[Any, "Counts"]:
        found: dict[Any, list[Counted]] = defaultdict(list)
        for row in self.rows:
            found[key(row)].append(row)
        return {name: Counts(rows) for name, rows in found.items()}


def count(scope: Scope, key: str, *, before: bool = True, values: bool = True, more: Iterable[str] = ()) -> Counts:  # noqa: ARG001
    """The cases of a measure in the window, and in the one before; one statement.

    Without `values` cases are told apart by period, home team, kind and group alone.
    """
    measure = MEASURES[key]
    start = scope.window.before if before else scope.window.start
    cases = measure.cases(scope, start, scope.end).annotate(c_period=period_of(scope, measure.at))
    if not values:
        cases = cases.annotate(c_none=Value(None, output_field=IntegerField()))
    names = ("c_period", "c_home", "c_kind", "c_group", "c_value" if values else "c_none")
    counted = cases.values_list(*names).annotate(number=Count("pk"), points=Sum("c_points"))
    return Counts([Counted(*row) for row in counted])


def period_of(scope: Scope, at: str) -> Any:
    """The index of the period in which the column `at` lies; `BEFORE` before the window."""
    periods = scope.window.periods
    edges = [When(**{f"{at}__lt": scope.window.start}, then=Value(BEFORE))]
    edges += [When(**{f"{at}__lt": one.end}, then=Value(index)) for index, one in enumerate(periods[:-1])]
    return Case(*edges, default=Value(len(periods) - 1), output_field=IntegerField())


def flows(scope: Scope) -> list[tuple[float, float]]:
    """For each period of the window, the cost of delay a week of requests that came, and of those that went.

    Two statements. Values are those of today; what was merged has gone to another request.
    """
    from awayteam.requests.models import Request

    found = [[0.0, 0.0] for _ in scope.window.periods]
    for side, at in enumerate(("created_at", "closed_at")):
        rows = Request.objects.filter(scope.condition(""), **{f"{at}__gte": scope.window.start, f"{at}__lt": scope.end})
        rows = rows.order_by().annotate(c_period=period_of(scope, at))
        for index, points in rows.values_list("c_period").annotate(points=Sum(F("value_per_week"))):
            found[index][side] += float(points)
    return [(came, went) for came, went in found]


def between(scope: Scope, part: str) -> tuple[datetime, datetime]:
    """The moments of a part of the window: "" all of it, "before" the window before, or the index of a period."""
    if part == "before":
        return scope.window.before, scope.window.start
    if part:
        one = scope.window.periods[int(part)]
        return one.start, min(one.end, scope.end)
    return scope.window.start, scope.end


__all__ = ["BEFORE", "Counted", "Counts", "Measure", "between", "count", "flows", "period_of"]
