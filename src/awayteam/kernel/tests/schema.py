"""The schema of tests, migrated once and then copied.

On SQLite the copy is kept in pytest's cache under the hash of every migration there is and of Django's version, so that
whoever changes a migration gets a new one. On a PostgreSQL started for the tests it is a database that the others are
made from. That an empty database can be migrated is proved whenever one is made.
"""

import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg

TEMPLATE = "AWAYTEAM_TEST_TEMPLATE"
"""Names the migrated database of PostgreSQL in the environment of this process and of its workers."""

CACHE = Path(__file__).parents[4] / ".pytest_cache"


@cache
def kept() -> Path:
    """Where the schema of the present migrations is kept, whether it is there or not."""
    from django.db.migrations.loader import MigrationLoader

    digest = hashlib.sha256(django.__version__.encode())
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items()):
        digest.update(repr(key).encode())
        digest.update(Path(__import__(migration.__module__, fromlist=["_"]).__file__ or "").read_bytes())
    return CACHE / f"schema-{digest.hexdigest()[:24]}.sqlite3"


def fill(connection: Any) -> None:
    """Copy the kept schema into an empty database."""
    connection.ensure_connection()
    with closing(sqlite3.connect(f"file:{kept()}?mode=ro", uri=True)) as source:
        source.backup(connection.connection)


def keep() -> None:
    """Migrate an empty database in a process of its own, and keep it; whoever comes first wins."""
    place = kept()
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        migrate({"AWAYTEAM_DATA": folder})
        for old in CACHE.glob("schema-*.sqlite3"):
            if old != place:
                old.unlink(missing_ok=True)
        made = Path(folder) / "awayteam.sqlite3"
        with closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
        made.replace(place)


def make_template() -> str:
    """Make and migrate a database on the PostgreSQL under test; returns its name."""
    name = f"template_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    migrate({"AWAYTEAM_DATA": os.environ["AWAYTEAM_DATA"], "DATABASE_URL": address_of(name)})
    return name


def address_of(database: str) -> str:
    """Address of another database on the PostgreSQL under test."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


def surroundings() -> dict[str, str]:
    """This process's environment without what names an installation or a database."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"AWAYTEAM_DATA", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    }


def migrate(where: dict[str, str]) -> None:
    """Bring the schema of an installation up to date, in a process of its own."""
    command = [sys.executable, "-m", "django", "migrate", "--settings", "awayteam.settings", "-v", "0", "--skip-checks"]
    subprocess.run(command, env=surroundings() | where, check=True, timeout=120)


def use(*, first: bool, started: bool) -> None:
    """Let Django's test runner take the kept schema; called once the settings are read.

    The first process of a run makes it, before there are workers; `started` if it also started PostgreSQL.
    """
    from django.core import management
    from django.db import connection

    if started:
        os.environ[TEMPLATE] = make_template()
    if template := os.environ.get(TEMPLATE):
        connection.settings_dict["TEST"]["TEMPLATE"] = template
    if connection.vendor != "sqlite":
        return
    if first and not kept().exists():
        keep()
    original: Callable[..., Any] = management.call_command

    def call_command(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "migrate" and options.get("run_syncdb"):
            fill(connection)
        return original(name, *arguments, **options)

    management.call_command = call_command
