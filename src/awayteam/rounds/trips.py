"""The waits of a round, measured: begun when it is shown, ended by the answer."""

from awayteam.kernel import businesstime
from awayteam.rounds.machine import State
from awayteam.rounds.models import Round, Trip
from awayteam.rounds.rules import Way
from awayteam.stories.plot import Held, hours_of


def begin(held: Held[Round]) -> Trip:
    """The round waits for an answer from now on."""
    row = held.row
    return Trip.objects.create(
        round=row,
        number=row.trip,
        home_team=row.engagement.home_team,
        asked_home=row.way == Way.HOME,
        asked_at=held.now,
    )


def end(held: Held[Round], to: State) -> Trip | None:
    """Measure the wait that the answer ends; call it before the state changes. None where nothing was awaited."""
    row = held.row
    trip = Trip.objects.filter(round=row, answered_at__isnull=True).first()
    if trip is None:
        return None
    first = State.OPEN if trip.asked_home else State.FALL_BACK
    trip.answered_at, trip.ended_in = held.now, to.value
    trip.answered_by_id = held.actor.person_id
    trip.minutes = businesstime.between(hours_of(row.engagement.home_team), trip.asked_at, held.now)
    trip.in_time = row.state == first and row.due_at is not None and held.now < row.due_at and to != State.UNANSWERED
    trip.save()
    return trip
