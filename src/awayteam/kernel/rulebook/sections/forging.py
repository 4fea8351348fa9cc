"""Sections of forges: what is heard from them, and told to them."""

from dataclasses import dataclass

from awayteam.kernel.rulebook import checks
from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Forges:
    """What is heard from forges, how hard we try, and what we publish there."""

    body_bytes_max: int = rule("The largest delivery that is taken, in bytes.", minimum=10_000, maximum=26_214_400)
    attempts_max: int = rule(
        "Attempts after which a delivery that can't be read, or a change that the forge doesn't tell of, is given up "
        "until somebody retries it. Waits between them are those of `[outbox]`.",
        minimum=1,
        maximum=100,
    )
    lease_seconds: int = rule(
        "Seconds after which a delivery or change that a worker took and didn't finish is taken by another.",
        minimum=10,
        maximum=3600,
    )
    asked_at_once: int = rule("Changes that one worker asks forges about at the same time.", minimum=1, maximum=32)
    poll_minutes: int = rule(
        "Minutes between two looks at all open changes, by which a delivery that was lost is made good. After an "
        "outage there is one at once.",
        minimum=1,
        maximum=10_080,
    )
    keep_days: int = rule("Days for which deliveries that were read are kept.", minimum=1, maximum=3650)
    former_secret_hours: int = rule(
        "Hours for which deliveries signed with the webhook secret before the last one are still taken.",
        minimum=0,
        maximum=8760,
    )
    request_label: str = rule("An issue with this label becomes a request; empty: none does.")
    reviewers_max: int = rule(
        "The most people of the home team who are asked for a review of one change.", minimum=0, maximum=15
    )
    comment: bool = rule("Whether one comment with the verdict is kept at each change, beside the check.")
    reconcile_minutes: int = rule(
        "Minutes between two full looks at the access of a repository in which visits are or were. What begins or ends "
        "is done in its own minute, whatever stands here.",
        minimum=1,
        maximum=1440,
    )
    level: str = rule(
        "What access of an engagement lets its members do on a forge: `write` (push branches) or `read`.",
        check=checks.forge_level,
    )
    remove_strays: bool = rule(
        "Whether rights in such repositories that were given by hand, to people who aren't of the home team, are taken "
        "away; otherwise they are only reported. Rights of administrators are never taken away."
    )
    leave_alone: tuple[str, ...] = rule(
        "Logins whose rights are neither reported nor taken away: robots, deployment accounts. Case doesn't count."
    )
    invite_again_minutes: int = rule(
        "Minutes after which somebody who declined an invitation, or let it lapse, is invited again.",
        minimum=60,
        maximum=43_200,
    )
    retry_minutes_max: int = rule(
        "The longest wait in minutes before access that couldn't be changed is tried again.", minimum=1, maximum=60
    )
    keep_runs_days: int = rule("Days for which the runs of the reconciler are kept.", minimum=1, maximum=3650)
