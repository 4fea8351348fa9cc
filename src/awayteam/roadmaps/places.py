"""What roadmaps add to pages: their place in the navigation, panels of teams and people, rows of Home, subjects."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse

from awayteam.kernel import panels, subjects, turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.pages import thing_address
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.kernel.turns import Place, TurnRow
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Person, Team
from awayteam.roadmaps import queries
from awayteam.roadmaps.choices import GoalState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Document, Goal, Item, Roadmap
from awayteam.roadmaps.permissions import visible

PAGES = (
    "roadmap", "roadmap_what_if", "roadmap_item", "roadmap_item_new", "roadmap_item_edit", "roadmap_capacity",
    "roadmap_goals", "goal", "goal_new", "goal_edit", "roadmap_documents", "document", "document_new",
    "document_write", "document_compare",
)  # fmt: skip
SOON = timedelta(days=14)
"""Promised days within this time stand on Home."""


def register() -> None:
    panels.register_navigation(NavigationEntry("roadmaps", "Roadmaps", 48, "roadmaps", "calendar", "m", PAGES))
    panels.register("team", Panel("roadmap", "Roadmap", 15, _team, "roadmaps/team_panel.html"))
    panels.register("person", Panel("goals", "Goals and items", 30, _person, "roadmaps/person_panel.html"))
    subjects.register("roadmap-item", _items, subjects.everybody)
    subjects.register("goal", _goals, subjects.everybody)
    subjects.register("document", _documents, subjects.everybody)
    subjects.register("roadmap", _roadmaps, subjects.everybody)
    turns.register("roadmaps", _turns)
    listings.register(Listing("roadmaps", "Roadmaps"))


def address(team: Team, page: str = "") -> str:
    """The page of a team's roadmap, or a page below it ("goals")."""
    return thing_address(team.ref, page).replace("/teams/", "/roadmaps/", 1)


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    """What a team works on, what comes next, and its open goals; nothing where there is neither."""
    if team.is_unit:
        open_goals = list(queries.goals(request.actor, team=team, states=[GoalState.OPEN], limit=5).items)
        return {"coming": [], "goals": open_goals, "address": address(team), "more": 0} if open_goals else None
    rows = visible(request.actor, Item.objects.filter(team=team, state__in=OPEN))
    coming = [one for _, one in queries.coming(rows)]
    open_goals = list(queries.goals(request.actor, team=team, states=[GoalState.OPEN], limit=5).items)
    if not coming and not open_goals:
        return None
    return {"coming": coming[:6], "goals": open_goals, "address": address(team), "more": max(len(coming) - 6, 0)}


def _person(request: Request, person: Person) -> dict[str, Any] | None:
    goals = list(queries.goals(request.actor, owner=person, states=[GoalState.OPEN], limit=5).items)
    items = queries.items_of(request.actor, person)
    return {"goals": goals, "items": items} if goals or items else None


def _items(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, Item.objects.filter(pk__in=ids)).values_list("pk", flat=True)
    return {id: reverse("roadmap_item", args=[id]) for id in seen}


def _goals(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, Goal.objects.filter(pk__in=ids)).values_list("pk", flat=True)
    return {id: reverse("goal", args=[id]) for id in seen}


def _documents(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, Document.objects.filter(pk__in=ids)).select_related("team")
    return {row.pk: address(row.team, f"documents/{row.slug}") for row in seen}


def _roadmaps(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, Roadmap.objects.filter(pk__in=ids)).select_related("team")
    return {row.pk: address(row.team) for row in seen}


def _turns(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """Promised days of the actor's teams that come near or can't be kept; one statement."""
    if not actor.teams:
        return
    mine = Item.objects.filter(team__in=sorted(actor.teams), state__in=OPEN, promised_on__isnull=False)
    near = Q(promised_on__lte=(now + SOON).date())
    rows = mine.filter(near | queries.LATE).select_related("team").order_by("promised_on", "pk")[: turns.AT_MOST]
    for row in visible(actor, rows):
        assert row.promised_on is not None
        how = queries.risk(row.promised_on, row.forecast_p50, row.forecast_p85)
        yield TurnRow(
            place=Place.SOON,
            subject=Subject("roadmap-item", row.pk, row.title),
            title=row.title,
            url=reverse("roadmap_item", args=[row.pk]),
            state={"late": "can't be kept", "at risk": "at risk"}.get(how, "promised"),
            whose=str(row.team),
            started_at=row.created_at,
            due_at=datetime.combine(row.promised_on, datetime.max.time(), now.tzinfo),
        )
