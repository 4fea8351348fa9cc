"""Sections of asking: requests, roadmaps, duplicates, talking and being told."""

from dataclasses import dataclass
from typing import Literal

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussions:
    """Comments on requests, roadmaps and whatever else has a story."""

    length_max: int = rule("Characters that a comment may have.", minimum=100, maximum=100_000)
    edit_minutes: int = rule(
        "Minutes for which one may change a comment of one's own; 0 means always. Earlier versions are kept.",
        minimum=0,
        maximum=1_000_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Own builds of what another team has: two are better than none, none is better than five."""

    too_many: int = rule(
        "Solutions of the same thing, the first included, from which a warning is shown.", minimum=2, maximum=100
    )
    look_again_days: int = rule(
        "Days until both teams look at a duplicate again, where nobody names a date.", minimum=1, maximum=3650
    )
    days_max: int = rule("The most days that any date of a duplicate may lie ahead.", minimum=1, maximum=3650)
    review_minutes: int = rule(
        "Working minutes that each team has to answer: converge, keep with a reason, or retire.",
        minimum=1,
        maximum=500_000,
    )
    asked_max: int = rule("How often both are asked before silence goes to a manager.", minimum=1, maximum=10)
    settle_minutes: int = rule(
        "Working minutes that a manager has to decide between both; then the next manager above is asked.",
        minimum=1,
        maximum=500_000,
    )
    again_days: int = rule(
        "Days until the next look at a duplicate on which no manager decided.", minimum=1, maximum=3650
    )
    likeness_min: float = rule(
        "How alike two APIs of different owners must be (0 to 1) to be suggested as duplicates.", minimum=0.1, maximum=1
    )
    compare_hours: int = rule("Hours between two comparisons of all APIs.", minimum=1, maximum=8760)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """How people hear of what concerns them, as far as they don't say otherwise."""

    digest_time: str = rule("When digests leave, in the reader's time zone, as `HH:MM`.", check=checks.time_of_day)
    digest_weekday: int = rule("The day of the weekly digest: 0 is Monday, 6 is Sunday.", minimum=0, maximum=6)
    gather_seconds: int = rule(
        "Seconds for which what isn't urgent waits before it leaves at once, so that what comes together leaves "
        "together.",
        minimum=0,
        maximum=3600,
    )
    fold_after: int = rule(
        "More than so many messages at once to one person about one subject become one.", minimum=1, maximum=100
    )
    keep_days: int = rule("Days for which notifications are kept.", minimum=1, maximum=3650)
    allow_private: bool = rule(
        "Whether people may have notifications sent to loopback, private and other addresses that aren't public, such "
        "as a chat in the same network. Leave it off unless everybody may reach those hosts."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """How long each side of a request has, in working minutes of its own calendar (480 are a usual day)."""

    decide_feature_minutes: int = rule("For the home team to answer a feature.", minimum=1, maximum=500_000)
    decide_bug_minutes: int = rule("For the home team to answer a bug.", minimum=1, maximum=500_000)
    decide_performance_minutes: int = rule(
        "For the home team to answer a wish for performance.", minimum=1, maximum=500_000
    )
    decide_access_minutes: int = rule("For the home team to answer a wish for access.", minimum=1, maximum=500_000)
    after_answer_minutes: int = rule(
        "What the home team has at least when the asker has given the information it asked for.",
        minimum=1,
        maximum=500_000,
    )
    answer_minutes: int = rule(
        "For the asker to give information; then the request lapses.", minimum=1, maximum=500_000
    )
    take_over_minutes: int = rule(
        "For another team to take a request that was moved to it; then it goes back.", minimum=1, maximum=500_000
    )
    arbitrate_minutes: int = rule(
        "For a manager to say which team answers; then the next manager above is asked.", minimum=1, maximum=500_000
    )
    choose_minutes: int = rule(
        "For the asker to choose what to do after silence or a refusal.", minimum=1, maximum=500_000
    )
    escalation_minutes: int = rule(
        "For a manager to decide an escalation; then the next manager above is asked.", minimum=1, maximum=500_000
    )
    start_away_minutes: int = rule("For the asker to send the away team that is welcome.", minimum=1, maximum=500_000)
    away_minutes: int = rule(
        "For the away team to finish, unless it names a date of its own.", minimum=1, maximum=1_000_000
    )
    confirm_minutes: int = rule(
        "For the asker to say whether what was delivered is what was asked for; silence is yes.",
        minimum=1,
        maximum=500_000,
    )
    deliver_minutes: int = rule(
        "For the home team to mend what the asker disputed, unless the promised date is later.",
        minimum=1,
        maximum=500_000,
    )
    moves_max: int = rule(
        "How often a request may go from team to team before a manager decides where it belongs.", minimum=0, maximum=20
    )
    rounds_max: int = rule(
        "How often a home team's clock may run out on a request that its asker does nothing about, before it lapses.",
        minimum=1,
        maximum=50,
    )
    value_unit: str = rule("What cost of delay is counted in; each request says how many of it a week.")
    escalation_time_minutes: int = rule(
        "Management time that is booked for a decision whose manager doesn't say how long it took.",
        minimum=1,
        maximum=10_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Roadmaps:
    """How roadmaps are ranked and planned."""

    ranking: Literal["members", "deciders"] = rule(
        "Who ranks a team's roadmap: all its members, or only its deciders and leads. Managers of units above it "
        "always may."
    )
    funded_weeks: int = rule(
        "Weeks from today that count as funded: what is done by then at 50% is pointed out when something of more "
        "value is asked for.",
        minimum=1,
        maximum=520,
    )
    horizon_weeks: int = rule(
        "Weeks for which people, holidays and notes are counted day by day; beyond, their mean goes on.",
        minimum=4,
        maximum=520,
    )
    connected_teams_max: int = rule(
        "The most teams that are planned together because their items need each other; of teams farther off the stored "
        "forecasts count.",
        minimum=1,
        maximum=1000,
    )
    accuracy_prior_items: float = rule(
        "How many finished items the belief that a team estimates rightly is worth.", minimum=0.1, maximum=1000
    )
    accuracy_prior_spread: float = rule(
        "How far the logarithm of a team's ratio of real to estimated effort usually lies from 0: 0.3 means up to a "
        "third more or a quarter less.",
        minimum=0.01,
        maximum=2,
    )
    accuracy_items_max: int = rule(
        "The newest finished items of a team from which its accuracy is taken.", minimum=1, maximum=1000
    )
