"""What people and programs change in the organisation; every function is one transaction with its event."""

from awayteam.organisation.actions.facts import edit_person, edit_team, set_primary_team, withdraw_edit
from awayteam.organisation.actions.identities import add_identity, correct_identity, remove_identity
from awayteam.organisation.actions.memberships import end_membership, start_membership

__all__ = [
    "add_identity",
    "correct_identity",
    "edit_person",
    "edit_team",
    "end_membership",
    "remove_identity",
    "set_primary_team",
    "start_membership",
    "withdraw_edit",
]
