"""Members of engagements and open places over HTTP."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from awayteam.engagements import actions, queries
from awayteam.engagements.actions import Joining
from awayteam.engagements.api import schemas
from awayteam.engagements.api.inputs import EngagementDay, EngagementVersioned
from awayteam.engagements.api.reading import EngagementAt, detail, router
from awayteam.engagements.api.schemas import EngagementPartyOut
from awayteam.engagements.api.writing import guard
from awayteam.engagements.models import Member
from awayteam.engagements.queries import PlaceRow
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import Body, Id, Name, PageOf, Paging, Reason, Text, Word, page_of
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Person

offers = Router(tags=["engagements"])
Share = Annotated[int, Field(ge=1, le=100, description="percent of their time")]


class MemberAt(EngagementAt):
    member: Id


class MemberIn(EngagementVersioned):
    person: Annotated[str, Field(min_length=1, max_length=300, description="a reference, or the name of a person")]
    share: Share = 100
    joins_on: EngagementDay | None = Field(None, description="the first day of the time-box where not said, or today")
    leaves_on: EngagementDay | None = Field(None, description="the end of the time-box where not said")
    words: Text = ""


class MemberChangeIn(EngagementVersioned):
    share: Share | None = None
    joins_on: EngagementDay | None = None
    leaves_on: EngagementDay | None = None
    words: Text = ""


class MemberWordsIn(EngagementVersioned):
    words: Text = ""


class MemberStandingOut(Schema):
    """A member as they stand now: `needs` says who must still agree, `warning` what their manager should know."""

    id: int
    person: EngagementPartyOut
    share: int
    joins_on: date
    leaves_on: date | None
    agreed_at: datetime | None
    home_agreed_at: datetime | None
    needs: list[str]
    warning: str


def _who(person: Person) -> EngagementPartyOut:
    return EngagementPartyOut(ref=person.ref, label=str(person))


def standing_of(found: Joining) -> MemberStandingOut:
    one = found.member
    return MemberStandingOut(
        id=one.pk, person=_who(one.person), share=one.share, joins_on=one.joins_on, leaves_on=one.leaves_on,
        agreed_at=one.agreed_at, home_agreed_at=one.home_agreed_at, needs=list(found.needs), warning=found.warning,
    )  # fmt: skip


@router.post("/{id}/members", response={201: MemberStandingOut}, operation_id="engagement_add_member")
def add_member(request: Http, at: Annotated[EngagementAt, Path()], body: MemberIn) -> Any:
    """Put somebody on the list. Their manager must agree; after signing the home side as well."""
    word = body.person
    person = organisation.person(request.actor, word if ":" in word else f"user:{word}")
    with guard(request, at.id) as (row, now):
        found = actions.add_member(
            row, actor=request.actor, now=now, person=person, share=body.share, joins_on=body.joins_on,
            leaves_on=body.leaves_on, words=body.words, version=body.version,
        )  # fmt: skip
        return Status(201, standing_of(found))


def _on(http: Http, at: MemberAt, action: Callable[..., Any], **more: Any) -> Any:
    with guard(http, at.id) as (row, now):
        if not Member.objects.filter(pk=at.member, engagement=row).exists():
            raise NotFound(f"There is no member {at.member} in engagement {at.id}.", "Look at its members.")
        return action(at.member, actor=http.actor, now=now, **more)


@router.patch("/{id}/members/{member}", response=MemberStandingOut, operation_id="engagement_change_member")
def change_member(request: Http, at: Annotated[MemberAt, Path()], body: MemberChangeIn) -> Any:
    """Change share or days; where that asks for more, their manager must agree anew."""
    return standing_of(_on(request, at, actions.change_member, **body.model_dump()))


@router.post("/{id}/members/{member}/agree", response=MemberStandingOut, operation_id="engagement_agree_to_member")
def agree_to_member(request: Http, at: Annotated[MemberAt, Path()], body: MemberWordsIn) -> Any:
    """Agree to a share of somebody's time, as their manager."""
    return standing_of(_on(request, at, actions.agree_to_member, **body.model_dump()))


@router.post("/{id}/members/{member}/welcome", response=MemberStandingOut, operation_id="engagement_welcome_member")
def welcome_member(request: Http, at: Annotated[MemberAt, Path()], body: MemberWordsIn) -> Any:
    """Agree for the home side to somebody who comes after its signature."""
    return standing_of(_on(request, at, actions.welcome_member, **body.model_dump()))


