"""The section of allocations and of growth."""

from dataclasses import dataclass

from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocations:
    """Allocations of a provider's capacity, what counts as unusual growth of use, and its review.

    Minutes are working minutes of the calendar of whoever has the turn (480 are a usual day).
    """

    decide_minutes: int = rule(
        "For the provider's team to grant or decline; then a manager above it is asked.", minimum=1, maximum=100_000
    )
    escalation_minutes: int = rule(
        "For each manager; then the next one above. At the top the request lapses.", minimum=1, maximum=100_000
    )
    days_default: int = rule("Days for which a new request suggests an allocation.", minimum=1, maximum=1_100)
    days_max: int = rule("Days for which an allocation may be granted at most.", minimum=1, maximum=3_650)
    renew_days: int = rule(
        "Days before its end on which an allocation becomes the turn of the team that has it: renew or let go.",
        minimum=1,
        maximum=366,
    )
    last_reminder_days: int = rule("Days before the end of the last reminder.", minimum=0, maximum=366)
    idle_percent: int = rule(
        "Use of less than this part of an allocation stands on the agenda as one to give back.", minimum=0, maximum=100
    )
    growth_hour: int = rule("Hour of the day (UTC) from which yesterday's use is looked at.", minimum=0, maximum=23)
    score_min: float = rule(
        "How far from its usual a day or a week must lie, in units of its own scatter, to count as unusual.",
        minimum=3,
        maximum=100,
    )
    calls_min: int = rule(
        "More calls a day than usual that growth must be to be worth a question, whatever its score.",
        minimum=1,
        maximum=1_000_000_000_000,
    )
    ramp_times: float = rule(
        "To how many times its first weeks use must grow within twelve weeks to be told of as a slow rise.",
        minimum=1.1,
        maximum=100,
    )
    share_percent: int = rule(
        "Part of an allocation whose use is told of, so that a slow rise is seen before it hits the limit.",
        minimum=1,
        maximum=1_000,
    )
    answer_minutes: int = rule(
        "For the consumer's team to answer; after it the finding is overdue, for as long again, and lapses.",
        minimum=1,
        maximum=100_000,
    )
    answer_days_max: int = rule("Days for which an answer to growth holds at most.", minimum=1, maximum=1_100)
    rise_percent: int = rule(
        "Further growth beyond the level that was answered from which the question is asked again.",
        minimum=1,
        maximum=10_000,
    )
    again_days: int = rule("Days after which growth to which nobody answered is told of again.", minimum=1, maximum=366)
    agenda_days: int = rule(
        "Days from one review of allocations and growth to the next; each team gets its agenda.",
        minimum=1,
        maximum=366,
    )
