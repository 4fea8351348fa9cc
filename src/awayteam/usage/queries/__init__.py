"""Every read of use; each takes the actor first and answers with what that actor may see, and what it rests on."""

from awayteam.usage.queries.evidence import behind, window
from awayteam.usage.queries.gaps import (
    DeclaredUse,
    DeprecatedUse,
    Unused,
    declared_never_observed,
    deprecated_callers,
    observed_never_declared,
    unused,
)
from awayteam.usage.queries.names import NameRow, name, names
from awayteam.usage.queries.parties import Meant, Parties, Who, meant, visible_names
from awayteam.usage.queries.reach import Reached, blast_radius, dependencies
from awayteam.usage.queries.rows import HIDDEN, WINDOW_DAYS, Answer, Behind, Party, Use
from awayteam.usage.queries.series import Daily, Point, TeamUse, Trend, all_daily, by_team, daily, trend
from awayteam.usage.queries.sole import SoleEvidence, SoleUse, sole
from awayteam.usage.queries.uses import GROUPS, SORTS, uses

__all__ = [
    "GROUPS",
    "HIDDEN",
    "SORTS",
    "WINDOW_DAYS",
    "Answer",
    "Behind",
    "Daily",
    "DeclaredUse",
    "DeprecatedUse",
    "Meant",
    "NameRow",
    "Parties",
    "Party",
    "Point",
    "Reached",
    "SoleEvidence",
    "SoleUse",
    "TeamUse",
    "Trend",
    "Unused",
    "Use",
    "Who",
    "all_daily",
    "behind",
    "blast_radius",
    "by_team",
    "daily",
    "declared_never_observed",
    "dependencies",
    "deprecated_callers",
    "meant",
    "name",
    "names",
    "observed_never_declared",
    "sole",
    "trend",
    "unused",
    "uses",
    "visible_names",
    "window",
]
