"""Many rows at once, as fast as each database takes them: COPY on PostgreSQL, prepared inserts on SQLite.

Rows are tuples in the order of `columns`; values are already in database form (JSON as text, times as aware datetimes).
Only our own table and column names reach the SQL text, never input.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert `rows` in the current transaction; returns how many. Constraint violations raise `IntegrityError`."""
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    if connection.vendor == "postgresql":
        return _copy(f"COPY {table} ({quoted}) FROM STDIN", rows)
    places = ", ".join(["%s"] * len(columns))
    count = 0
    with connection.cursor() as cursor:
        for chunk in _chunks((tuple(_sqlite(value) for value in row) for row in rows), 5_000):
            cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({places})", chunk)  # noqa: S608
            count += len(chunk)
    return count


def _copy(statement: str, rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return value


def _chunks(rows: Iterable[Sequence[Any]], size: int) -> Iterable[list[Sequence[Any]]]:
    chunk: list[Sequence[Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def next_id(model: type[models.Model]) -> int:
    """The first id that no row has; callers hold the import lock while they hand out ids from it."""
    return (model._default_manager.aggregate(models.Max("pk"))["pk__max"] or 0) + 1


def advance_sequence(*tables: type[models.Model]) -> None:
    """After rows were inserted with ids of our own, let PostgreSQL go on after the highest."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in tables:
            table = connection.ops.quote_name(model._meta.db_table)
            highest = f"GREATEST((SELECT COALESCE(MAX(id), 0) FROM {table}), 1)"  # noqa: S608
            cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), {highest})", [model._meta.db_table])
