"""Every write of lists."""

from awayteam.lists.actions.bulk import change_many, check_size, forget_changes, undo_change
from awayteam.lists.actions.views import (
    change_view,
    clear_default,
    forget_removed,
    remove_view,
    restore_view,
    save_view,
    set_default,
)

__all__ = [
    "change_many",
    "change_view",
    "check_size",
    "clear_default",
    "forget_changes",
    "forget_removed",
    "remove_view",
    "restore_view",
    "save_view",
    "set_default",
    "undo_change",
]
