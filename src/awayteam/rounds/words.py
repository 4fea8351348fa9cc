"""How pages, the command line and messages call the states and verbs of rounds."""

from awayteam.rounds.machine import State, Verb

STATE_WORDS: dict[State, str] = {
    State.OPEN: "waits for review",
    State.DEPUTY: "waits for the deputy",
    State.FALL_BACK: "waits for somebody independent",
    State.OWN_REVIEW: "own review",
    State.CHANGES: "changes requested",
    State.DISPUTED: "a bar raiser rules",
    State.APPROVED: "approved",
    State.UNANSWERED: "unanswered",
    State.WITHDRAWN: "withdrawn",
    State.LAPSED: "lapsed",
}

TONES: dict[State, tuple[str, str]] = {
    State.OPEN: ("quiet", "ring"),
    State.DEPUTY: ("warn", "triangle"),
    State.FALL_BACK: ("warn", "triangle"),
    State.OWN_REVIEW: ("quiet", "ring"),
    State.CHANGES: ("warn", "half"),
    State.DISPUTED: ("warn", "flag"),
    State.APPROVED: ("good", "disc"),
    State.UNANSWERED: ("bad", "triangle"),
    State.WITHDRAWN: ("quiet", "cross"),
    State.LAPSED: ("quiet", "cross"),
}
"""Tone and shape of each state."""

VERB_WORDS: dict[Verb, str] = {
    Verb.OPEN: "Ask for a review",
    Verb.APPROVE: "Approve",
    Verb.DEMAND: "Demand more than the standards",
    Verb.EXPIRE: "Let the clock run out",
    Verb.GRANT: "Grant the demand",
    Verb.REFUSE: "Refuse the demand",
    Verb.REQUEST_CHANGES: "Request changes",
    Verb.RESUBMIT: "Show it again",
    Verb.WITHDRAW: "Take it back",
}

STEP_WORDS: dict[Verb, str] = {
    Verb.OPEN: "asked for a review",
    Verb.APPROVE: "approved",
    Verb.DEMAND: "demanded more than the standards say",
    Verb.EXPIRE: "the clock ran out",
    Verb.GRANT: "granted the demand",
    Verb.REFUSE: "refused the demand",
    Verb.REQUEST_CHANGES: "requested changes",
    Verb.RESUBMIT: "showed it again",
    Verb.WITHDRAW: "took it back",
}
"""What somebody did, as the rest of a sentence that begins with their name."""

TODO_WORDS: dict[State, str] = {
    State.OPEN: "approve it, or request changes that cite a rule",
    State.DEPUTY: "answer, because the reviewer was silent",
    State.FALL_BACK: "look at it independently and answer",
    State.OWN_REVIEW: "look at a colleague's change and approve it",
    State.CHANGES: "answer the points and show it again",
    State.DISPUTED: "rule whether the demand is owed",
}
"""What whoever has the turn must do, in the imperative."""

AFTER_CLOCK: dict[State, str] = {
    State.OPEN: "The deputy of the home team is asked.",
    State.DEPUTY: "Somebody independent is asked.",
    State.FALL_BACK: "The silence is recorded, the time-box grows by the days that were lost, and the work may go on.",
    State.OWN_REVIEW: "The round lapses.",
    State.CHANGES: "The round lapses; while the engagement rests, the time is given again.",
    State.DISPUTED: "The demand becomes advice, and the reviewer answers.",
}
