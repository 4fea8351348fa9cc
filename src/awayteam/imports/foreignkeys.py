"""PostgreSQL checks every reference of every row on its own; a large import has them checked once, at its end.

The constraints of the tables that grow most are dropped before and made again after, as a restore of a backup does it.
A run that is killed in between leaves them away; the next run of any size makes them again first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, models, transaction

from awayteam.catalog.models import ApiOperation, Entity, EntityTag, Ownership, Relation
from awayteam.kernel.log import Log

log = Log(__name__)

TABLES: tuple[type[models.Model], ...] = (Relation, Entity, Ownership, EntityTag, ApiOperation)
MANY = 20_000
"""Documents from which on one check at the end is cheaper than one for each row."""
SUFFIX = "_fk_%(to_table)s_%(to_column)s"
PATIENCE = "3s"
"""How long to wait for those who use the tables; then rows are checked one by one."""

PRESENT_SQL = """
SELECT conrelid::regclass::text, a.attname, conname, convalidated
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) AND cardinality(conkey) = 1
"""


@contextmanager
def checked_at_the_end(documents: int) -> Iterator[None]:
    """Within the block references of the large tables aren't checked row by row, where `documents` are many."""
    if connection.vendor != "postgresql" or documents < MANY or documents < Entity.objects.count():
        yield
        return
    _drop()
    try:
        yield
    finally:
        restore()


def restore() -> None:
    """Make the constraints that are missing, and have those checked that never were. A no-op where all are there."""
    if connection.vendor != "postgresql":
        return
    present = _present()
    absent = [
        (model, field)
        for model in TABLES
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and field.db_constraint  # type: ignore[attr-defined]
        and (model._meta.db_table, field.column) not in present
    ]
    for model, field in absent:
        with connection.schema_editor(atomic=False) as editor:
            migrations: Any = editor  # whose own way of writing and naming them isn't public
            editor.execute(f"{migrations._create_fk_sql(model, field, SUFFIX)} NOT VALID")
    for (table, _), (name, validated) in (_present() if absent else present).items():
        if not validated:
            _validate(table, name)


def _present() -> dict[tuple[str, str], tuple[str, bool]]:
    """(table, column) -> (name, whether all rows were checked) of every foreign key of the large tables."""
    with connection.cursor() as cursor:
        cursor.execute(PRESENT_SQL, [[model._meta.db_table for model in TABLES]])
        return {(table, column): (name, validated) for table, column, name, validated in cursor.fetchall()}


def _drop() -> None:
    quote = connection.ops.quote_name
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            for (table, _), (name, _validated) in _present().items():
                cursor.execute(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}")
    except DatabaseError as error:
        log.info("import.constraints-kept", reason=str(error).strip())


def _validate(table: str, name: str) -> None:
    """Rows that point at nothing are reported; new rows are checked all the same."""
    quote = connection.ops.quote_name
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {quote(table)} VALIDATE CONSTRAINT {quote(name)}")
    except DatabaseError as error:
        log.error("import.constraint-violated", constraint=name, error=str(error).strip())
