"""Whose turn it is with requests, for Home: what waits for somebody, what they wait for, and what comes to them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse

from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.turns import AT_MOST, Place, Total, TurnRow
from awayteam.requests.machine import State
from awayteam.requests.models import Asker, Request
from awayteam.requests.permissions import visible
from awayteam.requests.queries.rows import RequestRow, rows_of
from awayteam.requests.stepping import KIND

WORK = (State.ACCEPTED, State.AWAY)
"""States in which whoever has the turn works towards a day that is far off: they press when it comes near."""
NEAR = timedelta(days=7)


def turns(actor: Actor, now: datetime) -> Iterable[TurnRow]:
    """The rows of Home, at most `AT_MOST` for each list; four statements."""
    if actor.person_id is None and not actor.teams:
        return
    open_ones = Request.objects.filter(closed_at__isnull=True)
    yours, team = own(actor), Q(turn_team__in=sorted(actor.teams))
    near = ~Q(state__in=WORK) | Q(due_at__lte=now + NEAR)
    asked = Asker.objects.filter(_asks(actor), left_at__isnull=True).order_by().values("request_id")
    lists = {
        Place.YOURS: open_ones.filter(yours & near),
        Place.WAITING: open_ones.filter(pk__in=asked).exclude(yours),
        Place.SOON: open_ones.filter((yours & ~near) | (team & ~yours)),
    }
    ids = {
        place: list(visible(actor, rows, now).order_by("due_at", "pk").values_list("pk", flat=True)[:AT_MOST])
        for place, rows in lists.items()
    }
    found = {row.id: row for row in rows_of(sorted({pk for some in ids.values() for pk in some}), now)}
    for place, some in ids.items():
        yield from (_turn_row(actor, place, found[pk]) for pk in some)


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


def totals(actor: Actor, now: datetime) -> Mapping[Place, Total]:
    """How many requests wait for this person, and for how many their teams wait; one statement."""
    if actor.person_id is None and not actor.teams:
        return {}
    asked = Asker.objects.filter(_asks(actor), left_at__isnull=True).order_by().values("request_id")
    waits = Q(pk__in=asked) & ~own(actor)
    counted = visible(actor, Request.objects.filter(closed_at__isnull=True), now).aggregate(
        yours=Count("pk", filter=own(actor)), waiting=Count("pk", filter=waits)
    )
    here, yours, waiting = reverse("requests"), counted["yours"], counted["waiting"]
    return {
        Place.YOURS: Total(yours, _words(yours, "where you must act"), f"{here}?turn=me&sort=due"),
        Place.WAITING: Total(waiting, _words(waiting, "of your teams with others"), f"{here}?asking=mine&sort=due"),
    }


def _words(number: int, rest: str) -> str:
    return f"{number:,} {'request' if number == 1 else 'requests'} {rest}"
