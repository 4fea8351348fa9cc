"""Edges of an entity: what it uses and is used by, page by page where there are thousands."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from awayteam.catalog.models import Entity, Origin, Presence, Relation
from awayteam.catalog.permissions import visible_through
from awayteam.catalog.queries.keyset import Beyond
from awayteam.catalog.queries.lists import rows_of
from awayteam.catalog.queries.rows import EntityRow
from awayteam.kernel.actor import Actor
from awayteam.kernel.paging import Page, decode_cursor, encode_cursor
from awayteam.sources.declared import RelationType

OUT, IN = "out", "in"
ENDS = {OUT: ("source", "target"), IN: ("target", "source")}
"""Direction -> the end where the entity is, and the other end."""


@dataclass(frozen=True, slots=True)
class RelationRow:
    """One edge as seen from an entity.

    `type` is the word in that direction (`dependsOn`, `dependencyOf`, ...); `direction` is "out" for the stored one and
    "in" for its reverse; `declared_by` holds references of those whose documents say so: one end, or both.
    """

    type: str
    relation: RelationType
    direction: str
    other: EntityRow
    declared_by: tuple[str, ...]
    origin: Origin


def relations(
    actor: Actor,
    entity: Entity,
    *,
    types: Iterable[RelationType] = (),
    direction: str | None = None,
    limit: int = 1_000,
) -> list[RelationRow]:
    """Edges of the entity by type and name of the other end, up to `limit` in each direction.

    Edges to what the actor may not see are left out. Three statements.
    """
    sides = (OUT, IN) if direction is None else (direction,)
    return _rows({side: list(_edges(actor, entity, side, types)[: 2 * limit]) for side in sides}, limit)


def relations_and_counts(
    actor: Actor, entity: Entity, *, limit: int = 1_000
) -> tuple[list[RelationRow], dict[tuple[RelationType, str], int]]:
    """`relations` and `relation_counts` together; three statements, one more for a direction with too many edges."""
    edges = {side: list(_edges(actor, entity, side, ())[: 2 * limit + 1]) for side in ENDS}
    counts: dict[tuple[RelationType, str], int] = {}
    for side, found in edges.items():
        if len(found) > 2 * limit:
            counts |= _counts(actor, entity, side)
        else:
            numbers = Counter(type for type, _ in {(type, other) for type, other, *_ in found})
            counts |= {(RelationType(type), side): number for type, number in numbers.items()}
    return _rows(edges, limit), counts


def _rows(edges: "dict[str, list[tuple[int, int, str, int]]]", limit: int) -> list[RelationRow]:
    found: list[RelationRow] = []
    others = {row.id: row for row in rows_of(list({edge[1] for rows in edges.values() for edge in rows}))}
    for side, rows in edges.items():
        found += _merged(side, rows, others)[:limit]
    found.sort(key=lambda row: (row.relation, row.direction != OUT, row.other.label.casefold()))
    return found


def relation_counts(actor: Actor, entity: Entity) -> dict[tuple[RelationType, str], int]:
    """How many other ends the entity has by type and direction, without what the actor may not see; two statements."""
    return {key: number for side in ENDS for key, number in _counts(actor, entity, side).items()}


def _counts(actor: Actor, entity: Entity, side: str) -> dict[tuple[RelationType, str], int]:
    other = ENDS[side][1]
    rows = _of(actor, entity, side).order_by().values_list("type").annotate(n=Count(other, distinct=True))
    return {(RelationType(type), side): number for type, number in rows}


def relations_page(
    actor: Actor,
    entity: Entity,
    type: RelationType,
    direction: str,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[RelationRow]:
    """One kind of edge in one direction, by name of the other end; four statements."""
    _, other = ENDS[direction]
    rows = _of(actor, entity, direction).filter(type=type)
    keys = [f"{other}__sort_name", f"{other}_id"]
    ends = rows.order_by(*keys).values_list(*keys).distinct()
    if cursor:
        ends = ends.filter(Beyond(keys, decode_cursor(cursor, str, int), descending=False))
    found = list(ends[: limit + 1])
    ids = [pk for _, pk in found[:limit]]
    edges = _edges(actor, entity, direction, [type]).filter(**{f"{other}__in": ids})
    merged = {row.other.id: row for row in _merged(direction, edges, {row.id: row for row in rows_of(ids)})}
    following = encode_cursor(*found[limit - 1]) if len(found) > limit else None
    return Page([merged[pk] for pk in ids if pk in merged], following, _count(rows, other))


def _count(rows: "QuerySet[Relation]", other: str) -> int:
    return int(rows.aggregate(n=Count(other, distinct=True))["n"])


def _of(actor: Actor, entity: Entity, side: str) -> "QuerySet[Relation]":
    here, other = ENDS[side]
    seen = visible_through(actor, f"{other}__") & ~Q(**{f"{other}__presence": Presence.REMOVED})
    return Relation.objects.filter(seen, **{here: entity.pk})


def _edges(
    actor: Actor, entity: Entity, side: str, types: Iterable[RelationType]
) -> "QuerySet[Relation, tuple[int, int, str, int]]":
    """(type, id of the other end, reference of the declarer, origin), in the order of the index."""
    rows = _of(actor, entity, side)
    if wanted := list(types):
        rows = rows.filter(type__in=wanted)
    other = ENDS[side][1]
    return rows.order_by("type", f"{other}_id").values_list("type", f"{other}_id", F("declared_by__ref"), "origin")


def _merged(side: str, edges: Iterable[tuple[int, int, str, int]], others: dict[int, EntityRow]) -> list[RelationRow]:
    """One row for each type and other end, however many documents declare it."""
    declarers: dict[tuple[int, int, int], list[str]] = defaultdict(list)
    for type, other, declarer, origin in edges:
        if other in others:
            declarers[type, other, origin].append(declarer)
    return [
        RelationRow(_word(type, side), RelationType(type), side, others[other], tuple(names), Origin(origin))
        for (type, other, origin), names in declarers.items()
    ]


def _word(type: int, side: str) -> str:
    relation = RelationType(type)
    return relation.forward if side == OUT else relation.reverse
