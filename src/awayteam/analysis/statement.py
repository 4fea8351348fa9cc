"""The one aggregate statement: per arm (segment, day) the counts, sums and products about a constant. Pure text.

Rows become values (`c`), values of one unit become one (`u`), these are cut, masked and shifted (`v`) and added up. Two
ways: the quick one trusts that nothing is missing where two columns meet and that every value is finite, and its answer
shows where that is wrong; the careful one masks, drops what isn't a number, and counts what is infinite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awayteam.analysis.dialects import Dialect
from awayteam.analysis.spec import Metric

PEEK = 1_000
GROUPS = 5_000
MISSING_WORDS = ("", "na", "n/a", "nan", "null", "none")


@dataclass(frozen=True)
class ByArm:
    """A constant for each arm; `base` is the one for all that came before it."""

    base: float
    arms: Mapping[str, float]


Shift = float | ByArm


@dataclass(frozen=True)
class Table:
    """Where the facts are: `relation` is a table, function or subselect in the dialect; `kinds` of its columns."""

    dialect: Dialect
    relation: str
    kinds: Mapping[str, str]
    arm: str
    unit: str | None = None
    segment: str | None = None
    day: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a metric's sums stand in the answer: slots of value and covariate, over all units with a value (`whole`),
    and over those that have a covariate too (`paired`; empty in the quick way)."""

    whole: tuple[int, ...]
    paired: tuple[int, ...] = ()
    width: int = 1
    inputs: tuple[int, ...] = ()


