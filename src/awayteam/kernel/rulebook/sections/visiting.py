"""Sections of going there: bar raisers, engagements, rounds, handovers, credit."""

from dataclasses import dataclass

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections.rule import rule


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
