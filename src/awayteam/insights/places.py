"""What insights add to pages: their place in the navigation, a panel of teams and units, and a manager's Home."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from awayteam.insights import words
from awayteam.insights.queries.managing import needs
from awayteam.insights.queries.summary import summary
from awayteam.kernel import panels, rulebook
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team
from awayteam.requests.words import points

PAGES = ("insights_team", "insights_cases", "insights_visits", "insights_visits_team", "insights_visits_cases")


def register() -> None:
    panels.register_navigation(NavigationEntry("insights", "Insights", 60, "insights", "activity", "n", PAGES))
    panels.register("team", Panel("insights", "How requests go", 25, _team, "insights/team_panel.html"))
    panels.register("home", Panel("management", "Needs a manager", 10, _home, "insights/home_panel.html"))


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """The last three months of a team or unit in one line each; nothing where nothing was asked of it."""
    found = summary(request.actor, team, timezone.now())
    if found is None:
        return None
    namespace, _, name = team.ref.partition(":")[2].partition("/")
    return {
        "found": found,
        "address": reverse("insights_team", args=[namespace, name]),
        "team": team,
        "share": words.share,
        "counted": words.cases,
        "minutes": lambda value: words.minutes(value, found.per_day),
        "points": points,
        "unit": rulebook.current().requests.value_unit,
    }


def _home(request: Request, _thing: None) -> dict[str, Any] | None:
    """What needs a manager; nothing for who manages nothing, or where nothing does."""
    found = needs(request.actor, timezone.now())
    if found is None or not (found.waiting or found.broken or found.stuck):
        return None
    return {"found": found, "unit": rulebook.current().requests.value_unit}
