"""Every write of notifications."""

from awayteam.notifications.actions.calendars import NewFeed, make_calendar, note_reading, revoke_calendar
from awayteam.notifications.actions.following import follow, follow_by_taking_part, unfollow
from awayteam.notifications.actions.inbox import read, read_all, read_subject, unread
from awayteam.notifications.actions.preferring import new_webhook_secret, prefer, unsubscribe
from awayteam.notifications.actions.teams import set_team_channel
from awayteam.notifications.actions.telling import Told, tell, tell_many
from awayteam.notifications.actions.trying import try_channel

__all__ = [
    "NewFeed",
    "Told",
    "follow",
    "follow_by_taking_part",
    "make_calendar",
    "new_webhook_secret",
    "note_reading",
    "prefer",
    "read",
    "read_all",
    "read_subject",
    "revoke_calendar",
    "set_team_channel",
    "tell",
    "tell_many",
    "try_channel",
    "unfollow",
    "unread",
    "unsubscribe",
]
