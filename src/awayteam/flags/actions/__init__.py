"""Every write of flags: one function for each verb, with actor and time, in one transaction with its event."""

from awayteam.flags.actions.asking import ask_about_stale, expire_question, keep
from awayteam.flags.actions.defining import define, kill, release, roll_back
from awayteam.flags.actions.environments import (
    create_environment,
    create_token,
    ensure_environments,
    revoke_token,
    share_rules,
)
from awayteam.flags.actions.importing import Imported, import_document
from awayteam.flags.actions.keeping import Wanted, archive, create, edit, restore
from awayteam.flags.actions.planning import cancel_plan, plan, run_plans

__all__ = [
    "Imported",
    "Wanted",
    "archive",
    "ask_about_stale",
    "cancel_plan",
    "create",
    "create_environment",
    "create_token",
    "define",
    "edit",
    "ensure_environments",
    "expire_question",
    "import_document",
    "keep",
    "kill",
    "plan",
    "release",
    "restore",
    "revoke_token",
    "roll_back",
    "run_plans",
    "share_rules",
]
