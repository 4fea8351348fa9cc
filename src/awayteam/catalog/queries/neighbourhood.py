"""The neighbourhood of an entity as a picture: consumers to the left, the entity, providers to the right; bounded.

A consumer of an API is drawn to the service that provides it, with the API's name on the edge; an API is a node itself
only where nobody is behind it, or where it is what one looks at. Systems, domains and teams show what they consist of.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from awayteam.catalog.models import Entity, Presence, Relation
from awayteam.catalog.permissions import visible
from awayteam.catalog.queries.lists import rows_of
from awayteam.catalog.queries.rows import EntityLink, EntityRow
from awayteam.kernel.actor import Actor
from awayteam.sources.declared import RelationType

MOST_NODES = 50
MOST_DEPTH = 3
CANDIDATES = 500
"""Neighbours on each side among which the most connected are chosen; of a hub with more, the first ones."""
BORING = (RelationType.OWNED_BY, RelationType.MEMBER_OF)
"""Relations that say nothing about how connected something is."""
STRUCTURE = {
    "System": (RelationType.PART_OF,),
    "Domain": (RelationType.PART_OF,),
    "Group": (RelationType.CHILD_OF,),
    "User": (RelationType.MEMBER_OF,),
}
"""What is drawn around these kinds instead of dependencies."""
CONSUMERS, PROVIDERS = -1, 1


@dataclass(frozen=True, slots=True)
class Node:
    """`layer` is 0 for the entity itself, negative for consumers, positive for providers; `degree` counts its edges."""

    entity: EntityLink
    layer: int
    type: str
    owner: EntityLink | None
    degree: int


@dataclass(frozen=True, slots=True)
class Edge:
    """From the consumer to the provider. `via` names APIs between them that are no nodes."""

    source: int
    target: int
    type: RelationType
    label: str
    via: tuple[EntityLink, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`count` further entities of that layer are not in the picture; `text` spells it out."""

    layer: int
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    centre: int
    nodes: list[Node]
    edges: list[Edge]
    left_out: list[LeftOut]


@dataclass(slots=True)
class _Side:
    """The edges found on one side of some nodes: (near, far, type) -> APIs between; `capped` where there are more."""

    edges: dict[tuple[int, int, RelationType], list[int]] = field(default_factory=dict)
    capped: bool = False

    def add(self, near: int, far: int, type: RelationType, api: int | None = None) -> None:
        if near != far:
            via = self.edges.setdefault((near, far, type), [])
            if api is not None and api not in via:
                via.append(api)


def neighbourhood(actor: Actor, entity: Entity, *, depth: int = 1, limit: int = MOST_NODES) -> Neighbourhood:
    """What is around the entity, at most `limit` nodes with the entity itself, the most connected first.

    Each step of `depth` (1 to 3) goes one further outwards. About ten statements for each step. What the actor may not
    see is neither drawn nor counted.
    """
    picture = _Picture(actor, entity, max(2, min(limit, 200)))
    edge_of_picture = {CONSUMERS: [entity.pk], PROVIDERS: [entity.pk]}
    for step in range(1, max(1, min(depth, MOST_DEPTH)) + 1):
        sides = {side: _look(near, side, entity) for side, near in edge_of_picture.items() if near}
        edge_of_picture = picture.grow(sides, step)
    return picture.finish()


