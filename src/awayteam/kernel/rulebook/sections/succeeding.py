"""The section of changing owners: when use is evidence enough, and how long who has."""

from dataclasses import dataclass

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """Transfers of ownership and retirements. Minutes are working minutes (480 are a usual day)."""

    window_days: int = rule(
        "Days that evidence of use must span; 100 cover quarterly jobs and monthly ones.", minimum=7, maximum=800
    )
    miss_max: float = rule(
        "The rarest chance of missing a consumer that is still too much: evidence with a higher one changes no owner. "
        "A consumer of n calls is missed with (1 - sampling)^n.",
        minimum=0,
        maximum=0.05,
    )
    calls_least: int = rule(
        "Calls in the window of the smallest consumer that must not be missed.", minimum=1, maximum=1_000_000
    )
    gap_hours: int = rule("Hours that a source may have seen nothing at a stretch.", minimum=0, maximum=168)
    lost_max: float = rule(
        "Share of what a source saw whose caller it may not know (unpaired, expired, dropped).", minimum=0, maximum=0.5
    )
    fresh_hours: int = rule("Hours back to which the newest observation may lie.", minimum=1, maximum=720)
    belonging_use_share: float = rule(
        "Share of all calls from which another team uses something most.", minimum=0.1, maximum=1
    )
    belonging_change_share: float = rule(
        "Share of all commits from which another team changes something most.", minimum=0.1, maximum=1
    )
    again_days: int = rule(
        "Days for which what was dismissed, or decided against, isn't proposed again.", minimum=1, maximum=3650
    )
    confirm_minutes: int = rule("For somebody to confirm a proposal; then it lapses.", minimum=1, maximum=500_000)
    answer_minutes: int = rule("For a team to answer an offer or a wish; then it lapses.", minimum=1, maximum=500_000)
    notice_minutes: int = rule(
        "In which those concerned may object; then the handover begins, or it is deprecated.",
        minimum=60,
        maximum=500_000,
    )
    handover_minutes: int = rule(
        "For the checklist of a transfer; then the manager above both decides.", minimum=60, maximum=500_000
    )
    decide_minutes: int = rule(
        "For the manager above both; then the next unit above is asked.", minimum=60, maximum=500_000
    )
    halt_minutes: int = rule(
        "For the owning team to answer evidence that contradicts; then it lapses.", minimum=60, maximum=500_000
    )
    retirement_days: int = rule("Days between a deprecation and its sunset at least.", minimum=1, maximum=3650)
    transfer_lines: tuple[str, ...] = rule(
        "The checklist of a transfer, each as `key: text`. What is known is filled in for `code`, `on-call`, `data`, "
        "`money`, `requests` and `engagements`.",
        check=checks.keyed_lines,
    )
    retirement_lines: tuple[str, ...] = rule(
        "The checklist of a retirement, each as `key: text`. What is known is filled in for `consumers`, `headers`, "
        "`code`, `on-call`, `data`, `requests` and `engagements`.",
        check=checks.keyed_lines,
    )
