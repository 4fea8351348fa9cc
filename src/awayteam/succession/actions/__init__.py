"""Everything that changes a succession; every function is one transaction with its event."""

from awayteam.succession.actions.answering import accept, confirm, decide, dismiss, go_on, object_to, refuse, withdraw
from awayteam.succession.actions.beginning import ask, offer, order, propose, retire
from awayteam.succession.actions.ticking import tick, untick

__all__ = [
    "accept",
    "ask",
    "confirm",
    "decide",
    "dismiss",
    "go_on",
    "object_to",
    "offer",
    "order",
    "propose",
    "refuse",
    "retire",
    "tick",
    "untick",
    "withdraw",
]
