"""What the catalog adds to pages: services and APIs in the navigation, on Home, and on pages of teams and people."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from awayteam.catalog import queries, tour
from awayteam.catalog.bulk import OFFER
from awayteam.catalog.models import Entity
from awayteam.catalog.permissions import Verb, can, visible
from awayteam.catalog.queries import EntityFilter
from awayteam.kernel import panels, subjects
from awayteam.kernel.pages import thing_address
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.lists import bulk, listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Person, Team

OWNED = 50
THING_PAGES = tuple(
    f"entity{part}"
    for part in ("", "_new", "_operations", "_relations", "_graph", "_history", "_document", "_edit", "_transfer")
)


def register() -> None:
    panels.register_navigation(
        NavigationEntry("services", "Services", 10, "services", "box", "s", (*THING_PAGES, "catalog")),
        NavigationEntry("apis", "APIs", 20, "apis", "api", "i"),
    )
    panels.register("home", Panel("catalog", "Services", 20, _health, "catalog/home_panel.html", "aside"))
    panels.register("home", Panel("mine", "What your teams own", 10, _mine, "catalog/owned_panel.html"))
    panels.register("team", Panel("owns", "What it owns", 10, _owned_by_team, "catalog/owned_panel.html"))
    panels.register(
        "person", Panel("owns", "What they own themselves", 10, _owned_by_person, "catalog/owned_panel.html")
    )
    subjects.register("entity", _entities, _audience)
    bulk.register(OFFER)
    tour.register()
    listings.register(Listing("services", "Services"), Listing("apis", "APIs"), Listing("catalog", "Catalog"))


def _health(request: Request, _thing: Any) -> dict[str, Any]:
    """Figures from the facet cube: three statements, however large the catalog."""
    return asdict(queries.figures(request.actor))


def _owned(request: Request, refs: tuple[str, ...]) -> dict[str, Any] | None:
    """The list of what these own, with its figures; None where that is nothing."""
    if not refs:
        return None
    page = queries.list_entities(request.actor, EntityFilter(owner=refs), sort="kind", limit=OWNED)
    return {"page": page, "owners": refs, "by_many": len(refs) > 1} if page.items else None


def _mine(request: Request, _thing: Any) -> dict[str, Any] | None:
    teams = request.actor.teams
    refs = tuple(Team.objects.filter(pk__in=teams).order_by("ref").values_list("ref", flat=True)[:20]) if teams else ()
    return _owned(request, refs)


def _owned_by_team(request: Request, team: Team) -> dict[str, Any] | None:
    return _owned(request, (team.ref,)) or ({"page": None, "owners": (team.ref,)} if not team.is_unit else None)


def _owned_by_person(request: Request, person: Person) -> dict[str, Any] | None:
    return _owned(request, (person.ref,))


def _entities(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, Entity.objects.filter(pk__in=ids), timezone.now())
    return {pk: thing_address(ref) for pk, ref in seen.values_list("pk", "ref")}


def _audience(id: int, persons: frozenset[int], actors: subjects.Actors) -> set[int]:
    entity = Entity.objects.select_related("owner").filter(pk=id).first()
    if entity is None:
        return set()
    if not entity.restricted:
        return set(persons)
    return {person for person, actor in actors().items() if can(actor, Verb.VIEW, entity)}
