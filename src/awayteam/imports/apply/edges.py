"""Relations, tags and operations of one batch, written as the difference to what stands there."""

from collections.abc import Sequence

import orjson

from awayteam.catalog.models import ApiOperation, EntityTag, Origin, Relation
from awayteam.imports.apply.item import Item
from awayteam.imports.apply.session import Session
from awayteam.kernel import bulk
from awayteam.sources.declared import RelationType

Edge = tuple[int, int, int, int]
"""Type, source, target, declared by."""


def write(session: Session, items: list[Item]) -> None:
    known = [item.id for item in items if item.was is not None and not item.was.only_named]
    _relations(session, items, known)
    _tags(items, known)
    _operations(items, known)


def _relations(session: Session, items: list[Item], known: list[int]) -> None:
    wanted = {edge for item in items for edge in edges_of(session, item)}
    stale = []
    columns = "id, type, source_id, target_id, declared_by_id"
    declared = f"AND origin = {Origin.DECLARED.value}"
    for id, *edge in bulk.select(columns, Relation._meta.db_table, "declared_by_id", known, declared):
        if tuple(edge) in wanted:
            wanted.discard((edge[0], edge[1], edge[2], edge[3]))
        else:
            stale.append(id)
    bulk.delete(Relation, "id", stale)
    declared_origin = Origin.DECLARED.value
    rows = ((*edge, declared_origin) for edge in sorted(wanted))
    bulk.insert(Relation, ["type", "source_id", "target_id", "declared_by_id", "origin"], rows)


def edges_of(session: Session, item: Item) -> list[Edge]:
    """The edges in force: owner and system are the person's where an edit wins."""
    of, record, values = session.ids.of, item.record, item.values
    edges = [(type, of[source], of[target], item.id) for type, source, target in _said(item)]
    if values.owner != record.owner and values.owner:
        edges.append((RelationType.OWNED_BY.value, item.id, of[values.owner], item.id))
    if values.system != record.system and values.system:
        edges.append((RelationType.PART_OF.value, item.id, of[values.system], item.id))
    return [edge for edge in edges if edge[1] != edge[2]]


def _said(item: Item) -> Sequence[tuple[int, str, str]]:
    """The relations that the record names, without the owner and system that a person's edit replaced."""
    record, values = item.record, item.values
    if values.owner == record.owner and values.system == record.system:
        return record.relations
    overruled = set()
    if values.owner != record.owner:
        overruled.add((RelationType.OWNED_BY.value, record.ref, record.owner))
    if values.system != record.system:
        overruled.add((RelationType.PART_OF.value, record.ref, record.system))
    return [edge for edge in record.relations if edge not in overruled]


def _tags(items: list[Item], known: list[int]) -> None:
    wanted = {(item.id, tag) for item in items for tag in item.values.tags}
    stale = []
    for id, entity_id, tag in bulk.select("id, entity_id, tag", EntityTag._meta.db_table, "entity_id", known):
        if (entity_id, tag) in wanted:
            wanted.discard((entity_id, tag))
        else:
            stale.append(id)
    bulk.delete(EntityTag, "id", stale)
    bulk.insert(EntityTag, ["entity_id", "tag"], sorted(wanted))


def _operations(items: list[Item], known: list[int]) -> None:
    """Operations keep their ids while their keys stay; a description that couldn't be read keeps the last good ones."""
    read = {item.id: item.record.operations for item in items if item.record.operations is not None}
    wanted = {
        (id, operation[0]): _comparable(*operation[1:], position)
        for id, operations in read.items()
        for position, operation in enumerate(operations)
    }
    stale, changed = [], []
    fields = ["verb", "path", "summary", "deprecated", "tags", "name", "position"]
    columns = f"id, api_id, key, {', '.join(fields)}"
    for id, api, key, *was in bulk.select(columns, ApiOperation._meta.db_table, "api_id", set(known) & read.keys()):
        now = wanted.pop((api, key), None)
        if now is None:
            stale.append(id)
        elif now != _comparable(*was):
            changed.append((id, *_stored(now)))
    bulk.delete(ApiOperation, "id", stale)
    bulk.update(ApiOperation, fields, changed)
    bulk.insert(ApiOperation, ["api_id", "key", *fields], ((*place, *_stored(now)) for place, now in wanted.items()))


OperationRow = tuple[str, str, str, bool, tuple[str, ...], str, int]


def _comparable(
    verb: str, path: str, summary: str, deprecated: bool, tags: str, name: str, position: int
) -> OperationRow:
    """Databases spell the same JSON in different ways."""
    return verb, path, summary, bool(deprecated), tuple(orjson.loads(tags)), name, position


def _stored(row: OperationRow) -> tuple[str, str, str, bool, str, str, int]:
    verb, path, summary, deprecated, tags, name, position = row
    return verb, path, summary, deprecated, orjson.dumps(tags).decode(), name, position
