"""Tables that can only grow: triggers refuse every UPDATE and DELETE, and on PostgreSQL TRUNCATE. And tables whose rows
stay, with columns that never change.

Frozen: a migration calls `protect` and `protect_columns`, so a change of wording needs a migration of its own. A model
says by `append_only` or `frozen` what its table must have; `gaps` compares that with what the database has, and `mend`
puts back what is missing. `lifted` is for those who empty whole databases (tests, restoring a backup); nothing else
has a reason.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from django.db import DatabaseError, models
from django.db.backends.base.base import BaseDatabaseWrapper

Model = TypeVar("Model", bound=type[models.Model])
_POSTGRESQL_FUNCTION = """
    CREATE OR REPLACE FUNCTION awayteam_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$
    """
_NO_TRUNCATE = """
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION awayteam_refuse_change()
    """
_POSTGRESQL = {
    "append_only": """
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION awayteam_refuse_change()
    """,
    "no_truncate": _NO_TRUNCATE,
}
_COLUMNS_POSTGRESQL = {
    "frozen": """
    CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table}
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION awayteam_refuse_change()
    """,
    "no_delete": """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION awayteam_refuse_change()
    """,
    "no_truncate": _NO_TRUNCATE,
}
_SQLITE = {
    "no_update": """
    CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: UPDATE refused'); END
    """,
    "no_delete": """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: DELETE refused'); END
    """,
    # INSERT OR REPLACE deletes without the trigger above; an id that isn't given yet is -1 here
    "no_replace": """
    CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: REPLACE refused'); END
    """,
}
_COLUMNS_SQLITE = {
    "frozen": """
    CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} WHEN {changed}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: this column never changes'); END
    """,
    "no_delete": _SQLITE["no_delete"],
    "no_replace": _SQLITE["no_replace"],
}


def triggers_of(vendor: str, table: str, columns: Sequence[str] = ()) -> dict[str, str]:
    """The triggers of a table by name, as statements: with `columns`, those never change and no row goes; without,
    it only grows. The database's part of `protect` and `protect_columns`."""
    postgresql = vendor == "postgresql"
    if columns:
        statements = _COLUMNS_POSTGRESQL if postgresql else _COLUMNS_SQLITE
    else:
        statements = _POSTGRESQL if postgresql else _SQLITE
    changed = condition(vendor, columns)
    return {f"{table}_{key}": text.format(table=table, changed=changed) for key, text in statements.items()}


def condition(vendor: str, columns: Sequence[str]) -> str:
    """Whether one of the columns changes, as a trigger asks it."""
    differs = "OLD.{0} IS DISTINCT FROM NEW.{0}" if vendor == "postgresql" else "OLD.{0} IS NOT NEW.{0}"
    return " OR ".join(differs.format(f'"{column}"') for column in columns)


def protect(connection: BaseDatabaseWrapper, table: str) -> None:
    """Let `table` only grow from now on."""
    _create(connection, triggers_of(connection.vendor, table).values())


def protect_columns(connection: BaseDatabaseWrapper, table: str, columns: Sequence[str]) -> None:
    """Let no row of `table` go from now on, and no value of `columns` change."""
    _create(connection, triggers_of(connection.vendor, table, columns).values())


