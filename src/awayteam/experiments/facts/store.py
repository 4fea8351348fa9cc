"""Where facts that were sent to us are kept: a spool of JSON lines that a 202 vouches for, packed into Parquet later.

A spool file is written under another name, synced, and renamed: it is there whole or not at all. Packing writes the
Parquet file the same way before it deletes what it packed. Killed in between, rows stand twice, and reading counts
them once.
"""

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KINDS = ("exposures", "events")
COLUMNS = {
    "exposures": {"experiment": "VARCHAR", "unit": "VARCHAR", "arm": "VARCHAR", "moment": "TIMESTAMPTZ",
                  "props": "VARCHAR", "got": "TIMESTAMPTZ"},
    "events": {"unit": "VARCHAR", "name": "VARCHAR", "value": "DOUBLE", "moment": "TIMESTAMPTZ", "id": "VARCHAR",
               "got": "TIMESTAMPTZ"},
}  # fmt: skip
PACK_FILES = 500
"""Spool files that one packing takes at most."""


def folder() -> Path:
    return Path(settings.DATA) / "experiment-facts"


def keep(kind: str, rows: Iterable[Mapping[str, Any]]) -> Path | None:
    """Write rows of a kind for good; None where there are none. Returns when they are on the disk."""
    lines = [orjson.dumps(row) for row in rows]
    if not lines:
        return None
    home = folder() / "spool"
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{kind}-{secrets.token_hex(12)}.jsonl"
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(b"\n".join(lines) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _sync(home)
    return path


def _sync(home: Path) -> None:
    """A rename is on the disk once its folder is."""
    handle = os.open(home, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def spooled(kind: str) -> list[Path]:
    return sorted((folder() / "spool").glob(f"{kind}-*.jsonl"))


def packed(kind: str) -> list[Path]:
    return sorted((folder() / kind).glob("*.parquet"))


@contextmanager
def connected() -> Iterator["DuckDBPyConnection"]:
    """An in-memory DuckDB that reads no settings and fetches nothing; times are those of UTC."""
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 2")
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    finally:
        connection.close()


def quoted(text: str) -> str:
    """A text inside a statement."""
    return "'" + text.replace("'", "''") + "'"


def listed(paths: Iterable[Path]) -> str:
    return "[" + ", ".join(quoted(str(path)) for path in paths) + "]"


def raw(kind: str) -> str:
    """A query of all rows of a kind: packed ones, and those of the spool. Rows may stand twice."""
    columns = COLUMNS[kind]
    names = ", ".join(columns)
    parts = []
    if files := packed(kind):
        parts.append(f"SELECT {names} FROM read_parquet({listed(files)})")  # noqa: S608 - our own paths, quoted
    if files := spooled(kind):
        types = ", ".join(f"{name}: {quoted(type)}" for name, type in columns.items())
        parts.append(
            f"SELECT {names} FROM read_json({listed(files)}, format = 'newline_delimited', columns = {{{types}}})"  # noqa: S608
        )
    if not parts:
        nothing = ", ".join(f"NULL::{type} AS {name}" for name, type in columns.items())
        parts.append(f"SELECT {nothing} WHERE false")
    return " UNION ALL ".join(parts)


def pack(now: datetime) -> int:  # noqa: ARG001 - as jobs are called
    """Put what is spooled into Parquet files; returns how many files were packed."""
    done = 0
    for kind in KINDS:
        files = spooled(kind)[:PACK_FILES]
        if files:
            _pack(kind, files)
            done += len(files)
    return done


def _pack(kind: str, files: list[Path]) -> None:
    home = folder() / kind
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"{secrets.token_hex(12)}.parquet"
    part = path.with_suffix(".part")
    columns = COLUMNS[kind]
    types = ", ".join(f"{name}: {quoted(type)}" for name, type in columns.items())
    order = "experiment, moment" if kind == "exposures" else "name, moment"
    query = (
        f"COPY (SELECT {', '.join(columns)} FROM read_json({listed(files)}, format = 'newline_delimited', "  # noqa: S608
        f"columns = {{{types}}}) ORDER BY {order}) TO {quoted(str(part))} (FORMAT parquet, COMPRESSION zstd)"
    )
    with connected() as connection:
        connection.execute(query)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
    _sync(home)
    for one in files:
        one.unlink(missing_ok=True)


def pending(now: datetime) -> bool:  # noqa: ARG001 - as jobs ask
    return any(spooled(kind) for kind in KINDS)
