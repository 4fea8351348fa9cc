"""Every write of experiments: one function for each verb, with actor and time, in one transaction with its event."""

from awayteam.experiments.actions.analysing import ask_analysis, cancel
from awayteam.experiments.actions.deciding import decide, learn
from awayteam.experiments.actions.designing import Wanted, design, edit, revise, withdraw
from awayteam.experiments.actions.keeping import (
    Definition,
    add_sender,
    add_source,
    define,
    redefine,
    remove_source,
    retire,
    revoke_sender,
)
from awayteam.experiments.actions.running import clean_up, dial_up, reallocate, start, stop
from awayteam.experiments.actions.submitting import amend, check, submit

__all__ = [
    "Definition",
    "Wanted",
    "add_sender",
    "add_source",
    "amend",
    "ask_analysis",
    "cancel",
    "check",
    "clean_up",
    "decide",
    "define",
    "design",
    "dial_up",
    "edit",
    "learn",
    "reallocate",
    "redefine",
    "remove_source",
    "retire",
    "revise",
    "revoke_sender",
    "start",
    "stop",
    "submit",
    "withdraw",
]
