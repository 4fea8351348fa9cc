"""What an import reports: the contract of `awayteam import --json`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count

from awayteam.catalog.models import Entity, Presence
from awayteam.sources.declared import RELATION_NAMES, RelationType
from awayteam.sources.models import Finding, Source


@dataclass(frozen=True, slots=True)
class ImportResult:
    """`entities` counts by kind what the sources declare now (no orphans, nothing missing); the next four what this run
    did. `errors` holds {file, document, line, entity, message}, `duplicates` {ref, kept, dropped} for each dropped
    document (kept and dropped are paths), `dangling` {from, relation, to}; all three as they stand now."""

    entities: dict[str, int] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    orphaned: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    dangling: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def result_of(sources: Sequence[Source], created: int = 0, updated: int = 0, orphaned: int = 0) -> ImportResult:
    """The state of `sources`, with what a run did to it."""
    ids = [source.pk for source in sources]
    entities = count_entities(ids)
    unchanged = max(0, sum(entities.values()) - created - updated)
    return ImportResult(
        entities, created, updated, unchanged, orphaned, errors_of(ids), duplicates_of(ids), dangling_of(ids)
    )


def count_entities(source_ids: Sequence[int]) -> dict[str, int]:
    rows = Entity.objects.filter(source__in=source_ids, presence=Presence.PRESENT).values_list("kind")
    return dict(rows.annotate(number=Count("pk")).order_by("kind"))


def errors_of(source_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Everything that is wrong, by file, document and line."""
    rows = Finding.objects.filter(source__in=source_ids).order_by(
        "source", "file__path", "path", "document", "line", "pk"
    )
    columns = ("path", "file__path", "document", "line", "entity", "message")
    return [
        {
            "file": path or file_path or "",
            "document": document,
            "line": line,
            "entity": entity or None,
            "message": message,
        }
        for path, file_path, document, line, entity, message in rows.values_list(*columns)
    ]


DUPLICATES_SQL = """
SELECT d.ref, kept.path, dropped.path, CASE WHEN kept.source_id <> dropped.source_id THEN other.name END
FROM sources_duplicate d
JOIN sources_sourcefile dropped ON dropped.id = d.dropped_file_id
LEFT JOIN sources_sourcefile kept ON kept.id = d.kept_file_id
LEFT JOIN sources_source other ON other.id = kept.source_id
WHERE dropped.source_id IN ({places})
ORDER BY d.ref, dropped.path, d.dropped_document
"""


def duplicates_of(source_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Dropped documents and the file that keeps the reference, after its source where that is another one."""
    return [
        {"ref": ref, "kept": f"{source}: {kept}" if source else kept or "", "dropped": dropped}
        for ref, kept, dropped, source in _rows(DUPLICATES_SQL, source_ids)
    ]


DANGLING_SQL = """
SELECT by_.ref, r.type, 1, e.ref FROM catalog_entity e
JOIN catalog_relation r ON r.target_id = e.id
JOIN catalog_entity by_ ON by_.id = r.declared_by_id
WHERE e.presence = 3 AND by_.presence = 1 AND by_.source_id IN ({places})
UNION ALL
SELECT by_.ref, r.type, 0, e.ref FROM catalog_entity e
JOIN catalog_relation r ON r.source_id = e.id
JOIN catalog_entity by_ ON by_.id = r.declared_by_id
WHERE e.presence = 3 AND by_.presence = 1 AND by_.source_id IN ({places})
"""


def dangling_of(source_ids: Sequence[int]) -> list[dict[str, str]]:
    """Relations to what nobody declares, seen from the entity that names it."""
    found = {
        (ref, RELATION_NAMES[RelationType(type)][0 if forward else 1], missing)
        for ref, type, forward, missing in _rows(DANGLING_SQL, source_ids)
    }
    return [{"from": ref, "relation": relation, "to": missing} for ref, relation, missing in sorted(found)]


def _rows(statement: str, source_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    if not source_ids:
        return []
    places = ", ".join(["%s"] * len(source_ids))
    with connection.cursor() as cursor:
        cursor.execute(statement.format(places=places), list(source_ids) * statement.count("{places}"))
        return list(cursor.fetchall())
