"""How pages, the command line and messages call what can be done with a request."""

import re
from decimal import Decimal

from awayteam.kernel.clockface import ClockFace
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Kind

VERB_WORDS: dict[str, str] = {
    Verb.ACCEPT: "Put it on our roadmap",
    Verb.ANSWER: "Give the information",
    Verb.ASK_BACK: "Ask for information",
    Verb.ASSIGN: "Name the home team",
    Verb.CONFIRM: "Confirm that it is done",
    Verb.DECLINE: "Decline with a reason",
    Verb.DELIVER: "Say that it is delivered",
    Verb.DISPUTE: "Dispute the delivery",
    Verb.DUPLICATE: "Build our own",
    Verb.ESCALATE: "Escalate to a manager",
    Verb.FINISH_AWAY: "Say that the away team is done",
    Verb.GIVE_UP: "Take the promise back",
    Verb.MERGE: "Merge into an equal request",
    Verb.MOVE: "Move to another team",
    Verb.POSTPONE: "Promise a later day",
    Verb.RESHUFFLE: "Put it on the roadmap, and say what gives way",
    Verb.RULE_AWAY: "Let an away team come",
    Verb.SEND_AWAY: "Send an away team",
    Verb.SEND_BACK: "Send it back",
    Verb.STOP_AWAY: "Stop the away team",
    Verb.TAKE_OVER: "Take it over",
    Verb.UPHOLD: "Uphold the refusal",
    Verb.WAIT: "Ask the home team again",
    Verb.WELCOME: "Welcome an away team",
    Verb.WITHDRAW: "Withdraw",
}
"""What each verb's button says."""

STEP_WORDS: dict[str, str] = {
    "ask": "asked for it",
    Verb.ACCEPT: "put it on the roadmap",
    Verb.ANSWER: "gave the information",
    Verb.ASK_BACK: "asked for information",
    Verb.ASSIGN: "named the home team",
    Verb.CONFIRM: "confirmed that it is done",
    Verb.DECLINE: "declined",
    Verb.DELIVER: "said that it is delivered",
    Verb.DISPUTE: "disputed the delivery",
    Verb.DUPLICATE: "builds their own",
    Verb.ESCALATE: "escalated it",
    Verb.EXPIRE: "the clock ran out",
    Verb.FINISH_AWAY: "said that the away team is done",
    Verb.GIVE_UP: "took the promise back",
    Verb.LOSE_HOME: "the home team was dissolved",
    Verb.MERGE: "merged it into an equal request",
    Verb.MOVE: "moved it",
    Verb.POSTPONE: "promised a later day",
    Verb.RESHUFFLE: "put it on the roadmap over the refusal",
    Verb.RULE_AWAY: "decided that an away team may come",
    Verb.SEND_AWAY: "sent an away team",
    Verb.SEND_BACK: "sent it back",
    Verb.STOP_AWAY: "stopped the away team",
    Verb.TAKE_OVER: "took it over",
    Verb.UPHOLD: "upheld the refusal",
    Verb.WAIT: "asked the home team again",
    Verb.WELCOME: "welcomed an away team",
    Verb.WITHDRAW: "withdrew it",
}
"""What somebody did, as the rest of a sentence that begins with their name."""

TODO_WORDS: dict[State, str] = {
    State.ASKED: "decide",
    State.NEEDS_INFORMATION: "give information",
    State.OFFERED: "take it or send it back",
    State.ARBITRATION: "say whose it is",
    State.OVERDUE: "choose what now",
    State.DECLINED: "choose what now",
    State.ESCALATED: "decide the escalation",
    State.AWAY_WELCOME: "send an away team",
    State.AWAY: "finish away work",
    State.ACCEPTED: "deliver",
    State.DELIVERED: "confirm",
}
"""What whoever has the turn must do, in the imperative."""

TONES: dict[State, tuple[str, str]] = {
    State.ASKED: ("quiet", "ring"),
    State.NEEDS_INFORMATION: ("warn", "half"),
    State.OFFERED: ("quiet", "dashed"),
    State.ARBITRATION: ("warn", "flag"),
    State.OVERDUE: ("bad", "triangle"),
    State.DECLINED: ("warn", "cross"),
    State.ESCALATED: ("bad", "flag"),
    State.AWAY_WELCOME: ("good", "dashed"),
    State.AWAY: ("good", "half"),
    State.ACCEPTED: ("good", "half"),
    State.DELIVERED: ("good", "ring"),
    State.DONE: ("good", "disc"),
    State.WITHDRAWN: ("quiet", "cross"),
    State.MERGED: ("quiet", "square"),
    State.DUPLICATED: ("quiet", "square"),
    State.DROPPED: ("quiet", "cross"),
    State.LAPSED: ("quiet", "cross"),
}
"""Tone and shape of each state on pages: a word and a shape before it is a colour."""

SHORT_WORDS: dict[State, str] = {
    State.OFFERED: "offered",
    State.AWAY_WELCOME: "away welcome",
    State.AWAY: "away at work",
    State.DUPLICATED: "built by asker",
}
"""States whose words are too long for a cell of a list."""

KIND_WORDS: dict[str, str] = {
    Kind.FEATURE: "Feature",
    Kind.BUG: "Bug",
    Kind.PERFORMANCE: "Performance",
    Kind.ACCESS: "Access",
}


def short_clock(face: ClockFace) -> str:
    """A clock for a cell of a list: "4 d 2 h left", "3 h over"; the whole text stands in its hover."""
    text = face.text.split(" of ")[0]
    text = re.sub(r" over .*", " over", text)
    return re.sub(r" working days?", " d", text)


def rough(value: Decimal) -> str:
    """A sum that is counted by the second, without digits that say nothing: "1,829", "7.4"."""
    return f"{value:,.0f}" if abs(value) >= 10 else points(value.quantize(Decimal("0.1")))


def points(value: Decimal) -> str:
    """A value as people read it: "12,000", "12.5"."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")
