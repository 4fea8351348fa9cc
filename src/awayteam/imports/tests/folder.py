"""A small folder of descriptors to import from, and the state that came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from awayteam.catalog import search
from awayteam.catalog.models import Entity, EntityTag, FacetCount, Presence, Relation
from awayteam.imports import actions, engine
from awayteam.imports.results import ImportResult
from awayteam.kernel.actor import SYSTEM
from awayteam.organisation.models import Identity, Membership, Team
from awayteam.sources.models import Duplicate, Finding, Source

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entity(kind: str, name: str, spec: str = "", metadata: str = "") -> str:
    """One descriptor; `spec` and `metadata` are lines without indentation, separated by newlines."""
    lines = [f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}"]
    lines += [f"  {line}" for line in metadata.splitlines()]
    lines += ["spec:" if spec else "spec: {}", *(f"  {line}" for line in spec.splitlines())]
    return "\n".join(lines) + "\n"


def component(name: str, owner: str = "one", more: str = "", metadata: str = "") -> str:
    return entity("Component", name, f"type: service\nlifecycle: production\nowner: {owner}\n{more}", metadata)


def group(name: str, more: str = "") -> str:
    return entity("Group", name, f"type: team\nchildren: []\n{more}")


def user(name: str, *teams: str, login: str = "", email: str = "") -> str:
    metadata = f"annotations:\n  github.com/user-login: {login}" if login else ""
    profile = f"\nprofile:\n  email: {email}" if email else ""
    return entity("User", name, f"memberOf: [{', '.join(teams)}]{profile}", metadata)


class Folder:
    """A folder that is a source; each import happens a day after the one before."""

    def __init__(self, root: Path, name: str = "") -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.name = name or root.name
        self.days = 0

    @property
    def now(self) -> datetime:
        return START + timedelta(days=self.days)

    @property
    def source(self) -> Source:
        return actions.source_for(actions.Wanted(str(self.root), name=self.name), actor=SYSTEM, now=self.now)

    def write(self, path: str, *documents: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("---\n".join(documents), encoding="utf-8")

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def replace(self, files: Mapping[str, str]) -> None:
        """Make the folder hold exactly these files."""
        for old in self.root.rglob("*.yaml"):
            old.unlink()
        for path, text in files.items():
            self.write(path, text)

    def load(self, *, now: datetime | None = None) -> ImportResult:
        self.days += 1
        return engine.run(self.source, actor=SYSTEM, now=now or self.now, workers=1, wait_seconds=0)


def get(ref: str) -> Entity:
    return Entity.objects.select_related("owner", "system", "file", "team", "person").get(ref=ref)


def state() -> dict[str, Any]:
    """Everything that sources decide, without ids, times, history, orphans and what is left of them."""
    present = [Presence.PRESENT, Presence.MISSING]
    rows = Entity.objects.filter(presence__in=present).select_related("owner", "system", "file")
    fields = (
        "kind",
        "title",
        "type",
        "lifecycle",
        "description",
        "tags",
        "presence",
        "restricted",
        "sort_name",
        "line",
    )
    edges = Relation.objects.filter(declared_by__presence=Presence.PRESENT)
    return {
        "entities": {
            row.ref: (
                [getattr(row, field) for field in fields],
                row.owner.ref if row.owner else None,
                row.system.ref if row.system else None,
                row.file.path if row.file else None,
                row.document,
            )
            for row in rows
        },
        "edges": sorted(edges.values_list("type", "source__ref", "target__ref", "declared_by__ref")),
        "tags": sorted(EntityTag.objects.filter(entity__presence=1).values_list("entity__ref", "tag")),
        "members": sorted(Membership.objects.filter(ends=None).values_list("team__ref", "person__ref", "role")),
        "identities": sorted(Identity.objects.values_list("person__ref", "provider", "value")),
        "parents": sorted(Team.objects.exclude(parent=None).values_list("ref", "parent__ref")),
        "duplicates": sorted(Duplicate.objects.values_list("ref", "kept_file__path", "dropped_file__path")),
        "findings": sorted((f.path, f.entity, f.message) for f in Finding.objects.all()),
    }


def index_is_exact() -> bool:
    """Whether the search index holds what reading every entity anew would make of it."""
    kept = _index()
    search.rebuild()
    assert kept == _index()
    return True


def _index() -> dict[int, tuple[set[str], str]]:
    key, tokens = ("entity_id", "tokens::text") if connection.vendor == "postgresql" else ("rowid", "tokens")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}, {tokens}, state FROM catalog_search")
        return {id: ({word.strip("'") for word in text.split()}, state) for id, text, state in cursor.fetchall()}


def cube_is_exact() -> bool:
    """Whether the cube says what counting would."""
    from django.db.models import Count

    columns = ("kind", "type", "lifecycle", "owner_id", "source_id", "presence", "restricted")
    counted = {row[:-1]: row[-1] for row in Entity.objects.values_list(*columns).annotate(n=Count("pk")).order_by()}
    stored = {row[:-1]: row[-1] for row in FacetCount.objects.values_list(*columns, "entities")}
    assert stored == counted
    return True
