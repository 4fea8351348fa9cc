"""The life of a review round as a table. Source: specs/engagements.md, ADR 0011."""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where a round stands. The last four are final."""

    OPEN = "open"
    DEPUTY = "deputy"
    FALL_BACK = "fall-back"
    OWN_REVIEW = "own-review"
    CHANGES = "changes"
    DISPUTED = "disputed"
    APPROVED = "approved"
    UNANSWERED = "unanswered"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Verb(StrEnum):
    """What moves a round from one state to another."""

    OPEN = "open"
    APPROVE = "approve"
    DEMAND = "demand"
    EXPIRE = "expire"
    GRANT = "grant"
    REFUSE = "refuse"
    REQUEST_CHANGES = "request-changes"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts. Nobody reviews own work, and nobody of the away side answers for the home side."""

    AWAY = "the away team"
    REVIEWER = "the home team's reviewer"
    INDEPENDENT = "the fall-back reviewer"
    COLLEAGUE = "another of the away team"
    BAR_RAISER = "the bar raiser"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


FINAL = frozenset({State.APPROVED, State.UNANSWERED, State.WITHDRAWN, State.LAPSED})
ANSWERABLE = (State.OPEN, State.DEPUTY, State.FALL_BACK)
"""States in which a reviewer's answer is awaited."""
ASKED = frozenset({State.OPEN, State.DEPUTY})
"""States in which the home team has the turn."""
DONE = frozenset({State.APPROVED, State.UNANSWERED})
"""Ends after which the away team may go on."""

S, V, P = State, Verb, Party
REVIEWERS = (P.REVIEWER, P.INDEPENDENT)


def _on(
    verb: StrEnum,
    sources: StrEnum | tuple[StrEnum, ...],
    targets: StrEnum | tuple[StrEnum, ...],
    by: tuple[str, ...],
    says: str,
) -> Transition:
    froms = sources if isinstance(sources, tuple) else (sources,)
    return Transition(verb, frozenset(froms), targets if isinstance(targets, tuple) else (targets,), by, says)


MACHINE = Machine(
    name="round",
    title="Review round",
    states=State,
    start=(S.OPEN, S.OWN_REVIEW, S.FALL_BACK),
    terminal=FINAL,
    waiting={
        S.OPEN: Waiting("the home team's reviewer", "review_minutes, by the home team's calendar", "the deputy's turn"),
        S.DEPUTY: Waiting("the home team's deputy", "deputy_minutes, by the home team's calendar", "the fall-back reviewer's turn"),
        S.FALL_BACK: Waiting("the fall-back reviewer", "fallback_minutes, by the home team's calendar", "unanswered: the time-box grows, and the away team may go on"),
        S.OWN_REVIEW: Waiting("another of the away team", "own_minutes, by the away team's calendar", "lapsed; while the engagement rests, the time is given again"),
        S.CHANGES: Waiting("the away team", "changes_minutes, by the away team's calendar", "lapsed; while the engagement rests, the time is given again"),
        S.DISPUTED: Waiting("a bar raiser", "dispute_minutes, by the home team's calendar", "refused: the demand becomes advice"),
    },
    transitions=(
        _on(V.APPROVE, ANSWERABLE, S.APPROVED, REVIEWERS, "It may be merged; a design may be built."),
        _on(V.APPROVE, S.OWN_REVIEW, S.APPROVED, (P.COLLEAGUE,), "A colleague of the away team looked at it; the home team signed the design before."),
        _on(V.REQUEST_CHANGES, ANSWERABLE, S.CHANGES, REVIEWERS, "Something breaks a frozen standard, or is worse than the baseline; each point is cited."),
        _on(V.DEMAND, ANSWERABLE, S.DISPUTED, (P.REVIEWER,), "Something beyond the frozen standards is wanted; a bar raiser says whether it is owed."),
        _on(V.RESUBMIT, S.CHANGES, (S.OPEN, S.FALL_BACK), (P.AWAY,), "The points are answered; the reviewer looks again, one round trip more."),
        _on(V.GRANT, S.DISPUTED, S.CHANGES, (P.BAR_RAISER,), "The demand is owed; the time-box grows by what it takes."),
        _on(V.REFUSE, S.DISPUTED, (S.OPEN, S.FALL_BACK), (P.BAR_RAISER,), "The demand is not owed and becomes advice; the reviewer answers."),
        _on(V.WITHDRAW, (S.OPEN, S.DEPUTY, S.FALL_BACK, S.OWN_REVIEW, S.CHANGES, S.DISPUTED), S.WITHDRAWN, (P.AWAY, P.AWAYTEAM), "It is taken back, or the engagement ended."),
        _on(V.EXPIRE, S.OPEN, S.DEPUTY, (P.CLOCK,), "The reviewer was silent."),
        _on(V.EXPIRE, S.DEPUTY, S.FALL_BACK, (P.CLOCK,), "The deputy was silent too."),
        _on(V.EXPIRE, S.FALL_BACK, S.UNANSWERED, (P.CLOCK,), "Nobody answered; that is recorded."),
        _on(V.EXPIRE, (S.OWN_REVIEW, S.CHANGES), S.LAPSED, (P.CLOCK,), "The away team was silent."),
        _on(V.EXPIRE, S.DISPUTED, (S.OPEN, S.FALL_BACK), (P.CLOCK,), "The bar raiser was silent; the demand becomes advice."),
    ),
)  # fmt: skip
