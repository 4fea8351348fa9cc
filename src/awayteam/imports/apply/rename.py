"""Renaming an entity in place: it keeps its id, history and owners, and its former reference leads to it."""

from collections.abc import Iterable, Sequence

from django.db import connection, transaction

from awayteam.catalog import facets
from awayteam.catalog.models import Alias, Entity, Presence
from awayteam.imports.apply.ids import key_of
from awayteam.imports.apply.session import Session
from awayteam.imports.records import Record
from awayteam.kernel.events import Draft, EventName, Subject
from awayteam.organisation.models import Membership, Person, Team

ENTITY_COLUMNS = (
    ("catalog_relation", "source_id"),
    ("catalog_relation", "target_id"),
    ("catalog_entity", "owner_id"),
    ("catalog_entity", "system_id"),
    ("catalog_ownership", "owner_id"),
    ("catalog_revision", "owner_id"),
    ("catalog_alias", "entity_id"),
)
TEAM_COLUMNS = (
    ("imports_membershipclaim", "team_id"),
    ("organisation_team", "parent_id"),
    ("organisation_person", "primary_team_id"),
)
PERSON_COLUMNS = (("imports_membershipclaim", "person_id"), ("organisation_person", "manager_id"))
"""What may point at a merely named entity, and at the team or person behind it."""


def rename(session: Session, entity_id: int, record: Record, reason: str) -> None:
    """Give an entity the reference of `record`. A merely named entity of that reference is absorbed."""
    with transaction.atomic():
        entity = Entity.objects.select_for_update().get(pk=entity_id)
        stub = Entity.objects.filter(ref=record.ref).first()
        if stub is not None:
            absorb(session, stub, entity)
        old, before = entity.ref, key_of(entity)
        Alias.objects.filter(ref=record.ref).delete()
        Alias.objects.update_or_create(ref=old, defaults={"entity": entity, "since": session.now, "reason": reason})
        entity.ref, _, entity.namespace, entity.name = record[:4]
        entity.kind = session.kinds.declared(record.kind)
        entity.sort_name = (entity.title or entity.name).casefold()[:300]
        entity.save(update_fields=["ref", "kind", "namespace", "name", "sort_name"])
        Team.objects.filter(entity=entity).update(ref=record.ref, name=record.name)
        Person.objects.filter(entity=entity).update(ref=record.ref, name=record.name)
        Membership.objects.filter(declared_by=old).update(declared_by=record.ref)
        facets.move(session.cube, before, key_of(entity))
        session.changed.append(entity.pk)
        session.ids.of.pop(old, None)
        session.ids.know(record.ref, entity.pk, entity.team_id, entity.person_id)
        subject = Subject("entity", entity.pk, str(entity))
        changes = {"ref": (old, record.ref)}
        session.drafts.append(Draft(EventName.ENTITY_RENAMED, subject, session.actor, session.now, reason, changes, {}))
        session.finish_batch()


def remember_aliases(session: Session, entity_id: int, aliases: Iterable[str]) -> None:
    """Former references that a document names lead to its entity, unless they are declared by something else."""
    for ref in aliases:
        other = Entity.objects.filter(ref=ref).first()
        if other is not None and other.pk != entity_id:
            if other.presence != Presence.MISSING or other.content_hash:
                continue
            absorb(session, other, Entity.objects.get(pk=entity_id))
        Alias.objects.get_or_create(
            ref=ref, defaults={"entity_id": entity_id, "since": session.now, "reason": "named in the document"}
        )
        session.ids.of.pop(ref, None)


def absorb(session: Session, stub: Entity, into: Entity) -> None:
    """Let everything that points at a merely named entity point at `into`, and delete it."""
    for owned in Entity.objects.filter(owner=stub):
        facets.move(session.cube, key_of(owned), key_of(owned)._replace(owner_id=into.pk))
    with connection.cursor() as cursor:
        for table, column in ENTITY_COLUMNS:
            cursor.execute(_repoint(table, column), [into.pk, stub.pk])
        if stub.team_id and into.team_id:
            _members("team_id", stub.team_id, into.team_id)
            for table, column in TEAM_COLUMNS:
                cursor.execute(_repoint(table, column), [into.team_id, stub.team_id])
        if stub.person_id and into.person_id:
            _members("person_id", stub.person_id, into.person_id)
            for table, column in PERSON_COLUMNS:
                cursor.execute(_repoint(table, column), [into.person_id, stub.person_id])
    facets.move(session.cube, key_of(stub), None)
    session.changed.append(stub.pk)
    session.ids.of.pop(stub.ref, None)
    team_id, person_id = stub.team_id, stub.person_id
    stub.delete()
    if team_id is not None:
        Team.objects.filter(pk=team_id).delete()
    if person_id is not None:
        Person.objects.filter(pk=person_id).delete()


def _repoint(table: str, column: str) -> str:
    return f"UPDATE {table} SET {column} = %s WHERE {column} = %s"  # noqa: S608 - names of our own


def _members(column: str, old: int, new: int) -> None:
    """Move memberships, without having one twice."""
    other = "person_id" if column == "team_id" else "team_id"
    taken: Sequence[tuple[int, str]] = list(
        Membership.objects.filter(**{column: new}, ends=None).values_list(other, "role")
    )
    for row in Membership.objects.filter(**{column: old}):
        if row.ends is None and (getattr(row, other), row.role) in taken:
            row.delete()
        else:
            setattr(row, column, new)
            row.save(update_fields=[column])
