"""A request that belongs to another team: offering it, taking it, sending it back, and a manager's word."""

from datetime import datetime

from django.db import transaction

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Team
from awayteam.requests import rules
from awayteam.requests.actions.choosing import minutes_left
from awayteam.requests.actions.timing import note_minutes
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Request
from awayteam.requests.stepping import Held, check, enter, facts_of, hold, limits, words_of


def move(
    request: Request | int, *, actor: Actor, now: datetime, to: Team, words: str, version: int | None = None
) -> Request:
    """Offer the request to the team where it belongs; that team must take it. Its clock runs, the home team's waits.

    Beyond the rulebook's number of moves the manager of the lowest common unit decides instead. Raises `NotAllowed`,
    `InvalidInput` (the team can't have it), `Conflict`.
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.MOVE)
        check_home(held, to, "to")
        state = rules.target(held.facts, Verb.MOVE, limits())
        held.request.moves += 1
        held.request.offered_team = to if state is State.OFFERED else None
        enter(held, Verb.MOVE, state, words=words, data={"to": to.ref, "to_id": to.pk})
    return held.request


def take_over(
    request: Request | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Request:
    """Take a request that was offered: this team is the home team now, and its whole clock begins."""
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.TAKE_OVER)
        _give_to(held, held.request.offered_team)
        enter(held, Verb.TAKE_OVER, State.ASKED, words=words.strip(), data={"home_team_id": held.request.home_team_id})
    return held.request


def send_back(
    request: Request | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Request:
    """Say that it isn't this team's either. It goes back, or after too many moves to a manager."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.SEND_BACK)
        return_it(held, Verb.SEND_BACK, words)
    return held.request


def return_it(held: Held, verb: Verb, words: str) -> None:
    """Bring an offered request back to its home team, with the time it had left, or to a manager."""
    state = rules.target(facts_of(held.request), verb, limits())
    held.request.moves += 1
    held.request.offered_team = None
    enter(held, verb, state, words=words, minutes=minutes_left(held.request) if state is State.ASKED else None)


def assign(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    to: Team,
    words: str,
    minutes_spent: int | None = None,
    version: int | None = None,
) -> Request:
    """Say as the manager of both which team answers; it can't be moved again. The time that it took is counted."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.ASSIGN)
        if to.pk != held.request.home_team_id:
            check_home(held, to, "to")
        note_minutes(held, minutes_spent)
        _give_to(held, to)
        held.request.fixed_home = True
        enter(held, Verb.ASSIGN, State.ASKED, words=words, data={"home_team_id": to.pk})
    return held.request


def _give_to(held: Held, team: Team | None) -> None:
    assert team is not None  # an offered request names its team, by a constraint
    held.request.home_team, held.request.offered_team, held.request.left_minutes = team, None, None


def check_home(held: Held, team: Team, field: str) -> None:
    """Raises `InvalidInput` where `team` can't be the home team of this request."""
    wrong = ""
    if team.pk == held.request.home_team_id:
        wrong = f"{team} is the home team already"
    elif team.dissolved_at is not None:
        wrong = f"{team} was dissolved"
    elif team.pk in held.standing.asking_teams:
        wrong = f"{team} asks for it; a team doesn't ask itself"
    if wrong:
        raise InvalidInput(f"It can't go to {team}.", "Name another team.", {field: wrong})
