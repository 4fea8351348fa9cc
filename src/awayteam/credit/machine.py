"""The life of a dispute about an entry of credit, as a table. Source: ADR 0011."""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where a dispute stands. All but the first are final."""

    OPEN = "open"
    UPHELD = "upheld"
    WITHDRAWN_ENTRY = "withdrawn-entry"
    TAKEN_BACK = "taken-back"


class Verb(StrEnum):
    """What moves a dispute from one state to another."""

    DISPUTE = "dispute"
    EXPIRE = "expire"
    PASS_UP = "pass-up"  # noqa: S105 - to the manager above
    TAKE_BACK = "take-back"
    UPHOLD = "uphold"
    WITHDRAW_ENTRY = "withdraw-entry"


class Party(StrEnum):
    """Who acts: whoever disputes, the manager above, or the clock."""

    DISPUTER = "whoever disputes it"
    MANAGER = "the manager above"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


FINAL = frozenset({State.UPHELD, State.WITHDRAWN_ENTRY, State.TAKEN_BACK})
S, V, P = State, Verb, Party


def _on(verb: StrEnum, sources: StrEnum, targets: StrEnum, by: tuple[str, ...], says: str) -> Transition:
    return Transition(verb, frozenset({sources}), (targets,), by, says)


MACHINE = Machine(
    name="dispute",
    title="Dispute about an entry of credit",
    states=State,
    start=(S.OPEN,),
    terminal=FINAL,
    waiting={
        S.OPEN: Waiting("the manager of the unit above", "dispute_minutes", "the next unit above; at the top the entry stands"),
    },
    transitions=(
        _on(V.UPHOLD, S.OPEN, S.UPHELD, (P.MANAGER,), "The entry stands, with a reason."),
        _on(V.WITHDRAW_ENTRY, S.OPEN, S.WITHDRAWN_ENTRY, (P.MANAGER,), "The entry is shown as withdrawn, with the reason; it is never deleted."),
        _on(V.TAKE_BACK, S.OPEN, S.TAKEN_BACK, (P.DISPUTER,), "Whoever disputed it doesn't any more; the entry stands."),
        _on(V.PASS_UP, S.OPEN, S.OPEN, (P.CLOCK, P.AWAYTEAM), "The manager was silent; the next unit above is asked."),
        _on(V.EXPIRE, S.OPEN, S.UPHELD, (P.CLOCK,), "Nobody above answered; the entry stands."),
    ),
)  # fmt: skip
