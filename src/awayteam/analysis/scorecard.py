"""From a table to a scorecard: arms, sample ratio, a row for each metric and arm, advice."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from awayteam.analysis import balance, clusters, quantiles, sequences
from awayteam.analysis.columns import check
from awayteam.analysis.compare import Comparison, Level, compare
from awayteam.analysis.corrections import Correction, adjusted
from awayteam.analysis.estimates import Estimate, pair, plain, proportion
from awayteam.analysis.facts import Key, Read, read
from awayteam.analysis.moments import Facts
from awayteam.analysis.posterior import posterior
from awayteam.analysis.rule import advise
from awayteam.analysis.spec import Metric
from awayteam.analysis.statement import Table
from awayteam.analysis.tables import Source
from awayteam.kernel.errors import InvalidInput

Method = Literal["sequential", "fixed"]
MOST_ARMS = 50
FEW_CLUSTERS = 30


@dataclass(frozen=True)
class Request:
    """What is asked. `ratio`: designed shares, by arm or in order (control first, then the others by name); `planned`:
    units of the whole experiment, for which the sequence is narrowest (those seen, if None); `prior`: spread of the
    prior of the second view."""

    arm: str
    control: str
    metrics: Sequence[Metric]
    unit: str | None = None
    by: str | None = None
    day: str | None = None
    method: Method = "sequential"
    alpha: float = 0.05
    ratio: Mapping[str, float] | Sequence[float] = field(default_factory=dict)
    planned: int | None = None
    correction: Correction = "none"
    prior: float | None = None


def analyze(source: Source, request: Request) -> dict[str, Any]:
    """The scorecard as plain values, of a table. Raises `InvalidInput` and `Unreadable`."""
    if not 0 < request.alpha < 0.5:
        raise InvalidInput("alpha lies between 0 and 0.5.", "Write --alpha 0.05.")

    def table(source: Source) -> Table:
        check(source.kinds, request.arm, request.unit, request.by, request.day, request.metrics, source.dialect.name)
        return Table(source.dialect, source.relation, source.kinds, request.arm, request.unit, request.by, request.day)

    return scorecard(read(source, table, request.metrics), request)


def scorecard(found: Read, request: Request) -> dict[str, Any]:
    """The scorecard of facts that were read."""
    counts = found.arms()
    if len(counts) > MOST_ARMS:
        raise InvalidInput(
            f"Column {request.arm} has {len(counts):,} values: too many arms.", "Is it the right column?"
        )
    shares = designed(request.ratio, request.control, counts)
    counts = {arm: counts.get(arm, 0) for arm in _ordered(request.control, {**counts, **shares})}
    if request.control not in found.arms():
        raise InvalidInput(
            f"There is no arm {request.control!r} in column {request.arm}.",
            f"Its arms are {', '.join(found.arms()) or 'none: the column is empty'}.",
        )
    judged = balance.judge(counts, shares, found.crossed)
    total = sum(counts.values())
    board = _Board(found, request, request.planned or total, total)
    rows = board.rows(list(counts), judged.reasons)
    progress = total / request.planned if request.planned else None
    result: dict[str, Any] = {
        "arms": counts,
        "srm": {"p": judged.p, "blocked": judged.blocked, "reasons": list(judged.reasons),
                "designed": dict(judged.designed), "crossed": judged.crossed},
        "metrics": rows,
        "method": request.method,
        "alpha": request.alpha,
        "correction": request.correction,
        "control": request.control,
        "advice": [
            vars(advise(arm, [row for row in rows if row["arm"] == arm],
                        judged.reasons, progress))
            for arm in counts if arm != request.control
        ],
        "remarks": list(found.remarks),
    }  # fmt: skip
    if request.method == "sequential":
        result["sequence"] = {
            "rho": sequences.rho(board.planned, request.alpha) if board.planned else None,
            "tuned_to": board.planned, "tuned_by": "plan" if request.planned else "units seen so far",
        }  # fmt: skip
    if request.by:
        result["segments"] = _segments(board, list(counts), shares)
    if request.day:
        result["days"] = _days(board, list(counts))
    return result


def failed(result: Mapping[str, Any]) -> bool:
    """Whether nothing of this may be believed, or some metric couldn't be computed from what its columns hold."""
    return bool(result["srm"]["blocked"] or any(row.get("broken") for row in result["metrics"]))


