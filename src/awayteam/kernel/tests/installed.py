"""Installations for tests that run commands in processes of their own: the schema is made once, and then copied."""

import os
import secrets
import shutil
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from awayteam.kernel.tests import schema
from awayteam.kernel.tests.plugin import FOLDER


def install(folder: Path) -> dict[str, str]:
    """Put an empty installation into `folder`; returns what the environment of its processes must hold beside it.

    On PostgreSQL it has a database of its own; tests that are for SQLite alone call `install_sqlite`.
    """
    return {"DATABASE_URL": _copied_database()} if os.environ.get("DATABASE_URL") else install_sqlite(folder)


def uninstall(environment: dict[str, str]) -> None:
    """Remove the database of its own that `install` made."""
    if address := environment.get("DATABASE_URL"):
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {urlsplit(address).path[1:]} WITH (FORCE)".encode())


def install_sqlite(folder: Path) -> dict[str, str]:
    """Put an empty installation on SQLite into `folder`."""
    shutil.copytree(_sqlite(), folder, dirs_exist_ok=True)
    return {}


@cache
def _sqlite() -> Path:
    folder = FOLDER / "template"
    folder.mkdir()
    if (known := schema.kept()).exists():
        shutil.copy(known, folder / "awayteam.sqlite3")
    else:
        schema.migrate({"AWAYTEAM_DATA": str(folder)})
    return folder


@cache
def _postgresql() -> str:
    return os.environ.get(schema.TEMPLATE) or schema.make_template()


def _copied_database() -> str:
    name = f"command_{secrets.token_hex(6)}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_postgresql()}".encode())
    return schema.address_of(name)
