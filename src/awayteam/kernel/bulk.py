"""Many rows at once, as fast as each database takes them: COPY on PostgreSQL, prepared inserts on SQLite.

Rows are tuples in the order of `columns`; values are already in database form (JSON as text, times as aware datetimes).
Only our own table and column names reach the SQL text, never input.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from itertools import islice
from typing import Any

from django.db import connection, models, transaction


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert `rows` in the current transaction; returns how many. Constraint violations raise `IntegrityError`."""
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    if connection.vendor == "postgresql":
        return _copy(f"COPY {table} ({quoted}) FROM STDIN", rows)
    places = ", ".join(["%s"] * len(columns))
    count = 0
    with connection.cursor() as cursor:
        for chunk in _chunks(_for_sqlite(rows, _times(model, columns)), 5_000):
            cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({places})", chunk)  # noqa: S608
            count += len(chunk)
    return count


def _copy(statement: str, rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _times(model: type[models.Model], columns: Sequence[str]) -> list[int]:
    """The places of the columns that hold times."""
    times = {field.column for field in model._meta.local_fields if isinstance(field, models.DateTimeField)}
    return [place for place, column in enumerate(columns) if column in times]


def _for_sqlite(rows: Iterable[Sequence[Any]], places: Sequence[int]) -> Iterable[Sequence[Any]]:
    """Times as Django writes them to SQLite. Most rows of a run carry the same time, so its text is kept."""
    return _with_texts(rows, places) if places else rows


def _with_texts(rows: Iterable[Sequence[Any]], places: Sequence[int]) -> Iterable[Sequence[Any]]:
    texts: dict[Any, str | None] = {None: None}
    for row in rows:
        values = list(row)
        for place in places:
            value = values[place]
            if value not in texts:
                texts[value] = value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
            values[place] = texts[value]
        yield values


@contextmanager
def tuned() -> Iterator[None]:
    """For the time of a large write: room for the pages that are written again and again, and commits that don't wait.

    A crash of the database's machine may undo the last commits, never others without them; so whoever marks work as
    done must do so after the work, as imports do.
    """
    with connection.cursor() as cursor:
        before = {name: _set(cursor, name, value) for name, value in _TUNING[connection.vendor].items()}
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                for name, value in before.items():
                    _set(cursor, name, value)


def _set(cursor: Any, name: str, value: Any) -> Any:
    """Set a parameter of this connection; returns what it was."""
    if connection.vendor == "postgresql":
        cursor.execute("SELECT current_setting(%s)", [name])
        was = cursor.fetchone()[0]
        cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
        return was
    cursor.execute(f"PRAGMA {name}")
    was = cursor.fetchone()
    cursor.execute(f"PRAGMA {name} = {int(value)}")
    return was[0] if was else value


_TUNING: dict[str, dict[str, Any]] = {
    "sqlite": {"cache_size": -196_608, "mmap_size": 0, "wal_autocheckpoint": 16_384},
    "postgresql": {"synchronous_commit": "off", "gin_pending_list_limit": "32MB"},
}


def _chunks(rows: Iterable[Any], size: int) -> Iterable[list[Any]]:
    rest = iter(rows)
    while chunk := list(islice(rest, size)):
        yield chunk


def update(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Set `columns` of the rows whose id stands first in each row; returns how many rows were handed in.

    `columns` leaves the id out. On PostgreSQL one statement joins a temporary table; on SQLite it is prepared once.
    """
    quoted = [connection.ops.quote_name(column) for column in columns]
    table = connection.ops.quote_name(model._meta.db_table)
    if connection.vendor == "postgresql":
        return _update_from(table, quoted, rows)
    assignments = ", ".join(f"{column} = %s" for column in quoted)
    count = 0
    with connection.cursor() as cursor:
        for chunk in _chunks(_for_sqlite(((*row[1:], row[0]) for row in rows), _times(model, columns)), 5_000):
            cursor.executemany(f"UPDATE {table} SET {assignments} WHERE id = %s", chunk)  # noqa: S608
            count += len(chunk)
    return count


@transaction.atomic(savepoint=False)
def _update_from(table: str, quoted: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """The temporary table lives until the transaction ends, so there must be one."""
    names = ", ".join(["id", *quoted])
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bulk_update")
        cursor.execute(f"CREATE TEMP TABLE bulk_update ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")  # noqa: S608
    count = _copy(f"COPY bulk_update ({names}) FROM STDIN", rows)
    if count:
        assignments = ", ".join(f"{column} = b.{column}" for column in quoted)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} t SET {assignments} FROM bulk_update b WHERE t.id = b.id")  # noqa: S608
    return count


def select(columns: str, origin: str, column: str, values: Iterable[Any], rest: str = "") -> list[tuple[Any, ...]]:
    """`SELECT columns FROM origin WHERE column IN values rest` for any number of values; the rest is SQL of our own."""
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for chunk in _chunks(values, 10_000):
            condition, parameters = _among(column, chunk)
            cursor.execute(f"SELECT {columns} FROM {origin} WHERE {condition} {rest}", parameters)  # noqa: S608
            found.extend(cursor.fetchall())
    return found


def delete(model: type[models.Model], column: str, values: Iterable[Any]) -> int:
    """Delete the rows whose `column` is among `values`; rows that depend on them are the caller's care."""
    table = connection.ops.quote_name(model._meta.db_table)
    count = 0
    with connection.cursor() as cursor:
        for chunk in _chunks(values, 10_000):
            condition, parameters = _among(column, chunk)
            cursor.execute(f"DELETE FROM {table} WHERE {condition}", parameters)  # noqa: S608
            count += cursor.rowcount
    return count


def _among(column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(values)]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", list(values)


def reserve_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """`count` ids that nobody else gets, for rows that are inserted in the current transaction."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = max(int(row[0]) if row else 0, next_id(model) - 1) + 1
        if row:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [first + count - 1, table])
        else:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first + count - 1])
    return range(first, first + count)


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
