"""Shapes of the catalog in the REST interface, and how rows become them."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from awayteam.catalog import queries
from awayteam.catalog.models import Entity, Presence
from awayteam.catalog.permissions import visible
from awayteam.catalog.queries import EntityFilter, EntityLink, EntityRow
from awayteam.catalog.queries.lists import rows_of
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.rest import Moment, Paging, Word
from awayteam.sources.backstage import refs

Many = Annotated[list[Word], Field(max_length=100)]


class LinkOut(Schema):
    """As much of an entity as a link needs. `presence` is present, orphan, missing or removed."""

    ref: str
    kind: str
    name: str
    title: str
    presence: str


class EntityOut(Schema):
    """An entity as lists show it: facts in force, whoever said them."""

    ref: str
    kind: str
    namespace: str
    name: str
    title: str
    description: str
    type: str
    lifecycle: str
    owner: LinkOut | None
    system: LinkOut | None
    tags: list[str]
    presence: str
    restricted: bool
    source: str
    changed_at: datetime


class EntityEditOut(Schema):
    """What a person set (`value`) beside what the source says (`declared`); `in_force` is "person" or "source"."""

    field: str
    value: Any
    declared: Any
    contradicts: bool
    in_force: str
    person: str | None
    reason: str
    made_at: datetime


class DeclarationOut(Schema):
    """Where the entity is declared and how fresh that is; `good` is false while the file can't be read as it is."""

    source: str
    source_id: int
    path: str
    line: int | None
    revision: str
    good: bool
    read_at: datetime | None
    good_at: datetime | None
    last_success_at: datetime | None
    duplicates: list[str]


class EntityDetail(EntityOut):
    """An entity with its document as the source has it, its declaration, and edits by people."""

    document: dict[str, Any]
    declaration: DeclarationOut | None
    edits: list[EntityEditOut]
    team: str | None = Field(description="reference of the team or unit, where the entity is one")
    person: str | None
    first_seen_at: datetime
    orphaned_at: datetime | None


class RelationOut(Schema):
    """One edge as seen from the entity; `declared_by` names those whose documents say so."""

    type: str
    direction: str
    other: EntityOut
    declared_by: list[str]
    origin: str


class EntityQuery(Schema):
    """What a list of entities is narrowed by: values of one name are alternatives, different names must all hold."""

    kind: Many = []
    type: Many = []
    lifecycle: Many = []
    owner: Many = Field([], description='references; "" means none')
    system: Many = Field([], description='references; "" means none')
    tag: Many = []
    source: Many = Field([], description='names of sources; "" means entered by hand')
    presence: Many = Field([], description="present, orphan, missing, removed; the first two where nothing is said")
    text: Word = ""
    filter: Many = Field([], description="path=value into the document (spec.type=service), or a path that must exist")

    def as_filter(self, actor: Actor) -> EntityFilter:
        return EntityFilter(
            kind=tuple(self.kind),
            type=tuple(self.type),
            lifecycle=tuple(self.lifecycle),
            owner=tuple(self.owner),
            tag=tuple(self.tag),
            system=tuple(self.system),
            source=tuple(self.source),
            presence=tuple(self.presence),
            text=self.text,
            fields=tuple(_field(actor, text) for text in self.filter),
        )


class EntityListQuery(EntityQuery, Paging):
    sort: Word = Field("name", description=f"{', '.join(queries.SORTS)}; with - before it the other way round")
    as_of: Moment | None = None


def _field(actor: Actor, text: str) -> tuple[str, str | None]:
    """Path and value; a relation to what the actor may not see matches nothing, so that asking tells nothing."""
    path, equals, value = text.partition("=")
    if not path.strip():
        raise InvalidInput(f"The filter {text[:80]!r} names no path.", "Write path=value.", {"filter": "no path"})
    path, value = path.strip(), value.strip()
    if path.startswith("relations.") and equals and not can_see(actor, value):
        return "metadata.uid", "0"
    return path, value if equals else None


def can_see(actor: Actor, ref: str) -> bool:
    try:
        return visible(actor, Entity.objects.filter(ref=refs.canonical(ref))).exists()
    except refs.BadReferenceError:
        return False


def presence_word(presence: int) -> str:
    return Presence(presence).name.lower()


def link_of(row: EntityLink) -> LinkOut:
    return LinkOut(ref=row.ref, kind=row.kind, name=row.name, title=row.title, presence=presence_word(row.presence))


def link_if(row: EntityLink | None) -> LinkOut | None:
    return link_of(row) if row is not None else None


def facts_of(row: EntityRow) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "kind": row.kind,
        "namespace": row.namespace,
        "name": row.name,
        "title": row.title,
        "description": row.description,
        "type": row.type,
        "lifecycle": row.lifecycle,
        "owner": link_if(row.owner),
        "system": link_if(row.system),
        "tags": list(row.tags),
        "presence": presence_word(row.presence),
        "restricted": row.restricted,
        "source": row.source,
        "changed_at": row.changed_at,
    }


def entity_of(row: EntityRow) -> EntityOut:
    return EntityOut(**facts_of(row))


def detail_of(entity: Entity) -> EntityDetail:
    """An entity from `queries.resolve` with all that its page shows of itself; four statements."""
    (row,) = rows_of([entity.pk])
    return EntityDetail(
        **facts_of(row),
        document=entity.document or {},
        declaration=declaration_of(queries.declaration(entity)),
        edits=[edit_of(edit) for edit in queries.edits(entity)],
        team=entity.team.ref if entity.team else None,
        person=entity.person.ref if entity.person else None,
        first_seen_at=entity.first_seen_at,
        orphaned_at=entity.orphaned_at,
    )


def edit_of(row: queries.EditRow) -> EntityEditOut:
    return EntityEditOut(
        field=row.field,
        value=row.value,
        declared=row.declared,
        contradicts=row.contradicts,
        in_force=row.in_force,
        person=row.person.ref if row.person else None,
        reason=row.reason,
        made_at=row.made_at,
    )


def declaration_of(row: queries.Declaration | None) -> DeclarationOut | None:
    if row is None:
        return None
    return DeclarationOut(
        source=row.source,
        source_id=row.source_id,
        path=row.path,
        line=row.line,
        revision=row.revision,
        good=row.good,
        read_at=row.read_at,
        good_at=row.good_at,
        last_success_at=row.last_success_at,
        duplicates=list(row.duplicates),
    )


def relation_of(row: queries.RelationRow) -> RelationOut:
    return RelationOut(
        type=row.type,
        direction=row.direction,
        other=entity_of(row.other),
        declared_by=list(row.declared_by),
        origin=row.origin.name.lower(),
    )
