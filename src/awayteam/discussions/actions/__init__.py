"""Every write of discussions."""

from awayteam.discussions.actions.comments import comment, delete, edit
from awayteam.notifications.actions import follow as subscribe
from awayteam.notifications.actions import unfollow as unsubscribe

__all__ = ["comment", "delete", "edit", "subscribe", "unsubscribe"]
