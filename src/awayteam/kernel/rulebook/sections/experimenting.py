"""The sections of experiments and flags: how they are designed, measured and decided; what is taken from senders."""

from dataclasses import dataclass
from typing import Literal

from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiments:
    """Experiments: clocks in working minutes (480 are a usual day), what a design starts from, and what is trusted."""

    design_minutes: int = rule("For a draft to go on; then it is withdrawn.", minimum=1, maximum=500_000)
    submit_minutes: int = rule(
        "For a checked design to be registered; then it is a draft again.", minimum=1, maximum=500_000
    )
    review_minutes: int = rule(
        "After which the owner hears that the review still waits; it has clocks of its own.", minimum=1, maximum=500_000
    )
    start_minutes: int = rule(
        "For a design that is ready to start; then it is a draft again, for traffic and collisions are old.",
        minimum=1,
        maximum=500_000,
    )
    decide_minutes: int = rule(
        "For the decider, once an experiment has stopped; then the manager above is asked.", minimum=1, maximum=500_000
    )
    removal_minutes: int = rule(
        "For the owner to remove the flag and the losing code after a decision; then the manager above is asked.",
        minimum=1,
        maximum=500_000,
    )
    alpha: float = rule("The share of false alarms that a new design accepts.", minimum=0.0001, maximum=0.2)
    power: float = rule("The chance of finding the smallest effect, in a new design.", minimum=0.5, maximum=0.99)
    horizon: Literal["sequential", "fixed"] = rule(
        "How a new design is read: `sequential` is valid at every look, `fixed` once at the end."
    )
    correction: Literal["holm", "benjamini-hochberg", "none"] = rule(
        "How a new design corrects for several metrics of success and arms."
    )
    cuped_days: int = rule(
        "Days before the start from which a new design takes values of units to reduce variance; 0: none.",
        minimum=0,
        maximum=90,
    )
    days_max: int = rule("Days that a design may plan at most.", minimum=1, maximum=366)
    ratio_level: float = rule(
        "Below this p-value a sample ratio other than the designed one blocks the scorecard.",
        minimum=0.000001,
        maximum=0.05,
    )
    past_days: int = rule(
        "Days of the past from which traffic, means and spreads are measured, and A/A runs are made.",
        minimum=1,
        maximum=90,
    )
    aa_runs: int = rule("Random splits of an A/A run on past data.", minimum=20, maximum=2_000)
    analyse_minutes: int = rule(
        "Minutes after which a running experiment is looked at again by itself.", minimum=5, maximum=100_000
    )
    query_seconds: int = rule(
        "Seconds that one statement over an organisation's own tables may take.", minimum=1, maximum=7_200
    )
    batch_max: int = rule("Facts that one request of a sender holds at most.", minimum=1, maximum=100_000)
    bytes_max: int = rule(
        "The largest request of a sender that is taken, in bytes.", minimum=10_000, maximum=104_857_600
    )
    ahead_seconds: int = rule(
        "Seconds that the time of a fact may lie ahead of ours; what is further ahead is refused.",
        minimum=0,
        maximum=86_400,
    )
    source_folders: tuple[str, ...] = rule(
        "Folders, as absolute paths, under which files of facts may be read. Empty: none but our own."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """Flags: how long they stay, when their teams are asked whether they may go, how often they may be asked for."""

    remove_days: int = rule(
        "Days after which a flag of a release or an experiment should be gone, where nobody names a date.",
        minimum=1,
        maximum=3650,
    )
    stale_days: int = rule(
        "Days for which everybody has had the same variant before the team is asked whether the flag may go.",
        minimum=1,
        maximum=3650,
    )
    ask_minutes: int = rule(
        "Working minutes that a team has to say whether a flag may go; then its lead or manager is asked.",
        minimum=1,
        maximum=500_000,
    )
    keep_days_max: int = rule(
        "Days for which a flag may be kept before its team is asked again.", minimum=1, maximum=3650
    )
    requests_per_minute: int = rule(
        "Evaluations and rulesets that one token may ask for in a minute, in each process; a bulk is one.",
        minimum=1,
        maximum=10_000_000,
    )
    streams_max: int = rule(
        "Connections of applications that wait for changes, in each process; more are sent to ask again and again.",
        minimum=0,
        maximum=1_000,
    )
