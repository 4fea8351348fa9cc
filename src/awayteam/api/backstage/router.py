"""The addresses below /api/catalog."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from awayteam.api.backstage import filters, predicate, query, shape
from awayteam.api.backstage.filters import InputError, Order
from awayteam.api.backstage.query import Question
from awayteam.catalog import queries
from awayteam.catalog.models import Alias, Entity
from awayteam.catalog.queries.values import values_at, values_of
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Word, etags
from awayteam.kernel.rest.auth import SIGNED_IN_TO_READ
from awayteam.sources.backstage import refs

router = Router(tags=["Backstage"])
DEFAULT_LIMIT = 200
BATCH = 500

Filters = Annotated[list[Annotated[str, Field(max_length=4_000)]], Field(max_length=50)]
Fields = Annotated[list[Annotated[str, Field(max_length=4_000)]], Field(max_length=50)]
Offset = Annotated[int, Field(ge=0, le=2**31)]


class EntityOut(Schema):
    """An entity as its source declares it, with the facts in force."""

    apiVersion: str  # noqa: N815
    kind: str
    metadata: dict[str, Any]
    spec: dict[str, Any] = {}
    relations: list[dict[str, str]] = []


class PageInfo(Schema):
    nextCursor: str | None = None  # noqa: N815
    prevCursor: str | None = None  # noqa: N815


class ByQueryOut(Schema):
    items: list[dict[str, Any]]
    totalItems: int  # noqa: N815
    pageInfo: PageInfo  # noqa: N815


class ByQuery(Schema):
    """`filter`, order and text count on the first page only; a cursor carries them."""

    filter: Filters = []
    fields: Fields = []
    limit: Annotated[int, Field(ge=0, le=2**31)] = DEFAULT_LIMIT
    offset: Offset = 0
    cursor: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None
    orderField: Annotated[list[Word], Field(max_length=10)] = []  # noqa: N815
    fullTextFilterTerm: Word = ""  # noqa: N815
    fullTextFilterFields: Annotated[list[Word], Field(max_length=50)] = []  # noqa: N815


@router.get("/entities/by-query", response=ByQueryOut, exclude_none=True)
def entities_by_query(request: Request, asked: Annotated[ByQuery, Query()]) -> Any:
    """Entities page by page: nextCursor and prevCursor lead on and back."""
    question = query.decode(asked.cursor) if asked.cursor else _question(asked)
    offset = 0 if asked.cursor else asked.offset
    return _page(request, question, limit=asked.limit, offset=offset, fields=asked.fields)


class FullText(Body):
    term: Word = ""
    fields: Annotated[list[Word], Field(max_length=50)] = []


class OrderBy(Body):
    field: Word
    order: Literal["asc", "desc"] = "asc"


class PredicateIn(Body):
    """`query` is a predicate: an object of paths with values or `$exists`, `$in`, `$contains`, `$hasPrefix`, and of
    `$all`, `$any`, `$not`. What narrows and orders counts on the first page only; a cursor carries it."""

    query: dict[str, Any] | None = None
    fields: Fields = []
    limit: Annotated[int, Field(ge=0, le=2**31)] = DEFAULT_LIMIT
    offset: Offset = 0
    cursor: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None
    orderField: Annotated[list[Word], Field(max_length=10)] = []  # noqa: N815
    orderBy: Annotated[list[OrderBy], Field(max_length=10)] = []  # noqa: N815
    fullTextFilter: FullText | None = None  # noqa: N815
    totalItems: Literal["include", "exclude"] = "include"  # noqa: N815


@router.post("/entities/by-query", response=ByQueryOut, exclude_none=True, auth=SIGNED_IN_TO_READ)
def entities_by_predicate(request: Request, body: PredicateIn) -> Any:
    """Entities page by page, narrowed by a predicate. It only reads, so a token that may read will do."""
    if body.cursor:
        return _page(request, query.decode(body.cursor), limit=body.limit, offset=0, fields=body.fields)
    orders = [*body.orderField, *(f"{one.field},{one.order}" for one in body.orderBy)]
    text = body.fullTextFilter or FullText()
    question = Question(
        predicate=predicate.encoded(body.query),
        order=filters.order_of(orders[0]) if orders else None,
        term=text.term,
        term_fields=tuple(filters.usual(field) for field in text.fields),
        total=0 if body.totalItems == "exclude" else None,
    )
    return _page(request, question, limit=body.limit, offset=body.offset, fields=body.fields)


def _page(request: Request, question: Question, *, limit: int, offset: int, fields: Sequence[str]) -> HttpResponse:
    wanted = filters.selection(fields)
    answer = query.ask(request.actor, question, limit=limit, offset=offset)
    return _json(
        {
            "items": _selected(request, answer.entities, wanted),
            "totalItems": answer.total,
            "pageInfo": {
                name: query.encode(beside)
                for name, beside in (("nextCursor", answer.following), ("prevCursor", answer.preceding))
                if beside
            },
        },
        request,
    )


def _question(asked: ByQuery) -> Question:
    fields = [part.strip() for text in asked.fullTextFilterFields for part in text.split(",") if part.strip()]
    return Question(
        filters=tuple(asked.filter),
        order=filters.order_of(asked.orderField[0]) if asked.orderField else None,
        term=asked.fullTextFilterTerm,
        term_fields=tuple(filters.usual(field) for field in fields),
    )


def _selected(request: Request, entities: list[Entity], wanted: list[str]) -> list[dict[str, Any]]:
    related = not wanted or any(path.split(".")[0] == "relations" for path in wanted) or "metadata.etag" in wanted
    whole = shape.shaped(request.actor, entities, relations=related)
    return [filters.select(entity, wanted) for entity in whole]


class EntitiesQuery(Schema):
    filter: Filters = []
    fields: Fields = []
    limit: Annotated[int, Field(ge=1, le=2**31)] | None = None
    offset: Offset = 0
    after: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None
    order: Annotated[list[Word], Field(max_length=1)] = []


@router.get("/entities", response=list[dict[str, Any]])
def entities(request: Request, asked: Annotated[EntitiesQuery, Query()]) -> Any:
    """The old list: everything that matches, or with a limit one page and a Link header to the next."""
    wanted = filters.selection(asked.fields)
    if asked.after:
        question = query.decode(asked.after)
    else:
        order = _old_order(asked.order[0]) if asked.order else Order("ref", False)
        question = Question(filters=tuple(asked.filter), order=order, total=0)
    if asked.limit is None:
        first = query.ask(request.actor, question, limit=BATCH, offset=asked.offset)
        return StreamingHttpResponse(_everything(request, first, wanted), content_type="application/json")
    answer = query.ask(request.actor, question, limit=asked.limit, offset=0 if asked.after else asked.offset)
    response = _json(_selected(request, answer.entities, wanted), request)
    if answer.following:
        parameters = [
            ("after", query.encode(answer.following)),
            ("limit", str(asked.limit)),
            *(("fields", each) for each in asked.fields),
        ]
        response["Link"] = f'<{request.path}?{urlencode(parameters)}>; rel="next"'
    return response


def _old_order(text: str) -> Order:
    direction, colon, field = text.partition(":")
    if not colon or direction not in ("asc", "desc") or not field.strip():
        raise InputError(f"{text[:80]!r} is no order.", "Write asc:field or desc:field.")
    return Order(filters.usual(field.strip()), direction == "desc")


def _everything(request: Request, answer: query.Answer, wanted: list[str]) -> Iterator[bytes]:
    """A JSON list, made while it is sent, so that neither side needs to hold it. Its first part is asked for already,
    so that a question that can't be answered is refused before the answer begins."""
    yield b"["
    separator = b""
    while True:
        for entity in _selected(request, answer.entities, wanted):
            yield separator + orjson.dumps(entity)
            separator = b","
        if answer.following is None:
            break
        answer = query.ask(request.actor, answer.following, limit=BATCH)
    yield b"]"


