"""Reads the facts of every metric, arm, segment and day from a source: peek, aggregate, and again where it must be."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from awayteam.analysis import quantiles
from awayteam.analysis.clusters import Cells
from awayteam.analysis.estimates import Estimate
from awayteam.analysis.moments import Facts, Moments, lost, shifted, together
from awayteam.analysis.spec import Metric
from awayteam.analysis.statement import GROUPS, ByArm, Place, Shift, Statement, Table
from awayteam.analysis.tables import Changed, Source, Unreadable
from awayteam.kernel.errors import InvalidInput

WORST = 1e6
"""How far squares about the constant may exceed those about the mean: ten of the sixteen digits are left."""
BAD_SHARE = 0.01
MOST_CELLS = 2_000_000

Key = tuple[str, str | None, str | None]


@dataclass
class Group:
    """What is known of the units of one arm (in one segment, on one day)."""

    units: int
    facts: dict[str, Facts] = field(default_factory=dict)


@dataclass
class Read:
    """Everything that was read. `broken` says of a metric why it can't be believed; `remarks` what was left out."""

    groups: dict[Key, Group] = field(default_factory=dict)
    crossed: int = 0
    without: int = 0
    broken: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    cells: dict[str, dict[str, Cells]] = field(default_factory=dict)
    draws: dict[str, dict[str, tuple[Estimate, Any]]] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)

    cumulative: bool = False
    """Whether a day's group holds all units up to it; else its own, and days add up."""

    def arms(self) -> dict[str, int]:
        """Units by arm, by name."""
        return {arm: self.units(arm) for arm in sorted({key[0] for key in self.groups})}

    def facts(self, metric: str, arm: str, keep: Callable[[Key], bool] | None = None) -> Facts | None:
        """One arm's facts over the groups that are kept; None where there is none."""
        some = [group.facts[metric] for group in self._kept(arm, keep) if metric in group.facts]
        return together(some) if some else None

    def units(self, arm: str, keep: Callable[[Key], bool] | None = None) -> int:
        return sum(group.units for group in self._kept(arm, keep))

    def _kept(self, arm: str, keep: Callable[[Key], bool] | None) -> list[Group]:
        keys = [key for key in self.groups if key[0] == arm and (keep is None or keep(key))]
        if self.cumulative and keys:
            keys = [max(keys, key=lambda key: key[2] or "")]
        return [self.groups[key] for key in keys]


def read(source: Source, table: Callable[[Source], Table], metrics: Sequence[Metric]) -> Read:
    """All that the metrics need. `table` tells the columns, and is asked again where their kinds turn out otherwise."""
    for _ in range(2):
        try:
            return _read(source, table(source), metrics)
        except Changed:
            continue
    return _read(source, table(source), metrics)


def _read(source: Source, table: Table, metrics: Sequence[Metric]) -> Read:
    caps = {one.name: _caps(source, table, one) for one in metrics if one.winsor}
    found = Read()
    statement = Statement(table, metrics, caps=caps)
    statement = replace(statement, shifts=_peeked(source, statement))
    answer = _answer(source, statement, found)
    if answer is None or _needs_care(statement, answer):
        statement = Statement(table, metrics, careful=True, caps=caps)
        statement = replace(statement, shifts=_peeked(source, statement))
        answer = _answer(source, statement, found)
        if answer is None:
            raise InvalidInput("Some values are too large to add up.", "Values beyond about 1e150 have no squares.")
        if poor := _poor(statement, answer):
            statement = replace(statement, shifts=_by_arm(statement, answer, poor))
            answer = _answer(source, statement, found) or answer
    _take(source, statement, answer, found)
    for metric in metrics:
        if metric.cluster and metric.name not in found.broken:
            _clusters(source, table, metric, statement, found)
        if metric.quantile and metric.name not in found.broken:
            _quantile(source, table, metric, found)
    return found


def _caps(source: Source, table: Table, metric: Metric) -> tuple[float | None, float | None]:
    low, high = metric.winsor or (0.0, 1.0)
    statement = Statement(table, [metric], careful=True)
    ((values,),) = source.ask(statement.quantiles(metric, [low, high], None))
    if values is None or any(one is None or not math.isfinite(one) for one in values):
        return None, None
    return (float(values[0]) if low else None), float(values[1])


def _peeked(source: Source, statement: Statement) -> list[Shift]:
    if not statement.slots:
        return []
    try:
        (row,) = source.ask(statement.peek())
    except Unreadable:  # what is wrong with the values, the aggregate says
        return [0.0] * len(statement.slots)
    return [float(one) if one is not None and math.isfinite(one) else 0.0 for one in row]


Answer = list[dict[str, Any]]


