"""One entity's state and all that is kept beside it: revisions, owners, edges, tags, counts, the search index."""

from collections import Counter
from datetime import datetime
from typing import Any

from awayteam.catalog import facets, search
from awayteam.catalog.facets import FacetKey
from awayteam.catalog.models import Entity, EntityTag, Ownership, Presence, Relation, Revision
from awayteam.catalog.rules import plain
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import Subject
from awayteam.organisation.models import Person, Team
from awayteam.sources.backstage import refs
from awayteam.sources.declared import RelationType

EDGES = {"owner": RelationType.OWNED_BY, "system": RelationType.PART_OF}


def locked(entity: Entity) -> Entity:
    """The entity as it is now, held until the transaction ends. Raises `NotFound` where it is gone."""
    rows = Entity.objects.select_for_update(of=("self",)).select_related("owner", "system")
    found = rows.filter(pk=entity.pk).exclude(presence=Presence.REMOVED).first()
    if found is None:
        raise NotFound(f"There is no {entity.ref} any more.")
    return found


def declared_only(entity: Entity) -> None:
    """Only what is declared has facts to edit."""
    if entity.presence == Presence.MISSING:
        raise Conflict(f"{entity.ref} is only named by others.", "Declare it first, in a file or by hand.")


def target(ref: str | None, field: str) -> Entity | None:
    """The entity that a person names as owner or system; raises `InvalidInput` where it can't be one."""
    if ref is None or not ref.strip():
        return None
    try:
        canonical = refs.canonical(ref, "group" if field == "owner" else "system")
    except refs.BadReferenceError as error:
        raise InvalidInput(f"{field}: {error}.", fields={field: str(error)}) from error
    kinds = ("group:", "user:") if field == "owner" else ("system:",)
    if not canonical.startswith(kinds):
        what = "must be a group or a user" if field == "owner" else "must be a system"
        raise InvalidInput(f"The {field} {what}.", fields={field: what})
    found = Entity.objects.filter(ref=canonical).first()
    if found is None or found.presence != Presence.PRESENT:
        raise InvalidInput(f"There is no {canonical}.", "Name one that exists.", {field: "doesn't exist"})
    return found


def key_of(entity: Entity) -> FacetKey:
    return FacetKey(
        entity.kind,
        entity.type,
        entity.lifecycle,
        entity.owner_id,
        entity.source_id,
        entity.presence,
        entity.restricted,
    )


def value_of(entity: Entity, field: str) -> Any:
    """The value in force as JSON; references for owner and system."""
    value = getattr(entity, field)
    if field in EDGES:
        return value.ref if value is not None else None
    return plain(value)


def put(
    entity: Entity,
    values: dict[str, Any],
    *,
    now: datetime,
    reason: str,
    since: datetime | None = None,
    is_dated: bool = False,
) -> None:
    """Set fields of a locked entity (`owner` and `system` are entities) with all that depends on them.

    `since` dates a change of owner where it isn't `now`; `is_dated` says that the dated ownership has it already.
    """
    old = key_of(entity)
    revise(entity, now)
    if "owner" in values and not is_dated:
        _own(entity, values["owner"], since or now, reason)
    for field in EDGES.keys() & values.keys():
        _edge(entity, field, values[field])
    if "tags" in values:
        EntityTag.objects.filter(entity=entity).delete()
        EntityTag.objects.bulk_create(EntityTag(entity=entity, tag=tag) for tag in dict.fromkeys(values["tags"]))
    for field, value in values.items():
        setattr(entity, field, value)
    entity.sort_name = (entity.title or entity.name).casefold()[:300]
    entity.changed_at = now
    entity.save(update_fields=[*values, "sort_name", "changed_at"])
    if "title" in values:
        Team.objects.filter(entity=entity).update(title=entity.title)
        Person.objects.filter(entity=entity).update(display_name=entity.title)
    recount(old, key_of(entity))
    search.reindex([entity.pk])


def recount(old: FacetKey | None, new: FacetKey | None) -> None:
    changes: Counter[FacetKey] = Counter()
    facets.move(changes, old, new)
    facets.apply(changes)


def revise(entity: Entity, now: datetime) -> None:
    """Keep the state that is about to be superseded."""
    if entity.changed_at >= now:
        return
    Revision.objects.create(
        entity=entity,
        valid_from=entity.changed_at,
        valid_to=now,
        presence=entity.presence,
        title=entity.title,
        description=entity.description,
        type=entity.type,
        lifecycle=entity.lifecycle,
        owner_id=entity.owner_id,
        tags=entity.tags,
        document=entity.document,
    )


def _own(entity: Entity, owner: Entity | None, since: datetime, reason: str) -> None:
    """End the open period, and begin the next in the same moment: never before the former one began, though whoever
    waited for the row may have looked at the clock before."""
    if (owner.pk if owner else None) == entity.owner_id:
        return
    held = Ownership.objects.filter(entity=entity, ends=None)
    begun = held.values_list("starts", flat=True).first()
    since = max(since, begun) if begun is not None else since
    held.update(ends=since)
    if owner is not None:
        Ownership.objects.create(entity=entity, owner=owner, starts=since, reason=reason)


def _edge(entity: Entity, field: str, value: Entity | None) -> None:
    """The edge in force for owner or system, as this entity declares it."""
    edges = Relation.objects.filter(type=EDGES[field], source=entity, declared_by=entity)
    edges.filter(target_id=getattr(entity, f"{field}_id")).delete()
    if value is not None:
        Relation.objects.create(type=EDGES[field], source=entity, target=value, declared_by=entity)


def subject(entity: Entity) -> Subject:
    return Subject("entity", entity.pk, str(entity))
