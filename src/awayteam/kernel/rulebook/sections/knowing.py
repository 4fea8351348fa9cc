"""Sections of what is known: the organisation, the catalog, imports, who changes what, and figures."""

from dataclasses import dataclass
from typing import Literal

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What the catalog believes when sources change or disagree."""

    edit_wins: Literal["person", "source", "newest"] = rule(
        "Where a source contradicts what a person entered: whose value is in force. Both are always shown."
    )
    orphan_grace_days: int = rule(
        "Days for which something that disappeared from its source is kept as an orphan before it is removed.",
        minimum=0,
        maximum=3650,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """How the away map is made from the history of repositories."""

    history_months: int = rule(
        "Months of history that are kept of each repository, back from its newest commit.", minimum=1, maximum=600
    )
    refresh_minutes: int = rule(
        "Minutes between two looks at a repository that nothing announces the pushes of.", minimum=1, maximum=100_000
    )
    nested_teams: bool = rule("Whether members of a team belong to the teams and units above it too.")
    guess_names: bool = rule("Whether authors are linked to people with close names; such links are marked as guesses.")
    bots: tuple[str, ...] = rule(
        "Names and addresses of bots and AI agents, whose commits are counted apart. * stands for any text; case "
        "doesn't count; blanks, dots, underscores and plus signs count as hyphens; a pattern with @ is about "
        "addresses. A list of your own replaces this one.",
        check=checks.author_patterns,
    )
    more_bots: tuple[str, ...] = rule("Patterns that are added to those of `bots`.", check=checks.author_patterns)
    belonging_share: float = rule(
        "Share of an area's commits that must come from one other team before it is suggested that the area belongs "
        "there.",
        minimum=0.1,
        maximum=1,
    )
    belonging_commits_min: int = rule("Commits of that team that it takes as well.", minimum=1, maximum=100_000)
    sole_author_share: float = rule(
        "Share of an area's commits by one person from which the area counts as known by one person only.",
        minimum=0.5,
        maximum=1,
    )
    sole_author_commits_min: int = rule("Commits that an area needs before that is said.", minimum=1, maximum=100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """How sources are kept fresh."""

    watch_seconds: int = rule("Seconds between two looks at a watched source.", minimum=1, maximum=86_400)
    stale_after_hours: int = rule(
        "Hours without a successful import after which a source counts as stale.", minimum=1, maximum=87_600
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    """What figures say of requests between teams, and what managers are shown."""

    few_cases: int = rule(
        "Cases below which a median is called one of few, and no change is called notable.", minimum=1, maximum=1000
    )
    manager_value_per_week: float = rule(
        "Cost of delay for each week from which a manager is shown a request that the home team isn't doing (its clock "
        "ran out, or it was declined); in the unit of `requests.value_unit`.",
        minimum=0,
        maximum=10_000_000_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What a healthy organisation looks like."""

    team_size_max: int = rule(
        "The most people that two pizzas feed; larger teams are pointed out.", minimum=2, maximum=100
    )