class _Picture:
    """The picture while it grows."""

    def __init__(self, actor: Actor, entity: Entity, limit: int) -> None:
        self.actor, self.entity, self.limit = actor, entity, limit
        self.layers = {entity.pk: 0}
        self.degrees: Counter[int] = Counter()
        self.edges: dict[tuple[int, int, RelationType], list[int]] = {}
        self.left_out: list[LeftOut] = []

    def grow(self, sides: dict[int, _Side], step: int) -> dict[int, list[int]]:
        """Add a layer on each side; returns the ids that were added, by side."""
        ranked = self._ranked(sides)
        room = self.limit - len(self.layers)
        half = room // 2
        shares = {side: min(len(ids), max(half, room - len(_other(ranked, side)))) for side, ids in ranked.items()}
        added: dict[int, list[int]] = {}
        for side, ids in ranked.items():
            shown = [pk for pk in ids[: shares[side]] if pk not in self.layers]
            self.layers |= dict.fromkeys(shown, side * step)
            added[side] = shown
            total = self._count(sides[side], side, step) if sides[side].capped else len(ids)
            if total > shares[side]:
                self.left_out.append(_left_out(side * step, total - shares[side], self.entity.kind))
        for side, found in sides.items():
            for (near, far, type), via in found.edges.items():
                if far in self.layers and near in self.layers:
                    ends = (far, near) if side == CONSUMERS else (near, far)
                    self.edges.setdefault((*ends, type), via)
        return added

    def _ranked(self, sides: "dict[int, _Side]") -> dict[int, list[int]]:
        """New visible neighbours of each side, the most connected first; three statements for all together."""
        new = {
            side: list(dict.fromkeys(far for _, far, _ in found.edges if far not in self.layers))[:CANDIDATES]
            for side, found in sides.items()
        }
        every = {pk for ids in new.values() for pk in ids}
        present = Entity.objects.filter(pk__in=every).exclude(presence=Presence.REMOVED)
        names = dict(visible(self.actor, present).values_list("pk", "sort_name")) if every else {}
        known = [self.entity.pk] if self.entity.pk not in self.degrees else []
        self.degrees.update(_degrees([*names, *known]))
        return {
            side: sorted((pk for pk in ids if pk in names), key=lambda pk: (-self.degrees[pk], names[pk], pk))
            for side, ids in new.items()
        }

    def _count(self, side: _Side, direction: int, step: int) -> int:
        """How many there are on a side of which only a part was read; exact around the entity itself."""
        seen = {far for _, far, _ in side.edges if far not in self.layers}
        if step > 1:
            return len(seen)
        every = _all_neighbours(self.entity, direction)
        rows = visible(self.actor, Entity.objects.filter(pk__in=every).exclude(presence=Presence.REMOVED))
        return rows.exclude(pk=self.entity.pk).count()

    def finish(self) -> Neighbourhood:
        apis = {api for via in self.edges.values() for api in via}
        rows = {row.id: row for row in rows_of([*self.layers, *(api for api in apis if api not in self.layers)])}
        shown = visible(self.actor, Entity.objects.filter(pk__in=apis)) if apis else Entity.objects.none()
        seen = set(shown.values_list("pk", flat=True))
        nodes = [_node(rows[pk], layer, self.degrees[pk]) for pk, layer in self.layers.items() if pk in rows]
        edges = [
            Edge(source, target, type, _label(type, via), tuple(_link(rows[api]) for api in via if api in seen))
            for (source, target, type), via in self.edges.items()
            if source in rows and target in rows
        ]
        return Neighbourhood(self.entity.pk, nodes, edges, self.left_out)


def _other(ranked: dict[int, list[int]], side: int) -> list[int]:
    return ranked.get(-side, [])


def _look(near: Sequence[int], side: int, entity: Entity) -> _Side:
    """The edges from `near` outwards; three statements at most, each of a bounded number of rows."""
    found = _Side()
    if entity.kind in STRUCTURE:
        _direct(found, near, side, STRUCTURE[entity.kind])
        return found
    types = [RelationType.DEPENDS_ON]
    if entity.kind == "API":
        types += [RelationType.CONSUMES_API] if side == CONSUMERS else []
        if side == PROVIDERS:
            providers = Relation.objects.filter(type=RelationType.PROVIDES_API, target__in=near)
            for api, service in _read(found, providers, "target", "source"):
                found.add(api, service, RelationType.PROVIDES_API)
    _direct(found, near, side, types)
    _through_apis(found, near, side)
    return found


def _direct(found: _Side, near: Sequence[int], side: int, types: Sequence[RelationType]) -> None:
    here, there = ("target", "source") if side == CONSUMERS else ("source", "target")
    rows = Relation.objects.filter(type__in=types, **{f"{here}__in": near}).order_by("type", there)
    values = rows.values_list(f"{here}_id", f"{there}_id", "type").distinct()[: CANDIDATES + 1]
    read = list(values)
    found.capped |= len(read) > CANDIDATES
    for one, other, type in read[:CANDIDATES]:
        found.add(one, other, RelationType(type))


