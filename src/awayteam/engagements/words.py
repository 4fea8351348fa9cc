"""How pages, the command line and messages call what can be done with an engagement, and where it stands."""

from awayteam.engagements.machine import ContractState, State, Verb
from awayteam.engagements.models import ReviewMode

VERB_WORDS: dict[str, str] = {
    Verb.ACCEPT: "Accept the handover",
    Verb.AMEND: "Put the amendment in force",
    Verb.CLOSE: "Close the warranty early",
    Verb.DECLINE: "Decline with a reason",
    Verb.DEPLOY: "Say that it is in production",
    Verb.EXPIRE: "Let the clock run out",
    Verb.HAND_OVER: "Begin the handover",
    Verb.OPEN: "Open an engagement",
    Verb.PAUSE: "Pause until a day",
    Verb.PROPOSE: "Read, sign and propose",
    Verb.RESUME: "Go on",
    Verb.REVISE: "Take the text back to change it",
    Verb.SIGN: "Read and sign",
    Verb.START: "Begin the work",
    Verb.WITHDRAW: "Withdraw the away team",
    Verb.WORK_ON: "Go on working",
}
"""What each verb's button says."""

STEP_WORDS: dict[str, str] = {
    Verb.ACCEPT: "the handover was accepted",
    Verb.AMEND: "an amendment came into force",
    Verb.CLOSE: "closed the warranty",
    Verb.DECLINE: "declined to sign",
    Verb.DEPLOY: "recorded that it is in production",
    Verb.EXPIRE: "the clock ran out",
    Verb.HAND_OVER: "began the handover",
    Verb.OPEN: "opened the engagement",
    Verb.PAUSE: "paused it",
    Verb.PROPOSE: "signed and proposed the contract",
    Verb.RESUME: "let it go on",
    Verb.REVISE: "took the text back to change it",
    Verb.SIGN: "signed",
    Verb.START: "began the work",
    Verb.WITHDRAW: "withdrew the away team",
    Verb.WORK_ON: "went on working",
}
"""What somebody did, as the rest of a sentence that begins with their name."""

TODO_WORDS: dict[State, str] = {
    State.PREPARING: "finish the contract and propose it",
    State.PROPOSED: "read the contract and sign it, or say why not",
    State.AGREED: "begin on the first day",
    State.ACTIVE: "do the work, and hand it over before the time-box ends",
    State.PAUSED: "go on when the reason is gone",
    State.HANDING_OVER: "finish the handover",
    State.PRODUCTION: "bring it into production and record that",
    State.WARRANTY: "mend what breaks until the warranty ends",
}
"""What whoever has the turn must do, in the imperative."""

AFTER_CLOCK: dict[State, str] = {
    State.PREPARING: "The draft expires; nothing was promised.",
    State.PROPOSED: "It expires, and the story says which side was silent.",
    State.AGREED: "The work begins, and access with it.",
    State.ACTIVE: "It expires, and access ends. An amendment that both sign moves the last day.",
    State.PAUSED: "Work and access go on.",
    State.HANDING_OVER: "It expires, and access ends.",
    State.PRODUCTION: "The warranty runs from that day, as if it were in production.",
    State.WARRANTY: "It is closed; defects go to the home team from then on.",
}
"""What the clock's end does, as a sentence."""

TONES: dict[str, tuple[str, str]] = {
    State.PREPARING: ("quiet", "dashed"),
    State.PROPOSED: ("warn", "ring"),
    State.AGREED: ("good", "ring"),
    State.ACTIVE: ("good", "half"),
    State.PAUSED: ("warn", "square"),
    State.HANDING_OVER: ("good", "flag"),
    State.PRODUCTION: ("good", "flag"),
    State.WARRANTY: ("quiet", "half"),
    State.CLOSED: ("good", "disc"),
    State.WITHDRAWN: ("quiet", "cross"),
    State.DECLINED: ("bad", "cross"),
    State.EXPIRED: ("bad", "triangle"),
}
"""Tone and shape of each state on pages: a word and a shape before it is a colour."""

CONTRACT_TONES: dict[str, tuple[str, str]] = {
    ContractState.SIGNING: ("warn", "ring"),
    ContractState.IN_FORCE: ("good", "disc"),
    ContractState.DECLINED: ("bad", "cross"),
    ContractState.WITHDRAWN: ("quiet", "cross"),
    ContractState.LAPSED: ("quiet", "cross"),
}

MODE_WORDS: dict[str, str] = {
    ReviewMode.EVERY_CHANGE: "the home team reviews every change",
    ReviewMode.ARCHITECTURE: "the home team signs the design, then the away team merges on its own review",
    ReviewMode.BAR_RAISER: "independent reviewers review",
}
"""Who reviews the away team's changes, as people say it."""


def spoken(state: str) -> str:
    """A state in people's words: "handing over"."""
    return state.replace("-", " ")
