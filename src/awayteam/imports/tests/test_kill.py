"""Imports that are killed at any moment: the next one completes them, and nobody ever saw half an entity."""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from awayteam.imports.tests.folder import component, group, user
from awayteam.kernel.tests.processes import Installation, dismiss

SERVICES = 1_500
TEAMS = 30

PROBE = """
from awayteam.catalog.models import Entity
from awayteam.imports.tests.folder import cube_is_exact, index_is_exact, state
import orjson, sys
half = 0
rows = Entity.objects.filter(kind="Component", presence=1)
for row in rows.prefetch_related("declarations__target", "tag_rows", "ownerships").iterator(chunk_size=500):
    edges = {(edge.type, edge.target.ref) for edge in row.declarations.all()}
    wanted = {(1, row.document["spec"]["owner"] if ":" in row.document["spec"]["owner"] else
               "group:default/" + row.document["spec"]["owner"])}
    on = row.document["spec"].get("dependsOn", [])
    wanted |= {(5, one.replace("component:", "component:default/")) for one in on}
    whole = edges == wanted and [tag.tag for tag in row.tag_rows.all()] == ["java"] and len(row.ownerships.all()) == 1
    half += not whole
cube_is_exact() and index_is_exact()
found = {"half": half, "present": rows.count(), "state": state() if "state" in sys.argv else None}
print(orjson.dumps(found).decode())
"""


def _folder(root: Path) -> None:
    (root / "org").mkdir(parents=True)
    (root / "org" / "groups.yaml").write_text("---\n".join(group(f"t{n}") for n in range(TEAMS)))
    (root / "org" / "users.yaml").write_text("---\n".join(user(f"u{n}", f"t{n % TEAMS}") for n in range(200)))
    for n in range(SERVICES):
        on = f"dependsOn: [component:s{(n * 7 + 1) % SERVICES}]"
        text = component(f"s{n}", f"t{n % TEAMS}", on, "tags: [java]")
        (root / f"s{n}.yaml").write_text(text)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Installation, Installation]]:
    """Two empty installations."""
    with Installation(tmp_path / "data") as data, Installation(tmp_path / "calm") as calm:
        yield data, calm


def _import(there: Installation, root: Path) -> "subprocess.Popen[str]":
    return there.start("-m", "awayteam", "import", root, "--json")


@pytest.mark.slow
def test_killed_imports_leave_whole_entities_and_the_next_run_completes(
    tmp_path: Path, both: tuple[Installation, Installation]
) -> None:
    root, (data, calm) = tmp_path / "repo", both
    _folder(root)
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
        kills += process.poll() is None
        dismiss(process)
        assert data.ask(PROBE)["half"] == 0
    result = orjson.loads(data.finish("-m", "awayteam", "import", root, "--json"))
    assert kills >= 1, "the imports were too fast to be killed"
    assert result["entities"] == {"Component": SERVICES, "Group": TEAMS, "User": 200}
    assert result["dangling"] == []
    assert data.ask(PROBE, "state") == calm.ask(PROBE, "state")
