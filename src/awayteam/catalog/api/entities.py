"""Entities: lists, details, and what is around one. Addresses are `/entities/{kind}/{namespace}/{name}`."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from awayteam.catalog import queries
from awayteam.catalog.api import schemas
from awayteam.catalog.api.schemas import (
    EntityDetail,
    EntityEditOut,
    EntityListQuery,
    EntityOut,
    LinkOut,
    RelationOut,
)
from awayteam.catalog.models import Entity
from awayteam.catalog.queries.rows import link
from awayteam.kernel import events
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import PageOf, Paging, Word, page_of
from awayteam.kernel.rest.events import EventOut, event_of
from awayteam.sources.declared import RELATION_NAMES, RelationType

router = Router(tags=["entities"])

DIRECTIONS = {
    name: (type, side) for type in RelationType for name, side in zip(RELATION_NAMES[type], ("out", "in"), strict=True)
}


class Reference(Schema):
    """The three parts of a reference, in any case."""

    kind: Annotated[str, Field(min_length=1, max_length=63)]
    namespace: Annotated[str, Field(min_length=1, max_length=63)]
    name: Annotated[str, Field(min_length=1, max_length=200)]


At = Annotated[Reference, Path()]


def load(request: Request, at: Reference) -> Entity:
    """The entity that the actor may see; former references lead to it too."""
    return queries.resolve(request.actor, f"{at.kind}:{at.namespace}/{at.name}", timezone.now())


@router.get("", response=PageOf[EntityOut])
def list_entities(request: Request, query: Annotated[EntityListQuery, Query()]) -> Any:
    """Entities that the actor may see."""
    page = queries.list_entities(
        request.actor,
        query.as_filter(request.actor),
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        as_of=query.as_of,
    )
    return page_of(page, [schemas.entity_of(row) for row in page.items])


@router.get("/{kind}/{namespace}/{name}", response=EntityDetail)
def get_entity(request: Request, at: At) -> Any:
    """One entity, by its reference or a former one."""
    return schemas.detail_of(load(request, at))


class RelationsQuery(Paging):
    type: Word = Field(description="the relation as seen from the entity: dependsOn, dependencyOf, ...")


@router.get("/{kind}/{namespace}/{name}/relations", response=PageOf[RelationOut])
def list_relations(request: Request, at: At, query: Annotated[RelationsQuery, Query()]) -> Any:
    """Relations of one type, by name of the other end; what the actor may not see is left out."""
    type, side = relation(query.type)
    page = queries.relations_page(request.actor, load(request, at), type, side, cursor=query.cursor, limit=query.limit)
    return page_of(page, [schemas.relation_of(row) for row in page.items])


class RelationCount(Schema):
    type: str
    count: int


@router.get("/{kind}/{namespace}/{name}/relation-counts", response=list[RelationCount])
def count_relations(request: Request, at: At) -> Any:
    """How many relations of each type the entity has."""
    counts = queries.relation_counts(request.actor, load(request, at))
    named = {RELATION_NAMES[type][0 if side == "out" else 1]: count for (type, side), count in counts.items()}
    return [RelationCount(type=name, count=named[name]) for name in DIRECTIONS if name in named]


class NeighbourOut(Schema):
    """`layer` is 0 for the entity, negative for its consumers, positive for its providers."""

    entity: LinkOut
    layer: int
    type: str
    owner: LinkOut | None
    degree: int


class EdgeOut(Schema):
    """From consumer to provider, by references; `via` are APIs between them that are no nodes."""

    source: str
    target: str
    type: str
    label: str
    via: list[LinkOut]


class LeftOutOut(Schema):
    layer: int
    count: int
    text: str


class NeighbourhoodOut(Schema):
    centre: str
    nodes: list[NeighbourOut]
    edges: list[EdgeOut]
    left_out: list[LeftOutOut]


class NeighbourhoodQuery(Schema):
    depth: Annotated[int, Field(ge=1, le=3)] = 1
    limit: Annotated[int, Field(ge=2, le=100, description="nodes at most")] = 50


@router.get("/{kind}/{namespace}/{name}/neighbourhood", response=NeighbourhoodOut)
def get_neighbourhood(request: Request, at: At, query: Annotated[NeighbourhoodQuery, Query()]) -> Any:
    """What is around the entity, bounded; the most connected first, and how much was left out."""
    entity = load(request, at)
    found = queries.neighbourhood(request.actor, entity, depth=query.depth, limit=query.limit)
    refs = {node.entity.id: node.entity.ref for node in found.nodes}
    return NeighbourhoodOut(
        centre=entity.ref,
        nodes=[
            NeighbourOut(
                entity=schemas.link_of(node.entity),
                layer=node.layer,
                type=node.type,
                owner=schemas.link_if(node.owner),
                degree=node.degree,
            )
            for node in found.nodes
        ],
        edges=[
            EdgeOut(
                source=refs[edge.source],
                target=refs[edge.target],
                type=edge.type.forward,
                label=edge.label,
                via=[schemas.link_of(api) for api in edge.via],
            )
            for edge in found.edges
        ],
        left_out=[LeftOutOut(layer=row.layer, count=row.count, text=row.text) for row in found.left_out],
    )


class OperationOut(Schema):
    """`name` is what code calls it (operationId, method, field), "" where its description gives none."""

    key: str
    name: str
    verb: str
    path: str
    summary: str
    deprecated: bool
    tags: list[str]


class OperationsQuery(Paging):
    text: Word = ""
    deprecated: bool | None = None


@router.get("/{kind}/{namespace}/{name}/operations", response=PageOf[OperationOut])
def list_operations(request: Request, at: At, query: Annotated[OperationsQuery, Query()]) -> Any:
    """Operations of an API, in its own order."""
    page = queries.operations(
        load(request, at), text=query.text, deprecated=query.deprecated, cursor=query.cursor, limit=query.limit
    )
    return page_of(
        page,
        [
            OperationOut(
                key=row.key,
                name=row.name,
                verb=row.verb,
                path=row.path,
                summary=row.summary,
                deprecated=row.deprecated,
                tags=list(row.tags),
            )
            for row in page.items
        ],
    )


@router.get("/{kind}/{namespace}/{name}/edits", response=list[EntityEditOut])
def list_edits(request: Request, at: At) -> Any:
    """What people set about the entity, beside what its source says."""
    return [schemas.edit_of(row) for row in queries.edits(load(request, at))]


class OwnershipOut(Schema):
    """Accountable from `starts` (null: before any record) until `ends` (null: still)."""

    owner: LinkOut
    starts: datetime | None
    ends: datetime | None
    reason: str
    source: str


@router.get("/{kind}/{namespace}/{name}/ownership", response=list[OwnershipOut])
def list_ownership(request: Request, at: At) -> Any:
    """Who was accountable when, the latest first."""
    return [
        OwnershipOut(
            owner=schemas.link_of(row.owner), starts=row.starts, ends=row.ends, reason=row.reason, source=row.source
        )
        for row in queries.ownership_history(request.actor, load(request, at))
    ]


class EntityFindingOut(Schema):
    path: str
    document: int | None
    line: int | None
    entity: str
    message: str
    about: Literal["entity", "file"]
    found_at: datetime
    source: str


@router.get("/{kind}/{namespace}/{name}/findings", response=list[EntityFindingOut])
def list_entity_findings(request: Request, at: At) -> Any:
    """What is wrong with the entity, or with the file that declares it."""
    return [
        EntityFindingOut(
            path=row.path,
            document=row.document,
            line=row.line,
            entity=row.entity,
            message=row.message,
            about=row.about,
            found_at=row.found_at,
            source=row.source,
        )
        for row in queries.findings(load(request, at))
    ]


@router.get("/{kind}/{namespace}/{name}/history", response=PageOf[EventOut])
def list_entity_history(request: Request, at: At, paging: Annotated[Paging, Query()]) -> Any:
    """What happened to the entity, newest first."""
    page = events.history("entity", load(request, at).pk, before=paging.cursor, limit=paging.limit)
    return page_of(page, [event_of(event) for event in page.items])


@router.get("/{kind}/{namespace}/{name}/ancestry", response=list[LinkOut])
def list_ancestry(request: Request, at: At) -> Any:
    """The Locations that led to the entity, nearest first."""
    rows = queries.ancestry(request.actor, load(request, at))
    return [schemas.link_of(link(row.entity)) for row in rows[1:]]


def relation(name: str) -> tuple[RelationType, Literal["out", "in"]]:
    """Type and direction of a relation's word; raises `InvalidInput` for an unknown one."""
    for word, found in DIRECTIONS.items():
        if word.lower() == name.lower():
            return found  # type: ignore[return-value]
    raise InvalidInput(
        f"There is no relation {name[:40]!r}.", f"Use one of {', '.join(DIRECTIONS)}.", {"type": "unknown"}
    )
