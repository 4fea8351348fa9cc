"""One metric's arms beside the control's: moments from `valued`, estimates and intervals from `awayteam.analysis`.

Where several epochs took units in with other shares, each epoch is an experiment of its own: their values are weighed
by their units, alike in both arms, so that a change of shares can't move the result (Simpson's paradox).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan, sqrt
from typing import TYPE_CHECKING, Any

from awayteam.analysis import clusters, compare, estimates, quantiles
from awayteam.analysis.clusters import Cells
from awayteam.analysis.compare import Comparison, Level
from awayteam.analysis.estimates import Estimate
from awayteam.analysis.moments import Facts, Moments, shifted
from awayteam.experiments.design import Metric, MetricKind
from awayteam.experiments.facts.store import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ADJUSTED = frozenset({MetricKind.MEAN, MetricKind.PROPORTION})
"""Kinds whose values are adjusted by those of the days before."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An arm beside the control. `control` and `value` are what both say, `adjusted` whether the past was used."""

    arm: str
    units: int
    control: float
    value: float
    found: Comparison
    adjusted: bool


def together(
    connection: "DuckDBPyConnection", metric: Metric, control: str, arms: Sequence[str], level: Level, *,
    cuped: bool, where: str = "true",
) -> list[Compared]:  # fmt: skip
    """Each arm beside the control, of the units for which `where` holds."""
    if metric.kind is MetricKind.QUANTILE:
        return [_quantile(connection, metric, control, arm, level, where) for arm in arms]
    if metric.cluster:
        return [_clustered(connection, metric, control, arm, level, where) for arm in arms]
    adjusted = cuped and metric.kind in ADJUSTED
    strata = _moments(connection, metric, adjusted, where)
    made = []
    for arm in arms:
        one, other = _pair(strata, control, arm, metric, adjusted)
        units = sum(found[arm].n for found in strata.values() if arm in found)
        made.append(Compared(arm, units, one.value, other.value, compare.compare(one, other, level), adjusted))
    return made


def _moments(
    connection: "DuckDBPyConnection", metric: Metric, adjusted: bool, where: str
) -> Mapping[int, Mapping[str, Facts]]:
    """Moments by the epoch that took units in, and arm, about a constant within the data."""
    columns = ["y"] + (["d"] if metric.kind is MetricKind.RATIO else []) + (["x"] if adjusted else [])
    width = 2 if metric.kind is MetricKind.RATIO else 1
    about = connection.execute(
        f"SELECT {', '.join(f'coalesce(avg({one}), 0)' for one in columns)} FROM valued WHERE {where}"  # noqa: S608
    ).fetchone()
    assert about is not None
    centres = [float(one) for one in about]
    differences = [f"({one} - {centre!r})" for one, centre in zip(columns, centres, strict=True)]
    places = [(i, j) for i in range(len(columns)) for j in range(i, len(columns))]
    wanted = [f"sum({one})" for one in differences] + [f"sum({differences[i]} * {differences[j]})" for i, j in places]
    rows = connection.execute(
        f"SELECT part, arm, count(*), {', '.join(wanted)} FROM valued WHERE {where} GROUP BY part, arm"  # noqa: S608
    ).fetchall()
    found: dict[int, dict[str, Facts]] = defaultdict(dict)
    for part, arm, n, *numbers in rows:
        sums, flat = numbers[: len(columns)], numbers[len(columns) :]
        table = [[0.0] * len(columns) for _ in columns]
        for (i, j), number in zip(places, flat, strict=True):
            table[i][j] = table[j][i] = float(number)
        origin = centres[0] if width == 1 else 0.0
        shift = [0.0 if width == 1 else centres[0], *centres[1:]]
        whole = shifted(int(n), shift, [float(one) for one in sums], table)
        found[int(part)][str(arm)] = Facts(whole, None, width, origin)
    return found


def _pair(
    strata: Mapping[int, Mapping[str, Facts]], control: str, arm: str, metric: Metric, adjusted: bool
) -> tuple[Estimate, Estimate]:
    """Both arms' estimates over all epochs in which both took units in."""
    parts = [(found[control], found[arm]) for found in strata.values() if control in found and arm in found]
    pairs = [_one(first, second, metric, adjusted) for first, second in parts]
    if not pairs:
        return Estimate(0, nan, None, 0), Estimate(0, nan, None, 0)
    return pairs[0] if len(pairs) == 1 else _weighed(pairs)


def _one(first: Facts, second: Facts, metric: Metric, adjusted: bool) -> tuple[Estimate, Estimate]:
    if adjusted:
        one, other, _theta = estimates.pair(first, second, 1)
        return one, other
    if metric.kind in (MetricKind.PROPORTION, MetricKind.RETENTION):
        return _share(first), _share(second)
    return estimates.plain(first), estimates.plain(second)


def _share(facts: Facts) -> Estimate:
    """A proportion, of moments that are kept about a constant."""
    first = facts.whole.means[0] + facts.origin
    return estimates.proportion(
        replace(facts, whole=replace(facts.whole, means=(first, *facts.whole.means[1:])), origin=0.0)
    )


def _weighed(pairs: Sequence[tuple[Estimate, Estimate]]) -> tuple[Estimate, Estimate]:
    """Epochs weighed by their units of both arms together: the same weights for both arms."""
    units = [one.n + other.n for one, other in pairs]
    shares = [n / sum(units) for n in units]

    def joined(found: Sequence[Estimate]) -> Estimate:
        n, value = sum(one.n for one in found), sum(w * one.value for w, one in zip(shares, found, strict=True))
        known = all(one.variance is not None for one in found)
        variance = sum(w * w * (one.variance or 0) for w, one in zip(shares, found, strict=True)) if known else None
        distances = [one.distance for one in found if one.distance is not None]
        whole = len(distances) == len(found)
        distance = sum(w * one for w, one in zip(shares, distances, strict=True)) if whole else None
        return Estimate(n, value, variance, max(n - len(found), 0), distance=distance)

    return joined([one for one, _other in pairs]), joined([other for _one, other in pairs])


