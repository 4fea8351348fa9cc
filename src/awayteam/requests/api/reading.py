"""Reading requests over HTTP."""

from dataclasses import fields
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Paging, Word, page_of
from awayteam.requests import queries
from awayteam.requests.api import schemas
from awayteam.requests.api.schemas import Day, EscalationOut, RequestDetail, RequestOptionOut, RequestOut
from awayteam.requests.queries import RequestFilter

router = Router(tags=["requests"])
Words = Annotated[list[Word], Field(max_length=50)]


class At(Schema):
    id: Id


class Narrowing(Schema):
    """What a list is narrowed by; values of one name are alternatives, different names must all hold."""

    state: Words = Field(default_factory=list, description="states, or open (the default), closed, all")
    kind: Words = []
    home: Words = Field(default_factory=list, description="teams that answer, or mine")
    asking: Words = Field(default_factory=list, description="teams that ask, or mine")
    turn: Words = Field(default_factory=list, description="me, a person, a team (group:orders), or mine")
    asker: Words = Field(default_factory=list, description="me, or a person")
    entity: Words = []
    unit: Words = Field(default_factory=list, description="units above the team that answers")
    goal: Annotated[list[Id], Field(max_length=50)] = []
    text: Word = ""
    overdue: bool | None = None
    lost: bool | None = Field(None, description="whether the home team let its right to refuse go")
    value_min: Decimal | None = Field(None, ge=0, le=Decimal(10) ** 12)
    since: Day | None = None
    until: Day | None = None
    merged: bool = False

    def filter(self) -> RequestFilter:
        given: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(RequestFilter)}
        many: dict[str, Any] = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        return RequestFilter(**{**given, **many})


class ListQuery(Narrowing, Paging):
    sort: Annotated[str, Field(pattern=r"^-?[a-z]{1,20}$")] = "-value"


@router.get("", response=PageOf[RequestOut])
def list_requests(request: Request, query: Annotated[ListQuery, Query()]) -> Any:
    """Requests that you may see, by value unless sorted otherwise."""
    now = timezone.now()
    page = queries.list_requests(
        request.actor, query.filter(), sort=query.sort, cursor=query.cursor, limit=query.limit, now=now
    )
    return page_of(page, [schemas.request_of(row) for row in page.items])


class RequestFacetValueOut(Schema):
    value: str
    label: str
    count: int
    selected: bool


class RequestFacetOut(Schema):
    name: str
    values: list[RequestFacetValueOut]
    more: int


@router.get("/facets", response=list[RequestFacetOut])
def list_request_facets(request: Request, query: Annotated[Narrowing, Query()]) -> Any:
    """How many requests have each state, kind, home team, asking team and turn, each without its own filter."""
    return queries.facets(request.actor, query.filter(), now=timezone.now())


def detail(request: Request, id: int) -> RequestDetail:
    """What GET of one request sends."""
    now = timezone.now()
    return schemas.detail_of(queries.story(request.actor, queries.load(request.actor, id, now), now))


@router.get("/{id}", response=RequestDetail)
def get_request(request: Request, at: Annotated[At, Path()]) -> Any:
    """One request with its story. The ETag holds until something happens with it."""
    return detail(request, at.id)


@router.get("/{id}/options", response=list[RequestOptionOut])
def list_request_options(request: Request, at: Annotated[At, Path()]) -> Any:
    """What can be done with it now, by you or by others; what you may not do has the reason."""
    now = timezone.now()
    found = queries.story(request.actor, queries.load(request.actor, at.id, now), now, comments=False)
    return [schemas.option_of(option) for option in found.options]


class BriefOut(Schema):
    escalation: EscalationOut
    brief: dict[str, Any]


@router.get("/{id}/brief", response=BriefOut)
def get_request_brief(request: Request, at: Annotated[At, Path()]) -> Any:
    """The brief of its latest escalation: what each rank would cost, whom it would delay, what else could be done."""
    now = timezone.now()
    found = queries.story(request.actor, queries.load(request.actor, at.id, now), now, comments=False)
    if not found.escalations:
        raise NotFound(f"#{at.id} was never escalated.", "A brief is made when somebody escalates.")
    latest = max(found.escalations, key=lambda row: row.id)
    return {"escalation": schemas.escalation_of(latest), "brief": latest.brief}
