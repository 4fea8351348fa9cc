"""What happens under a contract: start, pause, go on, hand over, accept, deploy; and how it ends."""

from datetime import date, datetime

from django.db import transaction

from awayteam.engagements import rules, turns
from awayteam.engagements.actions import requesting
from awayteam.engagements.actions.extending import pause_over
from awayteam.engagements.actions.moving import Holding, by_awayteam, hold, move
from awayteam.engagements.actions.signing import end_reason
from awayteam.engagements.machine import State, Verb
from awayteam.engagements.models import Engagement
from awayteam.kernel import events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.events import EventName
from awayteam.stories.stepping import check, touch, words_of


def start(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Engagement:
    """Begin on or a few days before the first day (rulebook `early_start_days`); access begins. The last day stays."""
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.START)
        begin_work(held, words)
    return held.row


def begin_work(held: Holding, words: str = "") -> None:
    """Let an agreed engagement be active; where it begins early, its first day is today."""
    row = held.row
    today = turns.today(row.away_team, held.now)
    row.began_at = row.began_at or held.now
    early = row.starts_on is not None and today < row.starts_on
    data = {"early_from": row.starts_on.isoformat()} if early and row.starts_on is not None else {}
    row.starts_on = today if early else row.starts_on
    move(held, Verb.START, State.ACTIVE, words=words.strip(), data=data)


def pause(
    engagement: Engagement | int, *, actor: Actor, now: datetime, until: date, words: str, version: int | None = None
) -> Engagement:
    """Let work and access rest until `until`, on which both go on. Raises `InvalidInput` for a day that can't be."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.PAUSE)
        today = turns.today(held.row.away_team, now)
        if why := rules.why_not_pause(until, today, rulebook.current().engagements.pause_days_max):
            raise InvalidInput(why, "", {"until": why})
        held.row.paused_until = until
        move(held, Verb.PAUSE, State.PAUSED, words=words, data={"until": until.isoformat()})
    return held.row


def resume(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Engagement:
    """Go on before the day that was named; the time-box grows by the working days of the pause."""
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.RESUME)
        go_on(held, words)
    return held.row


def go_on(held: Holding, words: str = "") -> None:
    """End a pause: the last day moves, and work goes on."""
    pause_over(held)
    held.row.paused_until = None
    move(held, Verb.RESUME, State.ACTIVE, words=words.strip())
    requesting.prolong(held)


def hand_over(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Engagement:
    """Say that the work is done and the handover begins; access goes on meanwhile."""
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.HAND_OVER)
        move(held, Verb.HAND_OVER, State.HANDING_OVER, words=words.strip())
    return held.row


def work_on(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str, awayteam: bool = False,
    version: int | None = None,
) -> Engagement:  # fmt: skip
    """Go on working because something is still missing. Raises `Conflict` where the time-box is over.

    With `awayteam` it follows from something that was decided elsewhere (a refused handover), whoever decided that.
    """
    words = words_of(words)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        if awayteam:
            by_awayteam(held, Verb.WORK_ON)
        else:
            check(held, Verb.WORK_ON)
        move(held, Verb.WORK_ON, State.ACTIVE, words=words)
    return held.row


def accept(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str = "", version: int | None = None
) -> Engagement:
    """The handover was accepted; access ends. Called by what decides handovers: whoever decided is the actor.

    The warranty runs at once where a deployment was recorded already.
    """
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        by_awayteam(held, Verb.ACCEPT)
        held.row.accepted_at = now
        move(held, Verb.ACCEPT, rules.after_acceptance(held.row.production_at is not None), words=words.strip())
        requesting.finish(held)
    return held.row


def deploy(
    engagement: Engagement | int, *, actor: Actor, now: datetime, at: datetime | None = None, words: str = "",
    awayteam: bool = False, version: int | None = None,
) -> Engagement:  # fmt: skip
    """Record that it went into production (`at`, else now): the warranty runs from then, not before acceptance.

    Before an accepted handover only the time is noted. With `awayteam` it follows from a deployment that was recorded
    elsewhere. Raises `InvalidInput` for a time to come, `Conflict` where nothing was begun or the warranty runs.
    """
    at = at or now
    if at > now:
        raise InvalidInput("That time is still to come.", "Record it once it is in production.", {"at": "to come"})
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        if held.row.state in {State.ACTIVE.value, State.PAUSED.value, State.HANDING_OVER.value}:
            _note_production(held, at, words, awayteam=awayteam)
            return held.row
        if awayteam:
            by_awayteam(held, Verb.DEPLOY)
        else:
            check(held, Verb.DEPLOY)
        held.row.production_at = at
        move(held, Verb.DEPLOY, State.WARRANTY, words=words.strip(), data={"at": at.isoformat()})
    return held.row


def _note_production(held: Holding, at: datetime, words: str, *, awayteam: bool) -> None:
    """Production before the handover was accepted: the first time counts."""
    if not awayteam:
        held.standing.writes.require()
    if held.row.production_at is not None and held.row.production_at <= at:
        return
    before, held.row.production_at = held.row.production_at, at
    touch(held)
    changes = {"production_at": (before.isoformat() if before else None, at.isoformat())}
    events.append(
        EventName.ENGAGEMENT_DEPLOYED, subject=held.subject, actor=held.actor, now=held.now, reason=words.strip(),
        changes=changes,
    )  # fmt: skip


def close(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Engagement:
    """End the warranty early, as the home team; defects go to the home team from now on."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.CLOSE)
        move(held, Verb.CLOSE, State.CLOSED, words=words)
    return held.row


def withdraw(
    engagement: Engagement | int, *, actor: Actor, now: datetime, reason: str, words: str, version: int | None = None
) -> Engagement:
    """Let the away team go, with a reason of the list and words; access ends, and the request counts as tried."""
    words, reason = words_of(words), end_reason(reason)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.WITHDRAW)
        go(held, reason, words)
    return held.row


def go(held: Holding, reason: str, words: str) -> None:
    """Withdraw a held engagement."""
    held.row.reason = reason
    move(held, Verb.WITHDRAW, State.WITHDRAWN, words=words, reason_code=reason)
    requesting.stop(held, words)
