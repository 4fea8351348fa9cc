"""Every write of credit that people make; entries themselves follow from events (`deriving`)."""

from awayteam.credit.actions.disputing import dispute, take_back, uphold, withdraw_entry
from awayteam.credit.actions.thanking import thank
from awayteam.credit.deriving import rebuild

__all__ = ["dispute", "rebuild", "take_back", "thank", "uphold", "withdraw_entry"]
