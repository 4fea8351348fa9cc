"""The entity rows of one batch: created, changed or moved, with revisions, owners and events."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from django.db import connection

from awayteam.catalog import facets
from awayteam.catalog.facets import FacetKey
from awayteam.catalog.models import Alias, Edit, Entity, Presence, Revision
from awayteam.catalog.rules import OpenEdit, in_force, plain
from awayteam.catalog.search.index import Counted, Ready
from awayteam.imports.apply import ownerships
from awayteam.imports.apply.ids import key_of
from awayteam.imports.apply.item import Item, Light
from awayteam.imports.apply.session import Session
from awayteam.imports.apply.values import Values, changed_paths, declared_values
from awayteam.imports.records import Record
from awayteam.kernel import bulk
from awayteam.kernel.events import Draft, EventName, Subject

LIGHT = "id, ref, presence, content_hash, file_id, document_index, line, team_id, person_id, source_id, kind"
COLUMNS = [
    "kind",
    "namespace",
    "name",
    "title",
    "description",
    "type",
    "lifecycle",
    "owner_id",
    "system_id",
    "team_id",
    "person_id",
    "tags",
    "presence",
    "restricted",
    "sort_name",
    "source_id",
    "file_id",
    "document_index",
    "line",
    "document",
    "content_hash",
    "changed_at",
    "orphaned_at",
    "removed_at",
]


PRESENT = Presence.PRESENT.value


class Batch(NamedTuple):
    """`full` items are written whole; `places` only moved within their source."""

    full: list[Item]
    places: list[Item]


def plan(session: Session, documents: Sequence[tuple[Record, int]]) -> Batch:
    """Give every record its id and values in force. Its targets have ids afterwards."""
    documents = [(_spelt(session, record), file_id) for record, file_id in documents]
    lock = "FOR UPDATE" if connection.vendor == "postgresql" else ""
    refs = [record.ref for record, _ in documents]
    was = {row[1]: Light._make(row) for row in bulk.select(LIGHT, Entity._meta.db_table, "ref", refs, lock)}
    for known in was.values():
        session.ids.know(known.ref, known.id, known.team_id, known.person_id)
    _number(session, [ref for ref in refs if ref not in was])
    edits = _open_edits([known.id for known in was.values() if known.content_hash])
    batch = Batch([], [])
    for record, file_id in documents:
        light: Light | None = was.get(record.ref)
        same = light is not None and light.presence == PRESENT and light.content_hash == record.digest
        if same and light is not None and light.file_id is not None and light.source_id == session.source.pk:
            if (light.file_id, light.document_index, light.line) != (file_id, record.document_index, record.line):
                batch.places.append(Item(record, file_id, light.id, declared_values(record), light))
            continue
        id = session.ids.of[record.ref]
        made = edits.get(id, [])
        batch.full.append(Item(record, file_id, id, _values(session, record, made), light, bool(made)))
    session.ids.ensure(_named(batch.full))
    return batch


def _spelt(session: Session, record: Record) -> Record:
    kind = session.kinds.declared(record.kind)
    return record if kind == record.kind else record._replace(kind=kind)


def _number(session: Session, refs: list[str]) -> None:
    """Ids for new entities. A former reference that is declared anew stops being one."""
    bulk.delete(Alias, "ref", refs)
    links = session.ids.link(refs)
    for ref, id in zip(refs, bulk.reserve_ids(Entity, len(refs)), strict=True):
        session.ids.know(ref, id, *links.get(ref, (None, None)))


def _named(items: Sequence[Item]) -> Iterable[str]:
    """Every reference that these items name, each once."""
    found: dict[str, None] = {}
    for item in items:
        record, values = item.record, item.values
        for _, source, target in record.relations:
            found[source] = found[target] = None
        for team, person, *_ in record.memberships:
            found[team] = found[person] = None
        for period in ownerships.dated(record):
            found[period.owner] = None
        if values.owner:
            found[values.owner] = None
        if values.system:
            found[values.system] = None
    return found


def _open_edits(ids: list[int]) -> dict[int, list[OpenEdit]]:
    found: dict[int, list[OpenEdit]] = {}
    columns = ("pk", "field", "value", "declared", "declared_at", "made_at")
    for start in range(0, len(ids), 10_000):
        chunk = ids[start : start + 10_000]
        for row in Edit.objects.filter(entity__in=chunk, ended_at=None).values_list("entity_id", *columns):
            found.setdefault(row[0], []).append(OpenEdit._make(row[1:]))
    return found


def _values(session: Session, record: Record, edits: list[OpenEdit]) -> Values:
    declared = declared_values(record)
    if periods := ownerships.dated(record):
        declared = declared._replace(owner=ownerships.owner_on(periods, session.now))
    if not edits:
        return declared
    values, moved = in_force(declared._asdict(), edits, session.edit_wins, session.now)
    for edit in moved:
        Edit.objects.filter(pk=edit.id).update(declared=edit.declared, declared_at=edit.declared_at)
    return Values(**values)


def write(session: Session, batch: Batch) -> None:
    """Write entity rows, revisions, owners and events; edges, tags and people follow apart."""
    fresh = [item for item in batch.full if item.was is None]
    known = [item for item in batch.full if item.was is not None]
    named = {item.id: item.was for item in known if item.was is not None and item.was.only_named}
    columns = ["id", "ref", "first_seen_at", *COLUMNS]
    bulk.insert(Entity, columns, ((item.id, item.record.ref, session.now, *_row(session, item)) for item in fresh))
    before = _before([item.id for item in known if item.id not in named])
    bulk.update(Entity, COLUMNS, ((item.id, *_row(session, item)) for item in known))
    for item in fresh:
        _count(session, item, None)
        _created(session, item)
    for item in known:
        if item.id in named:
            _count(session, item, FacetKey(named[item.id].kind, "", "", None, None, named[item.id].presence, False))
            _created(session, item)
        else:
            _count(session, item, key_of(before[item.id]))
            _changed(session, item, before[item.id])
    revise(session, before.values())
    ownerships.write(session, batch.full, before)
    places = ((item.id, item.file_id, item.record.document_index, item.record.line) for item in batch.places)
    bulk.update(Entity, ["file_id", "document_index", "line"], places)
    for item in batch.full:
        if _as_declared(session, item):
            session.ready.append(_ready(session, item))
        else:
            session.changed.append(item.id)


def _as_declared(session: Session, item: Item) -> bool:
    """Whether the item's document alone says what is searched of it, but for its owner's names.

    People are known by more than their documents, edits aren't in them, and an unreadable description of an API leaves
    the operations that it had.
    """
    if item.edited or item.id in session.ids.people:
        return False
    return item.was is None or item.record.operations is not None or item.record.kind != "API"


def _ready(session: Session, item: Item) -> Ready:
    record, values = item.record, item.values
    tags = tuple(sorted(values.tags))
    label = values.title or record.name
    counted = Counted(record.kind, values.type, values.lifecycle, PRESENT, values.restricted, tags, label)
    owner_id = session.ids.of[values.owner] if values.owner else None
    return Ready(item.id, record.words, owner_id, counted, item.was is None)


def _row(session: Session, item: Item) -> tuple[Any, ...]:
    record, values, of = item.record, item.values, session.ids.of
    return (
        record.kind,
        record.namespace,
        record.name,
        values.title,
        values.description,
        values.type,
        values.lifecycle,
        of[values.owner] if values.owner else None,
        of[values.system] if values.system else None,
        session.ids.teams.get(item.id),
        session.ids.people.get(item.id),
        orjson.dumps(values.tags).decode(),
        PRESENT,
        values.restricted,
        (values.title or record.name).casefold()[:300],
        session.source.pk,
        item.file_id,
        record.document_index,
        record.line,
        record.document,
        record.digest,
        session.now,
        None,
        None,
    )


def _before(ids: list[int]) -> dict[int, Entity]:
    """The rows as they were, with owner and system."""
    found: dict[int, Entity] = {}
    for start in range(0, len(ids), 10_000):
        rows = Entity.objects.filter(pk__in=ids[start : start + 10_000]).select_related("owner", "system")
        found.update((one.pk, one) for one in rows)
    return found


def _count(session: Session, item: Item, old: FacetKey | None) -> None:
    values = item.values
    owner = session.ids.of[values.owner] if values.owner else None
    new = FacetKey(
        item.record.kind,
        values.type,
        values.lifecycle,
        owner,
        session.source.pk,
        PRESENT,
        values.restricted,
    )
    facets.move(session.cube, old, new)


def subject(item: Item) -> Subject:
    return Subject("entity", item.id, item.values.title or item.record.name)


def _created(session: Session, item: Item) -> None:
    session.created += 1
    data = {"ref": item.record.ref, "source": session.source.name}
    session.drafts.append(Draft(EventName.ENTITY_CREATED, subject(item), session.actor, session.now, data=data))


def _changed(session: Session, item: Item, old: Entity) -> None:
    session.updated += 1
    changes = differences(old, item.values)
    paths = changed_paths(old.document, orjson.loads(item.record.document))
    data: dict[str, Any] = {"ref": item.record.ref, "source": session.source.name}
    if paths:
        data["document"] = paths[:50]
    returned = old.presence in (Presence.ORPHAN, Presence.REMOVED, Presence.MISSING)
    name = EventName.ENTITY_RESTORED if returned else EventName.ENTITY_UPDATED
    session.drafts.append(Draft(name, subject(item), session.actor, session.now, changes=changes, data=data))
    if "owner" in changes:
        owner = {"owner": changes["owner"]}
        session.drafts.append(
            Draft(EventName.OWNERSHIP_CHANGED, subject(item), session.actor, session.now, changes=owner, data=data)
        )


def differences(old: Entity, values: Values) -> dict[str, tuple[Any, Any]]:
    """Field -> (old, new) of what is in force; owner and system as references."""
    before = Values(
        old.title,
        old.description,
        old.type,
        old.lifecycle,
        old.owner.ref if old.owner else None,
        old.system.ref if old.system else None,
        tuple(old.tags),
        old.restricted,
    )
    pairs = zip(Values._fields, before, values, strict=True)
    return {field: (plain(was), plain(now)) for field, was, now in pairs if was != now}


def revise(session: Session, before: Iterable[Entity]) -> None:
    """Keep superseded states, so that every question can be asked as of a date."""
    columns = [
        "entity_id",
        "valid_from",
        "valid_to",
        "presence",
        "title",
        "description",
        "type",
        "lifecycle",
        "owner_id",
        "tags",
        "document",
    ]
    rows = (
        (
            one.pk,
            one.changed_at,
            session.now,
            one.presence,
            one.title,
            one.description,
            one.type,
            one.lifecycle,
            one.owner_id,
            orjson.dumps(one.tags).decode(),
            orjson.dumps(one.document).decode(),
        )
        for one in before
        if one.content_hash and one.changed_at < session.now
    )
    bulk.insert(Revision, columns, rows)
