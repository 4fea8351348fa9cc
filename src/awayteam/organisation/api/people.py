"""People: lists, details, identities. Addresses are `/people/{namespace}/{name}`."""

from typing import Annotated, Any

from ninja import Query, Router
from pydantic import Field

from awayteam.kernel import events
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Moment, PageOf, Paging, Word, page_of
from awayteam.kernel.rest.events import EventOut, event_of
from awayteam.organisation import queries
from awayteam.organisation.api import schemas
from awayteam.organisation.api.schemas import At, IdentityOut, Named, PersonDetail, PersonOut
from awayteam.organisation.api.teams import AsOf
from awayteam.organisation.models import Person

router = Router(tags=["people"])


def load(request: Request, at: Named) -> Person:
    return queries.person(request.actor, f"user:{at.namespace}/{at.name}")


class PeopleQuery(Paging):
    text: Word = Field("", description="part of a name, address or handle")
    team: Word = Field("", description="reference of a team")
    teamless: bool = False
    as_of: Moment | None = None


@router.get("", response=PageOf[PersonOut])
def list_people(request: Request, query: Annotated[PeopleQuery, Query()]) -> Any:
    """People who are here, by name."""
    page = queries.people(
        request.actor,
        text=query.text,
        team=queries.team(request.actor, query.team) if query.team else None,
        teamless=query.teamless,
        cursor=query.cursor,
        limit=query.limit,
        at=query.as_of,
    )
    return page_of(page, [schemas.person_of(row) for row in page.items])


@router.get("/{namespace}/{name}", response=PersonDetail)
def get_person(request: Request, at: At, query: Annotated[AsOf, Query()]) -> Any:
    """One person, with teams now or at a moment."""
    return schemas.person_detail(load(request, at), at=query.as_of)


@router.get("/{namespace}/{name}/identities", response=list[IdentityOut])
def list_identities(request: Request, at: At) -> Any:
    """Names under which the person is known elsewhere, each with source and confidence."""
    return [schemas.identity_of(row) for row in queries.identities(load(request, at))]


@router.get("/{namespace}/{name}/history", response=PageOf[EventOut])
def list_person_history(request: Request, at: At, paging: Annotated[Paging, Query()]) -> Any:
    """What happened to the person, newest first."""
    page = events.history("person", load(request, at).pk, before=paging.cursor, limit=paging.limit)
    return page_of(page, [event_of(event) for event in page.items])
