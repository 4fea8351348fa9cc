"""What the organisation adds to pages: teams and people in the navigation, and how it stands on Home."""

from typing import Any

from awayteam.kernel import panels, rulebook, subjects
from awayteam.kernel.pages import thing_address
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.organisation import queries
from awayteam.organisation.models import Person, Team


def register() -> None:
    panels.register_navigation(
        NavigationEntry(
            "teams", "Teams", 30, "teams", "users-group", "t", ("team", "team_history", "team_edit", "team_members")
        ),
        NavigationEntry(
            "people",
            "People",
            40,
            "people",
            "user",
            "p",
            ("person", "person_history", "person_identities", "person_edit"),
        ),
    )
    panels.register("home", Panel("organisation", "Organisation", 10, _health, "organisation/home_panel.html", "aside"))
    subjects.register("team", _teams, subjects.everybody)
    subjects.register("person", _people, subjects.everybody)


def _health(request: Request, _thing: Any) -> dict[str, Any]:
    book = rulebook.current()
    return {"health": queries.health(request.actor, book), "limit": book.organisation.team_size_max}


def _teams(request: Request, ids: set[int]) -> dict[int, str]:  # noqa: ARG001
    """Teams and people are seen by everybody signed in; those that are gone have no page."""
    known = dict(Team.objects.filter(pk__in=ids).values_list("pk", "ref"))
    return {id: thing_address(known[id]) if id in known else "" for id in ids}


def _people(request: Request, ids: set[int]) -> dict[int, str]:  # noqa: ARG001
    known = dict(Person.objects.filter(pk__in=ids).values_list("pk", "ref"))
    return {id: thing_address(known[id]) if id in known else "" for id in ids}
