"""What the home team's decider does: accept, welcome an away team, decline, ask back, promise anew, deliver."""

from datetime import date, datetime

from django.db import transaction

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.notifications.actions import follow_by_taking_part
from awayteam.requests import rules, turns
from awayteam.requests.actions.promising import drop, finish, place, set_dates
from awayteam.requests.actions.values import Plan
from awayteam.requests.machine import State, Verb
from awayteam.requests.models import Request
from awayteam.requests.rules import DeclineReason
from awayteam.requests.stepping import Held, check, enter, hold, subject_of, words_of


def accept(
    request: Request | int, *, actor: Actor, now: datetime, plan: Plan, words: str = "", version: int | None = None
) -> Request:
    """Take it on: it gets an item with a rank on the home team's roadmap, and a range of dates is promised.

    Where it stands on the roadmap already (a promise was broken) only the plan changes. Raises `NotAllowed`,
    `InvalidInput`, `Conflict`.
    """
    with transaction.atomic():
        held = _decide(request, actor, now, Verb.ACCEPT, version)
        place(held, plan)
        row = held.request
        row.decline_reason, row.away_refused = "", False
        assert row.expected_until is not None
        minutes = turns.minutes_until(row.home_team, row.expected_until, now)
        data = {"item": row.item_id, "expected_from": row.expected_from, "expected_until": row.expected_until}
        text = f"{row.home_team} takes on #{row.pk} {row.title}: by {row.expected_until:%d %B %Y}."
        enter(held, Verb.ACCEPT, State.ACCEPTED, words=words.strip(), minutes=minutes, data=data, text=text)
    return held.request


def welcome(
    request: Request | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Request:
    """Say that an away team may come: the askers do it themselves, by the home team's standards."""
    with transaction.atomic():
        held = _decide(request, actor, now, Verb.WELCOME, version)
        held.request.away_refused, held.request.decline_reason = False, ""
        enter(held, Verb.WELCOME, State.AWAY_WELCOME, words=words.strip())
    return held.request


def decline(
    request: Request | int,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    words: str,
    refuse_away: bool = False,
    version: int | None = None,
) -> Request:
    """Say no, with a reason of the list and words; `refuse_away` where the reason holds for an away team as well.

    Raises `InvalidInput` where this reason, or a clock that ran out, doesn't allow to refuse an away team.
    """
    words = words_of(words)
    if reason not in set(DeclineReason):
        known = ", ".join(DeclineReason)
        raise InvalidInput(f"{reason!r} is no reason of the list.", f"Choose from {known}.", {"reason": "unknown"})
    with transaction.atomic():
        held = _decide(request, actor, now, Verb.DECLINE, version)
        if why := rules.why_not_decline(held.facts, DeclineReason(reason), refuse_away):
            raise InvalidInput(why, "Decline without refusing an away team.", {"refuse_away": why})
        held.request.decline_reason, held.request.away_refused = reason, refuse_away
        enter(held, Verb.DECLINE, State.DECLINED, words=words, reason_code=reason, data={"refuse_away": refuse_away})
    return held.request


def ask_back(request: Request | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Request:
    """Ask for more information: the home team's clock stands still, and one runs for the asker."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.ASK_BACK)
        enter(held, Verb.ASK_BACK, State.NEEDS_INFORMATION, words=words)
    return held.request


def postpone(
    request: Request | int, *, actor: Actor, now: datetime, until: date, words: str, version: int | None = None
) -> Request:
    """Promise a later day, with the reason. Raises `InvalidInput` for a day that isn't later, or is past."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.POSTPONE)
        row, old = held.request, held.request.expected_until
        if until <= now.date() or (old is not None and until <= old):
            raise InvalidInput("That is no later day.", f"It was promised for {old}.", {"until": "name a later day"})
        set_dates(held, until)
        minutes = turns.minutes_until(row.home_team, until, now)
        enter(held, Verb.POSTPONE, State.ACCEPTED, words=words, minutes=minutes, data={"until": (old, until)})
    return held.request


def give_up(request: Request | int, *, actor: Actor, now: datetime, words: str, version: int | None = None) -> Request:
    """Take a promise back: the askers choose anew, and an away team can't be refused any more."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.GIVE_UP)
        row = held.request
        row.lost_refusal_at = row.lost_refusal_at or now
        drop(held, words)
        enter(held, Verb.GIVE_UP, State.OVERDUE, words=words)
    return held.request


def deliver(
    request: Request | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Request:
    """Say that it is done; the askers confirm, and their silence does too. The item on the roadmap is finished."""
    with transaction.atomic():
        held = hold(request, actor=actor, now=now, version=version)
        check(held, Verb.DELIVER)
        row = held.request
        if row.item is None:
            raise Conflict("This was never taken on, so it can't be delivered.", "Accept it first.")
        finish(held)
        enter(held, Verb.DELIVER, State.DELIVERED, words=words.strip())
    return held.request


def _decide(request: Request | int, actor: Actor, now: datetime, verb: Verb, version: int | None) -> Held:
    """The request, locked, with the first decision noted and its decider following what becomes of it."""
    held = hold(request, actor=actor, now=now, version=version)
    check(held, verb)
    row = held.request
    row.decided_at = row.decided_at or now
    if actor.person_id is not None:
        row.decider_id = actor.person_id
        follow_by_taking_part(person=actor.person_id, now=now, subject=subject_of(row))
    return held
