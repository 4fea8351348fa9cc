"""What duplicates add to pages: their place in the navigation, panels of things and teams, and turns on Home."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from awayteam.catalog.models import Entity
from awayteam.duplicates import queries
from awayteam.duplicates.alike import queries as alike
from awayteam.duplicates.machine import State
from awayteam.duplicates.models import Duplicate, Likeness
from awayteam.duplicates.permissions import likenesses, visible
from awayteam.duplicates.rules import STATE_WORDS
from awayteam.kernel import clockface, panels, subjects, turns
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.models import Clock, ClockState
from awayteam.kernel.panels import NavigationEntry, Panel
from awayteam.kernel.requests import Request
from awayteam.kernel.turns import Place, TurnRow
from awayteam.lists import listings
from awayteam.lists.listings import Listing
from awayteam.organisation.models import Team

PAGES = ("duplicate", "duplicate_new", "duplicate_answer", "duplicate_settle", "likenesses", "likeness")
KINDS = frozenset({"API", "Component", "Domain", "Resource", "System"})
SHOWN = 5


def register() -> None:
    panels.register_navigation(NavigationEntry("duplicates", "Duplicates", 46, "duplicates", "copy", "u", PAGES))
    panels.register("entity", Panel("duplicates", "Built twice", 50, _entity, "duplicates/entity_panel.html"))
    panels.register("team", Panel("duplicates", "Built twice", 40, _team, "duplicates/team_panel.html"))
    subjects.register("duplicate", _duplicates, _audience)
    subjects.register("likeness", _likenesses)
    turns.register("duplicates", _turns)
    listings.register(Listing("duplicates", "Duplicates"), Listing("likenesses", "APIs that look alike"))


def _entity(request: Request, entity: Entity) -> dict[str, Any] | None:
    """Own builds of a thing, and APIs that look like it; nothing for what can't be duplicated."""
    if entity.kind not in KINDS:
        return None
    rows, crowd = queries.of_entity(request.actor, entity)
    like = alike.of_entity(request.actor, entity, limit=SHOWN) if entity.kind == "API" else []
    return {"rows": rows, "crowd": crowd, "alike": like, "entity": entity} if rows or like else None


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    rows = queries.of_team(request.actor, team) if not team.is_unit else []
    return {"rows": rows, "team": team} if rows else None


def _duplicates(request: Request, ids: set[int]) -> dict[int, str]:
    seen = visible(request.actor, Duplicate.objects.filter(pk__in=ids)).values_list("pk", flat=True)
    return {id: reverse("duplicate", args=[id]) for id in seen}


def _audience(id: int, persons: frozenset[int], actors: subjects.Actors) -> set[int]:
    """Everybody, but where either side is restricted: then whoever would see it in a list."""
    row = Duplicate.objects.filter(pk=id)
    if row.exclude(entity__restricted=True).exclude(own__restricted=True).exists():
        return set(persons)
    asked = {person: actor for person, actor in actors().items() if person in persons}
    return {person for person, actor in asked.items() if visible(actor, row).exists()}


def _likenesses(request: Request, ids: set[int]) -> dict[int, str]:
    seen = likenesses(request.actor, Likeness.objects.filter(pk__in=ids)).values_list("pk", flat=True)
    return {id: reverse("likeness", args=[id]) for id in seen}


WORDS = {State.REVIEW: "converge, keep or retire", State.ARBITRATION: "decide between both"}


def _turns(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """Answers that are due, and dates of a fortnight: of the actor and their teams; two statements."""
    mine = sorted(actor.teams)
    whose = Q(turn_team_id__in=mine)
    if actor.person_id is not None:
        whose |= Q(turn_person_id=actor.person_id)
    running = Clock.objects.filter(whose, subject_kind="duplicate", state=ClockState.RUNNING)
    clocks = list(running.order_by("due_at", "pk")[: turns.AT_MOST])
    if not clocks:
        return
    rows = Duplicate.objects.in_bulk([clock.subject_id for clock in clocks])
    for clock in clocks:
        if clock.subject_id in rows:
            yield _turn(actor, clock, rows[clock.subject_id], now)


def _turn(actor: Actor, clock: Clock, row: Duplicate, now: datetime) -> TurnRow:
    state = State(row.state)
    asked = state in WORDS
    mine = asked and clock.turn_person_id in (None, actor.person_id)
    yours = "you" if mine and clock.turn_person_id else "your team" if mine else "a colleague"
    return TurnRow(
        place=Place.YOURS if mine else Place.SOON,
        subject=Subject("duplicate", row.pk, row.title),
        title=row.title,
        url=reverse("duplicate", args=[row.pk]),
        state=WORDS.get(state, STATE_WORDS[state]),
        whose=yours if asked else "both teams",
        started_at=clock.started_at,
        due_at=clock.due_at,
        face=clockface.describe(clock, now) if asked else None,
    )
