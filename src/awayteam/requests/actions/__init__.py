"""Every write of requests: one function for each verb, with actor and time, in one transaction with one event."""

from awayteam.requests.actions.asking import ask, join
from awayteam.requests.actions.choosing import (
    answer,
    confirm,
    dispute,
    duplicate,
    escalate,
    finish_away,
    send_away,
    stop_away,
    wait,
)
from awayteam.requests.actions.deciding import accept, ask_back, decline, deliver, give_up, postpone, welcome
from awayteam.requests.actions.escalating import reshuffle, rule_away, uphold
from awayteam.requests.actions.merging import merge
from awayteam.requests.actions.moving import assign, move, send_back, take_over
from awayteam.requests.actions.revising import revise, withdraw
from awayteam.requests.actions.timing import add_management_time
from awayteam.requests.actions.turning import reassign
from awayteam.requests.actions.values import Aim, Change, Origin, Plan, Worth

__all__ = [
    "Aim",
    "Change",
    "Origin",
    "Plan",
    "Worth",
    "accept",
    "add_management_time",
    "answer",
    "ask",
    "ask_back",
    "assign",
    "confirm",
    "decline",
    "deliver",
    "dispute",
    "duplicate",
    "escalate",
    "finish_away",
    "give_up",
    "join",
    "merge",
    "move",
    "postpone",
    "reassign",
    "reshuffle",
    "revise",
    "rule_away",
    "send_away",
    "send_back",
    "stop_away",
    "take_over",
    "uphold",
    "wait",
    "welcome",
    "withdraw",
]
