"""The lives of an engagement and of its contracts as tables. Source: specs/engagements.md, ADR 0011."""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where an engagement stands. The last four are final."""

    PREPARING = "preparing"
    PROPOSED = "proposed"
    AGREED = "agreed"
    ACTIVE = "active"
    PAUSED = "paused"
    HANDING_OVER = "handing-over"
    PRODUCTION = "production"
    WARRANTY = "warranty"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    EXPIRED = "expired"


class Verb(StrEnum):
    """What moves an engagement from one state to another."""

    ACCEPT = "accept"
    AMEND = "amend"
    CLOSE = "close"
    DECLINE = "decline"
    DEPLOY = "deploy"
    EXPIRE = "expire"
    HAND_OVER = "hand-over"
    OPEN = "open"
    PAUSE = "pause"
    PROPOSE = "propose"
    RESUME = "resume"
    REVISE = "revise"
    SIGN = "sign"
    START = "start"
    WITHDRAW = "withdraw"
    WORK_ON = "work-on"


class Party(StrEnum):
    """Who acts: the side that visits, the side that owns, either, the clock, or Awayteam where another thing decided."""

    AWAY = "away side"
    HOME = "home side"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


FINAL = frozenset({State.CLOSED, State.WITHDRAWN, State.DECLINED, State.EXPIRED})
LIVE = tuple(state for state in State if state not in FINAL)
GRANTING = frozenset({State.ACTIVE, State.HANDING_OVER})
"""States in which members may change what the scope names."""
SIGNED = frozenset(
    {State.AGREED, State.ACTIVE, State.PAUSED, State.HANDING_OVER, State.PRODUCTION, State.WARRANTY}
)  # fmt: skip
"""States under a contract in force, which only an amendment changes."""

S, V, P = State, Verb, Party


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
    name="engagement",
    title="Engagement",
    states=State,
    start=(S.PREPARING,),
    terminal=FINAL,
    waiting={
        S.PREPARING: Waiting("the away team's lead", "prepare_minutes", "expired"),
        S.PROPOSED: Waiting("the side that has not signed", "sign_minutes", "expired; who was silent is recorded"),
        S.AGREED: Waiting("the away team's lead", "until the first day", "active; expired where the last day is over too"),
        S.ACTIVE: Waiting("the away team's lead", "until the last day of the time-box", "expired, and access ends"),
        S.PAUSED: Waiting("the side that paused", "until the day named", "active again"),
        S.HANDING_OVER: Waiting("the away team's lead", "handover_minutes", "expired, and access ends"),
        S.PRODUCTION: Waiting("the away team's lead", "production_minutes", "the warranty runs from that day"),
        S.WARRANTY: Waiting("the away team's lead", "warranty_days of the contract", "closed"),
    },
    transitions=(
        _on(V.PROPOSE, S.PREPARING, S.PROPOSED, (P.AWAY, P.HOME), "A contract is written and signed by one side."),
        _on(V.REVISE, S.PROPOSED, S.PREPARING, (P.AWAY, P.HOME, P.AWAYTEAM), "The text is taken back to be changed; signatures are void."),
        _on(V.SIGN, S.PROPOSED, (S.AGREED, S.ACTIVE), (P.AWAY, P.HOME), "The second side signs the same text; on or after the first day work begins at once."),
        _on(V.DECLINE, S.PROPOSED, S.DECLINED, (P.AWAY, P.HOME), "The other side doesn't sign, with its reason."),
        _on(V.START, S.AGREED, S.ACTIVE, (P.AWAY, P.CLOCK), "Work begins, and access with it."),
        _on(V.PAUSE, (S.ACTIVE, S.HANDING_OVER), S.PAUSED, (P.AWAY, P.HOME), "Work rests until a day that is named; access rests too."),
        _on(V.RESUME, S.PAUSED, S.ACTIVE, (P.AWAY, P.HOME, P.CLOCK), "Work goes on; the time-box grows by the working days of the pause."),
        _on(V.HAND_OVER, S.ACTIVE, S.HANDING_OVER, (P.AWAY,), "The work is done; the checklist is filled in."),
        _on(V.WORK_ON, S.HANDING_OVER, S.ACTIVE, (P.AWAY, P.AWAYTEAM), "Something is still missing; work goes on within the time-box."),
        _on(V.ACCEPT, S.HANDING_OVER, (S.PRODUCTION, S.WARRANTY), (P.AWAYTEAM,), "The handover was accepted; access ends."),
        _on(V.DEPLOY, S.PRODUCTION, S.WARRANTY, (P.AWAY, P.HOME, P.AWAYTEAM), "It is in production; the warranty runs."),
        _on(V.CLOSE, S.WARRANTY, S.CLOSED, (P.HOME,), "The home team ends the warranty early."),
        _on(V.WITHDRAW, (S.PREPARING, S.PROPOSED, S.AGREED, S.ACTIVE, S.PAUSED, S.HANDING_OVER), S.WITHDRAWN, (P.AWAY, P.AWAYTEAM), "The away team goes; access ends."),
        _on(V.AMEND, tuple(sorted(SIGNED)), tuple(state for state in State if state in SIGNED), (P.AWAYTEAM,), "An amendment that both sides signed is in force; its dates may end or begin a state."),
        _on(V.EXPIRE, (S.PREPARING, S.PROPOSED, S.AGREED, S.ACTIVE, S.HANDING_OVER), S.EXPIRED, (P.CLOCK,), "The time is over."),
        _on(V.EXPIRE, S.PRODUCTION, S.WARRANTY, (P.CLOCK,), "Nobody recorded a deployment: the warranty runs from now."),
        _on(V.EXPIRE, S.WARRANTY, S.CLOSED, (P.CLOCK,), "The warranty is over."),
    ),
)  # fmt: skip


class ContractState(StrEnum):
    """Where one text of a contract stands; all but the first are final."""

    SIGNING = "signing"
    IN_FORCE = "in-force"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class ContractVerb(StrEnum):
    WRITE = "write"
    SIGN = "sign"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


C, W = ContractState, ContractVerb
CONTRACT_FINAL = frozenset({C.IN_FORCE, C.DECLINED, C.WITHDRAWN, C.LAPSED})

CONTRACT = Machine(
    name="contract",
    title="Contract of an engagement, and each amendment",
    states=ContractState,
    start=(C.SIGNING,),
    terminal=CONTRACT_FINAL,
    waiting={C.SIGNING: Waiting("the side that has not signed", "sign_minutes", "lapsed")},
    transitions=(
        _on(W.SIGN, C.SIGNING, C.IN_FORCE, (P.AWAY, P.HOME), "The second side signs the same hash; it replaces what was in force."),
        _on(W.DECLINE, C.SIGNING, C.DECLINED, (P.AWAY, P.HOME), "The other side doesn't sign, with its reason."),
        _on(W.WITHDRAW, C.SIGNING, C.WITHDRAWN, (P.AWAY, P.HOME, P.AWAYTEAM), "Whoever proposed it takes it back, or the engagement ended."),
        _on(W.EXPIRE, C.SIGNING, C.LAPSED, (P.CLOCK,), "The other side didn't answer; what was in force stays."),
    ),
)  # fmt: skip
