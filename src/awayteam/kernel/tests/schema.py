"""The schema of tests on SQLite, migrated once for each state of the migrations and then copied.

The copy is kept in pytest's cache under the hash of every migration there is and of Django's version, so that whoever
changes a migration gets a new one. That an empty database can be migrated is proved whenever one is made.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import django

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


def fill(connection: Any) -> bool:
    """Copy the kept schema into an empty database; False where none is kept."""
    place = kept()
    if not place.exists():
        return False
    connection.ensure_connection()
    source = sqlite3.connect(f"file:{place}?mode=ro", uri=True)
    try:
        source.backup(connection.connection)
    finally:
        source.close()
    return True


def keep(connection: Any) -> None:
    """Keep the schema of a database that was just migrated; whoever comes first wins."""
    place = kept()
    CACHE.mkdir(exist_ok=True)
    made = place.with_suffix(f".{os.getpid()}")
    target = sqlite3.connect(made)
    try:
        connection.connection.backup(target)
    finally:
        target.close()
    for old in CACHE.glob("schema-*.sqlite3"):
        if old != place:
            old.unlink(missing_ok=True)
    made.replace(place)


def use() -> None:
    """Let Django's test runner take the kept schema; called once the settings are read."""
    from django.core import management
    from django.db import connection

    migrate: Callable[..., Any] = management.call_command

    def call_command(name: str, *arguments: Any, **options: Any) -> Any:
        if name != "migrate" or connection.vendor != "sqlite" or not options.get("run_syncdb"):
            return migrate(name, *arguments, **options)
        there = fill(connection)
        done = migrate(name, *arguments, **options)
        if not there:
            keep(connection)
        return done

    management.call_command = call_command
