"""What the away map answers; every answer is limited to what the actor may see."""

from awayteam.contributions.queries.areas import AreaDetail, AreaRow, Belonging, area, areas, belonging
from awayteam.contributions.queries.authors import (
    AuthorRow,
    author,
    authors,
    correction,
    corrections,
    numbers,
    person_named,
)
from awayteam.contributions.queries.commits import CommitFilter, CommitRow, commits, words
from awayteam.contributions.queries.flows import AwayMap, FlowRow, Series, Side, away_map, flows, over_time
from awayteam.contributions.queries.people import PersonWork, person_work
from awayteam.contributions.queries.repositories import (
    Changers,
    RepositoryRow,
    TeamFlows,
    changers,
    contradictions,
    repositories,
    repository,
    team_flows,
)
from awayteam.contributions.queries.scope import Choice, Scope, scope

__all__ = [
    "AreaDetail",
    "AreaRow",
    "AuthorRow",
    "AwayMap",
    "Belonging",
    "Changers",
    "Choice",
    "CommitFilter",
    "CommitRow",
    "FlowRow",
    "PersonWork",
    "RepositoryRow",
    "Scope",
    "Series",
    "Side",
    "TeamFlows",
    "area",
    "areas",
    "author",
    "authors",
    "away_map",
    "belonging",
    "changers",
    "commits",
    "contradictions",
    "correction",
    "corrections",
    "flows",
    "numbers",
    "over_time",
    "person_named",
    "person_work",
    "repositories",
    "repository",
    "scope",
    "team_flows",
    "words",
]
