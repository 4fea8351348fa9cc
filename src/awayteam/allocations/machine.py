"""The lives of an allocation and of a finding of growth, as tables. Source: ADR 0015."""

from enum import StrEnum

from awayteam.kernel.machines import CLOCK, Machine, Transition, Waiting


class State(StrEnum):
    """Where an allocation stands. All but the first three are final; amended and renewed ones hold to their last day."""

    ASKED = "asked"
    ESCALATED = "escalated"
    GRANTED = "granted"
    AMENDED = "amended"
    DECLINED = "declined"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What moves an allocation from one state to another."""

    AMEND = "amend"
    ASK = "ask"
    DECLINE = "decline"
    EXPIRE = "expire"
    GRANT = "grant"
    IMPORT = "import"
    LAPSE = "lapse"
    PASS_UP = "pass-up"  # noqa: S105 - to the manager above
    RENEW = "renew"
    WITHDRAW = "withdraw"


class Party(StrEnum):
    """Who acts: the team that asks, the provider's team, a manager above it, the clock, or the software."""

    ASKER = "the team that asks"
    HOME = "the provider's team"
    MANAGER = "a manager above it"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


S, V, P = State, Verb, Party
FINAL = frozenset({S.AMENDED, S.DECLINED, S.EXPIRED, S.LAPSED, S.RENEWED, S.WITHDRAWN})
WAITING = (S.ASKED, S.ESCALATED)
"""States in which somebody has to decide."""


def _on(
    verb: StrEnum,
    sources: StrEnum | tuple[StrEnum, ...],
    targets: StrEnum | tuple[StrEnum, ...],
    by: tuple[str, ...],
    says: str,
) -> Transition:
    froms = (sources,) if isinstance(sources, StrEnum) else sources
    tos = (targets,) if isinstance(targets, StrEnum) else targets
    return Transition(verb, frozenset(froms), tos, by, says)


MACHINE = Machine(
    name="allocation",
    title="Allocation",
    states=State,
    start=(S.ASKED, S.GRANTED),
    terminal=FINAL,
    waiting={
        S.ASKED: Waiting("the decider of the provider's team", "decide_minutes", "the manager above the provider's team is asked"),
        S.ESCALATED: Waiting("the manager of a unit above the provider's team", "escalation_minutes", "the next manager above; at the top the request lapses"),
        S.GRANTED: Waiting("nobody; near its end the team that has it", "until its last day", "it expires; nothing is cut by that"),
    },
    transitions=(
        _on(V.GRANT, (S.ASKED, S.ESCALATED), S.GRANTED, (P.HOME, P.MANAGER), "Granted, as asked or less with a reason."),
        _on(V.DECLINE, (S.ASKED, S.ESCALATED), S.DECLINED, (P.HOME, P.MANAGER), "Declined, with a reason."),
        _on(V.WITHDRAW, (S.ASKED, S.ESCALATED, S.GRANTED), S.WITHDRAWN, (P.ASKER,), "Not needed any more; what was granted is given back from tomorrow on."),
        _on(V.PASS_UP, (S.ASKED, S.ESCALATED), S.ESCALATED, (P.CLOCK,), "Who had the turn was silent; the manager above is asked."),
        _on(V.LAPSE, (S.ASKED, S.ESCALATED), S.LAPSED, (P.CLOCK,), "Nobody stands above who could decide."),
        _on(V.EXPIRE, S.GRANTED, S.EXPIRED, (P.CLOCK,), "Its last day is over."),
        _on(V.AMEND, S.GRANTED, S.AMENDED, (P.AWAYTEAM,), "A new request of the same consumer was granted; it holds until that begins."),
        _on(V.RENEW, S.GRANTED, S.RENEWED, (P.AWAYTEAM,), "One that follows it was granted; it holds until its last day."),
    ),
)  # fmt: skip


class GrowthState(StrEnum):
    """Where a finding of growth stands: a question first, then an answer with a date."""

    OPEN = "open"
    OVERDUE = "overdue"
    PLANNED = "planned"
    FIXING = "fixing"
    ASKING = "asking"
    ENDED = "ended"
    LAPSED = "lapsed"
    PASSED = "passed"


class GrowthVerb(StrEnum):
    """What moves a finding of growth from one state to another."""

    ASK_MORE = "ask-more"
    END = "end"
    FIND = "find"
    FIX = "fix"
    LAPSE = "lapse"
    OVERDUE = "overdue"
    PASS = "pass"  # noqa: S105 - it went by
    PLAN = "plan"
    RISE = "rise"


class GrowthParty(StrEnum):
    """Who acts: the team whose use grows, the clock, or the nightly look."""

    CONSUMER = "the consumer's team"
    CLOCK = CLOCK
    AWAYTEAM = "Awayteam itself"


GS, GV, GP = GrowthState, GrowthVerb, GrowthParty
GROWTH_FINAL = frozenset({GS.ENDED, GS.LAPSED, GS.PASSED})
GROWTH_UNANSWERED = (GS.OPEN, GS.OVERDUE)
GROWTH_ANSWERED = (GS.PLANNED, GS.FIXING, GS.ASKING)
_ANY = (*GROWTH_UNANSWERED, *GROWTH_ANSWERED)

GROWTH_MACHINE = Machine(
    name="growth",
    title="Growth of use",
    states=GrowthState,
    start=(GS.OPEN,),
    terminal=GROWTH_FINAL,
    waiting={
        GS.OPEN: Waiting("the consumer's team", "answer_minutes", "it is overdue; both teams are told"),
        GS.OVERDUE: Waiting("the consumer's team", "answer_minutes", "it lapses, stands on the agenda of both teams, and is asked again after again_days"),
        GS.PLANNED: Waiting("nobody; the growth is planned", "until the date of the answer", "the answer ends; growth that goes on is asked about anew"),
        GS.FIXING: Waiting("nobody; the consumer's team mends it", "until the date of the answer", "the answer ends; growth that goes on is asked about anew"),
        GS.ASKING: Waiting("nobody; the allocation that was asked has its own turn", "until the date of the answer", "the answer ends; growth that goes on is asked about anew"),
    },
    transitions=(
        _on(GV.PLAN, _ANY, GS.PLANNED, (GP.CONSUMER,), "The growth is planned: why, and until when."),
        _on(GV.FIX, _ANY, GS.FIXING, (GP.CONSUMER,), "It isn't wanted: what is done about it, and by when."),
        _on(GV.ASK_MORE, _ANY, GS.ASKING, (GP.CONSUMER,), "It is needed: a larger allocation was asked of the provider's team."),
        _on(GV.RISE, GROWTH_ANSWERED, GS.OPEN, (GP.AWAYTEAM,), "It grew beyond what was answered."),
        _on(GV.PASS, (GS.OPEN, GS.OVERDUE, GS.FIXING), GS.PASSED, (GP.AWAYTEAM,), "Use is no longer unusual."),
        _on(GV.OVERDUE, GS.OPEN, GS.OVERDUE, (GP.CLOCK,), "Nobody answered in time."),
        _on(GV.LAPSE, GS.OVERDUE, GS.LAPSED, (GP.CLOCK,), "Nobody answered at all."),
        _on(GV.END, GROWTH_ANSWERED, GS.ENDED, (GP.CLOCK,), "The date of the answer has come."),
    ),
)  # fmt: skip
