"""One entity: finding it by its reference, and everything its page shows, each in a constant number of statements."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import F, Q

from awayteam.catalog.kinds import KINDS
from awayteam.catalog.models import Alias, ApiOperation, Edit, Entity, Ownership, Presence
from awayteam.catalog.permissions import visible, visible_through
from awayteam.catalog.queries.rows import EntityLink, link
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Person
from awayteam.sources.backstage import refs
from awayteam.sources.models import Duplicate, Finding


def resolve(actor: Actor, ref: str, now: datetime | None = None) -> Entity:
    """The entity with this reference, in any case, by a former reference too; with owner, system, source and file.

    A bare name, a former one too, will do where one visible entity only bears it. Two statements, three for former
    references. Raises `NotFound`, and `InvalidInput` where a bare name could mean several.
    """
    try:
        wanted = refs.canonical(ref)
    except refs.BadReferenceError as error:
        bare = ref.strip().lower()
        if not bare or not bare.isprintable() or ":" in bare or len(bare) > refs.MAX_REFERENCE:
            raise NotFound(f"There is no entity {ref[:80]!r}: {error}.", "Write kind:namespace/name.") from error
        return _by_name(actor, bare, now)
    entities = visible(actor, Entity.objects.select_related("source", "file", "team", "person"), now).order_by()
    found = entities.filter(ref=wanted).first()
    if found is None:
        found = entities.filter(pk__in=Alias.objects.filter(ref=wanted).values("entity_id")).first()
    if found is None:
        raise NotFound(f"There is no entity {wanted}.", "Look for it by search; it may have another kind or namespace.")
    return _with_links(found)


def _with_links(entity: Entity) -> Entity:
    """Owner and system, with the owner's team, by a statement of their own: PostgreSQL plans the table's joins with
    itself ten times as long as it reads."""
    ids = [pk for pk in (entity.owner_id, entity.system_id) if pk is not None]
    rows = Entity.objects.select_related("team").defer("document").in_bulk(ids) if ids else {}
    entity.owner = rows.get(entity.owner_id) if entity.owner_id is not None else None
    entity.system = rows.get(entity.system_id) if entity.system_id is not None else None
    return entity


def _by_name(actor: Actor, bare: str, now: datetime | None) -> Entity:
    namespace, _, name = bare.rpartition("/")
    candidates = [f"{kind}:{namespace or 'default'}/{name}" for kind in KINDS]
    entities = visible(actor, Entity.objects.all(), now)
    found = list(entities.filter(ref__in=candidates).values_list("ref", flat=True))
    if not found:
        former = Alias.objects.filter(ref__in=candidates).values("entity_id")
        found = list(entities.filter(pk__in=former).values_list("ref", flat=True))
    if not found:
        raise NotFound(f"There is no entity named {bare[:80]!r}.", "Write kind:namespace/name, or look by search.")
    if len(found) > 1:
        raise InvalidInput(f"{bare!r} could be any of {', '.join(sorted(found))}.", "Write which one.")
    return resolve(actor, found[0], now)


@dataclass(frozen=True, slots=True)
class OwnershipRow:
    """Who was accountable from `starts` (None: before any record) until `ends` (None: still)."""

    owner: EntityLink
    starts: datetime | None
    ends: datetime | None
    reason: str
    source: str


def ownership_history(actor: Actor, entity: Entity, *, limit: int = 100) -> list[OwnershipRow]:
    """Owners of the entity, the latest first; one statement."""
    held = Ownership.objects.filter(visible_through(actor, "owner__"), entity=entity).select_related("owner", "source")
    rows = sorted(
        held.defer("owner__document").order_by("-pk")[:limit],
        key=lambda row: (row.ends is None, row.ends or row.starts),
        reverse=True,
    )
    return [
        OwnershipRow(link(row.owner), row.starts, row.ends, row.reason, row.source.name if row.source else "")
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class EditRow:
    """What a person set, and what the source says of the same field. Both are shown wherever they differ."""

    id: int
    field: str
    value: Any
    declared: Any
    declared_at: datetime | None
    in_force: str
    person: Person | None
    reason: str
    made_at: datetime

    @property
    def contradicts(self) -> bool:
        return bool(self.value != self.declared)


def edits(entity: Entity, *, wins: str | None = None) -> list[EditRow]:
    """Open edits of the entity; one statement. `in_force` is "person" or "source", by rulebook `catalog.edit_wins`."""
    rule = wins or _edit_wins()
    rows = Edit.objects.filter(entity=entity, ended_at__isnull=True).select_related("person").order_by("field")
    return [
        EditRow(
            *(row.pk, row.field, row.value, row.declared, row.declared_at, _winner(rule, row)),
            *(row.person, row.reason, row.made_at),
        )
        for row in rows
    ]


def contradictions(entity: Entity) -> list[EditRow]:
    """Open edits that say other than the source; one statement."""
    return [row for row in edits(entity) if row.contradicts]


def _edit_wins() -> str:
    from awayteam.kernel import rulebook

    return rulebook.current().catalog.edit_wins


def _winner(rule: str, edit: Edit) -> str:
    if rule != "newest":
        return rule
    return "source" if edit.declared_at is not None and edit.declared_at > edit.made_at else "person"


@dataclass(frozen=True, slots=True)
class OperationRow:
    key: str
    verb: str
    path: str
    summary: str
    deprecated: bool
    tags: tuple[str, ...]
    name: str = ""

    @property
    def called(self) -> str:
        """The name, where the key doesn't show it."""
        return "" if self.key.endswith((f"/{self.name}", f" {self.name}")) else self.name


