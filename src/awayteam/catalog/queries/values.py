"""The different values at a path of entities with how many have each: facets as Backstage asks for them.

Known paths are counted in columns, tags and edges; every other one in the documents, with the path as a parameter.
"""

import sys
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet

from awayteam.catalog.models import Entity, EntityTag, Relation
from awayteam.catalog.permissions import hidden, visible_through
from awayteam.catalog.queries.facets import facets
from awayteam.catalog.queries.filters import EntityFilter
from awayteam.catalog.queries.paths import split
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.sources.declared import RELATION_NAMES, RelationType

COLUMNS = {
    "kind": "kind",
    "metadata.name": "name",
    "metadata.namespace": "namespace",
    "metadata.title": "title",
    "spec.type": "type",
    "spec.lifecycle": "lifecycle",
}
CUBES = {
    "kind": "kind",
    "spec.type": "type",
    "spec.lifecycle": "lifecycle",
    "metadata.tags": "tag",
    "relations.ownedBy": "owner",
}
"""Path -> the facet of the catalog that counts the same."""
SQLITE = """
SELECT CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(j.value AS TEXT) END,
  COUNT(DISTINCT e.id)
FROM catalog_entity e, json_each(e.document, %s) AS j
WHERE COALESCE(json_type(e.document, %s), 'null') <> 'object' AND j.type NOT IN ('object', 'array', 'null')
AND e.id IN ({chosen}) GROUP BY 1
"""
POSTGRESQL = """
SELECT j.v #>> '{{}}', COUNT(DISTINCT e.id)
FROM catalog_entity e CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(e.document #> %s::text[])
  WHEN 'array' THEN e.document #> %s::text[] WHEN 'object' THEN '[]'::jsonb
  ELSE jsonb_build_array(e.document #> %s::text[]) END) AS j(v)
WHERE (e.document #> %s::text[]) IS NOT NULL AND jsonb_typeof(j.v) NOT IN ('object', 'array', 'null')
AND e.id IN ({chosen}) GROUP BY 1
"""


def values_of(actor: Actor, filter: EntityFilter, paths: Collection[str]) -> dict[str, list[tuple[str, int]]]:
    """The same from the cubes, for those of the paths that they know; eleven statements at most, none for none."""
    if not CUBES.keys() & paths:
        return {}
    counted = {facet.name: facet for facet in facets(actor, filter, most=sys.maxsize)}
    unseen = set(hidden(actor).values_list("ref", flat=True))
    found = {}
    for path in CUBES.keys() & paths:
        facet, chosen = counted[CUBES[path]], getattr(filter, CUBES[path])
        shown = [each for each in facet.values if each.value and (each.selected or not chosen)]
        found[path] = sorted((each.value, each.count) for each in shown if each.value not in unseen)
    return found


def values_at(actor: Actor, entities: "QuerySet[Entity]", path: str) -> list[tuple[str, int]]:
    """Value and number of entities, by value; `entities` are those that the actor may see. Two statements at most.

    Raises `InvalidInput` for a path that can't be one.
    """
    path = path.strip()
    if not path or len(path) > 500 or not path.isprintable() or '"' in path or "\\" in path:
        raise InvalidInput(f"{path[:60]!r} is no path into an entity.", "Write it like spec.type.")
    if path in COLUMNS:
        counts = _counted(entities, COLUMNS[path])
    elif path == "metadata.tags":
        counts = _counted(EntityTag.objects.filter(entity__in=entities.values("pk")), "tag")
    elif path.startswith("relations."):
        counts = _relations(actor, entities, path.removeprefix("relations."))
    else:
        counts = _documents(entities, split(path))
    return sorted((value, count) for value, count in counts.items() if value not in ("", None))


def _counted(rows: "QuerySet[Any]", column: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(column).annotate(n=Count("pk")))


def _relations(actor: Actor, entities: "QuerySet[Entity]", name: str) -> dict[str, int]:
    for type in RelationType:
        for word, here, there in zip(RELATION_NAMES[type], ("source", "target"), ("target", "source"), strict=True):
            if word.lower() == name.lower():
                rows = Relation.objects.filter(visible_through(actor, f"{there}__"), type=type)
                rows = rows.filter(**{f"{here}__in": entities.values("pk")}).order_by()
                return dict(rows.values_list(f"{there}__ref").annotate(n=Count(here, distinct=True)))
    return {}


def _documents(entities: "QuerySet[Entity]", keys: list[str]) -> dict[str, int]:
    chosen, parameters = entities.order_by().values("pk").query.sql_with_params()
    text: str
    places: list[Any]
    if connection.vendor == "postgresql":
        text, places = POSTGRESQL, [keys] * 4
    else:
        text, places = SQLITE, ["$" + "".join(f'."{key}"' for key in keys)] * 2
    with connection.cursor() as cursor:
        cursor.execute(text.format(chosen=chosen), [*places, *parameters])
        return dict(cursor.fetchall())
