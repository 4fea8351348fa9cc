"""Every write of lists."""

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
    "change_view",
    "clear_default",
    "forget_removed",
    "remove_view",
    "restore_view",
    "save_view",
    "set_default",
]
