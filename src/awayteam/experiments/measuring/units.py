"""Enrolled units and their values, in the DuckDB of `facts.reading`: statements, and what they counted.

enrolled(unit, arm, first_at, day, arms, part, stretch, props)

A unit counts from its first exposure, in the arm of that. `part` is the epoch of the rule that took it in, `stretch`
the epoch of time in which it came: where an arm was dropped, later units of the same part were never offered it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from awayteam.experiments.design import Metric, MetricKind
from awayteam.experiments.facts.reading import moment
from awayteam.experiments.facts.store import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEGMENT_VALUES = 12
"""Values of a segment that are shown, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Run:
    """What of a run counting needs. `stretches` are the starts of its epochs in time, `parts` the (traffic, number) of
    those that took units in; `rule` is what assigns, None where somebody else does."""

    key: str
    since: datetime
    until: datetime
    time_zone: str
    stretches: tuple[datetime, ...]
    rule: Any = None


def enroll(connection: "DuckDBPyConnection", run: Run) -> None:
    """Make the table `enrolled` of the exposures that there are."""
    stretch = " + ".join(f"CASE WHEN first_at >= {moment(at)} THEN 1 ELSE 0 END" for at in run.stretches) or "1"
    connection.execute(
        f"""
        CREATE TEMP TABLE enrolled AS
        SELECT unit, arm, first_at, arms, props, CAST(timezone({quoted(run.time_zone)}, first_at) AS DATE) AS day,
               CAST({stretch} AS INTEGER) AS stretch, CAST(0 AS INTEGER) AS part
        FROM (
            SELECT unit, arg_min(arm, moment) AS arm, min(moment) AS first_at, count(DISTINCT arm) AS arms,
                   arg_min(props, moment) AS props
            FROM exposures WHERE moment >= {moment(run.since)} AND moment < {moment(run.until)} GROUP BY unit
        )
        """  # noqa: S608 - times and a checked zone
    )
    if run.rule is not None and len(run.rule.epochs) > 1:
        _parts(connection, run.rule)


def _parts(connection: "DuckDBPyConnection", rule: Any) -> None:
    """Which epoch of the rule took each unit in, as assignment says."""
    from awayteam.flags.assignment import assign_many

    rows = connection.execute("SELECT unit FROM enrolled").fetchnumpy()
    units = [str(one) for one in rows["unit"]]
    if not units:
        return
    found = assign_many(rule, units)
    taken = {"unit": rows["unit"], "number": found.epoch.astype("int32")}
    connection.register("taken", taken)
    connection.execute("UPDATE enrolled SET part = taken.number FROM taken WHERE taken.unit = enrolled.unit")
    connection.unregister("taken")


@dataclass(frozen=True, slots=True)
class Counts:
    """Units by (stretch, part, arm), how many were seen in two arms, and the first and last moment of an exposure."""

    cells: Mapping[tuple[int, int, str], int]
    crossed: int
    first: datetime | None
    last: datetime | None
    events: int

    @property
    def units(self) -> int:
        return sum(self.cells.values())


def counts(connection: "DuckDBPyConnection") -> Counts:
    rows = connection.execute("SELECT stretch, part, arm, count(*) FROM enrolled GROUP BY ALL").fetchall()
    crossed, first, last = _row(
        connection,
        "SELECT count(*) FILTER (arms > 1), epoch_us(min(first_at)), epoch_us(max(first_at)) FROM enrolled",
    )
    (events,) = _row(connection, "SELECT count(*) FROM events")
    cells = {(int(stretch), int(part), str(arm)): int(n) for stretch, part, arm, n in rows}
    return Counts(cells, int(crossed), _time(first), _time(last), int(events))


def _time(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)


def _row(connection: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    found = connection.execute(query).fetchone()
    assert found is not None
    return tuple(found)


def value(connection: "DuckDBPyConnection", metric: Metric, run: Run, before: datetime) -> int:
    """Make the table `valued(unit, arm, part, stretch, day, props, y, d, x, c)` of a metric; returns how many of its
    events were seen at all, in either window.

    `y` is the value, `d` the denominator of a ratio, `x` the value between `before` and the start of the run, `c` the
    cluster. Retention leaves out who came too late to tell. An event counts from its unit's first exposure on.
    """
    connection.execute("DROP TABLE IF EXISTS valued")
    own = f"e.name = {quoted(metric.event)}"
    after = f"e.moment >= u.first_at AND e.moment < {moment(run.until)}"
    y, d, known = "coalesce(v.total, 0)", "1.0", "true"
    if metric.kind is MetricKind.PROPORTION:
        y = "CASE WHEN coalesce(v.number, 0) > 0 THEN 1.0 ELSE 0.0 END"
    elif metric.kind is MetricKind.RATIO:
        d = "coalesce(o.total, 0)"
    elif metric.kind is MetricKind.RETENTION:
        late = f"INTERVAL {int(metric.after_days)} DAY"
        after = f"e.moment >= u.first_at + {late} AND e.moment < {moment(run.until)}"
        y = "CASE WHEN coalesce(v.number, 0) > 0 THEN 1.0 ELSE 0.0 END"
        known = f"u.first_at + {late} + INTERVAL 1 DAY <= {moment(run.until)}"
    over = (
        _sums(metric.over, after)
        if metric.kind is MetricKind.RATIO
        else "SELECT NULL AS unit, 0.0 AS total WHERE false"
    )
    cluster = f"json_extract_string(u.props, {quoted('$.' + metric.cluster)})" if metric.cluster else "NULL"
    earlier = f"e.moment >= {moment(before)} AND e.moment < {moment(run.since)}"
    connection.execute(
        f"""
        CREATE TEMP TABLE valued AS
        SELECT u.unit, u.arm, u.part, u.stretch, u.day, u.props, CAST({y} AS DOUBLE) AS y, CAST({d} AS DOUBLE) AS d,
               CAST(coalesce(b.total, 0) AS DOUBLE) AS x, {cluster} AS c
        FROM enrolled u
        LEFT JOIN ({_sums(metric.event, after)}) v ON v.unit = u.unit
        LEFT JOIN ({over}) o ON o.unit = u.unit
        LEFT JOIN ({_sums(metric.event, earlier)}) b ON b.unit = u.unit
        WHERE {known}
        """  # noqa: S608 - values are quoted
    )
    if metric.winsor < 1:
        cut = f"(SELECT quantile_cont(y, {float(metric.winsor)!r}) FROM valued)"  # noqa: S608
        connection.execute(f"UPDATE valued SET y = least(y, {cut})")  # noqa: S608
    (seen,) = _row(connection, f"SELECT count(*) FROM events e WHERE {own}")  # noqa: S608
    return int(seen)


def _sums(name: str, window: str) -> str:
    return (
        f"SELECT e.unit, sum(e.value) AS total, count(*) AS number FROM events e JOIN enrolled u ON u.unit = e.unit "  # noqa: S608
        f"WHERE e.name = {quoted(name)} AND {window} GROUP BY e.unit"
    )


def segments(connection: "DuckDBPyConnection", name: str) -> Sequence[str]:
    """The most frequent values of a property."""
    found = f"json_extract_string(props, {quoted('$.' + name)})"
    rows = connection.execute(
        f"SELECT {found} AS part, count(*) AS n FROM enrolled WHERE part IS NOT NULL "  # noqa: S608
        f"AND {found} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT {SEGMENT_VALUES}"
    ).fetchall()
    return [str(row[0]) for row in rows]


def condition(name: str, value: str) -> str:
    """Units of one value of a segment."""
    return f"json_extract_string(props, {quoted('$.' + name)}) = {quoted(value)}"
