"""What flags add to pages: their place in the navigation, a panel of teams, turns on Home, subjects, saved views."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from awayteam.flags import queries
from awayteam.flags.models import Environment, Flag
from awayteam.flags.permissions import visible
from awayteam.flags.queries import FlagFilter
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

PAGES = ("flag", "flag_new", "flag_define", "flag_definition", "flag_plan", "flag_environments")
SHOWN = 6


def register() -> None:
    panels.register_navigation(NavigationEntry("flags", "Flags", 63, "flags", "tag", "", PAGES))
    panels.register("team", Panel("flags", "Flags", 60, _team, "flags/team_panel.html"))
    subjects.register("flag", _flags, subjects.everybody)
    subjects.register("flag-environment", _environments, subjects.everybody)
    turns.register("flags", _turns)
    listings.register(Listing("flags", "Flags"))


def _team(request: Request, team: Team) -> dict[str, Any] | None:
    if team.is_unit:
        return None
    page = queries.flags(request.actor, FlagFilter(owner=(team.ref,)), timezone.now(), limit=SHOWN)
    return {"rows": page.items, "team": team} if page.items else None


def _flags(request: Request, ids: set[int]) -> dict[int, str]:
    rows = visible(request.actor, Flag.objects.filter(pk__in=ids), timezone.now())
    return {pk: reverse("flag", args=[key]) for pk, key in rows.values_list("pk", "key")}


def _environments(request: Request, ids: set[int]) -> dict[int, str]:
    if request.actor.kind.value == "anonymous":
        return {}
    known = Environment.objects.filter(pk__in=ids).values_list("pk", "key")
    return {pk: f"{reverse('flag_environments')}#{key}" for pk, key in known}


def _turns(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """Flags about which the actor or one of their teams is asked; two statements."""
    whose = Q(turn_person_id=None, turn_team_id__in=sorted(actor.teams))
    if actor.person_id is not None:
        whose |= Q(turn_person_id=actor.person_id)
    running = Clock.objects.filter(whose, subject_kind="flag", state=ClockState.RUNNING)
    clocks = list(running.order_by("due_at", "pk")[: turns.AT_MOST])
    rows = Flag.objects.in_bulk([clock.subject_id for clock in clocks]) if clocks else {}
    for clock in clocks:
        row = rows.get(clock.subject_id)
        if row is not None:
            yield TurnRow(
                place=Place.YOURS, subject=Subject("flag", row.pk, row.key),
                title=f"May the flag {row.key} go? {row.asked_why}", url=reverse("flag", args=[row.key]),
                state="remove or keep", whose="you" if clock.turn_person_id == actor.person_id else "your team",
                started_at=clock.started_at, due_at=clock.due_at, face=clockface.describe(clock, now),
            )  # fmt: skip
