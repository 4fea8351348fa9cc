"""Triggers by which the database keeps frozen standards: their text never changes, and none goes that was proposed.

Frozen: the app's first migration calls this, so a change of wording needs a migration of its own.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

from awayteam.kernel.appendonly import condition

TABLE = "engagements_standard"
COLUMNS = ("engagement_id", "title", "repository", "path", "commit", "sha256", "text")
_PROPOSED = """EXISTS (SELECT 1 FROM engagements_contract c
    WHERE c.engagement_id = OLD.engagement_id AND c.state IN ('signing', 'in-force'))"""
_SQLITE = {
    "frozen": """
    CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} WHEN {changed}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: this column never changes'); END
    """,
    "no_delete": """
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN {proposed}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only: it stands in a contract'); END
    """,
}
_POSTGRESQL = {
    "frozen": """
    CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table}
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION awayteam_refuse_change()
    """,
    "no_delete": """
    CREATE OR REPLACE FUNCTION awayteam_refuse_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {proposed} THEN
            RAISE EXCEPTION '{table} is append-only: it stands in a contract' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION awayteam_refuse_proposed()
    """,
}


def statements(vendor: str) -> dict[str, str]:
    """The triggers by name, as statements of a kind of database."""
    changed = condition(vendor, COLUMNS)
    texts = _POSTGRESQL if vendor == "postgresql" else _SQLITE
    return {
        f"{TABLE}_{key}": text.format(table=TABLE, changed=changed, proposed=_PROPOSED) for key, text in texts.items()
    }


def keep(connection: BaseDatabaseWrapper) -> None:
    """Let no text of a standard change from now on, and none go while a contract with it is proposed or in force."""
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor).values():
            cursor.execute(statement)


def let_go(connection: BaseDatabaseWrapper) -> None:
    """Undo `keep`."""
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in statements(connection.vendor):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")
