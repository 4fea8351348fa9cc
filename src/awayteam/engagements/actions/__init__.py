"""Every write of engagements: one function for each verb, with actor and time, in one transaction with one event."""

from awayteam.engagements.actions.amending import amend, decline_amendment, sign_amendment, withdraw_amendment
from awayteam.engagements.actions.extending import extend_by_ruling, extend_for_silence
from awayteam.engagements.actions.opening import ScopeLine, Terms, open_engagement, set_scope, write_draft
from awayteam.engagements.actions.running import (
    accept,
    close,
    deploy,
    hand_over,
    pause,
    resume,
    start,
    withdraw,
    work_on,
)
from awayteam.engagements.actions.signing import decline, preview, propose, revise, sign

__all__ = [
    "ScopeLine",
    "Terms",
    "accept",
    "amend",
    "close",
    "decline",
    "decline_amendment",
    "deploy",
    "extend_by_ruling",
    "extend_for_silence",
    "hand_over",
    "open_engagement",
    "pause",
    "preview",
    "propose",
    "resume",
    "revise",
    "set_scope",
    "sign",
    "sign_amendment",
    "start",
    "withdraw",
    "withdraw_amendment",
    "work_on",
    "write_draft",
]
