"""Saved views over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, Name, Word
from awayteam.lists import actions, queries, rules
from awayteam.organisation.queries import team as team_of

router = Router(tags=["views"])
ViewName = Annotated[Name, Field(max_length=rules.LONGEST_NAME)]
Address = Annotated[
    Word, Field(max_length=2_400, description="of a list here, such as /services/?lifecycle=production")
]
Audience = Literal["me", "team", "everybody"]


class ViewOut(Schema):
    """A way to look at a list. `list` is its key, `address` opens it; `team` is a reference where `audience` is "team".

    `mine` and `default` are of whoever asks: whether they saved it, and whether the list opens with it for them.
    """

    id: int
    list: str
    name: str
    address: str
    audience: str
    team: str | None
    owner: str
    mine: bool
    default: bool
    changed_at: datetime


class ViewsQuery(Schema):
    list: Annotated[Word, Field(max_length=60)] = ""
    removed: bool = Field(False, description="those removed lately, which can be restored")


class ViewIn(Body):
    name: ViewName
    address: Address
    audience: Audience = "me"
    team: Word | None = None


class ViewChange(Body):
    """What is left out stays as it is."""

    name: ViewName | None = None
    address: Address | None = None
    audience: Audience | None = None
    team: Word | None = None
    default: bool | None = Field(None, description="whether the list opens with it, for oneself")


@router.get("/views", response=list[ViewOut])
def list_views(request: Request, query: Annotated[ViewsQuery, Query()]) -> Any:
    """One's own saved views and those that are shared with one, by list and name."""
    rows = queries.views(request.actor, page=query.list, removed=query.removed, now=timezone.now())
    return [view_of(row) for row in rows]


@router.post("/views", response={201: ViewOut})
def save_view(request: Request, body: ViewIn) -> Any:
    """Keep what an address shows under a name."""
    made = actions.save_view(
        actor=request.actor,
        now=timezone.now(),
        name=body.name,
        address=body.address,
        audience=body.audience,
        team_id=_team(request, body.audience, body.team),
    )
    return Status(201, view_of(queries.view(request.actor, made.pk)))


@router.get("/views/{view_id}", response=ViewOut)
def get_view(request: Request, view_id: Id) -> Any:
    """One saved view."""
    return view_of(queries.view(request.actor, view_id))


@router.patch("/views/{view_id}", response=ViewOut)
def change_view(request: Request, view_id: Id, body: ViewChange) -> Any:
    """Rename it, share it, let it show something else, or open its list with it."""
    now = timezone.now()
    if {body.name, body.address, body.audience} != {None}:
        actions.change_view(
            actor=request.actor,
            now=now,
            view_id=view_id,
            name=body.name,
            address=body.address,
            audience=body.audience,
            team_id=_team(request, body.audience, body.team),
        )
    if body.default:
        actions.set_default(actor=request.actor, now=now, view_id=view_id)
    elif body.default is not None:
        actions.clear_default(actor=request.actor, now=now, page=queries.view(request.actor, view_id).page)
    return view_of(queries.view(request.actor, view_id))


@router.delete("/views/{view_id}", response=ViewOut)
def remove_view(request: Request, view_id: Id) -> Any:
    """Take it away, for everybody; it can be restored for thirty days."""
    actions.remove_view(actor=request.actor, now=timezone.now(), view_id=view_id)
    return view_of(queries.view(request.actor, view_id))


@router.post("/views/{view_id}/restore", response=ViewOut)
def restore_view(request: Request, view_id: Id) -> Any:
    """Bring a removed one back."""
    actions.restore_view(actor=request.actor, now=timezone.now(), view_id=view_id)
    return view_of(queries.view(request.actor, view_id))


def _team(request: Request, audience: str | None, ref: str | None) -> int | None:
    if ref and audience != "team":
        raise InvalidInput("A team is named, but the view isn't shared with one.", 'Say `"audience": "team"`.')
    return team_of(request.actor, ref).pk if ref else None


def view_of(row: queries.ViewRow) -> ViewOut:
    return ViewOut(
        id=row.id,
        list=row.page,
        name=row.name,
        address=row.address,
        audience=row.audience,
        team=row.team,
        owner=row.owner,
        mine=row.mine,
        default=row.is_default,
        changed_at=row.changed_at,
    )
