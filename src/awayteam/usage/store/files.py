"""Where parts are, how they are written, and the in-memory DuckDB that reads them."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from awayteam.usage.models import Grain, Part

if TYPE_CHECKING:
    import duckdb
    import numpy.typing as npt

Columns = Mapping[str, "npt.NDArray[Any]"]
EPOCH = date(1970, 1, 1)
COLUMNS = {
    "bucket": "INTEGER", "consumer": "INTEGER", "provider": "INTEGER", "operation": "INTEGER", "source": "USMALLINT",
    "seen": "UBIGINT", "extra": "DOUBLE", "failed": "DOUBLE", "sampling": "DOUBLE", "latency": "UBIGINT",
}  # fmt: skip
"""`bucket` is hours or days since 1970; the next four are ids of tables; `extra` is what `seen` calls stand for beyond
themselves; `sampling` is null where nobody says; `latency` as in `latency.packed`."""
ORDER = "provider, consumer, operation, source, bucket"
KEY = "bucket, consumer, provider, operation, source"
_threads = threading.local()


@dataclass(frozen=True, slots=True)
class Written:
    """A part that stands on the disk, and is still to be entered."""

    file: str
    grain: Grain
    unit: date
    first: int
    last: int
    rows: int
    size: int


def folder() -> Path:
    """`usage/store` in the data folder."""
    from django.conf import settings

    return Path(settings.DATA) / "usage" / "store"


def day_of(day: int) -> date:
    """The date of a day since 1970."""
    return EPOCH + timedelta(days=day)


def number_of(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def unit_of(grain: Grain, day: date) -> date:
    """The day (hours) or the first of the month (days) whose parts hold that day."""
    return day if grain is Grain.HOUR else day.replace(day=1)


def connect() -> "duckdb.DuckDBPyConnection":
    """This thread's in-memory DuckDB."""
    found: Any = getattr(_threads, "connection", None)
    if found is None:
        import duckdb

        found = duckdb.connect(
            ":memory:", config={"threads": "2", "memory_limit": "2GB", "temp_directory": str(folder() / ".aside")}
        )
        found.execute("SET parquet_metadata_cache = true; SET TimeZone = 'UTC'")
        _threads.connection = found
    return cast("duckdb.DuckDBPyConnection", found)


def listed(paths: Sequence[Path]) -> str:
    """Files as SQL takes them; names are ours and are quoted all the same."""
    return "[" + ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths) + "]"


def write(grain: Grain, unit: date, rows: str, source: Mapping[str, Columns] | None = None) -> Written | None:
    """Write the rows of a query over `COLUMNS` as a part, sorted, and make sure that it is on the disk; None for none.

    `source` names arrays that the query reads.
    """
    connection = connect()
    place = folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = f"{'hours' if grain is Grain.HOUR else 'days'}-{unit:%Y%m%d}-{os.urandom(8).hex()}.parquet"
    path = place / file
    aside = place / f".{file}"
    columns = ", ".join(f"{name}::{type_} AS {name}" for name, type_ in COLUMNS.items())
    for name, arrays in (source or {}).items():
        connection.register(name, dict(arrays))
    try:
        count = connection.execute(
            f"COPY (SELECT {columns} FROM ({rows}) ORDER BY {ORDER}) TO {listed([aside])[1:-1]} "  # noqa: S608
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 61440)"
        ).fetchall()[0][0]
        if not count:
            return None
        first, last = connection.execute(
            f"SELECT min(bucket), max(bucket) FROM read_parquet({listed([aside])})"  # noqa: S608
        ).fetchall()[0]
        with open(aside, "rb") as written:
            os.fsync(written.fileno())
        aside.rename(path)
        _sync(place)
    finally:
        for name in source or {}:
            connection.unregister(name)
        aside.unlink(missing_ok=True)
    return Written(file, grain, unit, first, last, count, path.stat().st_size)


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def parts(grain: Grain, first: int, last: int) -> list[Path]:
    """The files with rows of these buckets; one statement."""
    rows = Part.objects.filter(grain=grain, retired_at=None, first__lte=last, last__gte=first)
    return [folder() / file for file in rows.order_by("pk").values_list("file", flat=True)]


def read(paths: Sequence[Path]) -> str:
    """SQL: the rows of these parts, as a table."""
    return f"read_parquet({listed(paths)})"


def merged(rows: str) -> str:
    """SQL: the rows of a table or query with those of one key added up."""
    from awayteam.usage.counts import CLASSES
    from awayteam.usage.store import latency

    levels = " | ".join(
        f"(CASE WHEN coalesce(l{one}, 0) <= 0 OR total <= 0 THEN 0 ELSE greatest(1, least(15, "
        f"round(15 + log2(l{one} / total) / {latency.STEP}))) END::UBIGINT << {4 * one})"
        for one in range(CLASSES)
    )
    total = " + ".join(f"l{one}" for one in range(CLASSES))
    return f"""
        SELECT {KEY}, seen, extra, failed, sampling, CASE WHEN rows = 1 THEN word ELSE {levels} END AS latency
        FROM (SELECT *, {total} AS total FROM (
            SELECT {KEY}, count(*) AS rows, sum(seen) AS seen, sum(extra) AS extra, sum(failed) AS failed,
                CASE WHEN count(*) = count(sampling) THEN min(sampling) END AS sampling, any_value(latency) AS word,
                {_weighted()}
            FROM {rows} GROUP BY {KEY}))"""  # noqa: S608


def _weighted() -> str:
    from awayteam.usage.store import latency

    return latency.columns()
