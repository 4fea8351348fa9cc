"""The life of a succession, a change of owner or an end, as a table. Source: ADR 0017."""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class Kind(StrEnum):
    """How a succession came about; the way from there on is the same."""

    OFFER = "offer"
    ASK = "ask"
    LAST_CONSUMER = "last-consumer"
    BELONGING = "belonging"
    REORGANISATION = "reorganisation"
    RETIREMENT = "retirement"


ON_EVIDENCE = frozenset({Kind.LAST_CONSUMER, Kind.BELONGING})
"""Kinds that are proposed because of what was measured, and that a person confirms first."""


class State(StrEnum):
    """Where a succession stands. The last six are final."""

    PROPOSED = "proposed"
    ANSWERING = "answering"
    NOTICE = "notice"
    DISPUTED = "disputed"
    HANDING_OVER = "handing-over"
    RETIRING = "retiring"
    HALTED = "halted"
    TRANSFERRED = "transferred"
    RETIRED = "retired"
    KEPT = "kept"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Verb(StrEnum):
    """What moves a succession from one state to another."""

    ACCEPT = "accept"
    BEGIN = "begin"
    CONFIRM = "confirm"
    DECIDE = "decide"
    DISMISS = "dismiss"
    EXPIRE = "expire"
    GO_ON = "go-on"
    HALT = "halt"
    LAPSE = "lapse"
    OBJECT = "object"
    PASS_UP = "pass-up"  # noqa: S105 - to the manager above
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts in a succession."""

    GIVER = "the owning team"
    RECEIVER = "the team that gets it"
    ANSWERER = "the team that is asked"
    CONSUMER = "a team that uses it"
    INITIATOR = "the team that began it"
    MANAGER = "the manager above both"
    AWAYTEAM = "Awayteam itself"
    CLOCK = CLOCK


S, V, P = State, Verb, Party
FINAL = frozenset({S.TRANSFERRED, S.RETIRED, S.KEPT, S.DISMISSED, S.WITHDRAWN, S.LAPSED})
OPEN = tuple(state for state in State if state not in FINAL)
TICKING = frozenset({S.HANDING_OVER, S.RETIRING})
"""States in which the checklist is worked on."""
HALTING = frozenset({S.NOTICE, S.HANDING_OVER, S.RETIRING})
"""States in which evidence that contradicts stops the clock."""


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
    name="succession",
    title="Succession of an owner",
    states=State,
    start=(S.PROPOSED, S.ANSWERING, S.NOTICE, S.HANDING_OVER),
    terminal=FINAL,
    waiting={
        S.PROPOSED: Waiting("the owning team's decider", "confirm_minutes", "it lapses; the owner stays"),
        S.ANSWERING: Waiting("the decider of the team that is asked", "answer_minutes", "it lapses; the owner stays"),
        S.NOTICE: Waiting("the decider of the team that gets it; the owner's, where it is retired", "notice_minutes", "nobody objected: the handover begins, or it is deprecated"),
        S.DISPUTED: Waiting("the manager of the lowest unit above both", "decide_minutes", "the next unit above; at the top the owner stays"),
        S.HANDING_OVER: Waiting("the decider of the team that gets it", "handover_minutes", "the manager above both decides"),
        S.RETIRING: Waiting("the owning team's decider", "until its sunset", "it is retired; where somebody uses it after all, it is halted"),
        S.HALTED: Waiting("the owning team's decider", "halt_minutes", "it lapses; the owner stays"),
    },
    transitions=(
        _on(V.CONFIRM, S.PROPOSED, S.NOTICE, (P.GIVER, P.RECEIVER), "The evidence is right; both teams are given notice."),
        _on(V.DISMISS, S.PROPOSED, S.DISMISSED, (P.GIVER, P.RECEIVER), "The evidence misleads, with the reason."),
        _on(V.ACCEPT, S.ANSWERING, S.HANDING_OVER, (P.ANSWERER,), "Both teams want it; the handover begins."),
        _on(V.ACCEPT, S.NOTICE, S.HANDING_OVER, (P.RECEIVER,), "The team doesn't wait for the end of the notice."),
        _on(V.ACCEPT, S.HANDING_OVER, S.TRANSFERRED, (P.RECEIVER,), "The checklist is done: the team owns it from now on."),
        _on(V.REFUSE, S.ANSWERING, S.DISPUTED, (P.ANSWERER,), "Not with us, with the reason; the manager above both decides."),
        _on(V.REFUSE, (S.NOTICE, S.HANDING_OVER), S.DISPUTED, (P.RECEIVER,), "Not with us, with the reason; the manager above both decides."),
        _on(V.OBJECT, S.NOTICE, S.DISPUTED, (P.CONSUMER, P.GIVER, P.RECEIVER), "Somebody concerned is against it, with the reason."),
        _on(V.OBJECT, S.RETIRING, S.DISPUTED, (P.CONSUMER,), "A team that uses it is against its end, with the reason."),
        _on(V.DECIDE, S.DISPUTED, (S.HANDING_OVER, S.RETIRING, S.KEPT), (P.MANAGER,), "It changes hands, is retired, or stays, with the reason."),
        _on(V.WITHDRAW, (S.ANSWERING, S.NOTICE, S.DISPUTED, S.HANDING_OVER, S.RETIRING, S.HALTED), S.WITHDRAWN, (P.INITIATOR,), "Whoever began it calls it off."),
        _on(V.GO_ON, S.HALTED, (S.NOTICE, S.HANDING_OVER, S.RETIRING), (P.GIVER, P.RECEIVER), "The new evidence doesn't matter, with the reason; the clock goes on."),
        _on(V.HALT, (S.NOTICE, S.HANDING_OVER, S.RETIRING), S.HALTED, (P.AWAYTEAM,), "What is seen now contradicts the evidence; the clock stops."),
        _on(V.LAPSE, OPEN, S.LAPSED, (P.AWAYTEAM,), "Its owner changed another way, a team is gone, or the evidence is."),
        _on(V.PASS_UP, S.DISPUTED, S.DISPUTED, (P.CLOCK, P.AWAYTEAM), "The manager was silent or left; the next one is asked."),
        _on(V.EXPIRE, (S.PROPOSED, S.ANSWERING, S.HALTED), S.LAPSED, (P.CLOCK,), "Nobody answered; the owner stays."),
        _on(V.EXPIRE, S.NOTICE, (S.HANDING_OVER, S.RETIRING), (P.CLOCK,), "Nobody objected."),
        _on(V.EXPIRE, S.HANDING_OVER, S.DISPUTED, (P.CLOCK,), "The handover wasn't finished in its time."),
        _on(V.EXPIRE, S.RETIRING, (S.RETIRED, S.HALTED), (P.CLOCK,), "Its sunset has come."),
        _on(V.EXPIRE, S.DISPUTED, S.KEPT, (P.CLOCK,), "Nobody above answered; the owner stays."),
    ),
)  # fmt: skip
