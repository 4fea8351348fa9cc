"""The catalog as it was: states in force at a moment, from current rows and superseded ones.

What has not changed since is in the entity itself; what has is in its revision of that time; what came later is not
there, unless a source itself dates an owner then: that was there before it was first read, and is shown as it was first
known. Owners follow the dated ownership. Names for sorting, kinds, systems and sources are those of today.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, Expression, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from awayteam.catalog.models import Entity, Ownership, Revision
from awayteam.catalog.queries import filters
from awayteam.catalog.queries.paths import InDocument
from awayteam.catalog.queries.references import canonical, owner_keys
from awayteam.catalog.queries.rows import EntityLink, EntityRow
from awayteam.organisation.queries import dated


def entities(base: "QuerySet[Entity]", filter: filters.EntityFilter, at: datetime) -> "QuerySet[Entity]":
    """Entities of `base` that existed at that moment and fitted the filter then."""
    found = base.alias(
        past=FilteredRelation("revisions", condition=Q(revisions__valid_from__lte=at, revisions__valid_to__gt=at)),
    ).filter(Q(changed_at__lte=at) | Q(past__isnull=False) | Q(first_seen_at__gt=at, pk__in=_owned_before(at)))
    found = found.alias(**{f"_{name}": _then(name, at) for name in ("presence", "type", "lifecycle")})
    found = found.filter(_presence__in=list(filters.presences(filter.presence)))
    for name in ("type", "lifecycle"):
        if values := getattr(filter, name):
            found = found.filter(**{f"_{name}__in": values})
    if filter.owner:
        found = found.filter(_owned_by(canonical(filter.owner, "group"), at))
    if filter.tag:
        found = found.filter(_tagged(filter.tag, at))
    rest = replace(filter, presence=filters.EVERY_PRESENCE, type=(), lifecycle=(), owner=(), tag=())
    return filters.narrow(found, rest).alias(_owner_name=_owner_name(at))


def sort_keys(name: str) -> list[str | Expression]:
    """The keys of `lists`, by what was in force."""
    match name:
        case "name":
            return ["sort_name", "pk"]
        case "changed":
            return ["changed_at", "pk"]
        case "owner":
            return ["_owner_name", "sort_name", "pk"]
        case "kind":
            return ["kind", "sort_name", "pk"]
        case _:
            return [f"_{name}", "sort_name", "pk"]


def in_force(rows: Sequence[EntityRow], at: datetime) -> list[EntityRow]:
    """The same rows with the values and owners of that moment; two statements, three for what was read later."""
    ids = [row.id for row in rows]
    states = {state.entity_id: state for state in revisions(ids, at)}
    unread = [row.id for row in rows if row.changed_at > at and row.id not in states]
    states |= {state.entity_id: state for state in _first_known(unread)} if unread else {}
    owners = owners_at(ids, at)
    return [_as_it_was(row, states.get(row.id), owners.get(row.id), at) for row in rows]


def revisions(ids: Sequence[int], at: datetime) -> "QuerySet[Revision]":
    """The superseded states of these entities that were in force at that moment."""
    return Revision.objects.filter(entity__in=ids, valid_from__lte=at, valid_to__gt=at)


def _first_known(ids: Sequence[int]) -> "QuerySet[Revision]":
    earlier = Revision.objects.filter(entity=OuterRef("entity"), valid_from__lt=OuterRef("valid_from"))
    return Revision.objects.filter(~Exists(earlier), entity__in=ids)


def _owned_before(at: datetime) -> "QuerySet[Ownership, Any]":
    """Entities of which a source says who owned them at that moment, with a date: it began by then, or ended after."""
    stated = Q(starts__isnull=False) | Q(ends__lte=F("entity__first_seen_at"))
    return Ownership.objects.filter(dated(at), stated).values("entity")


def owners_at(ids: Sequence[int], at: datetime) -> dict[int, EntityLink]:
    """Entity id -> who was accountable at that moment."""
    held = Ownership.objects.filter(dated(at), entity__in=ids).select_related("owner").defer("owner__document")
    return {
        row.entity_id: EntityLink(
            row.owner.pk, row.owner.ref, row.owner.kind, row.owner.name, row.owner.title, row.owner.presence
        )
        for row in held
    }


def _then(column: str, at: datetime) -> Expression:
    first = Revision.objects.filter(entity=OuterRef("pk")).order_by("valid_from").values(column)[:1]
    return Case(
        When(changed_at__lte=at, then=F(column)),
        When(past__isnull=False, then=F(f"past__{column}")),
        default=Coalesce(Subquery(first), F(column)),
    )


def _owned_by(references: Sequence[str], at: datetime) -> Q:
    held = Ownership.objects.filter(dated(at), entity=OuterRef("pk"))
    keys = owner_keys(references)
    condition = Q(Exists(held.filter(owner__in=[key for key in keys if key is not None])))
    return condition | ~Q(Exists(held)) if None in keys else condition


def _owner_name(at: datetime) -> Expression:
    held = Ownership.objects.filter(dated(at), entity=OuterRef("pk")).values("owner__sort_name")[:1]
    return Coalesce(Subquery(held), Value(""))


def _tagged(tags: Sequence[str], at: datetime) -> Q:
    condition = Q()
    for tag in tags:
        now = Q(changed_at__lte=at, tag_rows__tag=tag)
        then = Q(InDocument([], tag, document=_then("tags", at)), changed_at__gt=at)
        condition |= Q(pk__in=Entity.objects.filter(now).values("pk")) | then
    return condition


def _as_it_was(row: EntityRow, state: Revision | None, owner: EntityLink | None, at: datetime) -> EntityRow:
    if row.changed_at <= at or state is None:
        return replace(row, owner=owner)
    return replace(
        row,
        title=state.title,
        description=state.description,
        type=state.type,
        lifecycle=state.lifecycle,
        tags=tuple(state.tags),
        presence=state.presence,
        owner=owner,
        changed_at=state.valid_from,
    )
