"""Facets, and search in one box."""

from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from awayteam.catalog import queries
from awayteam.catalog.api.schemas import EntityQuery, presence_word
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Word

router = Router(tags=["search"])


class FacetValueOut(Schema):
    """`value` is what the filter takes; "" means: has none."""

    value: str
    label: str
    count: int
    selected: bool


class FacetOut(Schema):
    """The most frequent values of one property; `more` further ones were left out. With `at_least` very many entities
    have the words that were asked for, and the numbers are lower bounds."""

    name: str
    values: list[FacetValueOut]
    more: int
    at_least: bool = False


@router.get("/facets", response=list[FacetOut])
def list_facets(request: Request, query: Annotated[EntityQuery, Query()]) -> Any:
    """How many entities have each value of each property, each property counted without its own filter."""
    return [
        FacetOut(
            name=facet.name,
            values=[
                FacetValueOut(value=each.value, label=each.label, count=each.count, selected=each.selected)
                for each in facet.values
            ],
            more=facet.more,
            at_least=facet.at_least,
        )
        for facet in queries.facets(request.actor, query.as_filter(request.actor))
    ]


class HitOut(Schema):
    """`matched` tells where the words were found."""

    ref: str
    title: str
    kind: str
    subtitle: str
    matched: str
    score: float
    presence: str


class SearchGroupOut(Schema):
    kind: str
    hits: list[HitOut]
    more: int


class SearchOut(Schema):
    """Hits by kind; `corrected` maps words as typed to known words that were looked for as well."""

    groups: list[SearchGroupOut]
    corrected: dict[str, list[str]]


class SearchQuery(Schema):
    words: Annotated[str, Field(max_length=10_000)]
    kind: Annotated[list[Word], Field(max_length=10)] = []
    limit: Annotated[int, Field(ge=1, le=100, description="hits of each kind")] = 20


@router.get("/search", response=SearchOut)
def search(request: Request, query: Annotated[SearchQuery, Query()]) -> Any:
    """Names, titles, people, owners, operations, tags; by prefix, one slip forgiven."""
    found = queries.search(request.actor, query.words, limit=query.limit, kinds=tuple(query.kind))
    groups = [
        SearchGroupOut(
            kind=group.kind,
            hits=[
                HitOut(
                    ref=hit.ref,
                    title=hit.title,
                    kind=hit.kind,
                    subtitle=hit.subtitle,
                    matched=hit.matched,
                    score=hit.score,
                    presence=presence_word(hit.presence),
                )
                for hit in group.hits
            ],
            more=group.more,
        )
        for group in found.groups
    ]
    return SearchOut(groups=groups, corrected={word: list(known) for word, known in found.corrected.items()})