def operations(
    api: Entity, *, text: str = "", deprecated: bool | None = None, cursor: str | None = None, limit: int = 100
) -> Page[OperationRow]:
    """Operations of an API in its own order, narrowed by a part of key, name or summary; two statements."""
    rows = ApiOperation.objects.filter(api=api)
    if text:
        text = text.replace("\0", "")[:200]
        rows = rows.filter(Q(key__icontains=text) | Q(name__icontains=text) | Q(summary__icontains=text))
    if deprecated is not None:
        rows = rows.filter(deprecated=deprecated)
    count = rows.count()
    if cursor:
        position, pk = decode_cursor(cursor, int, int)
        rows = rows.filter(Q(position__gt=position) | Q(position=position, pk__gt=pk))
    found = page_of(
        list(rows.order_by("position", "pk")[: limit + 1]), limit, lambda row: (row.position, row.pk), count
    )
    return found.map(
        lambda row: OperationRow(row.key, row.verb, row.path, row.summary, row.deprecated, tuple(row.tags), row.name)
    )


@dataclass(frozen=True, slots=True)
class FindingRow:
    path: str
    document: int | None
    line: int | None
    entity: str
    message: str
    found_at: datetime
    source: str

    @property
    def about(self) -> Literal["entity", "file"]:
        """What it is about: "entity", or "file" for what is wrong with the file as a whole."""
        return "entity" if self.entity or self.document is not None else "file"


def findings(entity: Entity, *, limit: int = 50) -> list[FindingRow]:
    """What is wrong with the entity, its own document, or the whole file that declares it; one statement."""
    rows = (
        Finding.objects.filter(_about(entity))
        .select_related("source")
        .order_by("path", F("line").asc(nulls_first=True), "pk")[:limit]
    )
    return [
        FindingRow(row.path, row.document, row.line, row.entity, row.message, row.found_at, row.source.name)
        for row in rows
    ]


def _about(entity: Entity) -> Q:
    """The condition that a finding is the entity's and not that of a neighbour in the same file."""
    about = Q(entity=entity.ref)
    if entity.file_id is not None:
        document = Q(document=None) | Q(document=entity.document_index)
        about |= Q(document, file=entity.file_id, entity="")
    return about


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where an entity is declared and how fresh that is. `good` is False while its own document, or the file as a
    whole, can't be read as it is now; what is wrong with its neighbours doesn't count. `path` is "" for orphans."""

    source: str
    source_id: int
    path: str
    line: int | None
    revision: str
    good: bool
    read_at: datetime | None
    good_at: datetime | None
    last_success_at: datetime | None
    duplicates: tuple[str, ...] = ()

    @property
    def read_well_at(self) -> datetime | None:
        """When what is shown was last read: a last good version is as old as its last good reading."""
        return self.last_success_at if self.good or self.good_at is None else self.good_at

    def age(self, now: datetime) -> timedelta | None:
        """Time since what is shown was last read."""
        return now - self.read_well_at if self.read_well_at else None


def declaration(entity: Entity) -> Declaration | None:
    """The declaration of an entity from `resolve`, with documents that claim the same reference; one statement, two
    where something is wrong with the file.

    None for entities that no source declares.
    """
    source, file = entity.source, entity.file
    if source is None:
        return None
    others = Duplicate.objects.filter(ref=entity.ref).select_related("dropped_file")
    return Declaration(
        *(source.name, source.pk, file.path if file else "", entity.line, source.revision),
        good=file is None or file.good or not Finding.objects.filter(_about(entity)).exists(),
        read_at=file.read_at if file else None,
        good_at=file.good_at if file else None,
        last_success_at=source.last_success_at,
        duplicates=tuple(f"{row.dropped_file.path}:{row.dropped_line or 1}" for row in others[:20]),
    )


@dataclass(frozen=True, slots=True)
class AncestorRow:
    """An ancestor and the references of those that lead to it."""

    entity: Entity
    parents: tuple[str, ...]


def ancestry(actor: Actor, entity: Entity, *, most: int = 100) -> list[AncestorRow]:
    """The entity, then the Locations that led to it, nearest first; ends where Locations point in a circle.

    One statement for each step up; each step reads the Locations whose file points at this entity's file.
    """
    rows: list[AncestorRow] = []
    seen, current = {entity.pk}, entity
    while len(rows) < most:
        parent = _location_of(actor, current)
        if parent is None or parent.pk in seen:
            rows.append(AncestorRow(current, ()))
            break
        rows.append(AncestorRow(current, (parent.ref,)))
        seen.add(parent.pk)
        current = parent
    return rows


def _location_of(actor: Actor, entity: Entity) -> Entity | None:
    import posixpath

    if entity.file is None:
        return None
    locations = visible(
        actor, Entity.objects.filter(kind="Location", source=entity.source_id, presence=Presence.PRESENT)
    )
    for location in locations.exclude(pk=entity.pk).select_related("file", "source").order_by("pk")[:1000]:
        spec = location.document.get("spec") or {}
        targets = [spec.get("target"), *(spec.get("targets") or [])]
        folder = posixpath.dirname(location.file.path) if location.file else ""
        names = {posixpath.normpath(posixpath.join(folder, target)) for target in targets if isinstance(target, str)}
        if entity.file.path in names:
            return location
    return None


def missing_references(actor: Actor, *, limit: int = 100, cursor: str | None = None) -> Page[EntityLink]:
    """Entities that others name and nobody declares (dangling), by name."""
    rows = (
        visible(actor, Entity.objects.filter(presence=Presence.MISSING)).order_by("sort_name", "pk").defer("document")
    )
    if cursor:
        name, pk = decode_cursor(cursor, str, int)
        rows = rows.filter(Q(sort_name__gt=name) | Q(sort_name=name, pk__gt=pk))
    return page_of(list(rows[: limit + 1]), limit, lambda row: (row.sort_name, row.pk)).map(link)
