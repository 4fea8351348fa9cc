"""What allocations add to pages: a place in the navigation, panels of things and teams, and subjects."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awayteam.allocations import queries, words
from awayteam.allocations.machine import GROWTH_ANSWERED, GROWTH_UNANSWERED
from awayteam.allocations.models import Agenda, Allocation, Budget, Growth
from awayteam.allocations.permissions import visible, visible_agendas, visible_growth
from awayteam.allocations.queries.lists import GROWTH_RELATED, RELATED
from awayteam.catalog.models import Entity
from awayteam.kernel import panels, subjects
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Team

PAGES = (
    "budget", "budget_consumer", "allocations", "allocation", "allocation_new", "growths", "growth", "agendas",
    "agenda",
)  # fmt: skip
KINDS = frozenset({"API", "Component", "Resource"})
SHOWN = 5


def register() -> None:
    panels.register_navigation(NavigationEntry("budgets", "Budgets", 62, "budgets", "stack-2", "b", PAGES))
    panels.register("entity", Panel("budget", "Budget", 42, _entity, "allocations/entity_panel.html"))
    panels.register("team", Panel("budget", "Budgets", 38, _team, "allocations/team_panel.html"))
    subjects.register("agenda", _agendas, subjects.everybody)
    listings.register(
        Listing("budgets", "Budgets"), Listing("allocations", "Allocations"), Listing("growths", "Growth")
    )


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """What a thing grants and holds; nothing where there is neither, nor use."""
    if entity.kind not in KINDS:
        return None
    now = timezone.now()
    budget = Budget.objects.filter(provider=entity).first()
    held = visible(request.actor, Allocation.objects.filter(consumer=entity, closed_at__isnull=True), now)
    rows = queries.shown(held.select_related(*RELATED).order_by("-daily", "pk")[:SHOWN], now.date())
    if not rows and (budget is None or not (budget.granted or budget.used or budget.asked or budget.capacity)):
        return None
    live = [one.value for one in (*GROWTH_UNANSWERED, *GROWTH_ANSWERED)]
    found = Growth.objects.filter(Q(provider=entity) | Q(consumer=entity), state__in=live)
    growths = visible_growth(request.actor, found, now).select_related(*GROWTH_RELATED).order_by("-level")[:SHOWN]
    return {"budget": budget, "rows": rows, "growths": list(growths), "entity": entity, "words": words}


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """What waits for a team, grows at it, and was reviewed last."""
    if team.is_unit:
        return None
    now = timezone.now()
    asked = visible(request.actor, Allocation.objects.filter(home_team=team, state__in=("asked", "escalated")), now)
    rows = queries.shown(asked.select_related(*RELATED).order_by("due_at")[:SHOWN], now.date())
    live = [one.value for one in (*GROWTH_UNANSWERED, *GROWTH_ANSWERED)]
    found = Growth.objects.filter(Q(home_team=team) | Q(consumer_team=team), state__in=live)
    growths = visible_growth(request.actor, found, now).select_related(*GROWTH_RELATED).order_by("-level")[:SHOWN]
    agenda = visible_agendas(request.actor, Agenda.objects.filter(team=team), now).order_by("-on").first()
    held = Allocation.objects.filter(Q(asking_team=team) | Q(home_team=team), state="granted").exists()
    if not (rows or growths or agenda or held):
        return None
    return {"rows": rows, "growths": list(growths), "agenda": agenda, "team": team, "words": words}


def _agendas(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible_agendas(request.actor, Agenda.objects.filter(pk__in=ids), timezone.now())
    return {pk: reverse("agenda", args=[pk]) for pk in seen.values_list("pk", flat=True)}