def _answer(source: Source, statement: Statement, found: Read) -> Answer | None:
    """The rows by name; None where a sum isn't finite."""
    sql = statement.text()
    found.statements.append(sql)
    try:
        rows = source.ask(sql)
    except Unreadable as error:
        if "out of range" in error.what.lower():
            return None
        raise
    if len(rows) > GROUPS:
        table = statement.table
        named = ", ".join(one for one in (table.arm, table.segment, table.day) if one)
        raise InvalidInput(f"There are more than {GROUPS:,} values of {named}.", "Is it the right column?")
    heads = statement.heads()
    answer = [dict(zip(heads, row, strict=True)) for row in rows]
    for row in answer:
        for number in range(len(statement.slots)):
            if row[f"n{number}"] and not _finite(row[f"s{number}"], row[f"q{number}_{number}"]):
                return None
    return answer


def _finite(*values: Any) -> bool:
    return all(one is not None and math.isfinite(one) for one in values)


def _needs_care(statement: Statement, answer: Answer) -> bool:
    for metric in statement.metrics:
        place = statement.places[metric.name]
        if len(place.whole) > 1 and any(row[f"n{slot}"] != row["units"] for row in answer for slot in place.whole):
            return True
    return bool(_poor(statement, answer))


def _poor(statement: Statement, answer: Answer) -> set[int]:
    """Slots of which too many digits would be lost about one constant for all arms."""
    return {
        number for row in answer for number in range(len(statement.slots))
        if number not in statement.exact and row["arm"] is not None and row[f"n{number}"]
        and lost(row[f"n{number}"], row[f"s{number}"], row[f"q{number}_{number}"]) > WORST
    }  # fmt: skip


def _by_arm(statement: Statement, answer: Answer, poor: Iterable[int]) -> list[Shift]:
    shifts = list(statement.shifts)
    for number in poor:
        base = shifts[number]
        assert isinstance(base, float)
        means: dict[str, list[float]] = {}
        for row in answer:
            if row["arm"] is not None and row[f"n{number}"]:
                sums = means.setdefault(str(row["arm"]), [0.0, 0.0])
                sums[0] += row[f"n{number}"]
                sums[1] += row[f"s{number}"]
        shifts[number] = ByArm(base, {arm: base + total / n for arm, (n, total) in means.items()})
    return shifts


def _take(source: Source, statement: Statement, answer: Answer, found: Read) -> None:
    for row in answer:
        found.crossed += int(row.get("crossed") or 0)
        if row["arm"] is None:
            found.without += int(row.get("rows") or row["units"])
            continue
        group = Group(int(row["units"]))
        for metric in statement.metrics:
            group.facts[metric.name] = _facts(statement, statement.places[metric.name], row)
        found.groups[str(row["arm"]), _text(row.get("segment")), _text(row.get("day"))] = group
    counted = [row for row in answer if row["arm"] is not None]
    for metric in statement.metrics:
        _judge(source, statement, metric, counted, found)
    if found.without:
        found.remarks.append(
            f"{found.without:,} rows without an arm{' or unit' if statement.table.unit else ''} are left out"
        )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _facts(statement: Statement, place: Place, row: dict[str, Any]) -> Facts:
    def moments(slots: Sequence[int]) -> Moments:
        n = int(row[f"n{slots[0]}"])
        products = [[_product(row, a, b) for b in slots] for a in slots]
        totals = [float(row[f"s{slot}"] or 0) for slot in slots]
        apart = [_shift_of(statement, slot, row) - origin for slot, origin in zip(slots, origins, strict=True)]
        return shifted(n, apart, totals, products, origins)

    # Means of single columns are kept as distances to one constant, the same for all arms: at 1e9 an effect of 1e-3
    # would
    # have four digits otherwise. Ratios need the means themselves.
    slots = place.paired or place.whole
    single = (place.width == 1, len(slots) - place.width == 1)
    origins = [_origin(statement, slot) if single[at >= place.width] else 0.0 for at, slot in enumerate(slots)]
    paired = moments(place.paired) if place.paired else None
    origins = origins[: len(place.whole)]
    return Facts(moments(place.whole), paired, place.width, origins[0] if single[0] else 0.0)


def _origin(statement: Statement, slot: int) -> float:
    shift = statement.shifts[slot]
    return 0.0 if slot in statement.exact else shift.base if isinstance(shift, ByArm) else shift


def _product(row: dict[str, Any], a: int, b: int) -> float:
    found = row.get(f"q{a}_{b}", row.get(f"q{b}_{a}"))
    return float(found or 0)


def _shift_of(statement: Statement, slot: int, row: dict[str, Any]) -> float:
    if slot in statement.exact:
        return 0.0
    shift = statement.shifts[slot]
    if isinstance(shift, float):
        return shift
    return shift.arms.get(str(row["arm"]), shift.base)


