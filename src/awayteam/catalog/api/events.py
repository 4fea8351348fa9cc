"""What happened, to anything."""

from typing import Annotated, Any

from ninja import Query, Router
from pydantic import Field

from awayteam.catalog.queries.events import feed
from awayteam.kernel import subjects
from awayteam.kernel.events import EventName
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Moment, PageOf, Paging, Word, page_of
from awayteam.kernel.rest.events import EventOut, event_of

router = Router(tags=["events"])


class EventsQuery(Paging):
    name: Annotated[list[EventName], Field(max_length=100)] = []
    subject_kind: Word = ""
    since: Moment | None = None
    until: Moment | None = None


@router.get("/events", response=PageOf[EventOut])
def list_events(request: Request, query: Annotated[EventsQuery, Query()]) -> Any:
    """Events of things that the actor may see, newest first. A page may hold fewer than `limit` and yet not be the
    last: `next_cursor` says."""
    page = feed(
        request.actor,
        names=[name.value for name in query.name],
        subject_kind=query.subject_kind,
        since=query.since,
        until=query.until,
        cursor=query.cursor,
        limit=query.limit,
    )
    return page_of(page, [event_of(one.event) for one in subjects.shown(request, page.items)])
