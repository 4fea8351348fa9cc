"""The cube from which facets are counted: kept in the transaction of every change, by differences."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from django.db import connection

from awayteam.catalog.models import FacetCount
from awayteam.kernel import bulk

LOCK = 0x46616365
"""Any number that no other advisory lock of the database uses."""


class FacetKey(NamedTuple):
    """The values that an entity is counted under, in the order of the cube's columns."""

    kind: str
    type: str
    lifecycle: str
    owner_id: int | None
    source_id: int | None
    presence: int
    restricted: bool


def move(changes: Counter[FacetKey], old: FacetKey | None, new: FacetKey | None) -> None:
    """Note that one entity is counted under `new` instead of `old` (None: not at all)."""
    if old == new:
        return
    if old is not None:
        changes[old] -= 1
    if new is not None:
        changes[new] += 1


def apply(changes: Mapping[FacetKey, int]) -> None:
    """Add the differences to the cube, last in the transaction that made them: it holds the cube's lock till commit."""
    changes = {key: difference for key, difference in changes.items() if difference}
    if not changes:
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    kinds = {key.kind for key in changes}
    stored = {
        FacetKey(*row[1:8]): (row[0], row[8])
        for row in FacetCount.objects.filter(kind__in=kinds).values_list(
            "id", "kind", "type", "lifecycle", "owner_id", "source_id", "presence", "restricted", "entities"
        )
    }
    fresh, changed, empty = [], [], []
    for key, difference in changes.items():
        if key not in stored:
            fresh.append((*key, difference))
            continue
        id, count = stored[key]
        if count + difference:
            changed.append((id, count + difference))
        else:
            empty.append(id)
    bulk.insert(FacetCount, [*FacetKey._fields, "entities"], fresh)
    bulk.update(FacetCount, ["entities"], changed)
    bulk.delete(FacetCount, "id", empty)


def forget_source(source_id: int) -> None:
    """Count what a source declared once under no source, as the source is about to go."""
    changes: Counter[FacetKey] = Counter()
    columns = (*FacetKey._fields, "entities")
    for *values, count in FacetCount.objects.filter(source_id=source_id).values_list(*columns):
        key = FacetKey(*values)
        changes[key] -= count
        changes[key._replace(source_id=None)] += count
    apply(changes)


def rebuild() -> None:
    """Count everything anew, for an installation whose cube is in doubt; call it in a transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    columns = "kind, type, lifecycle, owner_id, source_id, presence, restricted"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_facetcount")
        cursor.execute(
            f"INSERT INTO catalog_facetcount ({columns}, entities) "  # noqa: S608
            f"SELECT {columns}, COUNT(*) FROM catalog_entity GROUP BY {columns}"
        )
