"""Tables in which somebody has added up already: arm, n, mean, variance, and perhaps metric and time."""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from awayteam.analysis.facts import Group, Read
from awayteam.analysis.moments import Facts, Moments
from awayteam.analysis.spec import Metric
from awayteam.analysis.tables import Source, Unreadable
from awayteam.kernel.errors import InvalidInput

Time = Literal["auto", "cumulative", "period"]
MOST_ROWS = 200_000
NAMES = {
    "n": ("n", "count", "units", "users", "n_units", "sample_size"),
    "mean": ("mean", "avg", "average"),
    "variance": ("variance", "var"),
    "spread": ("sd", "std", "stddev", "standard_deviation"),
    "time": ("time", "day", "date", "period", "week", "hour", "time_since_start"),
    "metric": ("metric", "metric_id", "metric_name"),
}


@dataclass(frozen=True)
class Heads:
    """Which columns say what; `metric` and `time` may be missing, and `variance` or `spread`."""

    columns: Mapping[str, str]

    def of(self, name: str, prefix: str = "") -> str | None:
        """The table's own name of a column, with a metric's prefix where there is such a one."""
        for one in NAMES[name]:
            if prefix and (found := self.columns.get(f"{prefix}_{one}".casefold())):
                return found
        return next((self.columns[one] for one in NAMES[name] if one in self.columns), None)


def read(source: Source, arm: str, metrics: Sequence[Metric], time: Time, time_column: str | None) -> Read:
    """Facts from sums that are there already. Only means and proportions can be read so."""
    kinds = source.kinds
    if arm not in kinds:
        near = difflib.get_close_matches(arm, kinds, 3, 0.6)
        raise InvalidInput(f"--arm: there is no column {arm!r}.", f"There are {', '.join(near or list(kinds)[:30])}.")
    rows = source.ask(f"SELECT * FROM {source.relation} LIMIT {MOST_ROWS + 1}")
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"More than {MOST_ROWS:,} rows are no table of sums.", "Leave --moments out.")
    heads = Heads({name.casefold(): name for name in kinds})
    if time_column is not None and time_column not in kinds:
        raise InvalidInput(f"--days: there is no column {time_column!r}.", f"There are {', '.join(kinds)}.")
    when = time_column or heads.of("time")
    table = [dict(zip(kinds, row, strict=True)) for row in rows]
    found = Read()
    for metric in metrics:
        if metric.kind not in {"mean", "proportion"} or metric.covariates or metric.cluster or metric.winsor:
            raise InvalidInput(
                f"Metric {metric.name}: sums of rows allow means and proportions only.", "Analyze the rows themselves."
            )
    points = [_points(_own(table, heads, metric), heads, metric, arm, when) for metric in metrics]
    found.cumulative = _cumulative(points, time, found)
    for metric, own in zip(metrics, points, strict=True):
        _add(found, metric, own)
    return found


def every(source: Source) -> list[str]:
    """The metrics that a table of sums names; none where it has no such column."""
    heads = Heads({name.casefold(): name for name in source.kinds})
    column = heads.of("metric")
    if column is None:
        return []
    text = source.dialect.column(column)
    rows = source.ask(f"SELECT DISTINCT {source.dialect.text.format(text)} FROM {source.relation} LIMIT 101")
    return sorted(str(row[0]) for row in rows if row[0] is not None)


def _own(table: list[dict[str, Any]], heads: Heads, metric: Metric) -> list[tuple[int, dict[str, Any]]]:
    column, wanted = heads.of("metric"), metric.columns[0]
    numbered = list(enumerate(table, start=1))
    if column is None:
        return numbered
    some = [(number, row) for number, row in numbered if str(row[column]) == wanted]
    if not some:
        there = list(dict.fromkeys(str(row[column]) for row in table))
        near = difflib.get_close_matches(wanted, there, 3, 0.5)
        raise InvalidInput(
            f"Metric {metric.name}: column {column} has no {wanted!r}.", f"It has {', '.join((near or there)[:20])}."
        )
    return some


