"""Imports that are killed at any moment: the next one completes them, and nobody ever saw half an entity."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import orjson
import psycopg
import pytest

from awayteam.imports.tests.folder import component, group, user

SERVICES = 1_500
TEAMS = 30

PROBE = """
from awayteam.cli.setup import django; django()
from django.db import connection
from awayteam.catalog.models import Entity
from awayteam.imports.tests.folder import cube_is_exact, index_is_exact, state
import orjson, sys
half = 0
rows = Entity.objects.filter(kind="Component", presence=1)
for row in rows.prefetch_related("declarations", "tag_rows", "ownerships"):
    edges = {(edge.type, edge.target.ref) for edge in row.declarations.select_related("target")}
    wanted = {(1, row.document["spec"]["owner"] if ":" in row.document["spec"]["owner"] else
               "group:default/" + row.document["spec"]["owner"])}
    on = row.document["spec"].get("dependsOn", [])
    wanted |= {(5, one.replace("component:", "component:default/")) for one in on}
    whole = edges == wanted and [tag.tag for tag in row.tag_rows.all()] == ["java"] and row.ownerships.count() == 1
    half += not whole
cube_is_exact() and index_is_exact()
found = {"half": half, "present": rows.count(), "state": state() if "state" in sys.argv else None}
sys.stdout.buffer.write(orjson.dumps(found))
"""


def _folder(root: Path) -> None:
    (root / "org").mkdir(parents=True)
    (root / "org" / "groups.yaml").write_text("---\n".join(group(f"t{n}") for n in range(TEAMS)))
    (root / "org" / "users.yaml").write_text("---\n".join(user(f"u{n}", f"t{n % TEAMS}") for n in range(200)))
    for n in range(SERVICES):
        on = f"dependsOn: [component:s{(n * 7 + 1) % SERVICES}]"
        text = component(f"s{n}", f"t{n % TEAMS}", on, "tags: [java]")
        (root / f"s{n}.yaml").write_text(text)


def _run(data: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "AWAYTEAM_DATA": str(data), "DJANGO_SETTINGS_MODULE": "awayteam.settings"}
    if address := environment.get("DATABASE_URL"):
        environment["DATABASE_URL"] = urlunsplit(urlsplit(address)._replace(path=f"/{_database(data)}"))
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _database(data: Path) -> str:
    return f"awayteam_kill_{data.name}"


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two data folders, on PostgreSQL with a database of its own each."""
    both = tmp_path / "data", tmp_path / "calm"
    address = os.environ.get("DATABASE_URL")
    if not address:
        yield both
        return
    with psycopg.connect(address, autocommit=True) as server:
        for data in both:
            server.execute(f"CREATE DATABASE {_database(data)}")
        yield both
        for data in both:
            server.execute(f"DROP DATABASE {_database(data)} WITH (FORCE)")


def _probe(data: Path, *arguments: str) -> dict[str, object]:
    process = _run(data, "-c", PROBE, *arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode()
    found: dict[str, object] = orjson.loads(out)
    return found


def _import(data: Path, root: Path) -> "subprocess.Popen[bytes]":
    return _run(data, "-m", "awayteam", "import", str(root), "--json")


@pytest.mark.slow
def test_killed_imports_leave_whole_entities_and_the_next_run_completes(
    tmp_path: Path, folders: tuple[Path, Path]
) -> None:
    root, (data, calm) = tmp_path / "repo", folders
    _folder(root)
    for folder in folders:
        _run(folder, "-m", "awayteam", "sources", "list").communicate(timeout=60)
    begun = time.monotonic()
    assert _import(calm, root).communicate(timeout=300)[0]
    usual = time.monotonic() - begun
    dice = random.Random(11)
    kills = 0
    for _ in range(4):
        process = _import(data, root)
        deadline = time.monotonic() + usual * dice.uniform(0.3, 0.8)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
        assert _probe(data)["half"] == 0
    done = _import(data, root)
    out, err = done.communicate(timeout=300)
    assert done.returncode == 0, err.decode()
    result = orjson.loads(out)
    assert kills >= 1, "the imports were too fast to be killed"
    assert result["entities"] == {"Component": SERVICES, "Group": TEAMS, "User": 200}
    assert result["dangling"] == []
    assert _probe(data, "state") == _probe(calm, "state")