@router.post("/{id}/members/{member}/end", response=schemas.EngagementDetail, operation_id="engagement_end_membership")
def end_membership(request: Http, at: Annotated[MemberAt, Path()], body: MemberWordsIn) -> Any:
    """End somebody's place now, and their access with it."""
    _on(request, at, actions.end_membership, **body.model_dump())
    return detail(request, at.id)


class PlaceAt(Schema):
    id: Id


class PlaceOut(Schema):
    """A place in an away team; `closed_at` null means that it is offered."""

    id: int
    engagement: int
    title: str
    skills: list[str]
    hours: int
    words: str
    open_until: date | None
    closed_at: datetime | None


class OpenPlaceOut(PlaceOut):
    """An offered place, with whose visit it is and how many wait for an answer."""

    about: str
    home_team: EngagementPartyOut
    away_team: EngagementPartyOut
    starts_on: date | None
    ends_on: date | None
    applicants: int
    applied: bool


class PlacesQuery(Paging):
    text: Word = ""
    skill: Word = ""


class PlaceIn(EngagementVersioned):
    title: Name
    hours: Annotated[int, Field(ge=1, le=10_000, description="in all")]
    skills: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=20)] = []
    words: Text = ""
    open_until: EngagementDay | None = None


class ApplicationOut(Schema):
    """Somebody who would take a place; `answer` is "" while there is none."""

    id: int
    place: int
    person: EngagementPartyOut
    answer: str


class ApplyIn(Body):
    words: Text = ""


class TakeIn(EngagementVersioned):
    share: Share = 100
    joins_on: EngagementDay | None = None
    leaves_on: EngagementDay | None = None
    words: Text = ""


class RefuseIn(EngagementVersioned):
    words: Reason


def _place(one: Any) -> dict[str, Any]:
    names = ("id", "title", "skills", "hours", "words", "open_until", "closed_at")
    return {"engagement": one.engagement_id, **{name: getattr(one, name) for name in names}}


def open_place_of(one: PlaceRow) -> OpenPlaceOut:
    plain = {name: getattr(one, name) for name in ("starts_on", "ends_on", "applicants", "applied")}
    home, away = (EngagementPartyOut(ref=link.ref, label=link.label) for link in (one.home, one.away))
    return OpenPlaceOut(**_place(one), about=one.engagement, home_team=home, away_team=away, **plain)


def _application(one: Any) -> ApplicationOut:
    return ApplicationOut(id=one.pk, place=one.place_id, person=_who(one.person), answer=one.answer)


@offers.get("/places", response=PageOf[OpenPlaceOut])
def list_places(request: Http, query: Annotated[PlacesQuery, Query()]) -> Any:
    """Places in away teams for which anybody may apply, the newest first."""
    page = queries.open_places(
        request.actor, timezone.now(), text=query.text, skill=query.skill, cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [open_place_of(one) for one in page.items])


@router.post("/{id}/places", response={201: PlaceOut}, operation_id="engagement_offer_place")
def offer_place(request: Http, at: Annotated[EngagementAt, Path()], body: PlaceIn) -> Any:
    """Offer a place in the away team to everybody."""
    with guard(request, at.id) as (row, now):
        made = actions.offer_place(row, actor=request.actor, now=now, **body.model_dump())
        return Status(201, _place(made))


@offers.post("/places/{id}/close", response=PlaceOut, operation_id="place_close")
def close_place(request: Http, at: Annotated[PlaceAt, Path()], body: MemberWordsIn) -> Any:
    """Offer a place no more."""
    return _place(actions.close_place(at.id, actor=request.actor, now=timezone.now(), **body.model_dump()))


@offers.post("/places/{id}/apply", response={201: ApplicationOut}, operation_id="place_apply")
def apply_for_place(request: Http, at: Annotated[PlaceAt, Path()], body: ApplyIn) -> Any:
    """Say that you would take a place."""
    made = actions.apply_for_place(at.id, actor=request.actor, now=timezone.now(), words=body.words)
    return Status(201, _application(made))


@offers.post("/applications/{id}/take", response=MemberStandingOut, operation_id="application_take")
def take_application(request: Http, at: Annotated[PlaceAt, Path()], body: TakeIn) -> Any:
    """Give the place to who applied; the others are refused."""
    return standing_of(actions.take_application(at.id, actor=request.actor, now=timezone.now(), **body.model_dump()))


@offers.post("/applications/{id}/refuse", response=ApplicationOut, operation_id="application_refuse")
def refuse_application(request: Http, at: Annotated[PlaceAt, Path()], body: RefuseIn) -> Any:
    """Say no to who applied, with words."""
    return _application(actions.refuse_application(at.id, actor=request.actor, now=timezone.now(), **body.model_dump()))
