"""Duplicates and likely duplicates over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.catalog import queries as catalog
from awayteam.catalog.models import Entity
from awayteam.duplicates import actions, queries
from awayteam.duplicates.actions import Wanted
from awayteam.duplicates.alike import queries as alike
from awayteam.duplicates.machine import Party
from awayteam.duplicates.models import Duplicate, Likeness
from awayteam.duplicates.queries import DuplicateFilter, DuplicateRow
from awayteam.duplicates.rules import Choice, GivesWay, Said
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, PageOf, Paging, Reason, Text, Word, guarded, page_of
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team

router = Router(tags=["duplicates"])
Title = Annotated[Word, Field(max_length=200)]


class DuplicateNameOut(Schema):
    ref: str
    label: str


class DuplicateOut(Schema):
    """`entity` is null where only `words` name the thing, or where it is restricted. `on`: the next date in force.

    `solutions` counts the thing itself and all live own builds of it; `warning` says where these are too many.
    """

    id: int
    title: str
    state: str
    entity: DuplicateNameOut | None
    words: str
    own: DuplicateNameOut | None
    team: DuplicateNameOut
    home_team: DuplicateNameOut | None
    what: str
    why: str
    customer_facing: bool
    on: date
    gives_way: str
    solutions: int
    warning: str
    created_at: datetime
    closed_at: datetime | None
    version: int


class AnswerOut(Schema):
    review: int
    party: str
    choice: str
    gives_way: str
    on: date
    reason: str
    person: str
    at: datetime


class TurnOut(Schema):
    party: str
    team: str
    person: str
    due_at: datetime


class StoryOut(DuplicateOut):
    """`may` names what the caller may do now; `may_not` what they may not, with the reason."""

    turns: list[TurnOut]
    answers: list[AnswerOut]
    may: list[str]
    may_not: dict[str, str]


class DuplicatesQuery(Paging):
    """Each parameter narrows; teams are references. `home=nobody`: of what nobody owns."""

    state: list[Word] = Field([], max_length=20)
    team: list[Word] = Field([], max_length=50)
    home: list[Word] = Field([], max_length=50)
    ended: bool = False
    customers: bool = False
    mine: bool = False
    q: Word = ""
    sort: Literal["on", "-created", "title"] = "on"


class AddIn(Body):
    """`of` is what is duplicated: a reference, or words. `on`: when both teams look at it again."""

    team: Word
    of: Annotated[Word, Field(min_length=1)]
    what: Annotated[Text, Field(min_length=1)]
    why: Annotated[Text, Field(min_length=1)]
    own: Word = ""
    home_team: Word = ""
    on: Annotated[date | None, Field(strict=False)] = None
    title: Title = ""
    customer_facing: bool = False


class AnswerIn(Body):
    """`on`: by when it ends, or when to look again. `gives_way` goes with converge only; `side` where one has both."""

    choice: Literal["converge", "keep", "retire"]
    on: Annotated[date, Field(strict=False)]
    gives_way: Literal["", "own", "home"] = ""
    side: Literal["", "own", "home"] = ""
    reason: Reason


class DuplicateReasonIn(Body):
    reason: Reason


class LikenessOut(Schema):
    """Parts are 0 to 1, null where one of the two says nothing of the kind. `shared` counts equal operations."""

    id: int
    a: DuplicateNameOut
    b: DuplicateNameOut
    owner_a: DuplicateNameOut | None
    owner_b: DuplicateNameOut | None
    score: float
    operations: float | None
    names: float | None
    descriptions: float | None
    shared: int
    found_at: datetime
    dismissed_at: datetime | None
    dismissed_why: str


class MatchOut(Schema):
    what: str
    a: list[str]
    b: list[str]
    boilerplate: bool


class ComparedOut(LikenessOut):
    matches: list[MatchOut]
    only_a: int
    only_b: int


class LikenessQuery(Paging):
    of: Word = ""
    owner: list[Word] = Field([], max_length=50)
    dismissed: bool = False


def named(thing: Entity | Team | None) -> DuplicateNameOut | None:
    return DuplicateNameOut(ref=thing.ref, label=str(thing)) if thing is not None else None


def _values(row: DuplicateRow) -> dict[str, Any]:
    one = row.duplicate
    return {
        "id": one.pk, "title": one.title, "state": one.state, "entity": named(row.entity), "words": one.words,
        "own": named(row.own), "team": named(one.team), "home_team": named(one.home_team), "what": one.what,
        "why": one.why, "customer_facing": one.customer_facing, "on": one.on, "gives_way": one.gives_way,
        "solutions": row.crowd.solutions, "warning": row.crowd.warning, "created_at": one.created_at,
        "closed_at": one.closed_at, "version": one.version,
    }  # fmt: skip


def story(request: Request, pk: int) -> StoryOut:
    """A duplicate as GET shows it."""
    told = queries.story(request.actor, pk, timezone.now())
    turns = [
        TurnOut(party=t.party, team=t.team.ref if t.team else "", person=t.person, due_at=t.face.due_at)
        for t in told.turns
    ]
    answers = [
        AnswerOut(
            review=a.review, party=a.party, choice=a.choice, gives_way=a.gives_way, on=a.on, reason=a.reason,
            person=str(a.person or a.label), at=a.at,
        )
        for a in told.answers
    ]  # fmt: skip
    return StoryOut(
        **_values(told.row), turns=turns, answers=answers,
        may=[deed.verb.value for deed in told.deeds if deed.decision],
        may_not={deed.verb.value: deed.decision.reason for deed in told.deeds if not deed.decision},
    )  # fmt: skip


@router.get("/duplicates", response=PageOf[DuplicateOut])
def list_duplicates(request: Request, query: Annotated[DuplicatesQuery, Query()]) -> Any:
    """What is built twice, by date."""
    wanted = DuplicateFilter(
        tuple(query.state), tuple(query.team), tuple(query.home), not query.ended, query.customers, query.q, query.mine
    )
    page = queries.duplicates(request.actor, wanted, sort=query.sort, cursor=query.cursor, limit=query.limit)
    return page_of(page, [DuplicateOut(**_values(row)) for row in page.items])


@router.post("/duplicates", response={201: StoryOut})
def add_duplicate(request: Request, body: AddIn) -> Any:
    """Say that a team builds its own; the home team is told."""
    entity = catalog.resolve(request.actor, body.of) if ":" in body.of and " " not in body.of else None
    wanted = Wanted(
        team=organisation.team(request.actor, body.team), what=body.what, why=body.why, entity=entity,
        words="" if entity else body.of, own=catalog.resolve(request.actor, body.own) if body.own else None,
        home_team=organisation.team(request.actor, body.home_team) if body.home_team else None, on=body.on,
        title=body.title, customer_facing=body.customer_facing,
    )  # fmt: skip
    made = actions.add(wanted, actor=request.actor, now=timezone.now())
    return Status(201, story(request, made.pk))


@router.get("/duplicates/{id}", response=StoryOut)
def show_duplicate(request: Request, id: Id) -> Any:
    """One duplicate with its turns, its answers, and what the caller may do."""
    return story(request, id)


def _said(body: AnswerIn) -> Said:
    return Said(Choice(body.choice), body.on, GivesWay(body.gives_way) if body.gives_way else None)


@router.post("/duplicates/{id}/answer", response=StoryOut)
def answer_duplicate(request: Request, id: Id, body: AnswerIn) -> Any:
    """Answer for one side: converge, keep or retire."""
    row = queries.duplicate(request.actor, id)
    side = {"own": Party.OWN, "home": Party.HOME}.get(body.side)
    with guarded(request, row, lambda: story(request, id)):
        actions.answer(row, _said(body), actor=request.actor, now=timezone.now(), reason=body.reason, side=side)
    return story(request, id)


@router.post("/duplicates/{id}/settle", response=StoryOut)
def settle_duplicate(request: Request, id: Id, body: AnswerIn) -> Any:
    """Decide between two teams that differ or were silent; `side` is left empty."""
    if body.side:
        raise InvalidInput("A decision is of no side.", "Leave `side` out.", {"side": "leave it out"})
    row = queries.duplicate(request.actor, id)
    with guarded(request, row, lambda: story(request, id)):
        actions.settle(row, _said(body), actor=request.actor, now=timezone.now(), reason=body.reason)
    return story(request, id)


def _act(request: Request, id: int, action: Any, reason: str) -> StoryOut:
    row: Duplicate = queries.duplicate(request.actor, id)
    with guarded(request, row, lambda: story(request, id)):
        action(row, actor=request.actor, now=timezone.now(), reason=reason)
    return story(request, id)


@router.post("/duplicates/{id}/look-again", response=StoryOut)
def look_again_at_duplicate(request: Request, id: Id, body: DuplicateReasonIn) -> Any:
    """Ask both teams before the date has come."""
    return _act(request, id, actions.look_again, body.reason)


@router.post("/duplicates/{id}/finish", response=StoryOut)
def finish_duplicate(request: Request, id: Id, body: DuplicateReasonIn) -> Any:
    """Say that only one of the two is left."""
    return _act(request, id, actions.finish, body.reason)


@router.post("/duplicates/{id}/withdraw", response=StoryOut)
def withdraw_duplicate(request: Request, id: Id, body: DuplicateReasonIn) -> Any:
    """Take back what was never built."""
    return _act(request, id, actions.withdraw, body.reason)


def _likeness(row: Likeness) -> dict[str, Any]:
    parts = {name: getattr(row, name) for name in ("score", "operations", "names", "descriptions")}
    return {
        "id": row.pk, "a": named(row.a), "b": named(row.b), "owner_a": named(row.a.owner),
        "owner_b": named(row.b.owner), "shared": row.shared, "found_at": row.found_at,
        "dismissed_at": row.dismissed_at, "dismissed_why": row.dismissed_why,
        **{name: None if value is None else round(value, 4) for name, value in parts.items()},
    }  # fmt: skip


@router.get("/likenesses", response=PageOf[LikenessOut])
def list_likenesses(request: Request, query: Annotated[LikenessQuery, Query()]) -> Any:
    """APIs of different owners that look alike, the most alike first."""
    of = catalog.resolve(request.actor, query.of) if query.of else None
    page = alike.alike(
        request.actor, of=of, owners=query.owner, dismissed=query.dismissed, cursor=query.cursor, limit=query.limit
    )
    return page_of(page, [LikenessOut(**_likeness(row)) for row in page.items])


@router.get("/likenesses/{id}", response=ComparedOut)
def show_likeness(request: Request, id: Id) -> Any:
    """Two APIs with the operations that both have, side by side."""
    found = alike.compared(request.actor, id)
    matches = [
        MatchOut(what=m.what, a=[o.key for o in m.a], b=[o.key for o in m.b], boilerplate=m.is_boilerplate)
        for m in found.matches
    ]
    return ComparedOut(**_likeness(found.likeness), matches=matches, only_a=found.only_a, only_b=found.only_b)


@router.post("/likenesses/{id}/dismiss", response=LikenessOut)
def dismiss_likeness(request: Request, id: Id, body: DuplicateReasonIn) -> Any:
    """Say that two APIs only look alike; that stays."""
    row = alike.likeness(request.actor, id)
    actions.dismiss(row, actor=request.actor, now=timezone.now(), reason=body.reason)
    return LikenessOut(**_likeness(alike.likeness(request.actor, id)))


@router.post("/likenesses/{id}/restore", response=LikenessOut)
def restore_likeness(request: Request, id: Id, body: DuplicateReasonIn) -> Any:
    """Take a dismissal back."""
    row = alike.likeness(request.actor, id)
    actions.restore(row, actor=request.actor, now=timezone.now(), reason=body.reason)
    return LikenessOut(**_likeness(alike.likeness(request.actor, id)))