def _clustered(
    connection: "DuckDBPyConnection", metric: Metric, control: str, arm: str, level: Level, where: str
) -> Compared:
    """Errors by cluster; units without one stand for themselves."""
    import numpy as np

    below = "sum(d)" if metric.kind is MetricKind.RATIO else "count(*)"
    rows = connection.execute(
        f"SELECT arm, coalesce(c, 'unit ' || unit) AS k, count(*), sum(y), {below} FROM valued "  # noqa: S608
        f"WHERE ({where}) AND arm IN ({quoted(control)}, {quoted(arm)}) GROUP BY ALL"
    ).fetchall()
    numbers = {name: number for number, name in enumerate(dict.fromkeys(row[1] for row in rows))}

    def cells(name: str) -> Cells:
        own = sorted((numbers[row[1]], row[2], row[3], row[4]) for row in rows if row[0] == name)
        table = np.array([one[1:] for one in own], dtype=np.float64).reshape(-1, 3)
        return Cells(np.array([one[0] for one in own], dtype=np.int64), table[:, 0], table[:, 1], table[:, 2])

    one, other, shared = clusters.estimates(cells(control), cells(arm))
    found = compare.compare(one, other, level, shared=shared)
    return Compared(arm, other.n, one.value, other.value, found, False)


def _quantile(
    connection: "DuckDBPyConnection", metric: Metric, control: str, arm: str, level: Level, where: str
) -> Compared:
    """The quantile of units' values with the bootstrap's spread."""
    drawn = []
    for stream, name in enumerate((control, arm)):
        own = f"FROM valued WHERE ({where}) AND arm = {quoted(name)}"
        (n,) = connection.execute(f"SELECT count(*) {own}").fetchone() or (0,)
        if not n:
            return Compared(arm, 0, nan, nan, Comparison(notes=(f"no unit of {name} has a value",)), False)
        at = quantiles.fractions(int(n), metric.quantile)
        shares = ", ".join(repr(one) for one in [metric.quantile, *at])
        (values,) = connection.execute(f"SELECT quantile_cont(y, [{shares}]) {own}").fetchone() or ([],)
        draws = quantiles.drawn(int(n), metric.quantile, at, values[1:], stream)
        spread = float(draws.std(ddof=1)) if n > 1 else nan
        variance = None if isnan(spread) else spread**2
        drawn.append((Estimate(int(n), float(values[0]), variance, max(int(n) - 1, 0)), draws))
    (one, first), (other, second) = drawn
    found = quantiles.compare((one, first), (other, second), level, compare.compare)
    return Compared(arm, other.n, one.value, other.value, found, False)


def moments_of(connection: "DuckDBPyConnection") -> tuple[int, float, float]:
    """Units, mean and standard deviation of `y` over all arms, for power."""
    row = connection.execute("SELECT count(*), avg(y), stddev_samp(y) FROM valued").fetchone()
    assert row is not None
    return int(row[0]), float(row[1] or 0), float(row[2] or 0)


def ratio_of(connection: "DuckDBPyConnection") -> tuple[int, float, float]:
    """Units, the ratio, and the spread of a unit by the delta method, for power."""
    row = connection.execute(
        "SELECT count(*), avg(y), avg(d), var_samp(y), var_samp(d), covar_samp(y, d) FROM valued"
    ).fetchone()
    assert row is not None
    n, y, d, *table = (float(one or 0) for one in row)
    if not d:
        return int(n), nan, nan
    a, b, c = table
    ratio = y / d
    return int(n), ratio, sqrt(max(a - 2 * ratio * c + ratio * ratio * b, 0)) / d


def with_level(level: Level, alpha: float) -> Level:
    return replace(level, alpha=alpha)


def unit_days(
    connection: "DuckDBPyConnection", event: str, zone: str, until: Any
) -> Mapping[str, list[tuple[Any, int, Moments]]]:
    """For each arm by calendar day: how many units were in it, and moments of what each did on that day."""
    rows = connection.execute(
        f"""
        WITH days AS (SELECT DISTINCT day FROM enrolled),
        present AS (
            SELECT u.arm, CAST(timezone({quoted(zone)}, e.moment) AS DATE) AS day, u.unit, sum(e.value) AS y
            FROM events e JOIN enrolled u ON u.unit = e.unit
            WHERE e.name = {quoted(event)} AND e.moment >= u.first_at AND e.moment < {until} GROUP BY ALL
        ),
        done AS (SELECT arm, day, count(*) AS k, avg(y) AS m, var_pop(y) AS v FROM present GROUP BY ALL),
        all_days AS (SELECT day FROM days UNION SELECT day FROM done)
        SELECT a.arm, d.day, count(*) AS n, any_value(p.k), any_value(p.m), any_value(p.v)
        FROM all_days d JOIN enrolled a ON a.day <= d.day LEFT JOIN done p ON p.arm = a.arm AND p.day = d.day
        GROUP BY a.arm, d.day ORDER BY d.day
        """  # noqa: S608
    ).fetchall()
    found: dict[str, list[tuple[Any, int, Moments]]] = defaultdict(list)
    for arm, day, n, k, mean, variance in rows:
        present = Moments(int(k or 0), (float(mean or 0),), ((float(variance or 0) * int(k or 0),),))
        absent = Moments(int(n) - int(k or 0), (0.0,), ((0.0,),))
        from awayteam.analysis.moments import merge

        found[str(arm)].append((day, int(n), merge([present, absent], 1)))
    return found
