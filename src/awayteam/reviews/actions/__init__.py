"""Every write of reviews: one function for each verb, with actor and time, in one transaction with its event."""

from awayteam.reviews.actions.asking import Wanted, request_review, withdraw
from awayteam.reviews.actions.assigning import assign, decline
from awayteam.reviews.actions.deciding import follow, override, run_out
from awayteam.reviews.actions.delivering import Said, deliver, meet, save_draft
from awayteam.reviews.actions.keeping import Terms, back, be_away, change, join, leave
from awayteam.reviews.actions.registering import Deviation, deviate, entry_run_out, look_later, tell_what_happened
from awayteam.reviews.pool import assign_reviewer

__all__ = [
    "Deviation",
    "Said",
    "Terms",
    "Wanted",
    "assign",
    "assign_reviewer",
    "back",
    "be_away",
    "change",
    "decline",
    "deliver",
    "deviate",
    "entry_run_out",
    "follow",
    "join",
    "leave",
    "look_later",
    "meet",
    "override",
    "request_review",
    "run_out",
    "save_draft",
    "tell_what_happened",
    "withdraw",
]
