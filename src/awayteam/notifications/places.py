"""What notifications add to pages: one's own inbox and wishes in one's menu, and who sees the history of wishes."""

from django.urls import reverse

from awayteam.kernel import panels, subjects
from awayteam.kernel.panels import NavigationEntry
from awayteam.kernel.requests import Request


def register() -> None:
    panels.register_navigation(
        NavigationEntry(
            "notifications",
            "Notifications",
            10,
            "notifications",
            "bell",
            "n",
            ("notification_preferences", "notification_following", "notification_team"),
            section="person",
        )
    )
    subjects.register("preferences", _preferences)


def _preferences(request: Request, ids: set[int]) -> dict[int, str]:
    """Everybody sees what they chose themselves; administrators see that somebody chose."""
    if request.actor.is_administrator:
        return dict.fromkeys(ids, "")
    mine = request.actor.person_id
    return {mine: reverse("notification_preferences")} if mine in ids and mine is not None else {}
