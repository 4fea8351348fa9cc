"""What is known before the start: traffic, means and spreads of the past, collisions, and A/A runs on past units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isnan
from typing import TYPE_CHECKING

from awayteam.experiments import checks
from awayteam.experiments.checks import AaRun, Finding, Other
from awayteam.experiments.design import Design, MetricKind, Role, Use
from awayteam.experiments.facts.reading import Wanted, facts
from awayteam.experiments.machine import State
from awayteam.experiments.measuring import comparing, powering, units
from awayteam.experiments.measuring.units import Run
from awayteam.experiments.models import Experiment
from awayteam.kernel import rulebook
from awayteam.kernel.errors import Unavailable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FEWEST = 200
"""Units below which the past says nothing."""
AA_UNITS = 50_000
HELD = (State.READY, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Looked:
    """The design with what was measured of the past, and what the checks found."""

    design: Design
    findings: Sequence[Finding]


def look(row: Experiment, design: Design, now: datetime) -> Looked:
    """Check a design against the past and against other experiments. A source that can't be read is a finding."""
    missing = ""
    runs: list[AaRun] = []
    try:
        design, runs = _past(row, design, now)
    except Unavailable as error:
        missing = str(error)
    if not runs and not missing:
        missing = "no facts of the last days are there for its metrics."
    found = [
        *checks.power(design, powering.powered(design)), *checks.guardrails(design),
        *checks.collisions(design, others(row)),
        *checks.ratio(design), *checks.weeks(design), *checks.past(runs, missing=missing if not runs else ""),
    ]  # fmt: skip
    return Looked(design, found)


def others(row: Experiment) -> list[Other]:
    """Experiments that run or are about to, in the same layer or on the same surface."""
    held = Experiment.objects.filter(state__in=[one.value for one in HELD]).exclude(pk=row.pk)
    near = [one for one in held.order_by("pk") if (row.layer and one.layer == row.layer) or
            (row.surface and one.surface == row.surface)]  # fmt: skip
    return [Other(one.pk, one.title, one.layer, one.surface, one.traffic) for one in near]


def _past(row: Experiment, design: Design, now: datetime) -> tuple[Design, list[AaRun]]:
    """The design with traffic, means and spreads of the past days where nobody entered them; and the A/A runs."""
    book = rulebook.current().experiments
    since = now - timedelta(days=book.past_days)
    names = sorted({name for one in design.uses for name in (one.metric.event, one.metric.over) if name})
    with facts(row.source, Wanted("", names, since, now)) as connection:
        connection.execute(
            "CREATE TEMP TABLE enrolled AS SELECT unit, 'past' AS arm, min(moment) AS first_at, 1 AS arms, "
            "'{}' AS props, "
            "CAST(min(moment) AS DATE) AS day, 1 AS stretch, 0 AS part FROM "
            "(SELECT unit, moment FROM events UNION ALL SELECT unit, moment FROM exposures) GROUP BY unit"
        )
        found = connection.execute(
            "SELECT count(*), date_diff('day', min(first_at), max(first_at)) + 1 FROM enrolled"
        ).fetchone()
        total, days = (int(found[0] or 0), int(found[1] or 1)) if found else (0, 1)
        if total < FEWEST:
            return design, []
        run = Run(row.key, since, now, design.time_zone, (since,))
        uses, runs = [], []
        for use in design.uses:
            seen = units.value(connection, use.metric, run, since)
            uses.append(_measured(connection, use) if seen else use)
            if seen and use.role is not Role.SECONDARY and use.metric.kind is not MetricKind.QUANTILE:
                runs.append(_aa(connection, use, design.alpha, book.aa_runs))
    measured = replace(design, uses=tuple(uses))
    if design.daily_units is None or design.traffic_source:
        said = f"{total:,} units in {days} days up to {now:%Y-%m-%d}"
        measured = replace(measured, daily_units=round(total / max(days, 1), 1), traffic_source=said)
    return measured, runs


def _measured(connection: "DuckDBPyConnection", use: Use) -> Use:
    """With the mean and spread of the past, where nobody entered them."""
    if use.mean is not None or use.metric.kind is MetricKind.QUANTILE:
        return use
    ratio = use.metric.kind is MetricKind.RATIO
    n, mean, deviation = comparing.ratio_of(connection) if ratio else comparing.moments_of(connection)
    if n < FEWEST or isnan(mean) or not mean:
        return use
    return replace(use, mean=float(f"{mean:.6g}"), deviation=float(f"{deviation:.6g}"))


def _aa(connection: "DuckDBPyConnection", use: Use, alpha: float, runs: int) -> AaRun:
    """Split past units at random again and again: how often the test finds a difference where there is none.

    The split is by cluster where units hang together. Its seed is fixed, so that two looks at the same past agree.
    """
    import numpy as np
    from scipy.special import ndtr

    rows = connection.execute(
        f"SELECT y, d, coalesce(c, unit) AS k FROM valued ORDER BY hash(unit) LIMIT {AA_UNITS}"  # noqa: S608
    ).fetchnumpy()
    y, d = np.asarray(rows["y"], np.float64), np.asarray(rows["d"], np.float64)
    _names, group = np.unique(rows["k"].astype(str), return_inverse=True)
    groups = int(group.max()) + 1 if len(group) else 0
    value = y.sum() / d.sum() if d.sum() else 0.0
    score = np.bincount(group, weights=y - value * d, minlength=groups)  # the sum of a group: what a split moves
    generator, alarms = np.random.default_rng(20_260_101), 0
    for _ in range(runs):
        side = generator.random(groups) < 0.5
        one, other = score[side], score[~side]
        if len(one) < 2 or len(other) < 2:
            continue
        error = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
        z = (one.mean() - other.mean()) / error if error > 0 else 0.0
        alarms += bool(2 * ndtr(-abs(z)) < alpha)
    return AaRun(use.metric.title, runs, alarms, alpha)
