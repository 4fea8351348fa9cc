"""The rules of requests as pure functions: what may follow, why something may not, and where it leads.

Everything works on `Facts`, a frozen picture of a request; time and people come in as values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from awayteam.requests.machine import MACHINE, Party, State, Verb

MOST_VALUE = Decimal("10000000000")
"""Points a week; more is a slip of the keyboard."""


class DeclineReason(StrEnum):
    """Why a home team says no. The list is fixed, so that refusals can be counted; words go with each."""

    NO_ROOM = "no-room"
    LESS_VALUE = "less-value-than-the-roadmap"
    NOT_OURS = "not-ours"
    EXISTS = "exists-already"
    GOING_AWAY = "being-shut-down"
    AGAINST_DESIGN = "against-the-design"
    UNSAFE = "unsafe"
    NOT_ALLOWED = "not-allowed-by-law-or-contract"


REASON_WORDS: dict[DeclineReason, str] = {
    DeclineReason.NO_ROOM: "No room on the roadmap",
    DeclineReason.LESS_VALUE: "Less value than what the roadmap holds",
    DeclineReason.NOT_OURS: "It belongs elsewhere",
    DeclineReason.EXISTS: "It exists already",
    DeclineReason.GOING_AWAY: "The service is being shut down",
    DeclineReason.AGAINST_DESIGN: "It would break the design",
    DeclineReason.UNSAFE: "It would make the service unsafe",
    DeclineReason.NOT_ALLOWED: "Law or a contract forbids it",
}

REFUSES_AWAY: frozenset[DeclineReason] = frozenset(
    {
        DeclineReason.EXISTS,
        DeclineReason.GOING_AWAY,
        DeclineReason.AGAINST_DESIGN,
        DeclineReason.UNSAFE,
        DeclineReason.NOT_ALLOWED,
    }
)
"""Reasons that hold for an away team's work as well; having no room is none of them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know of a request.

    `lost_refusal`: the home team let its clock run out or took a promise back. `away_refused`: it declined in time with
    a reason that holds for an away team too. `new_home`: a gone home team's thing has another owner. `fixed_home`: a
    manager named the home team. `askers` counts those who still ask. `at_top`: nobody stands above the manager whose
    turn it is.
    """

    state: State
    can_send_away: bool = True
    lost_refusal: bool = False
    away_refused: bool = False
    away_tried: bool = False
    upheld: bool = False
    fixed_home: bool = False
    at_top: bool = False
    new_home: bool = False
    moves: int = 0
    rounds: int = 0
    askers: int = 1

    @property
    def is_open(self) -> bool:
        return self.state not in MACHINE.terminal


@dataclass(frozen=True, slots=True)
class Limits:
    """The rulebook's numbers that guards look at."""

    moves_max: int
    rounds_max: int


class Option(NamedTuple):
    """One thing that a party could do now; `why_not` is "" where it may."""

    verb: Verb
    party: Party
    why_not: str
    says: str


def why_not(facts: Facts, verb: Verb) -> str:
    """Why state and history of a request forbid `verb`, as a sentence; "" where they don't. People don't count."""
    if MACHINE.find(facts.state, verb) is None:
        if not facts.is_open:
            return f"This request is {spoken(facts.state)}; nothing more happens with it."
        return f"A request that {_is(facts.state)} can't be {DONE_WORDS[verb]}."
    if verb is Verb.SEND_AWAY and facts.away_refused:
        return "The home team refused an away team in time, with a reason that holds for anybody's change."
    if verb is Verb.ESCALATE:
        return _why_not_escalate(facts)
    if verb is Verb.MOVE and facts.fixed_home:
        return "A manager decided which team answers; it can't be moved again."
    return ""


def _why_not_escalate(facts: Facts) -> str:
    if facts.upheld:
        return "A manager has decided this already; it can't be escalated again."
    if facts.can_send_away and not facts.away_refused and not facts.away_tried:
        return "You can send an away team; escalate where that is impossible, refused, or was tried."
    return ""


def why_not_decline(facts: Facts, reason: DeclineReason, refuse_away: bool) -> str:
    """Why the home team can't decline like this; "" where it can."""
    if refuse_away and facts.lost_refusal:
        return "The clock ran out: an away team can't be refused any more."
    if refuse_away and reason not in REFUSES_AWAY:
        return f'"{REASON_WORDS[reason]}" is no reason against an away team.'
    return ""