class Named(Schema):
    kind: Annotated[str, Field(min_length=1, max_length=63)]
    namespace: Annotated[str, Field(min_length=1, max_length=63)]
    name: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("/entities/by-name/{kind}/{namespace}/{name}", response=EntityOut)
def entity_by_name(request: Request, at: Annotated[Named, Path()]) -> Any:
    """One entity by its reference, or a former one."""
    return _one(request, _named(request, at))


def _named(request: Request, at: Named) -> Entity:
    entity = queries.resolve(request.actor, f"{at.kind}:{at.namespace}/{at.name}", timezone.now())
    if entity.presence not in filters.LISTED:
        raise NotFound(f"No entity named {at.name[:80]!r} found, with kind {at.kind!r} in namespace {at.namespace!r}.")
    return entity


class AncestorOut(Schema):
    entity: EntityOut
    parentEntityRefs: list[str]  # noqa: N815


class AncestryOut(Schema):
    rootEntityRef: str  # noqa: N815
    items: list[AncestorOut]


@router.get("/entities/by-name/{kind}/{namespace}/{name}/ancestry", response=AncestryOut)
def entity_ancestry(request: Request, at: Annotated[Named, Path()]) -> Any:
    """The entity and the Locations that led to it."""
    entity = _named(request, at)
    rows = queries.ancestry(request.actor, entity)
    found = {row.pk: row for row in query.load([row.entity.pk for row in rows])}
    shapes = shape.shaped(request.actor, [found[row.entity.pk] for row in rows])
    items = [{"entity": whole, "parentEntityRefs": list(row.parents)} for row, whole in zip(rows, shapes, strict=True)]
    return _json({"rootEntityRef": entity.ref, "items": items}, request)