def _create(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for statement in statements:
            cursor.execute(statement)


def unprotect(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `protect`."""
    _drop(connection, table, triggers_of(connection.vendor, table))


def unprotect_columns(connection: BaseDatabaseWrapper, table: str) -> None:
    """Undo `protect_columns`."""
    _drop(connection, table, triggers_of(connection.vendor, table, ["id"]))


def _drop(connection: BaseDatabaseWrapper, table: str, names: Iterable[str]) -> None:
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database must keep of one table: these columns, or whole rows where none is named.

    `statements` gives its triggers by name for a kind of database.
    """

    columns: tuple[str, ...]
    statements: Callable[[str], Mapping[str, str]]


kept: dict[str, Kept] = {}
"""What models ask for, by table."""


def append_only(model: Model) -> Model:
    """Say that a model's table can only grow; its migration calls `protect`."""
    table = model._meta.db_table
    kept[table] = Kept((), lambda vendor: triggers_of(vendor, table))
    return model


def frozen(
    *columns: str, statements: Callable[[str], Mapping[str, str]] | None = None
) -> Callable[[Model], Model]:  # fmt: skip
    """Say that these columns of a model's table never change and that no row goes; its migration calls
    `protect_columns`, or makes the triggers that `statements` gives by name for a kind of database."""

    def declare(model: Model) -> Model:
        table = model._meta.db_table
        kept[table] = Kept(columns, statements or (lambda vendor: triggers_of(vendor, table, columns)))
        return model

    return declare


@dataclass(frozen=True, slots=True)
class Gap:
    """A trigger that a table must have and lacks, or that doesn't refuse what it must; `what` says so."""

    table: str
    trigger: str
    what: str


def gaps(connection: BaseDatabaseWrapper) -> list[Gap]:
    """Every trigger that is missing, asleep, or not what a model asks for; two statements in all.

    Tables that aren't there yet are left to the migrations.
    """
    found, tables = _triggers(connection), set(connection.introspection.table_names())
    return [
        Gap(table, name, what)
        for table, one in sorted(kept.items())
        if table in tables
        for name, statement in one.statements(connection.vendor).items()
        if (what := _wrong(connection.vendor, name, statement, one.columns, found.get((table, name))))
    ]


def mend(connection: BaseDatabaseWrapper) -> list[Gap]:
    """Put back every trigger that is missing or wrong, and return what was; call it inside a transaction."""
    found = gaps(connection)
    for gap in found:
        _drop(connection, gap.table, [gap.trigger])
        _create(connection, [kept[gap.table].statements(connection.vendor)[gap.trigger]])
    return found


@dataclass(frozen=True, slots=True)
class _There:
    """A trigger as the database has it: its definition, and on PostgreSQL the text of the function that it calls."""

    definition: str
    function: str


def _wrong(vendor: str, name: str, statement: str, columns: Sequence[str], there: _There | None) -> str:
    """What is wrong with a trigger that the database has as `there`; "" where nothing is."""
    if there is None:
        return f"the trigger {name} is missing or asleep"
    changed = f"the trigger {name} was changed"
    if vendor != "postgresql":
        return "" if there.definition.split() == statement.split() else changed
    if there.function.split() != _function_of(statement).split():
        return f"what the trigger {name} calls was changed"
    found, wanted = _plain(there.definition), _plain(statement)
    if found == wanted:
        return ""
    asked = columns if name.endswith("_frozen") else ()
    open_ones = [column for column in asked if f"old.{column.lower()}" not in found]
    return f"the trigger {name} doesn't look at {', '.join(open_ones)}" if open_ones else changed


def _function_of(statement: str) -> str:
    """The text of the function that the trigger made by `statement` calls, on PostgreSQL."""
    texts: dict[str, str] = dict(_FUNCTION.findall(_POSTGRESQL_FUNCTION + statement))
    return texts[_CALL.findall(statement)[-1]]


_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)\(\).*?AS \$\$(.*?)\$\$", re.S)
_CALL = re.compile(r"EXECUTE FUNCTION (\w+)\(\)")
_EVENTS = re.compile(r"(?<=before )\w+(?: or \w+)*")


def _plain(statement: str) -> list[str]:
    """The words of a statement that makes a trigger, alike for ours and for the one that PostgreSQL gives back: that
    one has brackets and casts of its own, and its own order of the events."""
    trigger = statement[statement.index("CREATE TRIGGER") :] if "CREATE TRIGGER" in statement else statement
    bare = " ".join(re.sub(r"[()]", " ", re.sub(r'::text\b|"', "", trigger.lower())).split())
    return _EVENTS.sub(lambda found: " or ".join(sorted(found[0].split(" or "))), bare, count=1).split()


def _triggers(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], _There]:
    """What there is by (table, trigger), of all that are awake for everybody."""
    if connection.vendor == "postgresql":
        query = """
            SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true), p.prosrc
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relnamespace = current_schema()::regnamespace
        """
    else:
        query = "SELECT tbl_name, name, sql, '' FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query, [])
        return {(table, name): _There(text, function) for table, name, text, function in cursor.fetchall()}


_SETTLE = ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
"""Checks references now: PostgreSQL doesn't alter a table that has some to be checked at the transaction's end."""


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
            down = [*_SETTLE, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables)]
            up = [*_SETTLE, *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables)]
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'")
            found = cursor.fetchall()
            down, up = [f"DROP TRIGGER {name}" for name, _sql in found], [sql for _name, sql in found]
        _run(connection, down)
    try:
        yield
    except BaseException:
        with suppress(DatabaseError):  # a transaction that failed takes back what was lifted when it is rolled back
            _run(connection, up)
        raise
    _run(connection, up)


def _run(connection: BaseDatabaseWrapper, statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
