"""How each database says what the aggregate statement needs. Pure text."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """One database's words; `{}` stands for the expression."""

    name: str
    quote: str
    text: str
    number: str
    flag: str
    nan: str
    infinite: str
    day: str
    quantiles: str
    """Takes the shares, comma-separated, as `shares` and the expression as `value`; gives one array, or null."""
    backslash: bool = False

    def column(self, name: str) -> str:
        """A quoted name, whatever it holds."""
        if self.name == "clickhouse":
            return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
        return self.quote + name.replace(self.quote, 2 * self.quote) + self.quote

    def string(self, value: str) -> str:
        """A literal, whatever it holds."""
        if self.backslash:
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return "'" + value.replace("'", "''") + "'"

    def double(self, value: float) -> str:
        """A double-precision literal with every digit."""
        digits = repr(float(value))
        return self.number.format(digits if "e" in digits else digits + "e0")

    def all_quantiles(self, value: str, shares: Sequence[float]) -> str:
        return self.quantiles.format(value=value, shares=", ".join(repr(float(one)) for one in shares))


DUCKDB = Dialect(
    "duckdb", '"', "CAST({} AS VARCHAR)", "CAST({} AS DOUBLE)", "CAST({} AS DOUBLE)", "isnan({})", "isinf({})",
    "CAST(CAST({} AS DATE) AS VARCHAR)", "quantile_cont({value}, [{shares}])",
)  # fmt: skip
POSTGRESQL = Dialect(
    "postgresql", '"', "CAST({} AS text)", "CAST({} AS double precision)",
    "CAST(CAST({} AS integer) AS double precision)", "({} = 'NaN'::double precision)",
    "({} IN ('Infinity'::double precision, '-Infinity'::double precision))", "CAST(CAST({} AS date) AS text)",
    "percentile_cont(ARRAY[{shares}]::double precision[]) WITHIN GROUP (ORDER BY {value})",
)  # fmt: skip
CLICKHOUSE = Dialect(
    "clickhouse", "`", "toString({})", "toFloat64({})", "toFloat64({})", "isNaN({})", "isInfinite({})",
    "toString(toDate({}))", "quantilesExactInclusive({shares})({value})", backslash=True,
)  # fmt: skip
SPARK = Dialect(
    "spark", "`", "CAST({} AS STRING)", "CAST({} AS DOUBLE)", "CAST(CAST({} AS INT) AS DOUBLE)", "isnan({})",
    "({} IN (double('Infinity'), double('-Infinity')))", "CAST(CAST({} AS DATE) AS STRING)",
    "percentile({value}, array({shares}))",
    backslash=True,
)  # fmt: skip
DIALECTS = {one.name: one for one in (DUCKDB, POSTGRESQL, CLICKHOUSE, SPARK)}
