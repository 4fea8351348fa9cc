"""Every read of engagements that is more than a lookup."""

from awayteam.engagements.queries.filters import EngagementFilter, filter_of
from awayteam.engagements.queries.lists import SORTS, board, facets, list_engagements, listing, load, total
from awayteam.engagements.queries.next import Missing, Option, Turn
from awayteam.engagements.queries.places import PlaceRow, open_places, place
from awayteam.engagements.queries.rows import EngagementRow, rows_of
from awayteam.engagements.queries.story import ContractRow, Story, contracts_of, story

__all__ = [
    "SORTS",
    "ContractRow",
    "EngagementFilter",
    "EngagementRow",
    "Missing",
    "Option",
    "PlaceRow",
    "Story",
    "Turn",
    "board",
    "contracts_of",
    "facets",
    "filter_of",
    "list_engagements",
    "listing",
    "load",
    "open_places",
    "place",
    "rows_of",
    "story",
    "total",
]
