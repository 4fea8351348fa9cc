"""What the rulebook may say: one frozen dataclass for each section, one documented field for each key.

To add a key: a field here with `rule(...)`, and its value in `defaults.toml`. Units stand in the name. A section is
added as a field of `Rulebook`. `awayteam rulebook document` writes the reference docs/rulebook.md from this file.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from awayteam.kernel.rulebook import checks


def rule(
    documentation: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    check: Callable[[Any], str | None] | None = None,
) -> Any:
    """A key: its documentation, its bounds (of numbers, or of each number in a list), and a check of its own.

    `check` gets the value and returns what is wrong with it, or None.
    """
    return field(metadata={"doc": documentation, "minimum": minimum, "maximum": maximum, "check": check})


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Who may sign in, and what scripts may hold."""

    sign_up: Literal["closed", "known", "open"] = rule(
        "Who gets an account by signing in for the first time: nobody; those whom the organisation knows (by its own "
        "directory through OpenID Connect, a handle, a verified e-mail, or the domain of one); or anybody, also with a "
        "password."
    )
    sign_up_domains: tuple[str, ...] = rule("Domains whose verified e-mail addresses make somebody known.")
    token_days_default: int = rule(
        "Days until a new API token expires, unless its maker says otherwise.", minimum=1, maximum=3650
    )
    token_days_max: int = rule("The most days for which an API token may be made.", minimum=1, maximum=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What one caller may ask of the REST interface."""

    requests_per_minute: int = rule(
        "Requests that one account or address may make in a minute.", minimum=10, maximum=1_000_000
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When people work, for every team that doesn't say so itself. Clocks run only in these hours."""

    time_zone: str = rule("Name in the time zone database, such as `Europe/Berlin`.", check=checks.time_zone)
    country: str = rule("Country (ISO 3166 code) whose public holidays are free; empty for none.", check=checks.country)
    subdivision: str = rule("State or region of the country with holidays of its own; empty for none.")
    weekdays: tuple[int, ...] = rule(
        "Working days: 0 is Monday, 6 is Sunday.", minimum=0, maximum=6, check=checks.weekdays
    )
    hours: tuple[str, ...] = rule("Start and end of the working day, in the calendar's time zone.", check=checks.hours)


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
class Clocks:
    """When somebody whose turn it is hears of it again."""

    remind_at_half: bool = rule("Remind when half of the working time has gone.")
    remind_before_minutes: tuple[int, ...] = rule(
        "Remind again this many working minutes before the end.", minimum=1, maximum=100_000
    )
    lease_seconds: int = rule(
        "Seconds after which a clock that a worker took and didn't finish is taken by another.", minimum=5, maximum=3600
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
class Credit:
    """The ledger of credit: what is derived from events, and who settles a dispute about it."""

    reuse_days: int = rule(
        "Days after a handover during which another team that begins to use the service is credit for the visit.",
        minimum=1,
        maximum=3650,
    )
    dispute_days: int = rule("Days during which an entry can be disputed.", minimum=1, maximum=3650)
    dispute_minutes: int = rule(
        "Working minutes that the manager of the unit above has for a dispute; then the next unit above is asked.",
        minimum=1,
        maximum=500_000,
    )


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
class Engagements:
    """How long each step of an engagement may take, and what a contract says unless people say otherwise.

    Minutes are working minutes of the calendar of whoever has the turn (480 are a usual day); working days are those of
    the away team's calendar.
    """

    prepare_minutes: int = rule(
        "For the away team to write the contract; then the draft expires.", minimum=1, maximum=500_000
    )
    sign_minutes: int = rule(
        "For the other side to sign a contract or an amendment; then it lapses.", minimum=1, maximum=500_000
    )
    handover_minutes: int = rule(
        "For both sides to bring the handover to its end; then the engagement expires.", minimum=1, maximum=500_000
    )
    production_minutes: int = rule(
        "For somebody to record the deployment after an accepted handover; then the warranty runs all the same.",
        minimum=1,
        maximum=500_000,
    )
    time_box_days: int = rule("Working days of the time-box that a new contract suggests.", minimum=1, maximum=260)
    pledged_hours: int = rule("Hours of the home team that a new contract suggests.", minimum=0, maximum=2_000)
    warranty_days: int = rule("Days of warranty that a new contract suggests.", minimum=0, maximum=366)
    early_start_days: int = rule(
        "How many days before the first day of its time-box a signed engagement may begin.", minimum=0, maximum=60
    )
    pause_days_max: int = rule("How many days a pause may last at most.", minimum=1, maximum=366)
    extension_days_max: int = rule(
        "By how many working days one ruling may make the time-box grow at most.", minimum=1, maximum=260
    )
    access_notice_days: int = rule("How many days before somebody's access ends they are told.", minimum=1, maximum=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handovers:
    """The end of a visit: handover, production, warranty, what was learned. Minutes are working time (480: a day)."""

    checklist: tuple[str, ...] = rule(
        "Lines that stand in every handover beside the contract's definition of done, as `key: text`. The line "
        "`no-open-review` is ticked by itself; `walkthrough` needs the day and who of the home side was there.",
        check=checks.keyed_lines,
    )
    prepare_minutes: int = rule(
        "For the away team to fill in the checklist; then the handover is taken back.", minimum=1, maximum=500_000
    )
    decide_minutes: int = rule(
        "For the home team to accept or refuse, by its calendar; then the fall-back reviewer looks it over.",
        minimum=1,
        maximum=100_000,
    )
    look_over_minutes: int = rule(
        "For the fall-back reviewer, by the home team's calendar; then silence counts as acceptance.",
        minimum=1,
        maximum=100_000,
    )
    production_environments: tuple[str, ...] = rule(
        "Names of environments that are production; a deployment there starts the warranty. Case doesn't count."
    )
    fix_high_minutes: int = rule(
        "For the away team to repair a defect of high severity under warranty; then a manager decides.",
        minimum=1,
        maximum=100_000,
    )
    fix_medium_minutes: int = rule("The same, of medium severity.", minimum=1, maximum=100_000)
    fix_low_minutes: int = rule("The same, of low severity.", minimum=1, maximum=500_000)
    home_minutes: int = rule(
        "For the home team to say that a defect of its own is repaired; then it lapses here.",
        minimum=1,
        maximum=500_000,
    )
    rule_minutes: int = rule(
        "For the manager of both teams to say whose a disputed defect is; then what the rules said stands.",
        minimum=1,
        maximum=100_000,
    )
    pager_notice_days: int = rule(
        "Days before the pager moves on which both sides are reminded.", minimum=0, maximum=365
    )
    questions: tuple[str, ...] = rule("The five questions of a retrospective.", check=checks.five_questions)
    retrospective_days: int = rule(
        "Days after the handover, or after the end of an engagement without one, from which answers can be read though "
        "one side said nothing.",
        minimum=0,
        maximum=365,
    )
    self_service_visits: int = rule(
        "Visits to one service from which making it self-service is suggested.", minimum=2, maximum=1000
    )
    self_service_days: int = rule("The days back in which they are counted.", minimum=1, maximum=3650)


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
class Lists:
    """What can be done to many rows of a list at once."""

    bulk_rows_max: int = rule("The most rows that one action changes at once.", minimum=1, maximum=10_000)
    undo_hours: int = rule(
        "Hours for which whoever changed many rows at once may take that back, even where they may not change the rows "
        "any more (since they gave them to another team).",
        minimum=1,
        maximum=8_760,
    )


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
class Organisation:
    """What a healthy organisation looks like."""

    team_size_max: int = rule(
        "The most people that two pizzas feed; larger teams are pointed out.", minimum=2, maximum=100
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """How hard we try to deliver a message before it is given up (and can be retried by hand)."""

    attempts_max: int = rule("Attempts after which a message is dead.", minimum=1, maximum=100)
    backoff_first_seconds: int = rule("Seconds until the second attempt.", minimum=1, maximum=86_400)
    backoff_factor: float = rule("By how much each wait is longer than the one before.", minimum=1, maximum=10)
    backoff_max_seconds: int = rule("The longest wait between two attempts, in seconds.", minimum=1, maximum=604_800)
    backoff_jitter: float = rule(
        "Share of each wait that is random, so that messages that failed together don't return together.",
        minimum=0,
        maximum=1,
    )
    lease_seconds: int = rule(
        "Seconds after which a message that a worker took and didn't finish is taken by another. Must be longer than "
        "`webhooks.timeout_seconds`.",
        minimum=5,
        maximum=3600,
    )
    keep_delivered_days: int = rule(
        "Days for which delivered messages are kept for a look back.", minimum=0, maximum=3650
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
class Reviews:
    """Bar raisers: independent experts who review decisions of high impact, and the register of overrides."""

    fields: tuple[str, ...] = rule(
        "Fields in which a bar is raised, each as `key: Title`. A list of your own replaces this one.",
        check=checks.review_fields,
    )
    more_fields: tuple[str, ...] = rule("Fields that are added to those of `fields`.", check=checks.review_fields)
    questions: tuple[str, ...] = rule(
        "Questions that a review answers, each as `field: Question?`; `*` stands for every field. A list of your own "
        "replaces this one.",
        check=checks.review_questions,
    )
    more_questions: tuple[str, ...] = rule(
        "Questions that are added to those of `questions`.", check=checks.review_questions
    )
    triggers: tuple[str, ...] = rule(
        "What needs a review, each as `fact comparison -> field, field`. Numbers (`tier`, `consumers`, `spend` a year, "
        "`changed-lines`, `changed-files`) take `<=` or `>=`; `data-class` takes `is` with words; `breaking-api` and "
        "`customer-experiment` stand alone. A list of your own replaces this one.",
        check=checks.review_triggers,
    )
    more_triggers: tuple[str, ...] = rule(
        "Triggers that are added to those of `triggers`.", check=checks.review_triggers
    )
    assign_minutes: int = rule(
        "Working minutes until assigning is tried again where no bar raiser was free.", minimum=1, maximum=500_000
    )
    review_minutes: int = rule(
        "Working minutes that a bar raiser has; then somebody else is assigned.", minimum=1, maximum=500_000
    )
    decide_minutes: int = rule(
        "Working minutes that the decider has to follow or override; silence follows.", minimum=1, maximum=500_000
    )
    declines_max: int = rule("How often a review may be declined by those it is assigned to.", minimum=0, maximum=10)
    near_units: int = rule(
        "How many levels of units around an involved team are too close for a bar raiser: 0 means its own people only, "
        "1 the unit above with all its teams. The unit at the very top is never too close.",
        minimum=0,
        maximum=20,
    )
    recent_days: int = rule(
        "Days for which somebody who worked or reviewed with an involved team is too close to it.",
        minimum=0,
        maximum=3650,
    )
    load_max: int = rule(
        "Reviews that one bar raiser has open at most, unless the pool says otherwise for them.", minimum=1, maximum=50
    )
    term_days: int = rule("Days of a bar raiser's term, where nobody names its end.", minimum=1, maximum=3650)
    look_again_days: int = rule(
        "Days after which an override or a deviation is looked at again, with what happened.", minimum=1, maximum=3650
    )
    tell_minutes: int = rule(
        "Working minutes for saying what happened; then the manager above is asked.", minimum=1, maximum=500_000
    )
    tier_tags: tuple[str, ...] = rule(
        "Where the tier of a service stands: tags such as `tier-` (its number follows), annotations or labels by name."
    )
    data_class_keys: tuple[str, ...] = rule("Annotations or labels that hold the class of a service's data.")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """Review rounds of away teams: how long who has, in working minutes (480 are a usual day)."""

    review_minutes: int = rule(
        "For the home team's reviewer to answer; then the deputy is asked.", minimum=1, maximum=100_000
    )
    deputy_minutes: int = rule(
        "For the deputy to answer; then the fall-back reviewer is asked.", minimum=1, maximum=100_000
    )
    fallback_minutes: int = rule(
        "For the fall-back reviewer to answer, by the home team's calendar; then the round ends as unanswered, the "
        "time-box grows by the days that were lost, and the away team may go on.",
        minimum=1,
        maximum=100_000,
    )
    own_minutes: int = rule(
        "For another of the away team to look, where the home team signed the design; then the round lapses.",
        minimum=1,
        maximum=100_000,
    )
    changes_minutes: int = rule(
        "For the away team to show it again after changes were requested; then the round lapses.",
        minimum=1,
        maximum=500_000,
    )
    dispute_minutes: int = rule(
        "For a bar raiser to rule on a demand beyond the frozen standards; silence refuses it.",
        minimum=1,
        maximum=100_000,
    )
    busy_from: int = rule(
        "Reviews that wait for somebody from which the next one of the home team is asked first.",
        minimum=1,
        maximum=1_000,
    )
    open_max: int = rule("Rounds that one engagement may have open at a time.", minimum=1, maximum=1_000)
    demands_max: int = rule(
        "Demands beyond the frozen standards that may be made in one round, whatever becomes of them.",
        minimum=0,
        maximum=100,
    )
    fallback_field: str = rule("The field in which fall-back reviewers and those who rule on demands are experts.")
    report_weekday: int = rule(
        "Day of the week on which the report of the week before is made: 0 is Monday, 6 is Sunday.",
        minimum=0,
        maximum=6,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """How other programs are told of events."""

    allow_private: bool = rule(
        "Whether a webhook may go to loopback, private and other addresses that aren't public. Leave it off unless "
        "everybody who may enter webhooks may also reach those hosts."
    )
    timeout_seconds: int = rule("Seconds that a receiver has to answer, in all.", minimum=1, maximum=120)
    response_bytes_max: int = rule("Bytes of a receiver's answer that are read at most.", minimum=0, maximum=1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """How eagerly the worker looks for work."""

    idle_seconds: float = rule("The longest that an idle worker sleeps, in seconds.", minimum=0.1, maximum=60)
    batch: int = rule("Clocks or messages that a worker takes in one round.", minimum=1, maximum=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All sections. `version` is the hash of every value in force (not of the file's spelling); `overridden` holds the
    keys that the organisation's own file sets, as `section.key`."""

    accounts: Accounts
    api: Api
    calendar: Calendar
    catalog: Catalog
    clocks: Clocks
    contributions: Contributions
    credit: Credit
    discussions: Discussions
    duplicates: Duplicates
    engagements: Engagements
    handovers: Handovers
    imports: Imports
    insights: Insights
    lists: Lists
    notifications: Notifications
    organisation: Organisation
    outbox: Outbox
    requests: Requests
    reviews: Reviews
    roadmaps: Roadmaps
    rounds: Rounds
    webhooks: Webhooks
    worker: Worker
    version: str
    overridden: frozenset[str]
