"""The scorecard: what was asked, what was seen, what the rule says, what it doesn't know; as plain JSON.

`read` gets facts through one connection and tells its caller how far it is. What can't be told is None with a note,
never a number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from awayteam.analysis import corrections, posterior
from awayteam.analysis.balance import chi_square
from awayteam.analysis.compare import Level
from awayteam.experiments import rules
from awayteam.experiments.design import WHOLE, Correction, Design, Direction, Horizon, MetricKind, Role, Use
from awayteam.experiments.facts.reading import moment
from awayteam.experiments.measuring import comparing, powering, units
from awayteam.experiments.measuring.comparing import Compared
from awayteam.experiments.measuring.units import Counts, Run
from awayteam.experiments.rules import SRM, Blocker, Counted, Measured

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Tell = Callable[[int, str], None]
SHARE = frozenset({MetricKind.PROPORTION, MetricKind.RETENTION})
DAYS_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Allocation:
    """An epoch as the analysis needs it: shares of its arms, and which arms were dropped by then."""

    number: int
    starts_at: datetime
    traffic: int
    shares: Mapping[str, int]
    dropped: Sequence[str]


def read(
    connection: "DuckDBPyConnection",
    design: Design,
    run: Run,
    epochs: Sequence[Allocation],
    *,
    level: float,
    tell: Tell,
) -> dict[str, Any]:
    """The scorecard of a run. `level` is that of the sample ratio."""
    tell(10, "Enrolling units")
    units.enroll(connection, run)
    counted = units.counts(connection)
    needed = powering.needed_units(design)
    reached = needed is not None and counted.units >= needed
    ratios = _ratios(counted, design, epochs)
    blockers = _blockers(counted, ratios, level)
    found: dict[str, list[dict[str, Any]]] = {one.key: [] for one in design.treatments}
    series: dict[str, Any] = {}
    for number, use in enumerate(design.uses):
        tell(15 + 70 * number // max(len(design.uses), 1), f"Measuring {use.metric.title}")
        for arm, values in _metric(connection, design, use, run, counted, needed).items():
            found[arm].append(values)
        if use.role is not Role.SECONDARY and use.metric.kind is not MetricKind.QUANTILE:
            series[use.metric.key] = _series(connection, design, use, run, needed)
    tell(88, "Correcting for several metrics")
    _correct(found, design)
    arms: list[dict[str, Any]] = [
        {"key": one.key, "title": one.title, "metrics": found[one.key]} for one in design.treatments
    ]
    tell(92, "Applying the rule")
    advice = rules.recommend({one["key"]: _measured(one["metrics"]) for one in arms}, blockers, reached=reached)
    for row in arms:
        for one, values in zip(_measured(row["metrics"]), row["metrics"], strict=True):
            values["standing"] = rules.standing(one).value
    return {
        "version": 1, "since": run.since.isoformat(), "until": run.until.isoformat(), "units": counted.units,
        "needed_units": needed, "reached": reached, "events": counted.events,
        "first_exposure": _iso(counted.first), "last_exposure": _iso(counted.last),
        "counts": _totals(counted, design), "ratios": ratios, "blockers": [asdict(one) for one in blockers],
        "arms": arms, "series": series,
        "recommendation": {
            "outcome": advice.outcome.value, "arm": advice.arm, "reasons": list(advice.reasons),
            "unknown": list(advice.unknown), "early": advice.early,
        },
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at is not None else None


def _totals(counted: Counts, design: Design) -> dict[str, int]:
    seen: dict[str, int] = {one.key: 0 for one in design.arms}
    for (_stretch, _part, arm), n in counted.cells.items():
        seen[arm] = seen.get(arm, 0) + n
    return seen


def _ratios(counted: Counts, design: Design, epochs: Sequence[Allocation]) -> list[dict[str, Any]]:
    """Seen and designed units of each stretch of time and epoch that took units in; with p of the chi-square."""
    growing = [one for before, one in zip([None, *epochs], epochs, strict=False)
               if before is None or one.traffic > before.traffic]  # fmt: skip
    made = []
    for stretch, epoch in enumerate(epochs, 1):
        for part, own in enumerate(growing):
            seen = {arm: n for (s, p, arm), n in counted.cells.items() if (s, p) == (stretch, part)}
            if not seen:
                continue
            shares = {one.key: 0 if one.key in epoch.dropped else own.shares.get(one.key, 0) for one in design.arms}
            open_arms = [arm for arm, share in shares.items() if share]
            p = chi_square([seen.get(arm, 0) for arm in open_arms], [shares[arm] for arm in open_arms])
            made.append({"epoch": epoch.number, "taken_in": own.number, "seen": seen, "designed": shares, "p": p})
    return made


def _blockers(counted: Counts, ratios: Sequence[Mapping[str, Any]], level: float) -> list[Blocker]:
    """Everything that forbids to read the scorecard."""
    if not counted.units:
        return [Blocker(
            rules.NO_DATA, "No exposure has come yet.",
            "Let the code that asks for the arm tell of each exposure, with this experiment's key.",
        )]  # fmt: skip
    found = rules.counted_blockers(
        [Counted(one["epoch"], one["seen"], one["designed"]) for one in ratios], counted.crossed
    )
    for one in ratios:
        if one["p"] is not None and one["p"] < level:
            seen = ", ".join(f"{arm} {one['seen'].get(arm, 0):,}" for arm, share in one["designed"].items() if share)
            meant = ", ".join(f"{arm} {share / 100:g}%" for arm, share in one["designed"].items() if share)
            found.append(Blocker(
                SRM, f"The sample ratio of epoch {one['epoch']} isn't the designed one: {seen}; designed {meant} "
                f"(p = {one['p']:.2g}).",
                "Look where units get lost after assignment: redirects, crashes, filters, bots, late logging.",
            ))  # fmt: skip
    return found


def _level(design: Design, needed: float | None, counted: int, alpha: float) -> Level:
    """A sequence is narrowest at the planned sample; where nobody knows it, at what traffic was said to bring."""
    if design.horizon is Horizon.FIXED:
        return Level(alpha, None)
    said = (design.daily_units or 0) * design.days * design.traffic / WHOLE
    return Level(alpha, float(needed or said or max(counted, 100)))


def _comparisons(design: Design) -> int:
    """How many tests of success there are: the intervals are that much more careful."""
    if design.correction is Correction.NONE:
        return 1
    return max(len(design.of_role(Role.SUCCESS)) * len(design.treatments), 1)


def _metric(
    connection: "DuckDBPyConnection", design: Design, use: Use, run: Run, counted: Counts, needed: float | None
) -> dict[str, dict[str, Any]]:
    """Of each arm what a metric says."""
    before = run.since - timedelta(days=design.cuped_days)
    seen = units.value(connection, use.metric, run, before)
    alpha = design.alpha / (_comparisons(design) if use.role is Role.SUCCESS else 1)
    level = _level(design, needed, counted.units, alpha)
    names = [one.key for one in design.treatments]
    if not seen:
        note = f"no event {use.metric.event} has come: nothing is measured, which isn't the same as nothing done"
        return {arm: _values(use, None, design, note) for arm in names}
    cuped = design.cuped_days > 0
    told = comparing.together(connection, use.metric, design.control.key, names, level, cuped=cuped)
    made = {one.arm: _values(use, one, design) for one in told}
    for name in design.segments:
        for value in units.segments(connection, name):
            where = units.condition(name, value)
            for one in comparing.together(
                connection, use.metric, design.control.key, names, level, cuped=cuped, where=where
            ):
                made[one.arm]["segments"].append({"name": name, "group": value, **_numbers(one)})
    return made


def _values(use: Use, one: Compared | None, design: Design, note: str = "") -> dict[str, Any]:
    base: dict[str, Any] = {
        "metric": use.metric.key, "title": use.metric.title, "kind": use.metric.kind.value, "role": use.role.value,
        "direction": use.metric.direction.value, "margin": use.margin, "effect": use.effect, "unit": use.metric.unit,
        "is_share": use.metric.kind in SHARE, "segments": [], "significant": False, "adjusted_p": None,
    }  # fmt: skip
    if one is None:
        empty = dict.fromkeys(("control", "value", "change", "low", "high", "p", "error", "posterior"))
        return {**base, **empty, "units": 0, "test": "", "cuped": False, "notes": [note]}
    found = one.found
    bayes = None
    if found.effect is not None and found.error and one.control:
        up = use.metric.direction is Direction.UP
        scale = abs(one.control)
        bayes = asdict(posterior.posterior(found.effect / scale, found.error / scale, alpha=design.alpha, up=up))
        bayes["interval"] = list(bayes["interval"])
    notes = list(found.notes)
    if found.relative is None and found.effect is not None:
        notes.append("control is zero: there is no relative change")
    return {**base, **_numbers(one), "test": found.test, "cuped": one.adjusted, "notes": notes, "posterior": bayes}


def _numbers(one: Compared) -> dict[str, Any]:
    """Estimates of one comparison; relative to the control's size, so that a falling loss stays a fall."""
    found = one.found
    interval = found.relative_interval or (None, None)
    sign = -1 if one.control < 0 else 1
    ends = sorted(sign * x for x in interval if x is not None)
    low, high = (ends[0], ends[1]) if len(ends) == 2 else (None, None)
    change = found.relative * sign if found.relative is not None else None
    error = found.error / abs(one.control) if found.error and one.control else None
    plain = {"control": one.control, "value": one.value, "change": change, "low": low, "high": high, "p": found.p,
             "error": error}  # fmt: skip
    kept = {name: value if value is not None and isfinite(value) else None for name, value in plain.items()}
    return {**kept, "units": one.units}


