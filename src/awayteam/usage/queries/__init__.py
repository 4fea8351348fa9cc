"""Every read of use; each takes the actor first and answers with what that actor may see, and what it rests on."""

from awayteam.usage.queries.evidence import behind, window
from awayteam.usage.queries.parties import Meant, Parties, Who, meant, visible_names
from awayteam.usage.queries.rows import HIDDEN, WINDOW_DAYS, Answer, Behind, Party, Use
from awayteam.usage.queries.uses import GROUPS, SORTS, uses

__all__ = [
    "GROUPS",
    "HIDDEN",
    "SORTS",
    "WINDOW_DAYS",
    "Answer",
    "Behind",
    "Meant",
    "Parties",
    "Party",
    "Use",
    "Who",
    "behind",
    "meant",
    "uses",
    "visible_names",
    "window",
]