Points = dict[str, list[tuple[str | None, Moments]]]


def _points(
    rows: Iterable[tuple[int, dict[str, Any]]], heads: Heads, metric: Metric, arm: str, when: str | None
) -> Points:
    prefix = metric.columns[0]
    columns = {name: heads.of(name, prefix) for name in ("n", "mean", "variance", "spread")}
    for name in ("n", "mean"):
        if columns[name] is None:
            raise InvalidInput(
                f"Metric {metric.name}: no column says {name}.",
                f"Call it {prefix}_{name}, or one of {', '.join(NAMES[name])}.",
            )
    if metric.kind == "mean" and columns["variance"] is None and columns["spread"] is None:
        raise InvalidInput(f"Metric {metric.name}: no column says the variance.", "Call it variance, or sd.")
    points: Points = {}
    for number, row in rows:
        if row[arm] is None:
            continue
        time = None if when is None or row[when] is None else _sortable(row[when])
        points.setdefault(str(row[arm]), []).append((time, _moments(number, row, columns, metric)))
    for own in points.values():
        own.sort(key=lambda point: point[0] or "")
        times = [time for time, _ in own]
        if len(set(times)) != len(times):
            raise InvalidInput(
                f"Metric {metric.name}: an arm has two rows for the same time.",
                "Each arm, time and metric has one row; name the column of times with --days.",
            )
    return points


def _sortable(value: Any) -> str:
    """Times and numbers as text in their own order."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:020.6f}".rstrip("0").rstrip(".") if value % 1 else f"{int(value):012d}"
    return str(value)


def _moments(number: int, row: Mapping[str, Any], columns: Mapping[str, str | None], metric: Metric) -> Moments:
    def value(name: str) -> float | None:
        column = columns[name]
        if column is None or row[column] is None:
            return None
        try:
            found = float(row[column])
        except (TypeError, ValueError):
            found = math.nan
        if not math.isfinite(found):
            raise Unreadable(f"row {number}: {column} is no number: {str(row[column])[:40]!r}")
        return found

    n, mean, variance, spread = (value(name) for name in ("n", "mean", "variance", "spread"))
    if n is None or n < 0 or n != int(n):
        raise Unreadable(f"row {number}: {columns['n']} is no count: {str(row[columns['n'] or ''])[:40]!r}")
    if mean is None and n:
        raise Unreadable(f"row {number}: {columns['mean']} is missing")
    mean = mean or 0.0
    if variance is None and spread is not None:
        variance = spread * spread
    if metric.kind == "proportion":
        if not 0 <= mean <= 1:
            raise Unreadable(f"row {number}: a proportion lies between 0 and 1, not at {mean:g}")
        return Moments(int(n), (mean,), ((n * mean * (1 - mean),),))
    if n > 1 and (variance is None or variance < 0):
        raise Unreadable(f"row {number}: the variance is {'missing' if variance is None else 'negative'}")
    return Moments(int(n), (mean,), ((max(0.0, (variance or 0.0) * (n - 1)),),))


def _add(found: Read, metric: Metric, points: Points) -> None:
    for arm, own in points.items():
        for when, moments in own:
            group = found.groups.setdefault((arm, None, when), Group(0))
            group.units = max(group.units, moments.n)
            group.facts[metric.name] = Facts(moments)


def _cumulative(points: Sequence[Points], time: Time, found: Read) -> bool:
    """Whether a row of an arm holds all up to its time; where nobody says, whether no arm's units ever fall."""
    rows = [own for one in points for own in one.values()]
    if time != "auto" or all(len(own) < 2 for own in rows):
        return time == "cumulative"
    rising = all(a.n <= b.n for own in rows for (_, a), (_, b) in pairwise(own))
    found.remarks.append(f"rows of one arm are taken as {'sums up to' if rising else 'sums of'} their time (--time-is)")
    return rising
