"""The lives of a review by a bar raiser and of an entry of the register as tables.

Source: P12 and P20 of the mission, specs/engagements.md, ADR 0011.
"""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where a review stands. The last three are final."""

    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    DELIVERED = "delivered"
    FOLLOWED = "followed"
    OVERRIDDEN = "overridden"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What moves a review from one state to another."""

    ASSIGN = "assign"
    DECLINE = "decline"
    DELIVER = "deliver"
    EXPIRE = "expire"
    FOLLOW = "follow"
    OVERRIDE = "override"
    REQUEST = "request"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts: whoever asked, whoever keeps the pool, the bar raiser, the decider, the clock, or Awayteam itself."""

    REQUESTER = "requester"
    KEEPER = "keeper of the pool"
    BAR_RAISER = "bar raiser"
    DECIDER = "decider"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


FINAL = frozenset({State.FOLLOWED, State.OVERRIDDEN, State.WITHDRAWN})
LIVE = tuple(state for state in State if state not in FINAL)
DECIDED = frozenset({State.FOLLOWED, State.OVERRIDDEN})
S, V, P = State, Verb, Party


def _on(
    verb: StrEnum, sources: StrEnum | tuple[StrEnum, ...], targets: StrEnum | tuple[StrEnum, ...],
    by: tuple[str, ...], says: str,
) -> Transition:  # fmt: skip
    froms = sources if isinstance(sources, tuple) else (sources,)
    return Transition(verb, frozenset(froms), targets if isinstance(targets, tuple) else (targets,), by, says)


MACHINE = Machine(
    name="review",
    title="Review by a bar raiser",
    states=State,
    start=(S.UNASSIGNED, S.ASSIGNED),
    terminal=FINAL,
    waiting={
        S.UNASSIGNED: Waiting("the keepers of the pool", "assign_minutes", "it is tried again; the keepers hear of it"),
        S.ASSIGNED: Waiting("the bar raiser", "review_minutes", "another bar raiser is assigned, else the keepers are asked"),
        S.DELIVERED: Waiting("the decider", "decide_minutes", "the recommendation counts as followed"),
    },
    transitions=(
        _on(V.ASSIGN, S.UNASSIGNED, S.ASSIGNED, (P.KEEPER, P.AWAYTEAM), "An independent bar raiser has the turn, with the reasons of the choice."),
        _on(V.ASSIGN, S.ASSIGNED, (S.ASSIGNED, S.UNASSIGNED), (P.KEEPER, P.AWAYTEAM), "Somebody else reviews it, because the one before can't any more; where nobody is free the keepers are asked."),
        _on(V.DECLINE, S.ASSIGNED, (S.ASSIGNED, S.UNASSIGNED), (P.BAR_RAISER,), "The bar raiser can't, with the reason; possible once in each review."),
        _on(V.DELIVER, S.ASSIGNED, S.DELIVERED, (P.BAR_RAISER,), "Answers, conditions and a recommendation are written down for good."),
        _on(V.FOLLOW, S.DELIVERED, S.FOLLOWED, (P.DECIDER,), "The decider follows the recommendation."),
        _on(V.OVERRIDE, S.DELIVERED, S.OVERRIDDEN, (P.DECIDER,), "The decider decides otherwise, with a reason that stands in the public register."),
        _on(V.WITHDRAW, (S.UNASSIGNED, S.ASSIGNED), S.WITHDRAWN, (P.REQUESTER, P.AWAYTEAM), "There is nothing to review any more. A recommendation once given can't be withdrawn from."),
        _on(V.EXPIRE, S.UNASSIGNED, (S.UNASSIGNED, S.ASSIGNED), (P.CLOCK,), "Nobody was found in time: it is tried again."),
        _on(V.EXPIRE, S.ASSIGNED, (S.ASSIGNED, S.UNASSIGNED), (P.CLOCK,), "The bar raiser was silent: somebody else is assigned."),
        _on(V.EXPIRE, S.DELIVERED, S.FOLLOWED, (P.CLOCK,), "The decider was silent; silence follows the recommendation."),
    ),
)  # fmt: skip


class EntryState(StrEnum):
    """Where an entry of the register stands; only the last is final."""

    STANDING = "standing"
    DUE = "due"
    UNANSWERED = "unanswered"
    TOLD = "told"


class EntryVerb(StrEnum):
    ENTER = "enter"
    EXPIRE = "expire"
    TELL = "tell"


class EntryParty(StrEnum):
    """Who acts: whoever decided, the manager above them, or the clock."""

    DECIDER = "decider"
    MANAGER = "manager above"
    CLOCK = CLOCK


E, W, R = EntryState, EntryVerb, EntryParty
ENTRY_FINAL = frozenset({E.TOLD})

ENTRY = Machine(
    name="register",
    title="Entry of the public register: an override, an emergency or a deviation",
    states=EntryState,
    start=(E.STANDING,),
    terminal=ENTRY_FINAL,
    waiting={
        E.STANDING: Waiting("the decider", "the date to look again", "the decider is asked what happened"),
        E.DUE: Waiting("the decider", "tell_minutes", "the manager above is asked; the silence stands in the register"),
        E.UNANSWERED: Waiting("the manager above", "tell_minutes", "asked again"),
    },
    transitions=(
        _on(W.TELL, (E.STANDING, E.DUE, E.UNANSWERED), (E.TOLD, E.STANDING), (R.DECIDER, R.MANAGER), "What happened is written down, for good; where it is too early, with the next date."),
        _on(W.EXPIRE, E.STANDING, E.DUE, (R.CLOCK,), "The date has come."),
        _on(W.EXPIRE, E.DUE, E.UNANSWERED, (R.CLOCK,), "Nobody told; a manager is asked."),
        _on(W.EXPIRE, E.UNANSWERED, E.UNANSWERED, (R.CLOCK,), "Asked again."),
    ),
)  # fmt: skip