def designed(ratio: Mapping[str, float] | Sequence[float], control: str, counts: Mapping[str, int]) -> dict[str, float]:
    """Designed shares by arm; equal ones where nothing is said. Raises `InvalidInput`."""
    if not ratio:
        return dict.fromkeys(_ordered(control, counts), 1.0)
    if isinstance(ratio, Mapping):
        return dict(ratio)
    arms = _ordered(control, counts)
    if len(ratio) != len(arms):
        raise InvalidInput(
            f"--ratio names {len(ratio)} shares; there are {len(arms)} arms: {', '.join(arms)}.",
            f"Write them in this order, or by name: {','.join(f'{arm}=1' for arm in arms)}.",
        )
    return dict(zip(arms, ratio, strict=True))


def _ordered(control: str, arms: Mapping[str, Any]) -> list[str]:
    return [*([control] if control in arms else []), *sorted(arm for arm in arms if arm != control)]


@dataclass
class _Board:
    """Rows of one scorecard."""

    found: Read
    request: Request
    planned: int
    total: int

    def rows(
        self, arms: Sequence[str], blocked: Sequence[str] = (), keep: Callable[[Key], bool] | None = None
    ) -> list[dict[str, Any]]:
        """A row for each metric and arm but control; corrected together. Of some groups only where `keep` says so."""
        total = self.total if keep is None else sum(self.found.units(arm, keep) for arm in arms)
        rows = [
            self._row(metric, arm, total, keep)
            for metric in self.request.metrics for arm in arms if arm != self.request.control
        ]  # fmt: skip
        some = [row for row in rows if row["p"] is not None]
        values = adjusted([row["p"] for row in some], self.request.correction)
        for row, value in zip(some, values, strict=True):
            row["p_adjusted"] = value
        for row in rows:
            _conclude(row, self.request.alpha, bool(blocked))
        return rows

    def _row(self, metric: Metric, arm: str, total: int, keep: Callable[[Key], bool] | None) -> dict[str, Any]:
        level = Level(self.request.alpha)
        if self.request.method == "sequential":
            level = Level(self.request.alpha, 1.0)
        broken = self.found.broken.get(metric.name)
        control, other, got = _NOTHING, _NOTHING, Comparison()
        extra: dict[str, Any] = {}
        if broken is None:
            share = self.planned / total if total else 1.0
            control, other, got, extra = self._compared(metric, arm, level, share, keep)
        notes = list(got.notes) if broken is None else [broken]
        row: dict[str, Any] = {
            "name": metric.name, "kind": metric.kind, "arm": arm, "n": other.n,
            "control_mean": _number(control.value), "mean": _number(other.value), "effect": got.effect,
            "relative": got.relative, "interval": _list(got.interval),
            "relative_interval": _list(got.relative_interval),
            "p": got.p, "method": self.request.method, "significant": False, "control_n": control.n,
            "p_adjusted": None, "error": got.error, "test": got.test, "role": metric.role,
            "direction": "up" if metric.up else "down", "margin": metric.margin,
            "margin_relative": metric.margin_relative, **extra,
        }  # fmt: skip
        if got.effect is not None and got.error and broken is None:
            row["posterior"] = vars(
                posterior(
                    got.effect, got.error, alpha=self.request.alpha, prior_spread=self.request.prior, up=metric.up
                )
            )
        row["notes"] = notes
        row["broken"] = broken is not None
        return row

    def _compared(
        self, metric: Metric, arm: str, level: Level, share: float, keep: Callable[[Key], bool] | None
    ) -> tuple[Estimate, Estimate, Comparison, dict[str, Any]]:
        name, control = metric.name, self.request.control
        if (metric.cluster or metric.quantile) and keep is not None:
            kind = "clusters" if metric.cluster else "quantiles"
            return _NOTHING, _NOTHING, Comparison(notes=(f"{kind} aren't computed by segment or day",)), {}
        if metric.cluster:
            cells = self.found.cells.get(name, {})
            if control not in cells or arm not in cells:
                return _NOTHING, _NOTHING, compare(_NOTHING, _NOTHING, level), {}
            a, b, shared = clusters.estimates(cells[control], cells[arm])
            got = compare(a, b, _at(level, a, b, share), shared=shared)
            if got.p is not None and a.df + 1 < FEW_CLUSTERS:
                note = f"{int(a.df) + 1} clusters are few: errors by cluster come out too small below {FEW_CLUSTERS}"
                got = replace(got, notes=(*got.notes, note))
            return a, b, got, {"clusters": int(a.df) + 1} if a.variance is not None else {}
        if metric.quantile:
            draws = self.found.draws.get(name, {})
            if control not in draws or arm not in draws:
                return _NOTHING, _NOTHING, compare(_NOTHING, _NOTHING, level), {}
            a, b = draws[control][0], draws[arm][0]
            got = quantiles.compare(draws[control], draws[arm], _at(level, a, b, share), compare)
            return a, b, got, {}
        facts = [self.found.facts(name, each, keep) for each in (control, arm)]
        if facts[0] is None or facts[1] is None:
            a, b = (_single(metric, one) for one in facts)
            return a, b, compare(a, b, level), {}
        if metric.kind == "proportion" and not metric.covariates:
            a, b = proportion(facts[0]), proportion(facts[1])
            return a, b, compare(a, b, _at(level, a, b, share)), {}
        a, b, theta = pair(facts[0], facts[1], len(metric.covariates))
        return a, b, compare(a, b, _at(level, a, b, share)), _adjustment(facts, metric, a, b, theta)


