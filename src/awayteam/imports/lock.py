"""One import at a time in an installation: a lock that goes with the process that holds it, however it ends.

On PostgreSQL it is a session's advisory lock, on SQLite a lock on a file in the data folder. Neither needs a lease, so
that after a kill the next import starts at once.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from awayteam.kernel.errors import Conflict

KEY = 0x41776179
"""Any number that no other advisory lock of the database uses."""
EVERY_SECONDS = 0.2


@contextmanager
def import_lock(*, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock; raises `Conflict` when another import still holds it after `wait_seconds`."""
    with exclusive("import", KEY, wait_seconds=wait_seconds):
        yield


@contextmanager
def exclusive(what: str, key: int, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the installation's lock of this name (on PostgreSQL: number); raises `Conflict` as `import_lock` does."""
    held = _advisory(what, key, wait_seconds) if connection.vendor == "postgresql" else _file(what, wait_seconds)
    with held:
        yield


@contextmanager
def _file(what: str, wait_seconds: float) -> Iterator[None]:
    settings.DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(settings.DATA / f"{what}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _until(lambda: _try_file(descriptor), wait_seconds, what)
        yield
    finally:
        os.close(descriptor)


def _try_file(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _advisory(what: str, key: int, wait_seconds: float) -> Iterator[None]:
    def attempt() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
            return bool(cursor.fetchone()[0])

    _until(attempt, wait_seconds, what)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _until(attempt: object, wait_seconds: float, what: str) -> None:
    assert callable(attempt)
    until = time.monotonic() + wait_seconds
    while not attempt():
        if time.monotonic() >= until:
            raise Conflict(f"Another {what} is running.", "Wait until it has ended, then try again.")
        time.sleep(EVERY_SECONDS)
