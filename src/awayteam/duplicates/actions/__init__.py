"""Every write of duplicates: one function for each verb, with actor and time, in one transaction with its event."""

from awayteam.duplicates.actions.adding import Wanted, add
from awayteam.duplicates.actions.alike import dismiss, restore
from awayteam.duplicates.actions.deciding import answer, finish, look_again, settle, withdraw

__all__ = ["Wanted", "add", "answer", "dismiss", "finish", "look_again", "restore", "settle", "withdraw"]
