"""What the away map adds to pages: its place in the navigation, and panels of teams and services."""

from typing import Any

from django.urls import reverse

from awayteam.catalog.models import Entity
from awayteam.contributions import queries, tour
from awayteam.contributions.models import Repository, Stands
from awayteam.contributions.permissions import visible
from awayteam.contributions.queries.authors import seen_by
from awayteam.kernel import panels, subjects
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Person, Team

PAGES = (
    "away_area",
    "away_areas",
    "away_authors",
    "away_belonging",
    "away_commits",
    "away_contradictions",
    "away_correct",
    "away_repositories",
    "away_repository_new",
)
KINDS = frozenset({"Component", "API", "Resource", "System"})


def register() -> None:
    panels.register_navigation(NavigationEntry("away", "Away map", 50, "away_map", "arrows-exchange", "a", PAGES))
    panels.register("team", Panel("away", "Help given and taken", 30, _team, "contributions/team_panel.html"))
    panels.register("person", Panel("away", "What they changed", 20, _person, "contributions/person_panel.html"))
    panels.register("entity", Panel("changers", "Who changes it", 40, _entity, "contributions/entity_panel.html"))
    tour.register()
    subjects.register("author", _authors)
    subjects.register("repository", _repositories)


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """Whom a team helps and who helps it in the last twelve months; nothing where nobody did."""
    if team.is_unit or not Repository.objects.exclude(tip="").exists():
        return None
    found = queries.team_flows(request.actor, team)
    return {"found": found} if found.gives or found.takes or found.home else None


def _person(request: Request, person: Person) -> dict[str, Any] | None:
    """What somebody changed in the last twelve months; nothing where that is nothing."""
    found = queries.person_work(request.actor, person)
    return {"found": found} if found.commits else None


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    if entity.kind not in KINDS:
        return None
    found = queries.changers(request.actor, entity)
    if found is None:
        return None
    total = sum(row[1] for row in found.rows)
    home = sum(count for _, count, stands in found.rows if stands is Stands.HOME)
    return {"found": found, "total": total, "home": home}


def _authors(request: Request, ids: set[int]) -> dict[int, str]:
    """Authors with commits that the actor may see."""
    seen = seen_by(request.actor).filter(pk__in=ids).values_list("pk", flat=True)
    return {id: reverse("away_correct", args=[id]) for id in seen}


def _repositories(request: Request, ids: set[int]) -> dict[int, str]:
    """Repositories that the actor may see; those that are gone may have been restricted and stay unseen."""
    seen = visible(request.actor, Repository.objects.filter(pk__in=ids)).values_list("pk", flat=True)
    return {id: f"{reverse('away_map')}?repository={id}" for id in seen}
