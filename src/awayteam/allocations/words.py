"""How pages, the command line and messages call what happens here."""

from datetime import date

from awayteam.allocations.machine import GrowthState, GrowthVerb, State, Verb
from awayteam.allocations.models import AgendaItem
from awayteam.allocations.rules import Kind

STATE_WORDS: dict[str, str] = {
    State.ASKED: "asked",
    State.ESCALATED: "asked of a manager",
    State.GRANTED: "granted",
    State.AMENDED: "amended",
    State.DECLINED: "declined",
    State.EXPIRED: "expired",
    State.LAPSED: "unanswered",
    State.RENEWED: "renewed",
    State.WITHDRAWN: "withdrawn",
}
TONES: dict[str, tuple[str, str]] = {
    State.ASKED: ("warn", "ring"),
    State.ESCALATED: ("warn", "triangle"),
    State.GRANTED: ("good", "disc"),
    State.AMENDED: ("quiet", "half"),
    State.DECLINED: ("bad", "cross"),
    State.EXPIRED: ("quiet", "square"),
    State.LAPSED: ("bad", "dashed"),
    State.RENEWED: ("good", "half"),
    State.WITHDRAWN: ("quiet", "cross"),
}
VERB_WORDS: dict[str, str] = {
    Verb.GRANT: "Grant",
    Verb.DECLINE: "Decline with a reason",
    Verb.WITHDRAW: "Withdraw",
}
TODO_WORDS: dict[str, str] = {
    State.ASKED: "grant or decline the allocation",
    State.ESCALATED: "grant or decline the allocation",
    State.GRANTED: "ask for its renewal, or let it end",
}
GROWTH_STATE_WORDS: dict[str, str] = {
    GrowthState.OPEN: "to be answered",
    GrowthState.OVERDUE: "overdue",
    GrowthState.PLANNED: "planned",
    GrowthState.FIXING: "being fixed",
    GrowthState.ASKING: "more was asked",
    GrowthState.ENDED: "answer ended",
    GrowthState.LAPSED: "unanswered",
    GrowthState.PASSED: "gone by",
}
GROWTH_TONES: dict[str, tuple[str, str]] = {
    GrowthState.OPEN: ("warn", "ring"),
    GrowthState.OVERDUE: ("bad", "triangle"),
    GrowthState.PLANNED: ("good", "disc"),
    GrowthState.FIXING: ("good", "half"),
    GrowthState.ASKING: ("good", "flag"),
    GrowthState.ENDED: ("quiet", "square"),
    GrowthState.LAPSED: ("bad", "dashed"),
    GrowthState.PASSED: ("quiet", "cross"),
}
GROWTH_VERB_WORDS: dict[str, str] = {
    GrowthVerb.PLAN: "It is planned",
    GrowthVerb.FIX: "We fix it",
}
GROWTH_TODO_WORDS: dict[str, str] = {
    GrowthState.OPEN: "say whether it is planned, to be fixed, or needs a larger allocation",
    GrowthState.OVERDUE: "say whether it is planned, to be fixed, or needs a larger allocation",
}
STEP_WORDS: dict[str, str] = {
    Verb.AMEND: "another was granted in its place",
    Verb.ASK: "asked for it",
    Verb.DECLINE: "declined it",
    Verb.EXPIRE: "it expired",
    Verb.GRANT: "granted it",
    Verb.IMPORT: "imported it",
    Verb.LAPSE: "it lapsed",
    Verb.PASS_UP: "the clock ran out; the next manager is asked",
    Verb.RENEW: "one that follows was granted",
    Verb.WITHDRAW: "withdrew it",
    GrowthVerb.ASK_MORE: "asked for more",
    GrowthVerb.END: "the answer ended",
    GrowthVerb.FIND: "found it in the counts",
    GrowthVerb.FIX: "will fix it",
    GrowthVerb.OVERDUE: "the clock ran out",
    GrowthVerb.PASS: "saw that use is no longer unusual",
    GrowthVerb.PLAN: "said that it is planned",
    GrowthVerb.RISE: "saw a further rise",
}
KIND_WORDS: dict[str, str] = {
    Kind.SPIKE: "a sudden day",
    Kind.STEP: "a step up",
    Kind.RAMP: "a slow rise",
    Kind.SHARE: "near its allocation",
}
KIND_SAYS: dict[str, str] = {
    Kind.SPIKE: "The last day lies far above the same weekday of the weeks before.",
    Kind.STEP: "The whole last week lies far above the weeks before.",
    Kind.RAMP: "Use grew bit by bit over twelve weeks.",
    Kind.SHARE: "Use has come near what was granted.",
}
TOPIC_WORDS: dict[str, str] = {
    AgendaItem.Topic.UNANSWERED: "Growth that nobody answered",
    AgendaItem.Topic.GROWTH: "Growth with an answer",
    AgendaItem.Topic.SHORT: "Allocations nearly used up",
    AgendaItem.Topic.ASKED: "Requests that wait",
    AgendaItem.Topic.ENDING: "Allocations that end soon",
    AgendaItem.Topic.IDLE: "Allocations hardly used",
}


def calls(value: float) -> str:
    """ "4,320,000", "12.5" below a hundred: calls, as people read them."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"


def compact(value: float) -> str:
    """ "4.3 M", "950": calls in little room."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            shown = value / (1e3 if letter == "k" else size)
            return f"{shown:,.0f} {letter}" if shown >= 100 else f"{shown:.1f} {letter}"
    return calls(value)


def day(value: date) -> str:
    return f"{value:%-d %B %Y}"