def target(facts: Facts, verb: Verb, limits: Limits) -> State:
    """The state to which `verb` leads from here. Call it for what `why_not` allows; others raise `ValueError`."""
    found = MACHINE.find(facts.state, verb)
    if found is None:
        raise ValueError(f"{verb} doesn't lead out of {facts.state}")
    if len(found.targets) == 1:
        return State(found.targets[0])
    if verb is Verb.LOSE_HOME:
        return State.ASKED if facts.new_home else State.ARBITRATION
    if verb in (Verb.MOVE, Verb.SEND_BACK) or facts.state is State.OFFERED:
        return _moved(facts, verb, limits)
    if facts.state is State.OVERDUE:
        return State.ASKED if facts.rounds + 1 < limits.rounds_max else State.LAPSED
    top = {State.ARBITRATION: State.ASKED, State.ESCALATED: State.DECLINED}
    return top[facts.state] if facts.at_top else facts.state


def _moved(facts: Facts, verb: Verb, limits: Limits) -> State:
    """`moves` counts offers already made: one more than the rulebook allows is for the manager to decide."""
    if verb is Verb.MOVE:
        return State.OFFERED if facts.moves < limits.moves_max else State.ARBITRATION
    return State.ASKED if facts.moves < limits.moves_max else State.ARBITRATION


def options(facts: Facts) -> list[Option]:
    """What the parties could do now, in the order of the table; the clock's own transitions are left out.

    What only the history forbids stays in the list with its reason, so that pages can name it.
    """
    return [
        Option(Verb(one.verb), Party(one.by[0]), why_not(facts, Verb(one.verb)), one.says)
        for one in MACHINE.leaving(facts.state)
        if one.by[0] not in (Party.CLOCK, Party.AWAYTEAM)
    ]


def total(values: Sequence[Decimal]) -> Decimal:
    """What delay costs all askers together, in points for each week."""
    return sum(values, Decimal(0))


def cost_until(value_per_week: Decimal, days: float) -> Decimal:
    """What waiting `days` costs at `value_per_week` points for each week."""
    return (value_per_week * Decimal(max(days, 0.0)) / 7).quantize(Decimal("0.01"))


STATE_WORDS: dict[State, str] = {
    State.ASKED: "asked",
    State.NEEDS_INFORMATION: "needs information",
    State.OFFERED: "offered to another team",
    State.ARBITRATION: "with a manager",
    State.OVERDUE: "overdue",
    State.DECLINED: "declined",
    State.ESCALATED: "escalated",
    State.AWAY_WELCOME: "away team welcome",
    State.AWAY: "away team at work",
    State.ACCEPTED: "on the roadmap",
    State.DELIVERED: "delivered",
    State.DONE: "done",
    State.WITHDRAWN: "withdrawn",
    State.MERGED: "merged",
    State.DUPLICATED: "built by the asker",
    State.DROPPED: "dropped",
    State.LAPSED: "lapsed",
}

DONE_WORDS: dict[Verb, str] = {
    Verb.ACCEPT: "accepted",
    Verb.ANSWER: "answered",
    Verb.ASK_BACK: "sent back for information",
    Verb.ASSIGN: "assigned",
    Verb.CONFIRM: "confirmed",
    Verb.DECLINE: "declined",
    Verb.DELIVER: "delivered",
    Verb.DISPUTE: "disputed",
    Verb.DUPLICATE: "duplicated",
    Verb.ESCALATE: "escalated",
    Verb.EXPIRE: "left to the clock",
    Verb.FINISH_AWAY: "finished by an away team",
    Verb.GIVE_UP: "given up",
    Verb.LOSE_HOME: "left without home team",
    Verb.MERGE: "merged",
    Verb.MOVE: "moved",
    Verb.POSTPONE: "postponed",
    Verb.RESHUFFLE: "put on the roadmap by a manager",
    Verb.RULE_AWAY: "opened to an away team by a manager",
    Verb.SEND_AWAY: "done by an away team",
    Verb.SEND_BACK: "sent back",
    Verb.STOP_AWAY: "stopped",
    Verb.TAKE_OVER: "taken over",
    Verb.UPHOLD: "refused for good",
    Verb.WAIT: "asked again",
    Verb.WELCOME: "opened to an away team",
    Verb.WITHDRAW: "withdrawn",
}


def spoken(state: State) -> str:
    """The state in people's words: "needs information"."""
    return STATE_WORDS[state]


def _is(state: State) -> str:
    return STATE_WORDS[state] if state is State.NEEDS_INFORMATION else f"is {STATE_WORDS[state]}"
