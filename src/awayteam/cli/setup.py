"""What a command needs before it touches the database: settings, and a schema that is up to date."""

import os
from typing import TYPE_CHECKING

from awayteam.kernel.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def django(*, migrate: bool = True, existing: bool = False) -> None:
    """Make Django ready for this process; with `migrate` bring the schema up to date first (raises `Unavailable`).

    With `existing` there must be an installation already (raises `NotFound`): a command that only looks must not make
    one where the folder was mistyped.
    """
    if existing:
        _require_installation()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "awayteam.settings")
    import django as package

    try:
        package.setup()
    except OSError as error:
        raise Unavailable(
            f"The data folder can't be used: {error.strerror or error} ({error.filename}).",
            "Name another with --data, or mend its rights.",
        ) from error
    if migrate:
        _migrate()


def _require_installation() -> None:
    from awayteam.kernel.installation import data_folder, has_database

    folder = data_folder()
    if not has_database(folder):
        raise NotFound(
            f"There is no Awayteam data in {folder}.",
            "Run `awayteam import PATH` or `awayteam demo` first, or check the spelling (--data, AWAYTEAM_DATA).",
        )


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import OperationalError, connection

    try:
        if _pending(connection):
            call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise Unavailable(
            f"The database can't be used: {str(error).strip()}.",
            "Check DATABASE_URL, or the rights on the data folder (--data).",
        ) from error


def _pending(connection: "BaseDatabaseWrapper") -> bool:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
