"""How pages, the command line and messages call what happens here."""

from awayteam.succession.machine import Kind, State, Verb

KIND_LABELS: dict[str, str] = {
    Kind.OFFER: "Offered",
    Kind.ASK: "Asked for",
    Kind.LAST_CONSUMER: "Last consumer",
    Kind.BELONGING: "Belongs elsewhere",
    Kind.REORGANISATION: "Reorganised",
    Kind.RETIREMENT: "Retirement",
}
KIND_SAYS: dict[str, str] = {
    Kind.OFFER: "The owner offers it to another team.",
    Kind.ASK: "Another team asks for it.",
    Kind.LAST_CONSUMER: "One team is the only one left that uses it, so it becomes its owner.",
    Kind.BELONGING: "Another team uses and changes it most, so it belongs there.",
    Kind.REORGANISATION: "Who manages both teams has it change hands.",
    Kind.RETIREMENT: "It ends: it is deprecated first, and retired on its day.",
}
STATE_WORDS: dict[str, str] = {
    State.PROPOSED: "to be confirmed",
    State.ANSWERING: "waits for an answer",
    State.NOTICE: "notice is given",
    State.DISPUTED: "disputed",
    State.HANDING_OVER: "handing over",
    State.RETIRING: "deprecated",
    State.HALTED: "halted",
    State.TRANSFERRED: "changed hands",
    State.RETIRED: "retired",
    State.KEPT: "the owner stays",
    State.DISMISSED: "dismissed",
    State.WITHDRAWN: "called off",
    State.LAPSED: "lapsed",
}
TONES: dict[str, tuple[str, str]] = {
    State.PROPOSED: ("warn", "ring"),
    State.ANSWERING: ("warn", "half"),
    State.NOTICE: ("warn", "half"),
    State.DISPUTED: ("bad", "triangle"),
    State.HANDING_OVER: ("warn", "square"),
    State.RETIRING: ("warn", "square"),
    State.HALTED: ("bad", "triangle"),
    State.TRANSFERRED: ("good", "disc"),
    State.RETIRED: ("quiet", "disc"),
    State.KEPT: ("quiet", "square"),
    State.DISMISSED: ("quiet", "cross"),
    State.WITHDRAWN: ("quiet", "cross"),
    State.LAPSED: ("quiet", "cross"),
}
VERB_WORDS: dict[str, str] = {
    Verb.ACCEPT: "Accept",
    Verb.CONFIRM: "Confirm the evidence",
    Verb.DECIDE: "Decide",
    Verb.DISMISS: "Dismiss: it misleads",
    Verb.GO_ON: "Go on all the same",
    Verb.OBJECT: "Object",
    Verb.REFUSE: "Refuse",
    Verb.WITHDRAW: "Call it off",
}
VERB_SAYS: dict[str, str] = {
    Verb.ACCEPT: "Both teams want it.",
    Verb.CONFIRM: "Both teams are given notice, with the evidence.",
    Verb.DECIDE: "Your decision and its reason stand here for everybody.",
    Verb.DISMISS: "Say why the evidence misleads; it isn't proposed again for a while.",
    Verb.GO_ON: "Say why what was seen doesn't matter; the clock goes on with what it had left.",
    Verb.OBJECT: "Say why; the manager of the lowest unit above both decides.",
    Verb.REFUSE: "Say why; the manager of the lowest unit above both decides.",
    Verb.WITHDRAW: "Say why; its owner stays.",
}
STEP_WORDS: dict[str, str] = {
    Verb.ACCEPT: "accepted",
    Verb.BEGIN: "began it",
    Verb.CONFIRM: "confirmed the evidence",
    Verb.DECIDE: "decided",
    Verb.DISMISS: "dismissed it",
    Verb.EXPIRE: "the clock ran out",
    Verb.GO_ON: "went on all the same",
    Verb.HALT: "the clock was stopped",
    Verb.LAPSE: "it lapsed",
    Verb.OBJECT: "objected",
    Verb.PASS_UP: "the next unit above was asked",
    Verb.REFUSE: "refused",
    Verb.WITHDRAW: "called it off",
}
TODO_WORDS: dict[str, str] = {
    State.PROPOSED: "confirm the evidence, or dismiss it",
    State.ANSWERING: "accept or refuse it",
    State.NOTICE: "accept, refuse, or let the notice run out",
    State.DISPUTED: "decide who owns it",
    State.HANDING_OVER: "tick what you have, then accept",
    State.RETIRING: "send the headers and help its users away",
    State.HALTED: "look at the new evidence: go on or call it off",
}
DECISIONS = {
    State.HANDING_OVER.value: "It changes hands",
    State.RETIRING.value: "It is retired",
    State.KEPT.value: "The owner stays",
}
FINDING_WORDS = {
    "sole": "one other team uses it, and nobody else",
    "none": "nobody uses it",
    "own": "only its owner uses it",
    "several": "several teams use it",
    "unknown": "somebody unknown uses it",
}
