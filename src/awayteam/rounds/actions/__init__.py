"""Every write of rounds: one function for each verb, keyword-only actor and time, one transaction with its event."""

from awayteam.rounds.actions.answering import advise, approve, demand, request_changes
from awayteam.rounds.actions.hours import book, cancel
from awayteam.rounds.actions.opening import open_round, resubmit, withdraw
from awayteam.rounds.actions.reporting import make_report
from awayteam.rounds.actions.ruling import grant, refuse

__all__ = [
    "advise",
    "approve",
    "book",
    "cancel",
    "demand",
    "grant",
    "make_report",
    "open_round",
    "refuse",
    "request_changes",
    "resubmit",
    "withdraw",
]
