"""Installations for tests that run commands in processes of their own: the schema is made once, and then copied."""

import os
import secrets
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from awayteam.kernel.tests.plugin import FOLDER
from awayteam.kernel.tests.schema import kept


def install(folder: Path) -> dict[str, str]:
    """Put an empty installation into `folder`; returns what the environment of its processes must hold beside it.

    On PostgreSQL it has a database of its own; tests that are for SQLite alone call `install_sqlite`.
    """
    return {"DATABASE_URL": _copied_database()} if os.environ.get("DATABASE_URL") else install_sqlite(folder)


def install_sqlite(folder: Path) -> dict[str, str]:
    """Put an empty installation on SQLite into `folder`."""
    shutil.copytree(_sqlite(), folder, dirs_exist_ok=True)
    return {}


def surroundings() -> dict[str, str]:
    """This process's environment without what names an installation or a database."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"AWAYTEAM_DATA", "DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    }


@cache
def _sqlite() -> Path:
    folder = FOLDER / "template"
    folder.mkdir()
    if (known := kept()).exists():
        shutil.copy(known, folder / "awayteam.sqlite3")
    _migrate({"AWAYTEAM_DATA": str(folder)})
    return folder


@cache
def _postgresql() -> str:
    name = f"template_{secrets.token_hex(6)}"
    _execute(f"CREATE DATABASE {name}")
    _migrate({"AWAYTEAM_DATA": str(FOLDER), "DATABASE_URL": _address(name)})
    return name


def _copied_database() -> str:
    name = f"command_{secrets.token_hex(6)}"
    _execute(f"CREATE DATABASE {name} TEMPLATE {_postgresql()}")
    return _address(name)


def _address(name: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def _execute(statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statement.encode())


def _migrate(where: dict[str, str]) -> None:
    command = [sys.executable, "-m", "django", "migrate", "--settings", "awayteam.settings", "-v", "0"]
    subprocess.run(command, env=surroundings() | where, check=True, timeout=120)
