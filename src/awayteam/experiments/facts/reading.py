"""Facts as two tables of an in-memory DuckDB, wherever they are kept: `exposures` and `events`.

exposures(experiment, unit, arm, moment, props)   one row for each time that a unit saw an arm; `props` is JSON
events(unit, name, value, moment)                 what units did; each id counts once

Only what an experiment needs is read: its exposures, its metrics' events, its window. A table that is gone, lacks a
column, or holds times without a zone raises `Unavailable` that says so: no number is better than a wrong one.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from awayteam.experiments.actions.keeping import outside
from awayteam.experiments.facts import elsewhere, store
from awayteam.experiments.facts.store import quoted
from awayteam.experiments.models import FactSource, SourceKind
from awayteam.kernel.errors import Unavailable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXPOSURES = ("experiment", "unit", "arm", "at")
EVENTS = ("unit", "name", "at")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which facts: of one experiment ("" for all exposures), these events, from `since` (with) to `until` (without)."""

    experiment: str
    events: Sequence[str]
    since: datetime
    until: datetime


@contextmanager
def facts(source: FactSource | None, wanted: Wanted) -> Iterator["DuckDBPyConnection"]:
    """A connection with the two tables, of what we keep ourselves (None) or of a source. Raises `Unavailable`."""
    import duckdb

    with store.connected() as connection, tempfile.TemporaryDirectory(prefix="awayteam-facts-") as scratch:
        try:
            _fill(connection, source, wanted, Path(scratch))
        except duckdb.Error as error:
            where = f"The source {source.name}" if source is not None else "What was sent to us"
            raise Unavailable(
                f"{where} can't be read: {_short(error)}", "Put the table or file back, or correct the source."
            ) from error
        yield connection


def _short(error: Exception) -> str:
    """The first line of what DuckDB says."""
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


def _fill(connection: "DuckDBPyConnection", source: FactSource | None, wanted: Wanted, scratch: Path) -> None:
    if source is None:
        _create(connection, wanted, _own(store.raw("exposures"), "exposures"), _own(store.raw("events"), "events"))
    elif source.kind in (SourceKind.POSTGRESQL, SourceKind.CLICKHOUSE):
        exposures, events = elsewhere.fetch(source, wanted, scratch)
        _create(connection, wanted, _mapped(connection, exposures, EXPOSURES), _mapped(connection, events, EVENTS))
    else:
        exposures, events = _files(connection, source)
        _create(connection, wanted, _mapped(connection, exposures, EXPOSURES), _mapped(connection, events, EVENTS))


def _own(query: str, kind: str) -> str:
    more = "props" if kind == "exposures" else "value, id"
    names = "experiment, unit, arm, moment" if kind == "exposures" else "unit, name, moment"
    return f"SELECT {names}, {more} FROM ({query})"  # noqa: S608


def _files(connection: "DuckDBPyConnection", source: FactSource) -> tuple[str, str]:
    """Relations of the two tables. The folders are asked again: the rulebook may have changed since."""
    paths = [source.address] if source.kind == SourceKind.DUCKDB else [source.exposures, source.events]
    for path in paths:
        if why := outside(path):
            raise Unavailable(f"The source {source.name} can't be read: {why}.", "Ask an administrator.")
    if source.kind == SourceKind.DUCKDB:
        connection.execute(f"ATTACH {quoted(source.address)} AS theirs (READ_ONLY)")
        return f"theirs.{identifier(source.exposures)}", f"theirs.{identifier(source.events)}"
    reader = "read_parquet" if source.kind == SourceKind.PARQUET else "read_csv"
    return f"{reader}({quoted(source.exposures)})", f"{reader}({quoted(source.events)})"


def identifier(name: str) -> str:
    """A name of a table, with its schema or without, quoted part by part. Raises `Unavailable` for anything else."""
    parts = name.split(".")
    if len(parts) > 3 or any(not NAME.fullmatch(part) for part in parts):
        raise Unavailable(f"{name[:80]!r} is no name of a table.", "Write schema.table, without quotes.")
    return ".".join(f'"{part}"' for part in parts)


def _mapped(connection: "DuckDBPyConnection", relation: str, needed: Sequence[str]) -> str:
    """A query of a foreign table in our shape. Further columns of exposures are properties."""
    rows = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608 - checked, or our own files
    types = {str(row[0]): str(row[1]) for row in rows}
    missing = [name for name in needed if name not in types]
    if missing:
        there = ", ".join(list(types)[:30])
        raise Unavailable(f"The table has no column {missing[0]}; it has {there}.", "Name one with these columns.")
    if types["at"] != "TIMESTAMP WITH TIME ZONE":
        raise Unavailable(
            f"The column at is {types['at']}: a time without a zone could mean any of 38 hours.",
            "Store it with its time zone.",
        )
    unit = 'CAST(unit AS VARCHAR) AS unit, "at" AS moment'
    if "arm" in needed:
        more = [name for name in types if name not in needed and NAME.fullmatch(name)]
        packed = ", ".join(f'{quoted(name)}, CAST("{name}" AS VARCHAR)' for name in more)
        props = f"CAST(json_object({packed}) AS VARCHAR)" if more else "'{}'"
        return f"SELECT CAST(experiment AS VARCHAR) AS experiment, {unit}, CAST(arm AS VARCHAR) AS arm, {props} AS props FROM {relation}"  # noqa: S608, E501
    value = "CAST(value AS DOUBLE)" if "value" in types else "1.0::DOUBLE"
    known = "CAST(id AS VARCHAR)" if "id" in types else "CAST(row_number() OVER () AS VARCHAR)"
    return f"SELECT {unit}, CAST(name AS VARCHAR) AS name, {value} AS value, {known} AS id FROM {relation}"  # noqa: S608


def _create(connection: "DuckDBPyConnection", wanted: Wanted, exposures: str, events: str) -> None:
    """The two tables, narrowed and each event once."""
    window = f"moment >= {moment(wanted.since)} AND moment < {moment(wanted.until)}"
    own = f"experiment = {quoted(wanted.experiment)} AND " if wanted.experiment else ""
    names = ", ".join(quoted(one) for one in wanted.events) or "''"
    connection.execute(
        f"CREATE TEMP TABLE exposures AS SELECT experiment, unit, arm, moment, props FROM ({exposures}) "  # noqa: S608
        f"WHERE {own}{window} AND unit IS NOT NULL AND arm IS NOT NULL"
    )
    connection.execute(
        f"CREATE TEMP TABLE events AS SELECT any_value(unit) AS unit, any_value(name) AS name, "  # noqa: S608
        f"any_value(value) AS value, min(moment) AS moment FROM ({events}) "
        f"WHERE name IN ({names}) AND {window} AND unit IS NOT NULL AND isfinite(value) GROUP BY id"
    )


def moment(at: datetime) -> str:
    """A time as DuckDB reads it."""
    return f"TIMESTAMPTZ {quoted(at.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f+00'))}"
