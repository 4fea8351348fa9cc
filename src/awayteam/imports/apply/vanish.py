"""What no document declares any more: orphans, removal after the grace time, and missing entities that nobody names."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from awayteam.catalog import facets
from awayteam.catalog.models import ApiOperation, Entity, EntityTag, Presence, Relation
from awayteam.imports.apply import identities, memberships, ownerships
from awayteam.imports.apply.entities import revise
from awayteam.imports.apply.ids import key_of
from awayteam.imports.apply.session import Session
from awayteam.imports.apply.structure import arrange
from awayteam.kernel import bulk
from awayteam.kernel.events import Draft, EventName, Subject
from awayteam.organisation.models import Person, Team

BATCH = 2_000


def orphan(session: Session, ids: Sequence[int]) -> None:
    """Mark entities as orphans: visible, with all that is known of them, until the grace time is over."""
    for start in range(0, len(ids), BATCH):
        with transaction.atomic():
            rows = _locked(ids[start : start + BATCH], [Presence.PRESENT])
            _turn(session, rows, Presence.ORPHAN, EventName.ENTITY_ORPHANED)
            session.orphaned += [row.pk for row in rows]
            session.finish_batch()


def expire(session: Session, grace_days: int) -> int:
    """Remove orphans whose grace time is over; returns how many. What others still name becomes missing instead."""
    before = session.now - timedelta(days=grace_days)
    due = Entity.objects.filter(presence=Presence.ORPHAN, orphaned_at__lte=before).order_by("pk")
    count = 0
    while ids := list(due.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            rows = _locked(ids, [Presence.ORPHAN])
            _strip(session, rows)
            named = _named(ids)
            _turn(session, [row for row in rows if row.pk in named], Presence.MISSING, EventName.ENTITY_REMOVED)
            _turn(session, [row for row in rows if row.pk not in named], Presence.REMOVED, EventName.ENTITY_REMOVED)
            _leave(rows, session.now)
            session.finish_batch()
            count += len(rows)
    return count


def forget_unnamed(session: Session) -> None:
    """Missing entities exist because others name them; when nobody does any more, they go quietly."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(UNNAMED_SQL, [Presence.MISSING.value])
            ids = [row[0] for row in cursor.fetchall()]
        rows = _locked(ids, [Presence.MISSING])
        _place(session, rows, Presence.REMOVED)
        session.finish_batch()


UNNAMED_SQL = """
SELECT e.id FROM catalog_entity e
WHERE e.presence = %s
  AND NOT EXISTS (SELECT 1 FROM catalog_relation r WHERE r.target_id = e.id)
  AND NOT EXISTS (SELECT 1 FROM catalog_relation r WHERE r.source_id = e.id)
  AND NOT EXISTS (SELECT 1 FROM catalog_entity o WHERE o.owner_id = e.id)
  AND NOT EXISTS (SELECT 1 FROM catalog_entity s WHERE s.system_id = e.id AND s.system_id IS NOT NULL)
  AND (e.person_id IS NULL OR NOT EXISTS (SELECT 1 FROM organisation_person p WHERE p.manager_id = e.person_id))
  AND (e.person_id IS NULL OR NOT EXISTS
       (SELECT 1 FROM organisation_membership m WHERE m.person_id = e.person_id AND m.ends IS NULL))
  AND (e.team_id IS NULL OR NOT EXISTS
       (SELECT 1 FROM organisation_membership m WHERE m.team_id = e.team_id AND m.ends IS NULL))
"""


def _locked(ids: Sequence[int], presences: Sequence[Presence]) -> list[Entity]:
    rows = Entity.objects.select_for_update(of=("self",)).filter(pk__in=ids, presence__in=presences)
    return list(rows.order_by("pk"))


def _turn(session: Session, rows: list[Entity], presence: Presence, event: EventName) -> None:
    revise(session, rows)
    for row in rows:
        change = {"presence": (Presence(row.presence).label, presence.label)}
        subject = Subject("entity", row.pk, str(row))
        data = {"ref": row.ref, "source": row.source.name if row.source else None}
        session.drafts.append(Draft(event, subject, session.actor, session.now, changes=change, data=data))
    _place(session, rows, presence)


def _place(session: Session, rows: list[Entity], presence: Presence) -> None:
    for row in rows:
        old = key_of(row)
        row.presence = presence
        if presence is not Presence.ORPHAN:
            row.owner_id = row.system_id = row.source_id = None
        facets.move(session.cube, old, key_of(row))
    orphaned = session.now if presence is Presence.ORPHAN else None
    removed = session.now if presence is Presence.REMOVED else None
    columns = [
        "presence",
        "orphaned_at",
        "removed_at",
        "changed_at",
        "file_id",
        "document_index",
        "line",
        "owner_id",
        "system_id",
        "source_id",
    ]
    values = (presence.value, orphaned, removed, session.now, None, None, None)
    bulk.update(Entity, columns, ((row.pk, *values, row.owner_id, row.system_id, row.source_id) for row in rows))
    session.changed.extend(row.pk for row in rows)


def _strip(session: Session, rows: list[Entity]) -> None:
    """Take back all that these entities declare."""
    ids = [row.pk for row in rows]
    bulk.delete(Relation, "declared_by_id", ids)
    bulk.delete(EntityTag, "entity_id", ids)
    bulk.delete(ApiOperation, "api_id", ids)
    ownerships.close(ids, session.now)
    memberships.withdraw(session, ids)
    identities.withdraw(session, ids)


def _named(ids: Sequence[int]) -> set[int]:
    """Those of `ids` that others still name."""
    named = bulk.select("target_id", Relation._meta.db_table, "target_id", ids)
    named += bulk.select("source_id", Relation._meta.db_table, "source_id", ids)
    named += bulk.select("owner_id", Entity._meta.db_table, "owner_id", ids)
    named += bulk.select("system_id", Entity._meta.db_table, "system_id", ids)
    return {row[0] for row in named}


def _leave(rows: list[Entity], now: datetime) -> None:
    """Teams dissolve and people leave with their entities."""
    teams = [row.team_id for row in rows if row.team_id is not None]
    people = [row.person_id for row in rows if row.person_id is not None]
    Team.objects.filter(pk__in=teams).update(dissolved_at=now, declared=False)
    Person.objects.filter(pk__in=people, left_at=None).update(left_at=now, declared=False)
    if teams:
        arrange()
