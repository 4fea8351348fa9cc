"""Every write of notifications."""

from awayteam.notifications.actions.following import follow, follow_by_taking_part, unfollow
from awayteam.notifications.actions.telling import tell

__all__ = ["follow", "follow_by_taking_part", "tell", "unfollow"]
