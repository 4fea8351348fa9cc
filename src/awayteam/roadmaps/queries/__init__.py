"""Every read of goals and roadmaps; open to everybody who is signed in."""

from awayteam.roadmaps.queries.documents import DocumentView, compare, document, documents, read
from awayteam.roadmaps.queries.goals import GoalView, KeyResultView, goal, goals, views
from awayteam.roadmaps.queries.items import ItemFilter, ItemView, item, items, owned_goals_and_items, story, view
from awayteam.roadmaps.queries.overview import (
    SHOW,
    Coming,
    OverviewFilter,
    TeamRow,
    coming,
    oldest_forecast,
    overview,
)
from awayteam.roadmaps.queries.roadmap import (
    RoadmapView,
    Row,
    Tie,
    Trial,
    Wish,
    each_rank,
    risk,
    roadmap,
    try_rank,
    version_of,
)

__all__ = [
    "SHOW",
    "Coming",
    "DocumentView",
    "GoalView",
    "ItemFilter",
    "ItemView",
    "KeyResultView",
    "OverviewFilter",
    "RoadmapView",
    "Row",
    "TeamRow",
    "Tie",
    "Trial",
    "Wish",
    "coming",
    "compare",
    "document",
    "documents",
    "each_rank",
    "goal",
    "goals",
    "item",
    "items",
    "oldest_forecast",
    "overview",
    "owned_goals_and_items",
    "read",
    "risk",
    "roadmap",
    "story",
    "try_rank",
    "version_of",
    "view",
    "views",
]