def _through_apis(found: _Side, near: Sequence[int], side: int) -> None:
    """Consumers of the APIs that `near` provide, or providers of those they consume; APIs without any stand alone."""
    outwards, back = RelationType.PROVIDES_API, RelationType.CONSUMES_API
    if side == PROVIDERS:
        outwards, back = back, outwards
    apis: dict[int, list[int]] = defaultdict(list)
    for service, api in _read(found, Relation.objects.filter(type=outwards, source__in=near), "source", "target"):
        apis[api].append(service)
    behind: dict[int, list[int]] = defaultdict(list)
    if apis:
        for api, service in _read(found, Relation.objects.filter(type=back, target__in=apis), "target", "source"):
            behind[api].append(service)
    for api, services in apis.items():
        for service in services:
            for far in behind[api]:
                found.add(service, far, RelationType.CONSUMES_API, api)
            if not behind[api]:
                found.add(service, api, outwards)


def _read(found: _Side, rows: "QuerySet[Relation]", first: str, second: str) -> list[tuple[int, int]]:
    pairs = rows.order_by(f"{first}_id", f"{second}_id").values_list(f"{first}_id", f"{second}_id").distinct()
    read = list(pairs[: CANDIDATES + 1])
    found.capped |= len(read) > CANDIDATES
    return read[:CANDIDATES]


def _all_neighbours(entity: Entity, side: int) -> "QuerySet[Relation, Any]":
    """Ids of everything on one side of the entity, as a subquery."""
    here, there = ("target", "source") if side == CONSUMERS else ("source", "target")
    types = list(STRUCTURE.get(entity.kind, (RelationType.DEPENDS_ON,)))
    if entity.kind == "API" and side == CONSUMERS:
        types.append(RelationType.CONSUMES_API)
    direct: QuerySet[Relation, Any] = (
        Relation.objects.filter(type__in=types, **{here: entity.pk}).order_by().values(f"{there}_id")
    )
    if entity.kind in STRUCTURE:
        return direct
    outwards, back = RelationType.PROVIDES_API, RelationType.CONSUMES_API
    if side == PROVIDERS:
        outwards, back = back, outwards
    apis = Relation.objects.filter(type=outwards, source=entity.pk).values("target_id")
    behind = Relation.objects.filter(type=back, target__in=apis).order_by().values("source_id")
    both: QuerySet[Relation, Any] = direct.union(behind)
    return both


def _degrees(ids: Sequence[int]) -> dict[int, int]:
    """How many edges each has, ownership and membership aside; two statements."""
    counts: Counter[int] = Counter()
    for end in ("source", "target"):
        rows = Relation.objects.filter(~Q(type__in=BORING), **{f"{end}__in": ids}).order_by()
        counts.update(dict(rows.values_list(f"{end}_id").annotate(n=Count("pk"))))
    return counts


def _node(row: EntityRow, layer: int, degree: int) -> Node:
    return Node(_link(row), layer, row.type, row.owner, degree)


def _link(row: EntityRow) -> EntityLink:
    return EntityLink(row.id, row.ref, row.kind, row.name, row.title, row.presence)


def _label(type: RelationType, via: Iterable[int]) -> str:
    apis = len(list(via))
    return f"uses {apis} API{'' if apis == 1 else 's'}" if apis else LABELS[type]


LABELS: dict[RelationType, str] = {
    RelationType.OWNED_BY: "is owned by",
    RelationType.PART_OF: "is part of",
    RelationType.PROVIDES_API: "offers",
    RelationType.CONSUMES_API: "uses",
    RelationType.DEPENDS_ON: "depends on",
    RelationType.CHILD_OF: "belongs to",
    RelationType.MEMBER_OF: "is a member of",
}


def _left_out(layer: int, count: int, kind: str) -> LeftOut:
    if kind in STRUCTURE:
        word = "below" if layer < 0 else "above"
        return LeftOut(layer, count, f"{count} more {word}")
    word = "consumer" if layer < 0 else "provider"
    return LeftOut(layer, count, f"{count} more {word}{'' if count == 1 else 's'}")
