"""Every change of goals and roadmaps: one function for each verb, one transaction, one event.

Those that change a plan return what they displace: a row for each item, of whatever team, whose end moves, the
costliest first: {"item", "title", "team", "team_name", "team_ref", "rank_before", "rank_after", "p50_before",
"p50_after", "p85_before", "p85_after", "days50", "days85", "value_per_week", "cost"}, dates in ISO form, None for no
date.
"""

from awayteam.roadmaps.actions.base import Displaced
from awayteam.roadmaps.actions.capacity import note_capacity, remove_note
from awayteam.roadmaps.actions.dependencies import depend, undepend
from awayteam.roadmaps.actions.documents import create_document, link_document, write_document
from awayteam.roadmaps.actions.goals import (
    add_key_result,
    close_goal,
    create_goal,
    edit_goal,
    measure,
    reopen_goal,
    set_figure,
)
from awayteam.roadmaps.actions.importing import Imported, import_items
from awayteam.roadmaps.actions.items import (
    Placed,
    drop,
    edit,
    finish,
    place,
    reestimate,
    replan,
    revalue,
    start,
)
from awayteam.roadmaps.actions.ranking import move, reshuffle

__all__ = [
    "Displaced",
    "Imported",
    "Placed",
    "add_key_result",
    "close_goal",
    "create_document",
    "create_goal",
    "depend",
    "drop",
    "edit",
    "edit_goal",
    "finish",
    "import_items",
    "link_document",
    "measure",
    "move",
    "note_capacity",
    "place",
    "reestimate",
    "remove_note",
    "reopen_goal",
    "replan",
    "reshuffle",
    "revalue",
    "set_figure",
    "start",
    "undepend",
    "write_document",
]
