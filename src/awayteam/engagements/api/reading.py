"""Reading engagements over HTTP."""

from dataclasses import fields
from typing import Annotated, Any

from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from awayteam.engagements import actions, contracts, queries, setup, texts
from awayteam.engagements.api import schemas
from awayteam.engagements.api.inputs import EngagementDay
from awayteam.engagements.api.schemas import (
    ContractTextOut,
    DifferenceOut,
    EngagementDetail,
    EngagementOptionOut,
    EngagementOut,
    LackOut,
    SuggestionsOut,
)
from awayteam.engagements.queries import EngagementFilter
from awayteam.engagements.setup import Choice
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Paging, Word, page_of

router = Router(tags=["engagements"])
Words = Annotated[list[Word], Field(max_length=50)]


class EngagementAt(Schema):
    id: Id


class ContractAt(EngagementAt):
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]


class EngagementNarrowing(Schema):
    """What a list is narrowed by; values of one name are alternatives, different names must all hold."""

    state: Words = Field(default_factory=list, description="states, or open (the default), closed, all")
    home: Words = Field(default_factory=list, description="home teams, or mine")
    away: Words = Field(default_factory=list, description="away teams, or mine")
    team: Words = Field(default_factory=list, description="teams of either side, or mine")
    unit: Words = Field(default_factory=list, description="units above either side")
    turn: Words = Field(default_factory=list, description="me, a person, or a team (group:orders)")
    person: Words = Field(default_factory=list, description="me, or a person who takes part")
    service: Words = []
    mode: Words = []
    request: Id | None = None
    text: Word = ""
    ends_until: EngagementDay | None = None
    since: EngagementDay | None = None
    until: EngagementDay | None = None

    def filter(self) -> EngagementFilter:
        given: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(EngagementFilter)}
        many: dict[str, Any] = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return EngagementFilter(**{**given, **many})


class EngagementListQuery(EngagementNarrowing, Paging):
    sort: Annotated[str, Field(pattern=r"^-?[a-z]{1,20}$")] = "due"


@router.get("", response=PageOf[EngagementOut])
def list_engagements(request: Request, query: Annotated[EngagementListQuery, Query()]) -> Any:
    """Engagements that you may see, those whose clock ends soonest first unless sorted otherwise."""
    now = timezone.now()
    page = queries.list_engagements(
        request.actor, query.filter(), sort=query.sort, cursor=query.cursor, limit=query.limit, now=now
    )
    return page_of(page, [schemas.engagement_of(row) for row in page.items])


class EngagementFacetValueOut(Schema):
    value: str
    label: str
    count: int
    selected: bool


class EngagementFacetOut(Schema):
    name: str
    values: list[EngagementFacetValueOut]
    more: int


@router.get("/facets", response=list[EngagementFacetOut])
def list_engagement_facets(request: Request, query: Annotated[EngagementNarrowing, Query()]) -> Any:
    """How many engagements have each state, home team, away team, turn and review mode, each without its own filter."""
    return queries.facets(request.actor, query.filter(), now=timezone.now())


def detail(request: Request, id: int) -> EngagementDetail:
    """What GET of one engagement sends."""
    now = timezone.now()
    return schemas.detail_of(queries.story(request.actor, queries.load(request.actor, id, now), now))


@router.get("/{id}", response=EngagementDetail)
def get_engagement(request: Request, at: Annotated[EngagementAt, Path()]) -> Any:
    """One engagement: what was agreed, who may change what, and its story. The ETag holds until something happens."""
    return detail(request, at.id)


@router.get("/{id}/options", response=list[EngagementOptionOut])
def list_engagement_options(request: Request, at: Annotated[EngagementAt, Path()]) -> Any:
    """What can be done with it now, by you or by others; what you may not do has the reason."""
    now = timezone.now()
    found = queries.story(request.actor, queries.load(request.actor, at.id, now), now)
    return [schemas.option_of(option) for option in found.options]


@router.get("/{id}/missing", response=list[LackOut])
def list_engagement_lacks(request: Request, at: Annotated[EngagementAt, Path()]) -> Any:
    """What the draft lacks before it can be signed; empty where it is complete or no draft any more."""
    now = timezone.now()
    row = queries.load(request.actor, at.id, now)
    lacks = texts.missing(row, now) if row.contract_id is None and row.closed_at is None else []
    return [LackOut(field=one.field, what=one.what) for one in lacks]


@router.get("/{id}/suggestions", response=SuggestionsOut)
def get_engagement_suggestions(request: Request, at: Annotated[EngagementAt, Path()]) -> Any:
    """What catalog, organisation and request know for the contract."""
    now = timezone.now()
    found = setup.suggest(queries.load(request.actor, at.id, now), actor=request.actor, now=now)
    people = ("home_deciders", "home_contacts", "away_leads", "managers", "members")
    plain = ("starts_on", "ends_on", "working_days", "pledged_hours", "warranty_days", "review_mode")
    return {
        **{name: [_choice(one) for one in getattr(found, name)] for name in people},
        **{name: getattr(found, name) for name in plain},
        "scope": [{"repository": one.repository, "pattern": one.pattern, "why": one.why} for one in found.scope],
        "done_means": list(found.done_means),
    }


def _choice(one: Choice) -> dict[str, Any]:
    return {"person": schemas.who(one.person), "why": one.why}


@router.get("/{id}/preview", response=ContractTextOut)
def get_engagement_preview(request: Request, at: Annotated[EngagementAt, Path()]) -> Any:
    """The text that proposing would sign now, with its hash. 422 with what the draft lacks."""
    now = timezone.now()
    text, _sha256 = actions.preview(queries.load(request.actor, at.id, now), now)
    return schemas.text_of(text.number, "draft", contracts.canonical(text))


@router.get("/{id}/contracts/{number}", response=ContractTextOut)
def get_engagement_contract(request: Request, at: Annotated[ContractAt, Path()]) -> Any:
    """One text of the contract, exactly as it was signed."""
    row = _contract(request, at.id, at.number)
    return schemas.text_of(row.number, row.state, row.text)


class ComparedTo(Schema):
    with_: Annotated[int, Field(ge=1, le=2**31 - 1, alias="with", description="the number of the other text")]


@router.get("/{id}/contracts/{number}/differences", response=list[DifferenceOut])
def list_contract_differences(
    request: Request, at: Annotated[ContractAt, Path()], query: Annotated[ComparedTo, Query()]
) -> Any:
    """What the text says otherwise than another one of the same engagement."""
    before, after = _contract(request, at.id, query.with_), _contract(request, at.id, at.number)
    found = contracts.differences(contracts.parse(before.text), contracts.parse(after.text))
    return [schemas.difference_of(one) for one in found]


def _contract(request: Request, id: int, number: int) -> Any:
    row = queries.load(request.actor, id, timezone.now())
    found = row.contracts.filter(number=number).first()
    if found is None:
        raise NotFound(f"Engagement {id} has no text {number}.", "Look at its contracts.")
    return found
