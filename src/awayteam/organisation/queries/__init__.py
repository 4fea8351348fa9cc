"""Every read of the organisation: teams, units, people, memberships, now or as of a date; open to all signed in."""

from awayteam.organisation.queries.dates import dated
from awayteam.organisation.queries.members import (
    MemberRow,
    TeamPlace,
    former_teams_of,
    members,
    membership_history,
    teams_of,
)
from awayteam.organisation.queries.people import PersonRow, fact_edits, identities, people, person
from awayteam.organisation.queries.teams import Health, SizeCheck, TeamRow, health, size_check, team, teams
from awayteam.organisation.queries.tree import TreeNode, above, below, children, tree

__all__ = [
    "Health",
    "MemberRow",
    "PersonRow",
    "SizeCheck",
    "TeamPlace",
    "TeamRow",
    "TreeNode",
    "above",
    "below",
    "children",
    "dated",
    "fact_edits",
    "former_teams_of",
    "health",
    "identities",
    "members",
    "membership_history",
    "people",
    "person",
    "size_check",
    "team",
    "teams",
    "teams_of",
    "tree",
]
