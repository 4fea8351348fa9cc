"""Tables that can only grow: triggers refuse every UPDATE and DELETE, and on PostgreSQL TRUNCATE. And tables whose rows
stay, with columns that never change.

Frozen: a migration calls these, so a change of wording needs a migration of its own. `lifted` is for those who empty
whole databases (tests, restoring a backup); nothing else has a reason.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper

_POSTGRESQL = (
    """
    CREATE OR REPLACE FUNCTION awayteam_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION awayteam_refuse_change()
    """,
    """
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION awayteam_refuse_change()
    """,
)
_COLUMNS_POSTGRESQL = (
    _POSTGRESQL[0],
    """
    CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table}
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION awayteam_refuse_change()
    """,
    """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION awayteam_refuse_change()
    """,
    _POSTGRESQL[2],
)
_SQLITE = (
    """
    CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: UPDATE refused'); END
    """,
    """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: DELETE refused'); END
    """,
    # INSERT OR REPLACE deletes without the trigger above; an id that isn't given yet is -1 here
    """
    CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: REPLACE refused'); END
    """,
)
_COLUMNS_SQLITE = (
    """
    CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} WHEN {changed}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: this column never changes'); END
    """,
    _SQLITE[1],
    _SQLITE[2],
)


def protect(connection: BaseDatabaseWrapper, table: str) -> None:
    """Let `table` only grow from now on."""
    statements = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(table=table))


def protect_columns(connection: BaseDatabaseWrapper, table: str, columns: Sequence[str]) -> None:
    """Let no row of `table` go from now on, and no value of `columns` change."""
    postgresql = connection.vendor == "postgresql"
    differs = "OLD.{0} IS DISTINCT FROM NEW.{0}" if postgresql else "OLD.{0} IS NOT NEW.{0}"
    changed = " OR ".join(differs.format(f'"{column}"') for column in columns)
    with connection.cursor() as cursor:
        for statement in _COLUMNS_POSTGRESQL if postgresql else _COLUMNS_SQLITE:
            cursor.execute(statement.format(table=table, changed=changed))


def unprotect(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `protect`."""
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for suffix in _suffixes(connection):
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{suffix}{on_table}")


def is_protected(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Whether every trigger that keeps `table` append-only is there and awake."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            query = (
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D' AND NOT tgisinternal"
            )
        else:
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
        cursor.execute(query, [table])
        found = {name for (name,) in cursor.fetchall()}
    return {f"{table}_{suffix}" for suffix in _suffixes(connection)} <= found


def _suffixes(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    if connection.vendor == "postgresql":
        return ("append_only", "no_truncate")
    return ("no_update", "no_delete", "no_replace")


_FROZEN = ("frozen", "no_delete", "no_replace", "no_truncate")


def unprotect_columns(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `protect_columns`."""
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for suffix in _FROZEN:
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{suffix}{on_table}")


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Within the block every table may be emptied; afterwards they are protected again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE p.proname = 'awayteam_refuse_change'"
            )
            tables = [table for (table,) in cursor.fetchall()]
            down = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
            up = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'")
            found = cursor.fetchall()
            down, up = [f"DROP TRIGGER {name}" for name, _sql in found], [sql for _name, sql in found]
        for statement in down:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in up:
                cursor.execute(statement)
