"""Checks of an installation. Each says what it looked at, how it stands, and what to mend; apps add their own."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import connection, transaction

from awayteam.kernel import registries
from awayteam.kernel.actor import Actor


class Health(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at. `advice` says what to do, where there is something to do."""

    subject: str
    health: Health
    finding: str
    advice: str = ""


Check = Callable[[datetime], Iterator[Diagnosis]]
checks: list[Check] = []


def check(function: Check) -> Check:
    """Register a check; it yields one diagnosis or several."""
    checks.append(function)
    return function


def examine(now: datetime) -> list[Diagnosis]:
    """Run every check; one that fails itself is a finding, not an end."""
    found = list(_parts())
    for function in checks:
        try:
            found.extend(function(now))
        except Exception as error:  # a broken check must not hide the others' findings
            found.append(
                Diagnosis(function.__name__.strip("_").replace("_", " "), Health.BAD, f"could not be checked: {error}")
            )
    return found


def _parts() -> Iterator[Diagnosis]:
    """Whether every app could be loaded; what one of those adds to others (checks too) is missing where not."""
    try:
        registries.settle()
    except Exception as error:
        finding = f"something can't be loaded: {error}"
        yield Diagnosis("apps", Health.BAD, finding, "Install Awayteam again, as a whole.")
    else:
        yield Diagnosis("apps", Health.GOOD, f"{len(registries.settled())} loaded")


@check
def _python(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info < (3, 14)
    yield Diagnosis("Python", Health.GOOD if good else Health.BAD, version, "" if good else "Use Python 3.11 to 3.13.")


@check
def _git(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    if path := shutil.which("git"):
        version = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
        yield Diagnosis("git", Health.GOOD, version.strip())
    else:
        yield Diagnosis("git", Health.BAD, "not found", "Install git: repositories can't be read without it.")


@check
def _data_folder(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    folder = settings.DATA
    if not os.access(folder, os.W_OK):
        yield Diagnosis(
            "data folder", Health.BAD, f"{folder} can't be written", "Give the server's user the right to write it."
        )
        return
    free = shutil.disk_usage(folder).free / 1e9
    low = free < 1
    yield Diagnosis(
        "data folder",
        Health.WARNING if low else Health.GOOD,
        f"{folder}, {free:.1f} GB free",
        "Make room: imports and backups need some." if low else "",
    )
    key = folder / "secret-key"
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Diagnosis("secret key", Health.WARNING, "others on this machine can read it", f"chmod 600 {key}")


@check
def _database(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0]
        old = int(version.split(".")[0]) < 14
        yield Diagnosis(
            "database",
            Health.BAD if old else Health.GOOD,
            f"PostgreSQL {version}",
            "Use PostgreSQL 14 or newer." if old else "",
        )
    else:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            sound = cursor.fetchone()[0]
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
        good = sound == "ok" and mode in {"wal", "memory"}
        yield Diagnosis(
            "database",
            Health.GOOD if good else Health.BAD,
            f"SQLite {sqlite3.sqlite_version}, journal {mode}, check {sound}",
            "" if good else "Restore the newest backup; keep the folder on a local disk.",
        )


@check
def _schema(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        yield Diagnosis(
            "schema", Health.BAD, f"{len(pending)} migrations behind", "Start any awayteam command: it brings them up."
        )
    else:
        yield Diagnosis("schema", Health.GOOD, "up to date")


@check
def _address(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    local = any(part in settings.URL for part in ("://127.0.0.1", "://localhost", "://[::1]"))
    if settings.DEBUG:
        yield Diagnosis("debug", Health.WARNING, "AWAYTEAM_DEBUG is on", "Unset it where others can reach the server.")
    if not local and settings.URL.startswith("http://"):
        yield Diagnosis(
            "address", Health.WARNING, f"{settings.URL} is not encrypted", "Put a TLS proxy before it; use https://."
        )
    else:
        yield Diagnosis("address", Health.GOOD, settings.URL)


@check
def _rulebook(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    from awayteam.kernel import rulebook

    try:
        book, refused = rulebook.current(), rulebook.problem()
    except rulebook.RulebookError as error:
        book, refused = None, error
    if refused is not None:
        kept = "the last good one is kept" if book else "the server can't start"
        yield Diagnosis("rulebook", Health.BAD, f"{kept}: {refused.what}", refused.advice)
    else:
        assert book is not None
        yield Diagnosis(
            "rulebook", Health.GOOD, f"version {book.version[:12]}, {len(book.overridden)} values of your own"
        )


@check
def _append_only(now: datetime) -> Iterator[Diagnosis]:  # noqa: ARG001
    from awayteam.kernel.appendonly import gaps, kept

    found = gaps(connection)
    for table in dict.fromkeys(gap.table for gap in found):
        yield Diagnosis(
            f"append-only table {table}",
            Health.BAD,
            "; ".join(gap.what for gap in found if gap.table == table),
            "Find out who did that, and compare the table with a backup; awayteam doctor --mend puts it back.",
        )
    if not found:
        yield Diagnosis("append-only tables", Health.GOOD, f"the database keeps {', '.join(sorted(kept))}")


def mend(*, actor: Actor, now: datetime) -> list[str]:
    """Put back what keeps append-only tables, where anything is missing; what was wrong, as sentences."""
    from awayteam.kernel import appendonly, events

    with transaction.atomic():
        found = [f"{gap.table}: {gap.what}" for gap in appendonly.mend(connection)]
        if found:
            subject = events.Subject("installation", 0, "append-only tables")
            data = {"gaps": found}
            events.append(events.EventName.GUARDS_RESTORED, subject=subject, actor=actor, now=now, data=data)
    return found


def try_to_mend(*, actor: Actor, now: datetime) -> tuple[list[str], list[Diagnosis]]:
    """As `mend`; where that fails it is a finding, and what else there is to find is still looked for."""
    try:
        return mend(actor=actor, now=now), []
    except Exception as error:  # whatever the database says
        advice = "Put right what is found below, and mend again."
        return [], [Diagnosis("mending", Health.BAD, f"nothing was put back: {error}", advice)]


@check
def _clocks_and_outbox(now: datetime) -> Iterator[Diagnosis]:
    from datetime import timedelta

    from awayteam.kernel.models import Clock, OutboxMessage

    late = now - timedelta(minutes=2)
    clocks = Clock.objects.filter(state="running", next_at__lt=late).count()
    waiting = OutboxMessage.objects.filter(state="waiting", next_at__lt=late).count()
    if clocks or waiting:
        finding = f"{clocks} clocks and {waiting} messages are more than two minutes late"
        yield Diagnosis(
            "worker", Health.BAD, finding, "Is a worker running? awayteam serve has one; awayteam worker is one."
        )
    else:
        yield Diagnosis("worker", Health.GOOD, "nothing is late")
    dead = OutboxMessage.objects.filter(state="dead").count()
    if dead:
        yield Diagnosis(
            "outbox", Health.WARNING, f"{dead} messages were given up", "Look at Dead letters, mend, and retry."
        )
