"""The life of a duplicate as a table: its states, who has the turn in each, and what leads where.

Source of the rule: P9 of the mission; "two are better than none, none is better than five" (specs/engagements.md).
"""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where a duplicate stands. The last three are final."""

    OPEN = "open"
    REVIEW = "review"
    ARBITRATION = "arbitration"
    CONVERGING = "converging"
    RETIRING = "retiring"
    KEPT = "kept"
    CONVERGED = "converged"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What moves a duplicate from one state to another."""

    ANSWER = "answer"
    EXPIRE = "expire"
    FINISH = "finish"
    LOOK_AGAIN = "look-again"
    SETTLE = "settle"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts: the team that builds its own, the team whose thing it is (home), a manager above both, the clock."""

    OWN = "own team"
    HOME = "home team"
    MANAGER = "unit manager"
    CLOCK = CLOCK


FINAL = frozenset({State.CONVERGED, State.RETIRED, State.WITHDRAWN})
LIVE = tuple(state for state in State if state not in FINAL)
RESTING = frozenset({State.OPEN, State.KEPT})
"""Nobody has to do anything until the date to look again."""
ENDING = frozenset({State.CONVERGING, State.RETIRING})
"""An end was agreed, with a date."""

S, V, P = State, Verb, Party
SIDES = (P.OWN, P.HOME)


def _on(
    verb: Verb, sources: State | tuple[State, ...], targets: State | tuple[State, ...], by: tuple[Party, ...], says: str
) -> Transition:
    froms = (sources,) if isinstance(sources, State) else sources
    tos = (targets,) if isinstance(targets, State) else targets
    return Transition(verb, frozenset(froms), tos, by, says)


MACHINE = Machine(
    name="duplicate",
    title="Duplicate",
    states=State,
    start=(S.OPEN,),
    terminal=FINAL,
    waiting={
        S.OPEN: Waiting("the team that builds its own", "the date to look again", "both teams are asked"),
        S.REVIEW: Waiting("both teams", "review_minutes", "asked again, then the unit manager above both"),
        S.ARBITRATION: Waiting("the manager of the lowest common unit", "settle_minutes", "the next unit above; at the top both are kept for now"),
        S.CONVERGING: Waiting("the team whose thing gives way", "the date agreed", "both teams are asked again"),
        S.RETIRING: Waiting("the team that builds its own", "the date agreed", "both teams are asked again"),
        S.KEPT: Waiting("the team that builds its own", "the next date to look again", "both teams are asked"),
    },
    transitions=(
        _on(V.LOOK_AGAIN, (S.OPEN, S.KEPT), S.REVIEW, SIDES, "Both teams are asked before the date."),
        _on(V.ANSWER, S.REVIEW, (S.REVIEW, S.CONVERGING, S.KEPT, S.RETIRING, S.ARBITRATION), SIDES, "Converge, keep with a reason, or retire; the second answer decides, and two that differ go to the manager."),
        _on(V.SETTLE, S.ARBITRATION, (S.CONVERGING, S.KEPT, S.RETIRING), (P.MANAGER,), "The manager decides between both answers."),
        _on(V.FINISH, S.CONVERGING, S.CONVERGED, SIDES, "Only one of the two is used now."),
        _on(V.FINISH, (S.OPEN, S.REVIEW, S.ARBITRATION, S.RETIRING, S.KEPT), S.RETIRED, (P.OWN,), "The own build is gone."),
        _on(V.WITHDRAW, S.OPEN, S.WITHDRAWN, (P.OWN,), "It was never built, or is no duplicate."),
        _on(V.EXPIRE, (S.OPEN, S.KEPT), S.REVIEW, (P.CLOCK,), "The date has come."),
        _on(V.EXPIRE, S.REVIEW, (S.REVIEW, S.ARBITRATION), (P.CLOCK,), "Somebody was silent: both are asked again, and then a manager sees it."),
        _on(V.EXPIRE, S.ARBITRATION, (S.ARBITRATION, S.KEPT), (P.CLOCK,), "The manager didn't decide: the next one does, and at the top it stays."),
        _on(V.EXPIRE, (S.CONVERGING, S.RETIRING), S.REVIEW, (P.CLOCK,), "The agreed date has passed."),
    ),
)  # fmt: skip
