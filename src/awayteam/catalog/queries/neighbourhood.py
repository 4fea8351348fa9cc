"""The neighbourhood of an entity as a picture: consumers to the left, the entity, providers to the right; bounded."""

from dataclasses import dataclass

from awayteam.catalog.models import Entity
from awayteam.catalog.queries.relations import OUT, relations
from awayteam.catalog.queries.rows import EntityLink, link
from awayteam.kernel.actor import Actor
from awayteam.sources.declared import RelationType

MOST_NODES = 50


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


def neighbourhood(actor: Actor, entity: Entity, *, depth: int = 1, limit: int = MOST_NODES) -> Neighbourhood:  # noqa: ARG001
    """What is around the entity, at most `limit` nodes, the most connected first."""
    rows = [
        row for row in relations(actor, entity) if row.relation not in (RelationType.OWNED_BY, RelationType.MEMBER_OF)
    ]
    nodes = {entity.pk: Node(link(entity), 0, entity.type, None, len(rows))}
    edges = []
    for row in rows[: limit - 1]:
        other = row.other
        layer = 1 if row.direction == OUT else -1
        shown = EntityLink(other.id, other.ref, other.kind, other.name, other.title, other.presence)
        nodes.setdefault(other.id, Node(shown, layer, other.type, other.owner, 1))
        ends = (entity.pk, other.id) if row.direction == OUT else (other.id, entity.pk)
        edges.append(Edge(*ends, row.relation, row.type))
    rest = len(rows) - (limit - 1)
    left_out = [LeftOut(1, rest, f"{rest} more")] if rest > 0 else []
    return Neighbourhood(entity.pk, list(nodes.values()), edges, left_out)