def _judge(source: Source, statement: Statement, metric: Metric, rows: Answer, found: Read) -> None:
    """What is wrong with a metric's values, and what of them was left out."""
    place = statement.places[metric.name]
    units = sum(int(row["units"]) for row in rows)
    for number in dict.fromkeys(place.inputs):
        column = statement.inputs[number][0]
        infinite = sum(int(row.get(f"i{number}") or 0) for row in rows)
        if infinite:
            found.broken[metric.name] = f"infinite values in column {column}: {infinite:,}; make them numbers or NULL"
        bad = sum(int(row.get(f"b{number}") or 0) for row in rows)
        total = sum(int(row.get("rows") or row["units"]) for row in rows)
        example = _example(source, statement, column) if bad else ""
        if bad > BAD_SHARE * total:
            found.broken[metric.name] = f"column {column} holds text: no numbers in {bad:,} of {total:,} rows{example}"
        elif bad:
            found.remarks.append(f"column {column}: no number in {bad:,} rows{example}; they count as missing")
    slot = place.whole[0]
    if metric.kind == "proportion":
        for row in rows:
            n = row[f"n{slot}"]
            if n and (row[f"low{slot}"] < 0 or row[f"high{slot}"] > 1 or row[f"s{slot}"] != row[f"q{slot}_{slot}"]):
                found.broken[metric.name] = f"column {metric.columns[0]} holds other values than 0 and 1; use mean(...)"
    have = sum(int(row[f"n{slot}"]) for row in rows)
    if have < units:
        found.remarks.append(
            f"{metric.name}: {units - have:,} of {units:,} units have no value and don't count (fill=0 counts them)"
        )
    if place.paired and (known := sum(int(row[f"n{place.paired[0]}"]) for row in rows)) < have:
        found.remarks.append(f"{metric.name}: {have - known:,} units have no covariate and are not adjusted")


def _example(source: Source, statement: Statement, column: str) -> str:
    """One of the values of a text column that are no numbers, as part of a sentence."""
    rows = source.ask(statement.no_number(column))
    return f", as {str(rows[0][0])[:40]!r}" if rows else ""


def _clusters(source: Source, table: Table, metric: Metric, quick: Statement, found: Read) -> None:
    alone = replace(table, segment=None, day=None)
    statement = Statement(alone, [metric], careful=True, caps=quick.caps)
    peeked = _peeked(source, statement)
    shift = peeked[0] if len(metric.columns) == 1 and metric.kind == "mean" else 0.0
    assert isinstance(shift, float)
    rows = source.ask(replace(statement, shifts=[shift, *([0.0] * 3)]).cells(metric) + f" LIMIT {MOST_CELLS + 1}")
    if len(rows) > MOST_CELLS:
        raise InvalidInput(
            f"Metric {metric.name}: more than {MOST_CELLS:,} clusters.", f"Make {metric.cluster} the unit instead."
        )
    numbers = {name: at for at, name in enumerate(dict.fromkeys(str(row[1]) for row in rows if row[1] is not None))}
    by_arm: dict[str, list[tuple[Any, ...]]] = {}
    single = 0
    for row in rows:
        by_arm.setdefault(str(row[0]), []).append(row)
        single += int(row[2]) if row[1] is None else 0
    if single:
        found.remarks.append(f"{metric.name}: {single:,} units without a {metric.cluster} stand each for itself")
    for arm, own in by_arm.items():
        known = [row for row in own if row[1] is not None]
        rest = next((row for row in own if row[1] is None), None)
        at = np.array([numbers[str(row[1])] for row in known], dtype=np.int64)
        units, above, below = (np.array([float(row[place] or 0) for row in known]) for place in (2, 3, 4))
        single_sums = tuple(float(one or 0) for one in rest[2:]) if rest else ()
        found.cells.setdefault(metric.name, {})[arm] = Cells(at, units, above, below, shift, single_sums)


def _quantile(source: Source, table: Table, metric: Metric, found: Read) -> None:
    assert metric.quantile is not None
    statement = Statement(replace(table, segment=None, day=None), [metric], careful=True)
    for stream, arm in enumerate(found.arms()):
        facts = found.facts(metric.name, arm)
        n = facts.n if facts else 0
        if not n:
            found.draws.setdefault(metric.name, {})[arm] = Estimate(0, math.nan, None, 0), np.zeros(0)
            continue
        at = quantiles.fractions(n, metric.quantile)
        ((values,),) = source.ask(statement.quantiles(metric, [metric.quantile, *at], arm))
        drawn = quantiles.drawn(n, metric.quantile, at, values[1:], stream)
        spread = float(drawn.var(ddof=1)) if n > 1 else None
        found.draws.setdefault(metric.name, {})[arm] = Estimate(n, float(values[0]), spread, n - 1), drawn
