"""What all tests share: a clean event log, a rulebook of their own, and the folder of real files."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction


@pytest.fixture(scope="session", autouse=True)
def _flush_empties_append_only_tables() -> Iterator[None]:
    """Transactional tests end with a flush, which append-only tables would refuse."""
    from django.db.backends.base.operations import BaseDatabaseOperations

    from awayteam.kernel.appendonly import lifted

    flush = BaseDatabaseOperations.execute_sql_flush

    def flush_all(operations: BaseDatabaseOperations, statements: list[str]) -> None:
        with lifted(operations.connection):
            flush(operations, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush_all)
        yield


@pytest.fixture(scope="module")
def of_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:  # noqa: ARG001 - it must be there
    """A transaction around a module of tests, so that its world is built once.

    What a test changes in the database is undone after it, as ever. Where tests change the world's objects too, each
    takes a copy of them.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def rulebook(settings: Any, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Put the TOML text of an organisation's own rulebook in force for this test."""
    from awayteam.kernel.rulebook import current, forget

    def use(text: str) -> None:
        settings.RULEBOOK = tmp_path / "own-rulebook.toml"
        settings.RULEBOOK.write_text(text, encoding="utf-8")
        forget()
        current()

    yield use
    forget()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real organisations' files; the test is skipped where it is absent."""
    folder = Path(os.environ.get("AWAYTEAM_SHARED_DATA") or Path(__file__).parent.parent / "shared" / "data")
    if not (folder / "MANIFEST.json").is_file():
        pytest.skip(f"no real data at {folder}; set AWAYTEAM_SHARED_DATA")
    return folder


@pytest.fixture(autouse=True)
def _no_leaking_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the git configuration of the person who runs it."""
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture(autouse=True)
def _no_organisation_of_another_test() -> None:
    """What a process keeps of the organisation is good for one database."""
    if (known := sys.modules.get("awayteam.gate.roster")) is not None:
        known.forget()
