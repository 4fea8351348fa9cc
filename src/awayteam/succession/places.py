"""What successions add to pages: their place in the navigation, and panels of things and teams."""

from typing import Any

from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.kernel import panels
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Team
from awayteam.succession import queries, words

PAGES = ("succession", "succession_new", "succession_act", "succession_candidates")


def register() -> None:
    """Called in `App.register()`."""
    panels.register_navigation(NavigationEntry("succession", "Succession", 48, "successions", "replace", "", PAGES))
    panels.register("entity", Panel("succession", "Succession", 45, _entity, "succession/entity_panel.html"))
    panels.register("team", Panel("succession", "Changes of owner", 45, _team, "succession/team_panel.html"))
    listings.register(Listing("successions", "Successions"))


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    found = queries.of_entity(request.actor, entity, timezone.now())
    return {"found": found, "entity": entity, "words": words} if found is not None else None


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    rows = [] if team.is_unit else queries.of_team(request.actor, team, timezone.now())
    return {"rows": rows, "team": team, "words": words} if rows else None
