"""Passing a turn on: somebody left, a team was dissolved, or whoever has the turn may not act any more."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Clock
from awayteam.notifications.actions import tell
from awayteam.notifications.rules import Group
from awayteam.organisation.models import Person
from awayteam.requests import turns
from awayteam.requests.machine import HOME_TURN, Party, State
from awayteam.requests.models import Request
from awayteam.requests.permissions import Standing
from awayteam.requests.stepping import Held, address_of, hold, subject_of, words_of


def retake(held: Held) -> bool:
    """Give the turn to whoever has it by the rules now; the clock runs on. True where that is somebody else.

    A person who has the turn keeps it while they may act.
    """
    request, standing = held.request, held.standing
    turn = turns.turn(request, State(request.state), standing, minutes=1)
    if turn is None or _still_theirs(request, standing, turn):
        return False
    _give(held, turn.person, turn.team, turn.unit)
    return True


def _still_theirs(request: Request, standing: Standing, turn: turns.Turn) -> bool:
    if request.turn_team_id != turn.team or request.turn_person_id is None:
        return (request.turn_person_id, request.turn_team_id) == (turn.person, turn.team)
    state = State(request.state)
    if state in HOME_TURN:
        return request.turn_person_id in standing.home.persons
    if state is State.OFFERED:
        return request.turn_person_id in standing.offered.persons
    return request.turn_person_id == turn.person


def _give(held: Held, person: int | None, team: int, unit: int | None) -> None:
    request = held.request
    request.turn_person_id, request.turn_team_id, request.level_id = person, team, unit
    if State(request.state) in HOME_TURN:
        request.decider_id = person
    if request.clock_id is not None:
        Clock.objects.filter(pk=request.clock_id).update(turn_person_id=person, turn_team_id=team)


def reassign(
    request: Request | int, *, actor: Actor, now: datetime, person: Person, words: str, version: int | None = None
) -> Request:
    """Let somebody else of those who may act have the turn: "you decide this one". The clock runs on.

    Raises `NotAllowed` unless the actor may act for that side, `InvalidInput` where `person` may not.
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        row, state = held.request, State(held.request.state)
        side = Party.HOME if state in HOME_TURN else Party.OFFERED if state is State.OFFERED else None
        if side is None:
            raise InvalidInput("Only a home team's turn is passed on by hand.", "", {"person": "it isn't theirs"})
        held.standing.of(side).require()
        chosen = held.standing.home if side is Party.HOME else held.standing.offered
        if person.pk not in chosen.persons:
            raise InvalidInput(f"{person} may not decide this.", chosen.because, {"person": "may not decide this"})
        _passed_on(held, person.pk, row.turn_team_id, words)
    return held.request


def pass_on(request_id: int, *, now: datetime, why: str) -> bool:
    """Look again at whose turn it is, because people or teams changed; True where it passed to somebody else."""
    with transaction.atomic():
        held = hold(request_id, actor=SYSTEM, now=now)
        old = held.request.turn_person_id
        if not held.facts.is_open or not retake(held):
            return False
        new, held.request.turn_person_id = held.request.turn_person_id, old
        _passed_on(held, new, held.request.turn_team_id, why)
    return True


def _passed_on(held: Held, person: int | None, team: int | None, words: str) -> None:
    request, old = held.request, held.request.turn_person_id
    assert team is not None  # an open request's turn is always some team's
    _give(held, person, team, request.level_id)
    request.changed_at = held.now
    request.version += 1
    request.save()
    event = events.append(
        EventName.REQUEST_REASSIGNED,
        subject=subject_of(request),
        actor=held.actor,
        now=held.now,
        reason=words,
        changes={"turn_person_id": (old, person)},
    )
    tell(
        now=held.now,
        subject=subject_of(request),
        event=EventName.REQUEST_REASSIGNED,
        text=f"#{request.pk} {request.title} is your turn now: {words}",
        address=address_of(request),
        persons=[person] if person else [],
        actor=held.actor,
        group=Group.TURN,
        key=f"event-{event.pk}",
    )


__all__ = ["pass_on", "reassign", "retake"]
