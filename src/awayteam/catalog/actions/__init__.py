"""What people and programs change in the catalog; every function is one transaction with its event."""

from awayteam.catalog.actions.byhand import Description, add_alias, declare, rename, retire
from awayteam.catalog.actions.edits import edit_fact, take_back, transfer_ownership, withdraw_edit

__all__ = [
    "Description",
    "add_alias",
    "declare",
    "edit_fact",
    "rename",
    "retire",
    "take_back",
    "transfer_ownership",
    "withdraw_edit",
]