_NOTHING = Estimate(0, math.nan, None, 0)


def _single(metric: Metric, facts: Facts | None) -> Estimate:
    if facts is None:
        return _NOTHING
    return proportion(facts) if metric.kind == "proportion" else plain(facts)


def _at(level: Level, a: Estimate, b: Estimate, share: float) -> Level:
    """The level with the planned units of these two arms: their part of the plan."""
    return replace(level, planned=(a.n + b.n) * share) if level.sequential and a.n + b.n else level


def _adjustment(
    facts: Sequence[Facts | None], metric: Metric, a: Estimate, b: Estimate, theta: float | None
) -> dict[str, Any]:
    if not metric.covariates:
        return {}
    if theta is None:
        return {"cuped": None}
    before = [plain(one) for one in facts if one]
    spreads = [one.variance or 0.0 for one in before]
    after = (a.variance or 0.0) + (b.variance or 0.0)
    return {"cuped": {"theta": theta, "control_mean": a.raw, "mean": b.raw,
                      "variance_left": after / sum(spreads) if sum(spreads) else None}}  # fmt: skip


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _list(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _conclude(row: dict[str, Any], alpha: float, blocked: bool) -> None:
    """Whether the effect is significant, which way it goes, and whether it may be worse than the margin."""
    p = row["p_adjusted"]
    found = p is not None and p <= alpha and bool(row["effect"])
    row["significant"] = found and not blocked
    good = row["effect"] is not None and (row["effect"] > 0) == (row["direction"] == "up")
    row["better"], row["worse"] = row["significant"] and good, row["significant"] and not good
    row["non_inferior"], row["inferior"] = None, row["worse"]
    if row["margin"] is None:
        row["non_inferior"] = None if row["interval"] is None or blocked else not row["worse"]
        return
    interval = row["relative_interval"] if row["margin_relative"] else row["interval"]
    if interval is None or blocked:
        return
    low, high = interval if row["direction"] == "up" else [-interval[1], -interval[0]]
    row["non_inferior"], row["inferior"] = low > -row["margin"], high < -row["margin"]


def _segments(board: _Board, arms: Sequence[str], shares: Mapping[str, float]) -> list[dict[str, Any]]:
    names = dict.fromkeys(key[1] for key in board.found.groups)
    result = []
    for name in sorted(names, key=lambda one: (one is None, one or "")):

        def keep(key: Key, name: str | None = name) -> bool:
            return key[1] == name

        counts = {arm: board.found.units(arm, keep) for arm in arms}
        judged = balance.judge(counts, shares)
        rows = replace(board, planned=_share(board, counts)).rows(arms, judged.reasons, keep)
        result.append(
            {"segment": name, "arms": counts, "srm": {"p": judged.p, "blocked": judged.blocked}, "metrics": rows}
        )
    return result


def _share(board: _Board, counts: Mapping[str, int]) -> int:
    """A segment's part of the plan."""
    return max(1, round(board.planned * sum(counts.values()) / board.total)) if board.total else 1


def _days(board: _Board, arms: Sequence[str]) -> list[dict[str, Any]]:
    """Day by day, all units that came in until then."""
    days = sorted({key[2] for key in board.found.groups if key[2] is not None})
    result = []
    for day in days:

        def keep(key: Key, day: str = day) -> bool:
            return key[2] is not None and key[2] <= day

        counts = {arm: board.found.units(arm, keep) for arm in arms}
        result.append({"day": day, "arms": counts, "metrics": board.rows(arms, (), keep)})
    return result
