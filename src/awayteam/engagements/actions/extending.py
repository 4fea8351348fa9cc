"""How a time-box grows without an amendment: by a pause, by a ruling, by a clock that the home side let run out."""

from datetime import date, datetime

from django.db import transaction

from awayteam.engagements import turns
from awayteam.engagements.actions import requesting
from awayteam.engagements.actions.moving import Holding, hold, open_access
from awayteam.engagements.machine import State, Verb
from awayteam.engagements.models import Engagement, Extension
from awayteam.kernel import clocks, events, rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.notifications.actions import tell
from awayteam.stories.stepping import touch, words_of

Cause = Extension.Cause
GROWING = frozenset({State.AGREED, State.ACTIVE, State.PAUSED, State.HANDING_OVER})


def extend_by_ruling(
    engagement: Engagement | int, *, days: int, why: str, subject: Subject, actor: Actor, now: datetime
) -> Extension:
    """Let the time-box grow by `days` working days of the away team, because `subject` decided so.

    For a demand beyond the frozen standards that was accepted: whoever decided it is the actor. Raises `InvalidInput`
    (days out of range, no reason), `Conflict` (no time-box runs).
    """
    return _extend(engagement, Cause.RULING, days, why, subject, actor, now)


def extend_for_silence(
    engagement: Engagement | int, *, days: int, why: str, subject: Subject, actor: Actor, now: datetime
) -> Extension:
    """Let the time-box grow by the working days that the home side's silence cost; as `extend_by_ruling` else."""
    return _extend(engagement, Cause.SILENCE, days, why, subject, actor, now)


def _extend(
    engagement: Engagement | int, cause: Cause, days: int, why: str, subject: Subject, actor: Actor, now: datetime
) -> Extension:
    why, most = words_of(why, what="why"), rulebook.current().engagements.extension_days_max
    if not 1 <= days <= most:
        raise InvalidInput(f"From 1 to {most} working days.", "", {"days": f"from 1 to {most}"})
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now)
        if State(held.row.state) not in GROWING:
            raise Conflict(f"The engagement is {held.row.state.replace('-', ' ')}; no time-box runs that could grow.")
        extension = _grow(held, cause, days, why, subject)
        _lengthen_clock(held)
        touch(held)
        open_access(held)
        _say(held, extension)
        requesting.prolong(held)
    return extension


def _grow(held: Holding, cause: Cause, days: int, why: str, subject: Subject | None) -> Extension:
    row = held.row
    before = row.ends_on
    assert before is not None  # every signed contract names it
    row.ends_on = turns.later(row.away_team, before, days)
    return Extension.objects.create(
        engagement=row, cause=cause.value, days=days, before=before, after=row.ends_on, why=why,
        subject_kind=subject.kind if subject else "", subject_id=subject.id if subject else None,
        subject_label=subject.label[:300] if subject else "", person_id=held.actor.person_id,
        label=held.actor.label[:200], at=held.now,
    )  # fmt: skip


def _lengthen_clock(held: Holding) -> None:
    """The clock of an active engagement ends with its last day."""
    row = held.row
    if row.state != State.ACTIVE.value or row.clock is None or row.ends_on is None:
        return
    more = turns.minutes_until(turns.end_of(row.ends_on, row.away_team), row.clock.due_at)
    if row.clock.due_at < turns.end_of(row.ends_on, row.away_team):
        row.clock = clocks.extend(row.clock, more, actor=held.actor, now=held.now, reason="The time-box has grown.")
        row.due_at = row.clock.due_at


def _say(held: Holding, extension: Extension) -> None:
    row = held.row
    days = {"ends_on": (extension.before.isoformat(), extension.after.isoformat())}
    data = {"cause": extension.cause, "days": extension.days, "subject": [extension.subject_kind, extension.subject_id]}
    events.append(
        EventName.ENGAGEMENT_EXTENDED, subject=held.subject, actor=held.actor, now=held.now, reason=extension.why,
        changes=days, data=data,
    )  # fmt: skip
    tell(
        now=held.now, subject=held.subject, event=EventName.ENGAGEMENT_EXTENDED, actor=held.actor,
        text=f"The time-box of {row.title} grows by {extension.days} working days, until {row.ends_on}.",
        address=held.plot.address(row), persons=[row.turn_person_id] if row.turn_person_id else [],
        teams=[row.home_team_id, row.away_team_id], key=f"engagement-extension-{extension.pk}",
    )  # fmt: skip


def pause_over(held: Holding) -> None:
    """Let the time-box grow by the working days from the day of the pause to the day before today."""
    row = held.row
    first = paused_on(row)
    days = turns.working_days(row.away_team, first, turns.today(row.away_team, held.now))
    if days > 0:
        extension = _grow(held, Cause.PAUSE, days, f"Paused from {first}.", None)
        changes = {"ends_on": (extension.before.isoformat(), extension.after.isoformat())}
        events.append(
            EventName.ENGAGEMENT_EXTENDED, subject=held.subject, actor=held.actor, now=held.now, reason=extension.why,
            changes=changes, data={"cause": Cause.PAUSE.value, "days": days},
        )  # fmt: skip


def paused_on(row: Engagement) -> date:
    """The day on which the running pause began, where the away team is."""
    began = row.steps.filter(verb=Verb.PAUSE.value).order_by("-pk").values_list("at", flat=True).first()
    return turns.today(row.away_team, began or row.entered_at)