@router.get("/entities/by-uid/{uid}", response=EntityOut)
def entity_by_uid(request: Request, uid: Annotated[str, Path(max_length=100)]) -> Any:
    """One entity by metadata.uid."""
    rows = filters.entities_for(request.actor, [])
    pk = int(uid) if uid.isdecimal() and uid.isascii() and len(uid) < 19 else 0
    if not rows.filter(pk=pk).exists():
        raise NotFound(f"No entity with uid {uid[:80]!r}.")
    (entity,) = query.load([pk])
    return _one(request, entity)


def _one(request: Request, entity: Entity) -> HttpResponseBase:
    (whole,) = shape.shaped(request.actor, [entity])
    return _json(whole, request)


class ByRefsIn(Body):
    entityRefs: Annotated[list[Word], Field(max_length=5_000)]  # noqa: N815
    fields: Fields = []


class ByRefsQuery(Schema):
    filter: Filters = []


class ByRefsOut(Schema):
    """In the order of the question; null where there is no such entity."""

    items: list[dict[str, Any] | None]


@router.post("/entities/by-refs", response=ByRefsOut, auth=SIGNED_IN_TO_READ)
def entities_by_refs(request: Request, body: ByRefsIn, asked: Annotated[ByRefsQuery, Query()]) -> Any:
    """Many entities by reference in one go. It only reads, so a token that may read will do."""
    wanted = filters.selection(body.fields)
    canonical = [_canonical(ref) for ref in body.entityRefs]
    rows = filters.entities_for(request.actor, asked.filter)
    ids: dict[str, int] = {}
    known = sorted({ref for ref in canonical if ref})
    for start in range(0, len(known), BATCH):
        some = known[start : start + BATCH]
        former = Alias.objects.filter(ref__in=some, entity__in=rows.values("pk"))
        ids |= dict(former.values_list("ref", "entity_id"))
        ids |= dict(rows.filter(ref__in=some).values_list("ref", "pk"))
    loaded = query.load(sorted(set(ids.values())))
    shapes = dict(zip([row.pk for row in loaded], _selected(request, loaded, wanted), strict=True))
    return _json({"items": [shapes.get(ids.get(ref, 0)) for ref in canonical]}, request)


def _canonical(ref: str) -> str:
    try:
        return refs.canonical(ref)
    except refs.BadReferenceError:
        return ""


class FacetsQuery(Schema):
    facet: Annotated[list[Word], Field(min_length=1, max_length=20)]
    filter: Filters = []


class FacetValue(Schema):
    value: str
    count: int


class FacetsOut(Schema):
    facets: dict[str, list[FacetValue]]


@router.get("/entity-facets", response=FacetsOut)
def entity_facets(request: Request, asked: Annotated[FacetsQuery, Query()]) -> Any:
    """The different values at each path, with how many entities have them."""
    actor, plain = request.actor, filters.plain_filter(asked.filter)
    paths = {facet: filters.usual(facet) for facet in asked.facet}
    counted = values_of(actor, plain, set(paths.values())) if plain is not None else {}
    rows = filters.entities_for(actor, asked.filter)
    return {
        "facets": {
            facet: [
                {"value": value, "count": count}
                for value, count in (counted[path] if path in counted else values_at(actor, rows, path))
            ]
            for facet, path in paths.items()
        }
    }


def _json(value: Any, request: Request) -> HttpResponse:
    """Documents are sent as they are: no schema of ours could tell what others keep in them."""
    return etags.answer(request, HttpResponse(orjson.dumps(value, default=str), content_type="application/json"))
