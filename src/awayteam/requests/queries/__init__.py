"""Every read of requests; each takes the actor first and answers with what that actor may see, as frozen rows."""

from awayteam.requests.queries.facets import facets, total_of
from awayteam.requests.queries.filters import GROUPS, RequestFilter, states
from awayteam.requests.queries.lists import (
    SORTS,
    Queue,
    list_requests,
    listing,
    load,
    queue,
    row_of,
    total,
    waiting_for,
)
from awayteam.requests.queries.next import Option, Turn
from awayteam.requests.queries.rows import EntityLink, Facet, FacetValue, Link, RequestRow
from awayteam.requests.queries.story import AskerRow, EscalationRow, Story, askers_of, story
from awayteam.requests.queries.timeline import Entry, timeline

__all__ = [
    "GROUPS",
    "SORTS",
    "AskerRow",
    "EntityLink",
    "Entry",
    "EscalationRow",
    "Facet",
    "FacetValue",
    "Link",
    "Option",
    "Queue",
    "RequestFilter",
    "RequestRow",
    "Story",
    "Turn",
    "askers_of",
    "facets",
    "list_requests",
    "listing",
    "load",
    "queue",
    "row_of",
    "states",
    "story",
    "timeline",
    "total",
    "total_of",
    "waiting_for",
]