@dataclass
class Statement:
    """Builds the text. `careful`, `shifts` (by slot) and `caps` (by metric: low, high) come from what was seen
    before."""

    table: Table
    metrics: Sequence[Metric]
    careful: bool = False
    shifts: Sequence[Shift] = ()
    caps: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)

    inputs: list[tuple[str, float | None]] = field(default_factory=list, init=False)
    units: list[str] = field(default_factory=list, init=False)
    slots: list[str] = field(default_factory=list, init=False)
    exact: set[int] = field(default_factory=set, init=False)
    pairs: list[tuple[int, int]] = field(default_factory=list, init=False)
    places: dict[str, Place] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for metric in self.metrics:
            self.places[metric.name] = self._place(metric)

    def _place(self, metric: Metric) -> Place:
        own = [self._input(name, metric.fill) for name in metric.columns]
        before = [self._input(name, None) for name in metric.covariates]
        values = [self._unit(number, metric.per or ("max" if metric.kind == "proportion" else "sum"), own)
                  for number in own]  # fmt: skip
        covariates = [self._unit(number, "mean", before) for number in before]
        cut = [self._cut(f"u{number}", metric.name) for number in values]
        all_here = [f"u{number} IS NOT NULL" for number in values]
        both_here = all_here + [f"u{number} IS NOT NULL" for number in covariates]
        later = [f"u{number}" for number in covariates]
        if not self.careful:
            whole = tuple(self._slot(text) for text in cut + later)
            paired: tuple[int, ...] = ()
        else:
            whole = tuple(self._slot(_where(all_here if len(cut) > 1 else [], text)) for text in cut)
            paired = tuple(self._slot(_where(both_here, text)) for text in cut + later) if covariates else ()
        for group in (whole, paired):
            for at, a in enumerate(group):
                self.pairs += [(a, b) for b in group[at + 1 :] if (a, b) not in self.pairs]
        if metric.kind == "proportion":
            self.exact.update(whole[:1])
        return Place(whole, paired, len(cut), tuple(own + before))

    def _input(self, name: str, fill: float | None) -> int:
        return _index(self.inputs, (name, fill))

    def _unit(self, number: int, how: str, group: Sequence[int]) -> int:
        if not self.table.unit:
            return _index(self.units, f"c{number}")
        here = [f"c{other} IS NOT NULL" for other in group if other != number]
        return _index(self.units, f"{'avg' if how == 'mean' else how}({_where(here, f'c{number}')})")

    def _cut(self, text: str, name: str) -> str:
        low, high = self.caps.get(name, (None, None))
        number = self.table.dialect.double
        cases = [f"WHEN {text} > {number(high)} THEN {number(high)}"] if high is not None else []
        cases += [f"WHEN {text} < {number(low)} THEN {number(low)}"] if low is not None else []
        return f"CASE {' '.join(cases)} ELSE {text} END" if cases else text

    def _slot(self, text: str) -> int:
        return _index(self.slots, text)

    # the levels

    def _value(self, name: str, fill: float | None) -> tuple[str, str | None]:
        """The column as a number, and what counts it where it is none."""
        dialect, column = self.table.dialect, self.table.dialect.column(name)
        kind = self.table.kinds[name]
        bad = None
        if kind == "text":
            known, cast = self._word(name), f"TRY_CAST({column} AS DOUBLE)"
            bad = f"CASE WHEN NOT {known} AND {cast} IS NULL THEN 1 ELSE 0 END"
            text = f"CASE WHEN {known} THEN NULL ELSE {cast} END"
        else:
            text = (dialect.flag if kind == "bool" else dialect.number).format(column)
        if self.careful and kind in {"float", "text"}:
            cast = text
            text = f"CASE WHEN {dialect.nan.format(cast)} OR {dialect.infinite.format(cast)} THEN NULL ELSE {cast} END"
        return (text if fill is None else f"coalesce({text}, {dialect.double(fill)})"), bad

    def _word(self, name: str) -> str:
        """Whether a text says that there is no value."""
        words = ", ".join(map(self.table.dialect.string, MISSING_WORDS))
        return f"lower(trim({self.table.dialect.column(name)})) IN ({words})"

    def no_number(self, name: str) -> str:
        """One text that is neither a number nor says that there is none."""
        column = self.table.dialect.column(name)
        return (
            f"SELECT {column} FROM {self.table.relation} WHERE NOT {self._word(name)} "
            f"AND TRY_CAST({column} AS DOUBLE) IS NULL LIMIT 1"
        )

    def _rows(self, limit: int | None, extra: str = "") -> str:
        """Level one. Names of each level differ: some databases read an alias where a column is meant."""
        dialect, table = self.table.dialect, self.table
        parts = [f"{dialect.text.format(dialect.column(table.arm))} AS row_arm"]
        if table.unit:
            parts.append(f"{dialect.column(table.unit)} AS row_unit")
        for key, name, form in self._keys(extra):
            parts.append(f"{form.format(dialect.column(name))} AS row_{key}")
        for number, (name, fill) in enumerate(self.inputs):
            text, bad = self._value(name, fill)
            parts.append(f"{text} AS c{number}")
            if bad:
                parts.append(f"{bad} AS row_b{number}")
            if self._infinite(name):
                column = dialect.column(name)
                cast = f"TRY_CAST({column} AS DOUBLE)" if bad else dialect.number.format(column)
                parts.append(f"CASE WHEN {dialect.infinite.format(cast)} THEN 1 ELSE 0 END AS row_i{number}")
        source = table.relation
        if limit is not None:
            used = dict.fromkeys(
                [table.arm, *([table.unit] if table.unit else []), *(name for _, name, _ in self._keys(extra)),
                 *(name for name, _ in self.inputs)]
            )  # fmt: skip
            source = f"(SELECT {', '.join(map(dialect.column, used))} FROM {source} LIMIT {limit}) AS aw_some"
        return f"SELECT {', '.join(parts)} FROM {source}"

    def _keys(self, extra: str = "") -> list[tuple[str, str, str]]:
        """What the answer is told apart by beside arms: name, column, and how it becomes text."""
        table, text = self.table, self.table.dialect.text
        found = [("segment", table.segment, text), ("day", table.day, table.dialect.day), ("cluster", extra, text)]
        return [(key, name, form) for key, name, form in found if name]

    def _infinite(self, name: str) -> bool:
        return self.careful and self.table.kinds[name] in {"float", "text"}

    def _counters(self) -> list[str]:
        found = [f"i{number}" for number, (name, _) in enumerate(self.inputs) if self._infinite(name)]
        return found + [
            f"b{number}" for number, (name, _) in enumerate(self.inputs) if self.table.kinds[name] == "text"
        ]

    def _per_unit(self, limit: int | None, extra: str = "") -> str:
        rows = self._rows(limit, extra)
        keys = [key for key, _, _ in self._keys(extra)]
        values = [f"{text} AS u{number}" for number, text in enumerate(self.units)]
        if not self.table.unit:
            parts = [f"row_{name} AS aw_{name}" for name in ("arm", *keys)]
            parts += [f"row_{name} AS aw_{name}" for name in self._counters()]
            return f"SELECT {', '.join(parts + values)} FROM ({rows}) AS aw_rows"
        parts = [
            "CASE WHEN row_unit IS NULL THEN NULL ELSE min(row_arm) END AS aw_arm",
            "CASE WHEN row_unit IS NOT NULL AND min(row_arm) <> max(row_arm) THEN 1 ELSE 0 END AS aw_crossed",
            "count(*) AS aw_count",
        ]
        parts += [f"min(row_{key}) AS aw_{key}" for key in keys]
        parts += [f"sum(row_{name}) AS aw_{name}" for name in self._counters()]
        return f"SELECT {', '.join(parts + values)} FROM ({rows}) AS aw_rows GROUP BY row_unit"

    def _shift(self, number: int) -> str:
        shift = self.shifts[number] if number < len(self.shifts) else 0.0
        double = self.table.dialect.double
        if number in self.exact or not shift:
            return ""
        if isinstance(shift, float):
            return f" - {double(shift)}"
        cases = " ".join(f"WHEN {self.table.dialect.string(arm)} THEN {double(one)}" for arm, one in shift.arms.items())
        return f" - CASE aw_arm {cases} ELSE {double(shift.base)} END"

    def _slotted(self, *, limit: int | None = None, extra: str = "", shifted: bool = True) -> str:
        names = ["arm", *(key for key, _, _ in self._keys(extra)), *self._counters()]
        names += ["crossed", "count"] if self.table.unit else []
        parts = [f"aw_{name}" for name in names]
        parts += [
            f"({text}){self._shift(number) if shifted else ''} AS v{number}" for number, text in enumerate(self.slots)
        ]
        return f"SELECT {', '.join(parts)} FROM ({self._per_unit(limit, extra)}) AS aw_units"

    # the statements

    def peek(self) -> str:
        """Rough means of all slots over the first rows: constants near the data."""
        parts = ", ".join(f"avg(v{number})" for number in range(len(self.slots))) or "1"
        return f"SELECT {parts} FROM ({self._slotted(limit=PEEK, shifted=False)}) AS aw_values"

    def heads(self) -> list[str]:
        """The names of the answer's columns, in order."""
        return ["arm", *(key for key, _, _ in self._keys()), *(name for name, _ in self._sums())]

    def _sums(self) -> list[tuple[str, str]]:
        sums = [("units", "count(*)")]
        sums += [("rows", "sum(aw_count)"), ("crossed", "sum(aw_crossed)")] if self.table.unit else []
        sums += [(name, f"sum(aw_{name})") for name in self._counters()]
        for number in range(len(self.slots)):
            value = f"v{number}"
            sums += [(f"n{number}", f"count({value})"), (f"s{number}", f"sum({value})"),
                     (f"q{number}_{number}", f"sum({value} * {value})")]  # fmt: skip
            if number in self.exact:
                sums += [(f"low{number}", f"min({value})"), (f"high{number}", f"max({value})")]
        return sums + [(f"q{a}_{b}", f"sum(v{a} * v{b})") for a, b in self.pairs]

    def text(self) -> str:
        """The aggregate statement; its columns are `heads()`."""
        keys = ["aw_arm", *(f"aw_{key}" for key, _, _ in self._keys())]
        named = [f"{text} AS total_{name}" for name, text in self._sums()]
        return (
            f"SELECT {', '.join(keys + named)} FROM ({self._slotted()}) AS aw_values "
            f"GROUP BY {', '.join(keys)} LIMIT {GROUPS + 1}"
        )

    def cells(self, metric: Metric) -> str:
        """By arm and cluster: units, sums above and below the line and, for those without a cluster, of products."""
        place = self.places[metric.name]
        a = f"v{place.whole[0]}"
        b = f"v{place.whole[1]}" if place.width == 2 else "1"
        sums = f"count({a}), sum({a}), sum({b}), sum({a} * {a}), sum({a} * {b}), sum({b} * {b})"
        return (
            f"SELECT aw_arm, aw_cluster, {sums} FROM ({self._slotted(extra=metric.cluster or '')}) AS aw_values "
            f"WHERE aw_arm IS NOT NULL AND {a} IS NOT NULL GROUP BY aw_arm, aw_cluster"
        )

    def quantiles(self, metric: Metric, shares: Sequence[float], arm: str | None) -> str:
        """The values of a metric at shares of its sorted values, of one arm or of all."""
        value = f"v{self.places[metric.name].whole[0]}"
        where = f" AND aw_arm = {self.table.dialect.string(arm)}" if arm is not None else " AND aw_arm IS NOT NULL"
        found = self.table.dialect.all_quantiles(value, shares)
        return f"SELECT {found} FROM ({self._slotted(shifted=False)}) AS aw_values WHERE {value} IS NOT NULL{where}"


def _index(known: list[Any], one: Any) -> int:
    if one not in known:
        known.append(one)
    return known.index(one)


def _where(conditions: Sequence[str], text: str) -> str:
    return f"CASE WHEN {' AND '.join(conditions)} THEN {text} END" if conditions else text
