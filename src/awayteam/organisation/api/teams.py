"""Teams and units: lists, the tree, members with dates. Addresses are `/teams/{namespace}/{name}`."""

from typing import Annotated, Any

from ninja import Query, Router, Schema

from awayteam.kernel import events, rulebook
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Moment, PageOf, Paging, Word, page_of
from awayteam.kernel.rest.events import EventOut, event_of
from awayteam.organisation import queries
from awayteam.organisation.api import schemas
from awayteam.organisation.api.schemas import At, MemberOut, MembershipOut, Named, TeamDetail, TeamLink, TeamOut
from awayteam.organisation.models import Team

router = Router(tags=["teams"])


def load(request: Request, at: Named) -> Team:
    return queries.team(request.actor, f"group:{at.namespace}/{at.name}")


class TeamsQuery(Paging):
    text: Word = ""
    units: bool | None = None
    oversized: bool = False
    without_on_call: bool = False
    as_of: Moment | None = None


@router.get("", response=PageOf[TeamOut])
def list_teams(request: Request, query: Annotated[TeamsQuery, Query()]) -> Any:
    """Teams and units by name."""
    page = queries.teams(
        request.actor,
        rulebook.current(),
        units=query.units,
        text=query.text,
        oversized=query.oversized,
        without_on_call=query.without_on_call,
        cursor=query.cursor,
        limit=query.limit,
        at=query.as_of,
    )
    return page_of(page, [schemas.team_of(row) for row in page.items])


class TreeNodeOut(Schema):
    """A team or unit of the tree, depth first; `members` are its own people, `people` all with those below."""

    team: TeamLink
    depth: int
    members: int
    people: int


class AsOf(Schema):
    as_of: Moment | None = None


@router.get("/tree", response=list[TreeNodeOut])
def get_tree(request: Request, query: Annotated[AsOf, Query()]) -> Any:
    """The whole organisation, depth first."""
    roots = queries.tree(request.actor, at=query.as_of)
    return [
        TreeNodeOut(team=schemas.team_link(node.team), depth=node.depth, members=node.members, people=node.people)
        for root in roots
        for node in root.walk()
    ]


@router.get("/{namespace}/{name}", response=TeamDetail)
def get_team(request: Request, at: At) -> Any:
    """One team or unit."""
    return detail(load(request, at))


def detail(team: Team) -> TeamDetail:
    return schemas.team_detail(team, queries.size_check(team, rulebook.current()))


@router.get("/{namespace}/{name}/members", response=list[MemberOut])
def list_members(request: Request, at: At, query: Annotated[AsOf, Query()]) -> Any:
    """People of the team, leads first."""
    return [schemas.member_of(row) for row in queries.members(load(request, at), at=query.as_of)]


@router.get("/{namespace}/{name}/former-members", response=list[MembershipOut])
def list_former_members(request: Request, at: At) -> Any:
    """Memberships that have ended, the latest first."""
    team = load(request, at)
    return [schemas.membership_of(row, team) for row in queries.membership_history(team)]


@router.get("/{namespace}/{name}/history", response=PageOf[EventOut])
def list_team_history(request: Request, at: At, paging: Annotated[Paging, Query()]) -> Any:
    """What happened to the team, newest first."""
    page = events.history("team", load(request, at).pk, before=paging.cursor, limit=paging.limit)
    return page_of(page, [event_of(event) for event in page.items])
