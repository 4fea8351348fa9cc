"""What quotas add to pages: their place in the navigation, panels of things and teams, subjects."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.kernel import panels, subjects
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team
from awayteam.quotas import queries, words
from awayteam.quotas.actions.noting import KIND as SPIKE
from awayteam.quotas.actions.proxies import KIND as NODE
from awayteam.quotas.actions.setting import KIND as QUOTA
from awayteam.quotas.models import Limit, Node, Spike
from awayteam.quotas.permissions import can_limit, visible, visible_spikes
from awayteam.quotas.queries.lists import counted

PAGES = ("quota", "quota_new", "quota_step", "quota_spikes", "quota_spike", "quota_settle")
KINDS = frozenset({"API", "Component"})
SHOWN = 8


def register() -> None:
    panels.register_navigation(NavigationEntry("quotas", "Quotas", 52, "quotas", "filter", "", PAGES))
    panels.register("entity", Panel("quotas", "Limits", 55, _entity, "quotas/entity_panel.html"))
    panels.register("team", Panel("quotas", "Limits and spikes", 45, _team, "quotas/team_panel.html"))
    subjects.register(QUOTA, _limits)
    subjects.register(SPIKE, _spikes)
    subjects.register(NODE, _nodes)


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """Limits of an API, or of what a component may ask of others; the way to set one for those who may."""
    if entity.kind not in KINDS:
        return None
    now = timezone.now()
    rows = queries.limits_of_entity(request.actor, entity, now, SHOWN + 1)
    may = can_limit(request.actor, entity, now) if entity.kind == "API" else None
    if not rows and not may:
        return None
    open_spikes = queries.unanswered(request.actor, [entity], now)
    return {
        "rows": rows[:SHOWN], "more": len(rows) > SHOWN, "entity": entity, "may": may, "spikes": open_spikes,
        "words": words,
    }  # fmt: skip


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """Open spikes on a team's APIs, and limits that are in force there or for its components."""
    if team.is_unit:
        return None
    now = timezone.now()
    owned = Q(api__owner__team=team) | Q(consumer__owner__team=team)
    spikes = visible_spikes(request.actor, Spike.objects.filter(owned, state="open"), now)
    found = visible(request.actor, Limit.objects.filter(owned).exclude(state="off"), now)
    limits = list(found.select_related("api", "consumer").order_by("-changed_at", "-pk")[: SHOWN + 1])
    open_spikes = list(spikes.select_related("api", "consumer").order_by("-found_at")[:SHOWN])
    if not limits and not open_spikes:
        return None
    return {
        "rows": counted(limits[:SHOWN], now), "more": len(limits) > SHOWN, "spikes": open_spikes, "words": words
    }  # fmt: skip


def _limits(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, Limit.objects.filter(pk__in=ids), timezone.now())
    return {id: reverse("quota", args=[id]) for id in seen.values_list("pk", flat=True)}


def _spikes(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible_spikes(request.actor, Spike.objects.filter(pk__in=ids), timezone.now())
    return {id: reverse("quota_spike", args=[id]) for id in seen.values_list("pk", flat=True)}


def _nodes(request: Request, ids: set[int]) -> dict[int, str]:
    """Proxies are seen by administrators, and have no page."""
    if not request.actor.is_administrator:
        return {}
    return dict.fromkeys(Node.objects.filter(pk__in=ids).values_list("pk", flat=True), "")
