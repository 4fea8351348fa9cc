"""Where this installation keeps its things: data folder, secret key, database. Standard library only, read at start."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_FOLDER = "awayteam-data"
FILE = "awayteam.sqlite3"
"""The embedded database, in the data folder."""


def environment_flag(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def environment_list(name: str, default: list[str]) -> list[str]:
    value = os.environ.get(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value is not None else default


def data_folder() -> Path:
    """The folder of `AWAYTEAM_DATA`; by default `awayteam-data` in the working directory."""
    return Path(os.environ.get("AWAYTEAM_DATA") or DEFAULT_FOLDER).expanduser().absolute()


def secret_key(folder: Path) -> str:
    """`AWAYTEAM_SECRET_KEY`, else the key kept in the data folder (made at first start, readable by its owner only)."""
    if key := os.environ.get("AWAYTEAM_SECRET_KEY"):
        return key
    path = folder / "secret-key"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


def has_database(folder: Path) -> bool:
    """Whether there is a database to look into: one by `DATABASE_URL`, or SQLite in the folder."""
    return bool(os.environ.get("DATABASE_URL")) or (folder / FILE).is_file()


def database(folder: Path) -> dict[str, Any]:
    """Django's description of the database: `DATABASE_URL`, else SQLite in the data folder.

    An address reads `postgresql://user:password@host:port/name?option=value`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = os.environ.get("DATABASE_URL", "")
    if url:
        return _postgresql(url)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(folder / FILE),
        "CONN_MAX_AGE": 600,  # opening one reads the whole schema and costs more than a page
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA cache_size=-65536;"
            ),
        },
    }


CALM = "-c jit=off -c random_page_cost=1.1 -c join_collapse_limit=4"
"""How PostgreSQL is asked: many small questions, on solid-state storage. Joins lead from a row to what it names, in the
order in which they are written; trying every other order of ten of them takes longer than the answer."""


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SystemExit(
            f"DATABASE_URL: unknown scheme {parts.scheme!r}; write postgresql://user:password@host:port/name"
        )
    options = dict(parse_qsl(parts.query))
    options.setdefault("options", CALM)
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "awayteam",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
