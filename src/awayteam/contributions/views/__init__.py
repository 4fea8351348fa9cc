"""Pages of the away map."""

from awayteam.contributions.views.authors import authors, correct, withdraw
from awayteam.contributions.views.maps import area, areas, away_map, belonging, commits, contradictions
from awayteam.contributions.views.repositories import (
    repositories,
    repository_new,
    repository_refresh,
    repository_remove,
)

__all__ = [
    "area",
    "areas",
    "authors",
    "away_map",
    "belonging",
    "commits",
    "contradictions",
    "correct",
    "repositories",
    "repository_new",
    "repository_refresh",
    "repository_remove",
    "withdraw",
]
