"""What the asking side chooses: answer, wait, send an away team, build their own, confirm or dispute, escalate."""

from datetime import date, datetime

from django.db import transaction

from awayteam.duplicates import actions as duplicates
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.organisation.models import Team
from awayteam.requests import turns
from awayteam.requests.actions.briefing import open_escalation
from awayteam.requests.actions.revising import leave
from awayteam.requests.actions.values import check_effort
from awayteam.requests.brief import Effort
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Request
from awayteam.requests.stepping import KIND, check, enter, hold, words_of


def answer(request: Request | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Request:
    """Give the information that the home team asked for; its clock goes on with what it had left."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.ANSWER)
        enter(held, Verb.ANSWER, State.ASKED, words=words, minutes=minutes_left(held.request))
    return held.request


def minutes_left(request: Request) -> int:
    """What the home team has when the turn comes back to it: what it had left, and at least the rulebook's minimum."""
    least = rulebook.current().requests.after_answer_minutes
    whole = turns.allowance(request, State.ASKED)
    return min(max(request.left_minutes if request.left_minutes is not None else whole, least), max(whole, least))


def wait(
    request: Request | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Request:
    """Ask the home team again: it has a whole clock, and can't refuse an away team still."""
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.WAIT)
        held.request.rounds += 1
        enter(held, Verb.WAIT, State.ASKED, words=words.strip())
    return held.request


def send_away(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    words: str,
    until: date | None = None,
    version: int | None = None,
) -> Request:
    """Send an away team; `until` is the day by which it means to be done (default: the rulebook's time)."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.SEND_AWAY)
        minutes = None
        if until is not None:
            if until <= now.date():
                raise InvalidInput("That day is past.", "Name a day to come.", {"until": "is past"})
            minutes = turns.minutes_until(held.request.asking_team, until, now)
        enter(held, Verb.SEND_AWAY, State.AWAY, words=words, minutes=minutes, data={"until": until})
    return held.request


def stop_away(
    request: Request | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Request:
    """Say that the away team can't do it. It counts as tried: the request may be escalated."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.STOP_AWAY)
        held.request.away_tried_at = now
        enter(held, Verb.STOP_AWAY, State.OVERDUE, words=words)
    return held.request


def finish_away(
    request: Request | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Request:
    """Say that the away team has done it."""
    return _say(request, actor, now, Verb.FINISH_AWAY, State.DONE, words, version)


def confirm(
    request: Request | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Request:
    """Say that what was delivered is what was asked for."""
    return _say(request, actor, now, Verb.CONFIRM, State.DONE, words, version)


def dispute(request: Request | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Request:
    """Say that it isn't what was asked for, and why; the home team goes on."""
    return _say(request, actor, now, Verb.DISPUTE, State.ACCEPTED, words_of(words), version)


def _say(
    request: Request | int, actor: Actor, now: datetime, verb: Verb, state: State, words: str, version: int | None
) -> Request:
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, verb)
        enter(held, verb, state, words=words.strip())
    return held.request


def duplicate(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    what: str,
    words: str,
    look_again_on: date | None = None,
    team: Team | None = None,
    version: int | None = None,
) -> Request:
    """Build one's own: it is registered with a date to look at it again. Where others ask too, they go on."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.DUPLICATE)
        row = held.request
        wanted = duplicates.Wanted(
            team=team or row.asking_team,
            what=what,
            why=words,
            entity=row.entity,
            words="" if row.entity else row.title,
            home_team=row.home_team,
            on=look_again_on,
            about=(KIND, row.pk),
        )
        duplicates.add(wanted, actor=actor, now=now)
        if not leave(held, team, words):
            enter(held, Verb.DUPLICATE, State.DUPLICATED, words=words)
    return held.request


def escalate(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    words: str,
    effort: Effort | None = None,
    version: int | None = None,
) -> Request:
    """Let the manager of the lowest unit above both teams decide; the brief is made and frozen.

    `effort` is the asking side's estimate in team-weeks (low, likely, high); without it the home team's past counts.
    """
    words = words_of(words)
    if effort is not None:
        check_effort(effort)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.ESCALATE)
        enter(held, Verb.ESCALATE, State.ESCALATED, words=words)
        open_escalation(held, words, effort)
    return held.request
