"""How pages, the command line and messages call what happens here."""

from awayteam.handovers.machine import DefectState, DefectVerb, State, Verb
from awayteam.handovers.rules import Rule

VERB_WORDS: dict[str, str] = {
    Verb.ACCEPT: "Accept the handover",
    Verb.REFUSE: "Refuse, citing a rule",
    Verb.SUBMIT: "Submit the handover",
    Verb.TAKE_BACK: "Take it back",
}
STATE_WORDS: dict[str, str] = {
    State.PREPARING: "preparing",
    State.SUBMITTED: "submitted",
    State.LOOKING_OVER: "looked over",
    State.ACCEPTED: "accepted",
    State.TAKEN_BACK: "taken back",
    State.LAPSED: "lapsed",
}
TONES: dict[str, tuple[str, str]] = {
    State.PREPARING: ("quiet", "half"),
    State.SUBMITTED: ("warn", "half"),
    State.LOOKING_OVER: ("warn", "triangle"),
    State.ACCEPTED: ("good", "disc"),
    State.TAKEN_BACK: ("quiet", "cross"),
    State.LAPSED: ("quiet", "cross"),
}
TODO_WORDS: dict[str, str] = {
    State.PREPARING: "fill in the checklist and submit it",
    State.SUBMITTED: "accept or refuse the handover",
    State.LOOKING_OVER: "look the handover over",
}
DEFECT_VERB_WORDS: dict[str, str] = {
    DefectVerb.DISMISS: "Say that it is no defect",
    DefectVerb.DISPUTE: "Dispute whose it is",
    DefectVerb.FIX: "Say that it is repaired",
    DefectVerb.RULE: "Decide whose it is",
    DefectVerb.TAKE: "Repair it ourselves",
}
DEFECT_STATE_WORDS: dict[str, str] = {
    DefectState.AWAY: "with the away team",
    DefectState.HOME: "with the home team",
    DefectState.DISPUTED: "disputed",
    DefectState.FIXED: "repaired",
    DefectState.DISMISSED: "no defect",
    DefectState.LAPSED: "lapsed",
}
DEFECT_TONES: dict[str, tuple[str, str]] = {
    DefectState.AWAY: ("warn", "ring"),
    DefectState.HOME: ("warn", "disc"),
    DefectState.DISPUTED: ("bad", "triangle"),
    DefectState.FIXED: ("good", "disc"),
    DefectState.DISMISSED: ("quiet", "cross"),
    DefectState.LAPSED: ("quiet", "cross"),
}
DEFECT_TODO_WORDS: dict[str, str] = {
    DefectState.AWAY: "repair it, or dispute that it is theirs",
    DefectState.HOME: "repair it, or dispute that it is theirs",
    DefectState.DISPUTED: "say whose it is",
}
STEP_WORDS: dict[str, str] = {
    Verb.ACCEPT: "accepted it",
    Verb.BEGIN: "began the handover",
    Verb.EXPIRE: "the clock ran out",
    Verb.LAPSE: "it lapsed",
    Verb.REFUSE: "refused it",
    Verb.SUBMIT: "submitted it",
    Verb.TAKE_BACK: "took it back",
    DefectVerb.DISMISS: "said that it is no defect",
    DefectVerb.DISPUTE: "disputed it",
    DefectVerb.FIX: "said that it is repaired",
    DefectVerb.REPORT: "reported it",
    DefectVerb.RULE: "decided whose it is",
    DefectVerb.TAKE: "took it",
}
RULE_WORDS: dict[str, str] = {
    Rule.AFTER_WARRANTY: "The warranty was over.",
    Rule.BLAME_VISIT: "The line is from a commit of the visit.",
    Rule.BLAME_OTHERS: "The line is from somebody else’s commit.",
    Rule.CHANGED: "The visit changed the file.",
    Rule.UNCHANGED: "The visit didn’t change the file.",
    Rule.OUT_OF_SCOPE: "The file isn’t in the contract’s scope.",
    Rule.IN_SCOPE: "The file is in the contract’s scope.",
    Rule.UNKNOWN: "Nothing says whose it is.",
}
