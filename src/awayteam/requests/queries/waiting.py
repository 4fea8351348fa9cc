"""Whose turn it is with requests, for Home: what waits for somebody, what they wait for, and what comes to them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.turns import Place, Total, TurnRow
from awayteam.requests.machine import State
from awayteam.requests.models import Asker, Request
from awayteam.requests.queries.rows import RequestRow, rows_of
from awayteam.requests.stepping import KIND

WORK = (State.ACCEPTED, State.AWAY)
"""States in which whoever has the turn works towards a day that is far off: they press when it comes near."""
NEAR = timedelta(days=7)
MOST_GIVEN = 25
MOST_READ = 500
"""Turns that are looked at to find the most urgent of each list."""


def turns(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """The rows of Home, at most `MOST_GIVEN` for each list; three statements."""
    if actor.person_id is None and not actor.teams:
        return
    ids: dict[Place, list[int]] = {place: [] for place in Place}
    for pk, state, due_at, person, team in _turns_near(actor):
        mine = person == actor.person_id or (person is None and team in actor.teams)
        far = state in WORK and due_at > now + NEAR
        ids[Place.YOURS if mine and not far else Place.SOON].append(pk)
    ids[Place.WAITING] = list(_waiting(actor).values_list("pk", flat=True)[:MOST_GIVEN])
    shown = {place: some[:MOST_GIVEN] for place, some in ids.items()}
    found = {row.id: row for row in rows_of(sorted({pk for some in shown.values() for pk in some}), now)}
    for place, some in shown.items():
        yield from (_turn_row(actor, place, found[pk]) for pk in some)


def _turns_near(actor: Actor) -> Iterable[tuple[Any, ...]]:
    """Turns of this person and of their teams, the most urgent first."""
    whose = Q(turn_team__in=sorted(actor.teams)) if actor.teams else Q(pk__in=[])
    if actor.person_id is not None:
        whose |= Q(turn_person=actor.person_id)
    rows = Request.objects.filter(whose).order_by("due_at", "pk")  # whoever has the turn sees it
    return rows.values_list("pk", "state", "due_at", "turn_person_id", "turn_team_id")[:MOST_READ]


def _waiting(actor: Actor) -> "QuerySet[Request]":
    """What the actor and their teams ask, where somebody else has the turn; the most urgent first."""
    asked = Asker.objects.filter(_asks(actor), left_at__isnull=True).order_by().values("request_id")
    waiting = Request.objects.filter(pk__in=asked, closed_at__isnull=True)  # whoever asks sees it
    return waiting.exclude(pk__in=Request.objects.filter(own(actor)).values("pk")).order_by("due_at", "pk")


def own(actor: Actor) -> Q:
    """Turns that are this person's, or nobody's of one of their teams."""
    condition = Q(turn_person__isnull=True, turn_team__in=sorted(actor.teams)) if actor.teams else Q(pk__in=[])
    return condition | Q(turn_person=actor.person_id) if actor.person_id is not None else condition


def _asks(actor: Actor) -> Q:
    condition = Q(team__in=sorted(actor.teams)) if actor.teams else Q(pk__in=[])
    return condition | Q(person=actor.person_id) if actor.person_id is not None else condition


def _turn_row(actor: Actor, place: Place, row: RequestRow) -> TurnRow:
    mine = row.turn is not None and row.turn.id == actor.person_id
    who = row.turn or row.turn_team
    team = f" ({row.turn_team.label})" if row.turn and row.turn_team else ""
    asks = f"{row.asking.label} asks {row.home.label}"
    note = f"{asks}, {row.value} a week" if row.value_per_week else asks
    return TurnRow(
        place=place,
        subject=Subject(KIND, row.id, row.label),
        title=row.label,
        url=reverse("request", args=[row.id]),
        state=row.todo if place is not Place.WAITING else row.words,
        whose="you" if mine else f"{who.label}{team}" if who else "nobody",
        started_at=row.entered_at,
        due_at=row.due_at,
        face=row.face,
        note=note,
    )


def totals(actor: Actor, now: datetime) -> Mapping[Place, Total]:  # noqa: ARG001 - what every such function takes
    """How many requests wait for this person, and for how many their teams wait; two statements."""
    if actor.person_id is None and not actor.teams:
        return {}
    yours = Request.objects.filter(own(actor)).count()
    waiting, here = _waiting(actor).order_by().count(), reverse("requests")
    return {
        Place.YOURS: Total(yours, _words(yours, "where you must act"), f"{here}?turn=me&sort=due"),
        Place.WAITING: Total(waiting, _words(waiting, "of your teams with others"), f"{here}?asking=mine&sort=due"),
    }


def _words(number: int, rest: str) -> str:
    return f"{number:,} {'request' if number == 1 else 'requests'} {rest}"
