"""Clocks: time that somebody has to act, as rows that any worker may run.

A clock runs in the working hours of a calendar. At its reminders and at its end the handler of its kind runs, in one
transaction with the clock's own change and event, so that neither is lost nor done twice whatever is killed when.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from awayteam.kernel import businesstime, events, rulebook
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clockface import ClockFace, describe
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import Draft, EventName, Subject
from awayteam.kernel.log import Log
from awayteam.kernel.models import Clock, ClockState
from awayteam.kernel.registries import Registry
from awayteam.kernel.rulebook import checks

__all__ = [
    "ClockFace",
    "Handler",
    "busy",
    "calendar_of",
    "describe",
    "extend",
    "pause",
    "prepare",
    "register",
    "resume",
    "run_due",
    "start",
    "started",
    "stop",
]

log = Log(__name__)

Effect = Callable[[Clock, datetime], None]
TOGETHER = 5
"""Clocks of one kind that must be due before they are run together."""


def _nobody(_subjects: Collection[int]) -> Collection[int]:
    return ()


@dataclass(frozen=True, slots=True)
class Handler:
    """What happens with clocks of one kind. All run inside the transaction that changes the clock: they write rows and
    queue messages, and never wait for the network. `expire` may start another clock, or `extend` this one.

    `busy` locks the subjects with these ids and returns those that somebody else holds, without waiting (see `busy`
    below); their clocks run a moment later. `expire_many` does what `expire` does for many clocks at once, in few
    statements, and returns the ids of those that it did; the others run one by one, as do all where it fails.
    """

    kind: str
    expire: Effect
    remind: Effect
    busy: Callable[[Collection[int]], Collection[int]] = _nobody
    expire_many: Callable[[Sequence[Clock], datetime], Collection[int]] | None = None


handlers: Registry[str, Handler] = Registry()


def register(handler: Handler) -> Handler:
    """Let `handler` run for clocks of its kind; called in `App.register()`."""
    handlers[handler.kind] = handler
    return handler


def busy(rows: "QuerySet[Any]") -> set[int]:
    """Lock the rows of subjects; returns the ids of those that another transaction holds, without waiting for it.

    An action locks its subject and then waits for the clock; whoever runs clocks holds the clock already. If both
    waited, each would wait for the other.
    """
    rows = rows.order_by("pk")
    mine = set(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    return set(rows.values_list("pk", flat=True)) - mine


def calendar_of(data: Mapping[str, Any] | None = None, time_zone: str = "") -> Calendar:
    """The calendar of a team: what it says itself (`Team.calendar`, `Team.time_zone`), else what the rulebook says.

    What can't be used (an unknown zone or country, impossible hours) counts as not said.
    """
    book = rulebook.current().calendar
    calendar = Calendar(book.time_zone, book.country, book.subdivision, book.weekdays, (book.hours[0], book.hours[1]))
    said = dict(data or {})
    zone = time_zone or said.get("time_zone")
    if isinstance(zone, str) and checks.time_zone(zone) is None:
        calendar = replace(calendar, time_zone=zone)
    country, subdivision = said.get("country"), said.get("subdivision") or ""
    if isinstance(country, str) and checks.country(country) is None:
        known = isinstance(subdivision, str) and checks.subdivision(country, subdivision) is None
        calendar = replace(calendar, country=country, subdivision=subdivision if known else "")
    if _usable(said.get("weekdays"), int) and checks.weekdays(said["weekdays"]) is None:
        calendar = replace(calendar, weekdays=tuple(said["weekdays"]))
    if _usable(said.get("hours"), str) and checks.hours(said["hours"]) is None:
        calendar = replace(calendar, hours=(said["hours"][0], said["hours"][1]))
    return calendar


def _usable(value: object, element: type) -> bool:
    return isinstance(value, list | tuple) and all(type(each) is element for each in value)


def start(
    kind: str,
    *,
    subject: Subject,
    minutes: int,
    calendar: Calendar,
    actor: Actor,
    now: datetime,
    turn_person_id: int | None = None,
    turn_team_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Clock:
    """Give somebody `minutes` of working time, from `now`; whose turn it is are `turn_person_id` and `turn_team_id`."""
    clock = prepare(
        kind, subject=subject, minutes=minutes, calendar=calendar, now=now, turn_person_id=turn_person_id,
        turn_team_id=turn_team_id, data=data,
    )  # fmt: skip
    with transaction.atomic():
        clock.save(force_insert=True)
        _tell(EventName.CLOCK_STARTED, clock, actor, now, reason)
    return clock


def prepare(
    kind: str,
    *,
    subject: Subject,
    minutes: int,
    calendar: Calendar,
    now: datetime,
    turn_person_id: int | None = None,
    turn_team_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> Clock:
    """A clock as `start` makes it, unsaved: whoever saves many appends the events of `started` for them."""
    due = businesstime.add(calendar, now, minutes)
    clock = Clock(
        kind=kind,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_label=subject.label[:300],
        turn_person_id=turn_person_id,
        turn_team_id=turn_team_id,
        started_at=now,
        due_at=due,
        allowance_minutes=minutes,
        calendar=calendar.to_data(),
        data=dict(data or {}),
    )
    _set_reminders(clock, calendar, now, minutes)
    return clock


def started(clock: Clock, actor: Actor, now: datetime) -> Draft:
    """The event of a clock that was prepared and saved."""
    return _draft(EventName.CLOCK_STARTED, clock, actor, now)


def pause(clock: Clock, *, actor: Actor, now: datetime, reason: str = "") -> Clock:
    """Hold a running clock; the working time left is kept, rounded up to a minute. Raises `Conflict` unless it runs."""
    with transaction.atomic():
        held = _hold(clock.pk, "paused", ClockState.RUNNING)
        held.remaining_minutes = _left(held, now)
        held.state, held.next_at, held.reminders = ClockState.PAUSED, None, []
        _put(held)
        _tell(EventName.CLOCK_PAUSED, held, actor, now, reason)
    return held


def resume(clock: Clock, *, actor: Actor, now: datetime, reason: str = "") -> Clock:
    """Let a paused clock go on from `now` with the time it had left. Raises `Conflict` unless it is paused."""
    with transaction.atomic():
        held = _hold(clock.pk, "resumed", ClockState.PAUSED)
        left, calendar, due = held.remaining_minutes or 0, Calendar.from_data(held.calendar), held.due_at
        held.due_at = businesstime.add(calendar, now, left)
        held.state, held.remaining_minutes = ClockState.RUNNING, None
        _set_reminders(held, calendar, now, left)
        _put(held)
        _tell(EventName.CLOCK_RESUMED, held, actor, now, reason, {"due_at": (due, held.due_at)})
    return held


def stop(clock: Clock, *, actor: Actor, now: datetime, reason: str = "") -> Clock:
    """End a clock because what it waited for has happened. Raises `Conflict` where it has ended already."""
    with transaction.atomic():
        held = _hold(clock.pk, "stopped", ClockState.RUNNING, ClockState.PAUSED)
        if held.state == ClockState.RUNNING:
            held.remaining_minutes = _left(held, now)
        held.state, held.next_at, held.reminders, held.ended_at = ClockState.STOPPED, None, [], now
        _put(held)
        _tell(EventName.CLOCK_STOPPED, held, actor, now, reason)
    return held


def extend(clock: Clock, minutes: int, *, actor: Actor, now: datetime, reason: str = "") -> Clock:
    """Grant `minutes` (at least 1) of working time more. Raises `Conflict` where the clock has ended."""
    if minutes < 1:
        raise InvalidInput(
            "A clock can only be extended.", "Grant at least one minute.", fields={"minutes": "at least 1"}
        )
    with transaction.atomic():
        held = _hold(clock.pk, "extended", ClockState.RUNNING, ClockState.PAUSED)
        calendar, due = Calendar.from_data(held.calendar), held.due_at
        held.allowance_minutes += minutes
        if held.remaining_minutes is not None:
            held.remaining_minutes += minutes
        else:
            held.due_at = businesstime.add(calendar, due, minutes)
            _set_reminders(held, calendar, now, _left(held, now))
        _put(held)
        _tell(
            EventName.CLOCK_EXTENDED, held, actor, now, reason, {"due_at": (due, held.due_at)}, granted_minutes=minutes
        )
    return held


def run_due(now: datetime, limit: int = 50, stopping: Callable[[], bool] = lambda: False) -> int:
    """Run up to `limit` clocks whose next moment has come; returns how many ran. One that fails is tried again."""
    rows = list(_due(now).values_list("pk", "version", "kind", "due_at")[:limit])
    ended = Counter(kind for _pk, _version, kind, due_at in rows if due_at <= now)
    lease, ran = timedelta(seconds=rulebook.current().clocks.lease_seconds), 0
    for kind, number in ended.items():
        if number >= TOGETHER and _is_batched(kind) and not stopping():
            done, left = _expire_together(handlers[kind], now, limit)
            ran += done
            rows = [row for row in rows if row[2] != kind or row[3] > now or row[0] in left]
    for pk, version, _kind, _due_at in rows:
        if stopping():
            break
        if _free(now).filter(pk=pk, version=version).update(lease_until=now + lease, version=F("version") + 1):
            ran += _run(pk, version + 1, now)
    return ran


def _free(now: datetime) -> "QuerySet[Clock]":
    """Running clocks that no worker has leased."""
    return Clock.objects.filter(Q(lease_until=None) | Q(lease_until__lte=now), state=ClockState.RUNNING)


def _due(now: datetime) -> "QuerySet[Clock]":
    return _free(now).filter(next_at__lte=now).order_by("next_at", "pk")


def _is_batched(kind: str) -> bool:
    return kind in handlers and handlers[kind].expire_many is not None


def _expire_together(handler: Handler, now: datetime, limit: int) -> tuple[int, set[int]]:
    """End up to `limit` clocks of one kind in one transaction: how many ended, and the ids of those left to run alone.

    Other workers' clocks are passed over. A worker that is killed meanwhile leaves nothing behind, no lease either.
    """
    left: set[int] = set()
    try:
        with transaction.atomic():
            due = _due(now).filter(kind=handler.kind, due_at__lte=now)
            rows = list(due.select_for_update(skip_locked=True)[:limit])
            left = {row.pk for row in rows}
            assert handler.expire_many is not None
            done = set(handler.expire_many(rows, now))
            _end(Clock.objects.filter(pk__in=done), now)
            events.append_many(_draft(EventName.CLOCK_EXPIRED, row, SYSTEM, now) for row in rows if row.pk in done)
        return len(done), left - done
    except Exception:
        log.exception("clocks.failed-together", kind=handler.kind, clocks=len(left))
        return 0, left


def _end(clocks: "QuerySet[Clock]", now: datetime) -> None:
    clocks.update(
        state=ClockState.EXPIRED,
        next_at=None,
        reminders=[],
        ended_at=now,
        lease_until=None,
        version=F("version") + 1,
    )


def _run(pk: int, version: int, now: datetime) -> int:
    """Run the clock that this worker has leased at `version`; 1 where it ran, 0 where it changed hands or failed."""
    try:
        with transaction.atomic():
            clock = Clock.objects.select_for_update().filter(pk=pk, version=version).first()
            if clock is None:
                return 0
            if _handler(clock).busy([clock.subject_id]):
                Clock.objects.filter(pk=pk).update(lease_until=None, version=F("version") + 1)
                return 0
            if clock.due_at <= now:
                _expire(clock, now)
            else:
                _remind(clock, now)
        return 1
    except Exception:
        log.exception("clock.failed", clock=pk)
        return 0


def _expire(clock: Clock, now: datetime) -> None:
    _handler(clock).expire(clock, now)
    _tell(EventName.CLOCK_EXPIRED, clock, SYSTEM, now)
    # the handler may have extended or stopped this very clock; then that holds
    _end(Clock.objects.filter(pk=clock.pk, version=clock.version), now)


def _remind(clock: Clock, now: datetime) -> None:
    _handler(clock).remind(clock, now)
    _tell(EventName.CLOCK_REMINDED, clock, SYSTEM, now)
    ahead = [moment for moment in _moments(clock) if moment > now]
    Clock.objects.filter(pk=clock.pk, version=clock.version).update(
        reminders=[moment.isoformat() for moment in ahead],
        next_at=min([*ahead, clock.due_at]),
        lease_until=None,
        version=F("version") + 1,
    )


def _handler(clock: Clock) -> Handler:
    found = handlers.get(clock.kind)
    if found is None:
        raise LookupError(f"no handler for clocks of kind {clock.kind!r}; the app that registers it isn't installed")
    return found


def _moments(clock: Clock) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in clock.reminders]


def _left(clock: Clock, now: datetime) -> int:
    seconds = businesstime.seconds_between(Calendar.from_data(clock.calendar), now, clock.due_at)
    return math.ceil(seconds / 60)


def _set_reminders(clock: Clock, calendar: Calendar, now: datetime, left: int) -> None:
    """The reminders that the rulebook wants of a clock that has `left` working minutes from `now`."""
    book = rulebook.current().clocks
    offsets = {*book.remind_before_minutes, *([clock.allowance_minutes // 2] if book.remind_at_half else [])}
    moments = sorted(businesstime.add(calendar, now, left - offset) for offset in offsets if 0 < offset < left)
    clock.reminders = [moment.isoformat() for moment in moments]
    clock.next_at = min([*moments, clock.due_at])


def _hold(pk: int, verb: str, *states: ClockState) -> Clock:
    """The clock as it is now, held until the transaction ends, in one of `states`."""
    clock = Clock.objects.select_for_update().filter(pk=pk).first()
    if clock is None:
        raise NotFound("There is no such clock.")
    if clock.state not in states:
        raise Conflict(
            f"This clock is {clock.state}; it can't be {verb}.", "Look at it again; it has changed meanwhile."
        )
    return clock


def _put(clock: Clock) -> None:
    clock.version += 1
    clock.lease_until = None
    clock.save(force_update=True)


def _tell(
    name: EventName,
    clock: Clock,
    actor: Actor,
    now: datetime,
    reason: str = "",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    **more: Any,
) -> None:
    told = _draft(name, clock, actor, now, **more)
    events.append(name, subject=told.subject, actor=actor, now=now, reason=reason, changes=changes, data=told.data)


def _draft(name: EventName, clock: Clock, actor: Actor, now: datetime, **more: Any) -> Draft:
    data = {
        "clock": clock.pk,
        "kind": clock.kind,
        "due_at": clock.due_at,
        "left_minutes": clock.remaining_minutes,
        **more,
    }
    subject = Subject(clock.subject_kind, clock.subject_id, clock.subject_label)
    return Draft(name, subject, actor, now, data=data)
