"""What a clock shows to people: pure, from its row and `now`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awayteam.kernel import businesstime
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.models import Clock, ClockState


@dataclass(frozen=True, slots=True)
class ClockFace:
    """`left_minutes` is working time, negative once it is overdue; `fraction` is the share that has gone, 0 to 1."""

    state: ClockState
    left_minutes: int
    allowance_minutes: int
    fraction: float
    last_quarter: bool
    overdue: bool
    due_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class ClockValues:
    """What `describe` needs of a clock, for lists that read no whole rows; `COLUMNS` are the fields in their order."""

    state: str
    due_at: datetime
    allowance_minutes: int
    remaining_minutes: int | None
    calendar: Mapping[str, Any]


COLUMNS = ("state", "due_at", "allowance_minutes", "remaining_minutes", "calendar")


def describe(clock: Clock | ClockValues, now: datetime) -> ClockFace:
    """The face of `clock` at `now`: "4 h left of 2 working days", and whether it is in its last quarter or overdue."""
    calendar, state = Calendar.from_data(clock.calendar), ClockState(clock.state)
    left, allowance = _left(clock, calendar, now), clock.allowance_minutes
    gone = min(max(1 - left / allowance, 0.0), 1.0) if allowance else 1.0
    live = state in {ClockState.RUNNING, ClockState.PAUSED}
    overdue = state is ClockState.EXPIRED or (state is ClockState.RUNNING and now >= clock.due_at)
    return ClockFace(
        state=state,
        left_minutes=left,
        allowance_minutes=allowance,
        fraction=gone,
        last_quarter=live and not overdue and left * 4 <= allowance,
        overdue=overdue,
        due_at=clock.due_at,
        text=_text(state, left, allowance, overdue, calendar.minutes_per_day),
    )


def _left(clock: Clock | ClockValues, calendar: Calendar, now: datetime) -> int:
    if clock.remaining_minutes is not None:
        return clock.remaining_minutes
    if now >= clock.due_at:
        return -businesstime.between(calendar, clock.due_at, now)
    return -(-businesstime.seconds_between(calendar, now, clock.due_at) // 60)


def _text(state: ClockState, left: int, allowance: int, overdue: bool, per_day: int) -> str:
    whole = businesstime.spoken(allowance, per_day)
    if state is ClockState.STOPPED:
        return f"stopped with {businesstime.spoken(max(left, 0), per_day)} left of {whole}"
    if state is ClockState.PAUSED:
        return f"paused with {businesstime.spoken(left, per_day)} left of {whole}"
    if not overdue:
        return f"{businesstime.spoken(left, per_day)} left of {whole}"
    return f"{businesstime.spoken(-left, per_day)} over {whole}" if left < 0 else f"{whole} are over"
