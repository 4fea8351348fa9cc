"""The section of the gate: what changes need where nothing was agreed, and who may let one in without it."""

from dataclasses import dataclass
from typing import Literal

from awayteam.kernel.rulebook.checks import gate_checks, gate_emergency
from awayteam.kernel.rulebook.sections.rule import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What the gate asks of changes: `allow` asks nobody's word, `approval` an owner's (somebody's, where nobody owns
    it), `deny` keeps it out. docs/gate.md says how the gate decides."""

    home_approvals: int = rule(
        "Approvals that people need for a merge into their own team's code; 0: nobody's.", minimum=0, maximum=20
    )
    home_pushes: bool = rule("Whether owners may push to their own code without anybody's approval.")
    away_without_engagement: Literal["allow", "approval", "deny"] = rule(
        "The code of others, where no engagement lets the author change it."
    )
    unowned: Literal["allow", "approval", "deny"] = rule(
        "Paths that nobody owns. Rule files themselves never go in on nobody's word."
    )
    unknown_authors: Literal["allow", "approval", "deny"] = rule(
        "Changes of authors who don't work here, or of whom nobody knows who they are."
    )
    bots: Literal["allow", "approval", "deny"] = rule("Changes of programs.")
    self_approval: bool = rule("Whether those who have a hand in a change may approve it.")
    keep_stale_approvals: bool = rule("Whether approvals still count after the change was pushed to.")
    checks: tuple[str, ...] = rule(
        "Checks that must be green at the head where the away team merges on its own review; `*`: all that ran, and at "
        "least one.",
        check=gate_checks,
    )
    emergency: tuple[str, ...] = rule(
        "Who may let a change in without the words that it lacks, with a reason that stands in the public register: "
        "`administrator`, `lead-of-home` and `manager-of-home` (of every team whose word is lacking), or references of "
        "people and teams (`user:default/ada`, `group:default/on-call`). Empty: nobody.",
        check=gate_emergency,
    )
    emergency_minutes: int = rule(
        "Minutes for which an emergency lets a change in, at the commit that it was given for.",
        minimum=5,
        maximum=10_080,
    )
    judge_max: int = rule(
        "Changes that one run of the worker's job judges again at most; the next run goes on.",
        minimum=10,
        maximum=10_000,
    )