def _correct(found: Mapping[str, Sequence[dict[str, Any]]], design: Design) -> None:
    """Adjust the p-values of success together; of secondary metrics and segments each group by itself."""
    name = {"holm": "holm", "benjamini-hochberg": "bh", "none": "none"}[design.correction.value]
    for role in Role:
        own = [one for values in found.values() for one in values if one["role"] == role and one["p"] is not None]
        adjusted = corrections.adjusted([one["p"] for one in own], name)  # type: ignore[arg-type]
        for one, p in zip(own, adjusted, strict=True):
            one["adjusted_p"], one["significant"] = p, bool(p < design.alpha)
    parts = [part for values in found.values() for one in values for part in one["segments"] if part["p"] is not None]
    for part, p in zip(parts, corrections.adjusted([one["p"] for one in parts], "bh"), strict=True):
        part["adjusted_p"] = p


def _measured(values: Sequence[Mapping[str, Any]]) -> list[Measured]:
    return [
        Measured(
            one["metric"], one["title"], Role(one["role"]), Direction(one["direction"]), one["change"], one["low"],
            one["high"], one["margin"], one["significant"],
        )
        for one in values
    ]  # fmt: skip


def _series(
    connection: "DuckDBPyConnection", design: Design, use: Use, run: Run, needed: float | None
) -> dict[str, Any]:
    """By day: the change so far (units that had come by then), and the change of each day alone, for novelty."""
    days = [row[0] for row in connection.execute("SELECT DISTINCT day FROM valued ORDER BY day").fetchall()]
    made: dict[str, Any] = {"so_far": [], "alone": []}
    alpha = design.alpha / (_comparisons(design) if use.role is Role.SUCCESS else 1)
    names = [one.key for one in design.treatments]
    for day in days[-DAYS_SHOWN:]:
        where = f"day <= DATE '{day.isoformat()}'"
        level = _level(design, needed, 0, alpha)
        for one in comparing.together(
            connection, use.metric, design.control.key, names, level, cuped=False, where=where
        ):
            made["so_far"].append({"day": day.isoformat(), "arm": one.arm, **_numbers(one)})
    if use.metric.kind is MetricKind.MEAN:
        made["alone"] = _alone(connection, design, use, run)
    return made


def _alone(connection: "DuckDBPyConnection", design: Design, use: Use, run: Run) -> list[dict[str, Any]]:
    from awayteam.analysis import compare, estimates
    from awayteam.analysis.moments import Facts

    by_arm = comparing.unit_days(connection, use.metric.event, run.time_zone, moment(run.until))
    control = {day: found for day, _n, found in by_arm.get(design.control.key, ())}
    made = []
    for arm in (one.key for one in design.treatments):
        for day, _n, found in by_arm.get(arm, ())[-DAYS_SHOWN:]:
            if day not in control:
                continue
            one, other = estimates.plain(Facts(control[day])), estimates.plain(Facts(found))
            told = Compared(
                arm, other.n, one.value, other.value, compare.compare(one, other, Level(design.alpha)), False
            )
            made.append({"day": day.isoformat(), "arm": arm, **_numbers(told)})
    return made
