from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awayteam.kernel import clocks, events
from awayteam.kernel.actor import SYSTEM, Actor, ActorKind
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clocks import Handler, describe
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Clock, ClockState, Event

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Actor(kind=ActorKind.PERSON, label="Ada", person_id=7)
REQUEST = Subject("request", 5, "Faster search")


def at(hours: float) -> datetime:
    """So many hours after Monday, nine o'clock."""
    return MONDAY + timedelta(hours=hours)


def start(minutes: int = 960, **more: Any) -> Clock:
    given = {"subject": REQUEST, "minutes": minutes, "calendar": Calendar(), "actor": ADA, "now": MONDAY}
    return clocks.start("test", **{**given, **more})


def told() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What handlers of kind "test" were called with; there are no others."""
    monkeypatch.setattr(clocks, "handlers", {})
    calls: list[tuple[str, int]] = []
    handler = Handler(
        "test",
        expire=lambda clock, _now: calls.append(("expire", clock.pk)),
        remind=lambda clock, _now: calls.append(("remind", clock.pk)),
    )
    clocks.register(handler)
    return calls


@pytest.mark.django_db
def test_a_clock_reminds_at_half_time_and_an_hour_before_and_then_runs_out(ran: list[tuple[str, int]]) -> None:
    clock = start(turn_person_id=7)
    assert (clock.due_at, clock.next_at) == (at(32), at(8))
    assert clock.reminders == [at(8).isoformat(), at(31).isoformat()]
    assert clocks.run_due(at(7.99)) == 0
    assert clocks.run_due(at(8)) == 1
    assert clocks.run_due(at(30.9)) == 0
    assert clocks.run_due(at(31)) == 1
    assert clocks.run_due(at(31.99)) == 0
    assert clocks.run_due(at(32)) == 1
    assert clocks.run_due(at(99)) == 0
    assert ran == [("remind", clock.pk), ("remind", clock.pk), ("expire", clock.pk)]
    assert told() == ["clock.started", "clock.reminded", "clock.reminded", "clock.expired"]
    clock.refresh_from_db()
    assert (clock.state, clock.ended_at, clock.next_at, clock.lease_until) == ("expired", at(32), None, None)
    newest = events.history("request", 5).items[0]
    assert (newest.actor_label, newest.subject_label, newest.data["clock"]) == ("Awayteam", "Faster search", clock.pk)


@pytest.mark.django_db
def test_missed_reminders_are_one_and_a_missed_end_needs_none(ran: list[tuple[str, int]]) -> None:
    first, second = start(), start()
    assert clocks.run_due(at(31.5)) == 2
    assert ran == [("remind", first.pk), ("remind", second.pk)]
    assert clocks.run_due(at(50)) == 2
    assert ran[2:] == [("expire", first.pk), ("expire", second.pk)]


@pytest.mark.django_db
def test_the_rulebook_says_when_to_remind(rulebook: Any) -> None:
    rulebook("[clocks]\nremind_at_half = false\nremind_before_minutes = [30, 120, 5000]\n")
    assert start().reminders == [at(30).isoformat(), at(31.5).isoformat()]
    assert start(minutes=30).reminders == []


@pytest.mark.django_db
def test_a_paused_clock_keeps_the_time_it_had_left(ran: list[tuple[str, int]]) -> None:
    clock = clocks.pause(start(), actor=ADA, now=at(3), reason="waiting for figures")
    assert (clock.remaining_minutes, clock.next_at) == (780, None)
    assert clocks.run_due(at(500)) == 0
    clock = clocks.resume(clock, actor=ADA, now=at(24))
    assert clock.due_at == at(24 + 24 + 5)
    assert clock.reminders == [(at(24 + 5)).isoformat(), at(24 + 24 + 4).isoformat()]
    assert clocks.run_due(at(53)) == 1
    assert ran == [("expire", clock.pk)]
    assert told() == ["clock.started", "clock.paused", "clock.resumed", "clock.expired"]


@pytest.mark.django_db
def test_reminders_that_were_given_do_not_come_again_after_a_pause(ran: list[tuple[str, int]]) -> None:
    clock = start()
    clocks.run_due(at(8))
    for _ in range(3):
        clock = clocks.pause(clock, actor=ADA, now=at(8) + timedelta(seconds=20))
        clock = clocks.resume(clock, actor=ADA, now=at(8) + timedelta(seconds=20))
    assert clocks.run_due(at(30)) == 0
    assert clock.due_at <= at(32) + timedelta(minutes=3)
    assert ran == [("remind", clock.pk)]


@pytest.mark.django_db
def test_an_extended_clock_ends_later_and_reminds_anew() -> None:
    clock = clocks.extend(start(minutes=120), 480, actor=ADA, now=at(1), reason="ill")
    assert (clock.due_at, clock.allowance_minutes) == (at(24 + 2), 600)
    assert clock.reminders == [at(5).isoformat(), at(24 + 1).isoformat()]
    paused = clocks.pause(clock, actor=ADA, now=at(2))
    assert clocks.extend(paused, 10, actor=ADA, now=at(3)).remaining_minutes == 490
    with pytest.raises(InvalidInput):
        clocks.extend(clock, 0, actor=ADA, now=at(3))
    event = Event.objects.filter(name=EventName.CLOCK_EXTENDED).order_by("pk")[0]
    assert event.data["changes"] == {"due_at": [at(2).isoformat(), at(26).isoformat()]}
    assert (event.reason, event.data["granted_minutes"]) == ("ill", 480)


@pytest.mark.django_db
def test_a_stopped_clock_is_over(ran: list[tuple[str, int]]) -> None:
    clock = clocks.stop(start(), actor=ADA, now=at(2), reason="answered")
    assert (clock.state, clock.ended_at, clock.remaining_minutes) == (ClockState.STOPPED, at(2), 840)
    assert clocks.run_due(at(500)) == 0
    assert ran == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "refused"),
    [
        (ClockState.RUNNING, [clocks.resume]),
        (ClockState.PAUSED, [clocks.pause]),
        (ClockState.STOPPED, [clocks.pause, clocks.resume, clocks.stop]),
        (ClockState.EXPIRED, [clocks.pause, clocks.resume, clocks.stop]),
    ],
)
def test_what_a_state_does_not_allow_changes_nothing(state: ClockState, refused: list[Any]) -> None:
    clock = start()
    Clock.objects.update(state=state)
    before = list(Clock.objects.values())
    for verb in refused:
        with pytest.raises(Conflict, match=state):
            verb(clock, actor=ADA, now=at(1))
    if state in {ClockState.STOPPED, ClockState.EXPIRED}:
        with pytest.raises(Conflict):
            clocks.extend(clock, 5, actor=ADA, now=at(1))
    assert list(Clock.objects.values()) == before
    assert told() == ["clock.started"]


@pytest.mark.django_db
def test_a_clock_that_is_gone_is_not_found() -> None:
    clock = start()
    Clock.objects.all().delete()
    with pytest.raises(NotFound):
        clocks.pause(clock, actor=ADA, now=at(1))


@pytest.mark.django_db
def test_a_handler_that_fails_undoes_all_it_did_and_is_tried_after_the_lease(ran: list[tuple[str, int]]) -> None:
    def fail(clock: Clock, now: datetime) -> None:
        events.append(EventName.TEAM_UPDATED, subject=REQUEST, actor=SYSTEM, now=now)
        raise RuntimeError("broken")

    good = clocks.handlers["test"]
    clocks.register(Handler("test", expire=fail, remind=fail))
    broken, other = start(minutes=10), start(minutes=20)
    assert clocks.run_due(at(1), limit=1) == 0
    assert told() == ["clock.started"] * 2
    clocks.register(good)
    assert clocks.run_due(at(1)) == 1  # the broken one is leased, the other runs
    assert ran == [("expire", other.pk)]
    assert clocks.run_due(at(1) + timedelta(seconds=59)) == 0
    assert clocks.run_due(at(1) + timedelta(seconds=60)) == 1
    assert ran[1:] == [("expire", broken.pk)]


@pytest.mark.django_db
def test_a_clock_without_handler_waits_for_one() -> None:
    clock = start(minutes=1)
    clocks.handlers.clear()
    assert clocks.run_due(at(1)) == 0
    clock.refresh_from_db()
    assert clock.state == ClockState.RUNNING
    assert told() == ["clock.started"]


@pytest.mark.django_db
def test_a_handler_may_extend_its_clock_or_start_another() -> None:
    def grant(clock: Clock, now: datetime) -> None:
        clocks.extend(clock, 60, actor=SYSTEM, now=now)
        start(minutes=5, now=now)

    clocks.register(Handler("test", expire=grant, remind=grant))
    clock = start(minutes=30)
    assert clocks.run_due(at(0.5)) == 1
    clock.refresh_from_db()
    assert (clock.state, clock.due_at, clock.lease_until) == (ClockState.RUNNING, at(1.5), None)
    assert Clock.objects.count() == 2


@pytest.mark.django_db
def test_a_clock_that_changes_hands_while_leased_is_left_alone(
    ran: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, run = start(minutes=30), clocks._run

    def pause_first(pk: int, version: int, now: datetime) -> int:
        clocks.pause(clock, actor=ADA, now=at(0.25))
        return run(pk, version, now)

    monkeypatch.setattr(clocks, "_run", pause_first)
    assert clocks.run_due(at(0.5)) == 0
    clock.refresh_from_db()
    assert (clock.state, clock.remaining_minutes, clock.lease_until, ran) == ("paused", 15, None, [])


@pytest.mark.django_db
def test_a_clock_whose_subject_somebody_holds_runs_a_moment_later(ran: list[tuple[str, int]]) -> None:
    held, good = [True], clocks.handlers["test"]
    clocks.register(replace(good, busy=lambda subjects: subjects if held else ()))
    clock = start(minutes=30)
    assert clocks.run_due(at(0.5)) == 0
    clock.refresh_from_db()
    assert (clock.state, clock.lease_until, ran) == ("running", None, [])
    held.clear()
    assert clocks.run_due(at(0.5)) == 1
    assert ran == [("expire", clock.pk)]


@pytest.mark.django_db
def test_many_of_a_kind_end_together_and_those_left_run_alone(ran: list[tuple[str, int]]) -> None:
    together: list[list[int]] = []

    def most(rows: Sequence[Clock], now: datetime) -> list[int]:
        together.append([row.pk for row in rows])
        return together[-1][:-1]

    clocks.register(replace(clocks.handlers["test"], expire_many=most))
    made = [start(minutes=30).pk for _ in range(clocks.TOGETHER)]
    late = start(minutes=900).pk
    assert clocks.run_due(at(0.5)) == len(made)
    assert together == [made]
    assert ran == [("expire", made[-1])]
    assert set(Clock.objects.filter(state="expired").values_list("pk", flat=True)) == set(made)
    assert told().count("clock.expired") == len(made)
    assert Clock.objects.get(pk=late).state == ClockState.RUNNING
    assert clocks.run_due(at(0.5)) == 0


@pytest.mark.django_db
def test_a_worker_that_is_told_to_stop_leaves_the_rest() -> None:
    for _ in range(3):
        start(minutes=1)
    answers = iter([False, True])
    assert clocks.run_due(at(1), stopping=lambda: next(answers)) == 1
    assert Clock.objects.filter(state="running", lease_until=None).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "text", "left", "last_quarter", "overdue"),
    [
        (0, "2 working days left of 2 working days", 960, False, False),
        (2, "1 working day 6 h left of 2 working days", 840, False, False),
        (28, "4 h left of 2 working days", 240, True, False),
        (31.9, "6 min left of 2 working days", 6, True, False),
        (32, "2 working days are over", 0, False, True),
        (51, "3 h over 2 working days", -180, False, True),
    ],
)
def test_the_face_of_a_running_clock(hours: float, text: str, left: int, last_quarter: bool, overdue: bool) -> None:
    face = describe(start(), at(hours))
    assert (face.text, face.left_minutes, face.last_quarter, face.overdue) == (text, left, last_quarter, overdue)
    assert face.fraction == pytest.approx(min(1 - left / 960, 1))


@pytest.mark.django_db
def test_the_face_of_clocks_that_do_not_run() -> None:
    paused = describe(clocks.pause(start(), actor=ADA, now=at(28)), at(900))
    assert (paused.text, paused.last_quarter, paused.overdue) == ("paused with 4 h left of 2 working days", True, False)
    stopped = describe(clocks.stop(start(), actor=ADA, now=at(2)), at(900))
    assert (stopped.text, stopped.last_quarter) == ("stopped with 1 working day 6 h left of 2 working days", False)
    clock = start(minutes=60)
    clocks.run_due(at(1))
    clock.refresh_from_db()
    assert (describe(clock, at(2)).text, describe(clock, at(2)).overdue) == ("1 h over 1 h", True)


@pytest.mark.parametrize(
    ("data", "zone", "calendar"),
    [
        (None, "", Calendar()),
        ({"country": "DE", "subdivision": "BE"}, "Europe/Berlin", Calendar("Europe/Berlin", "DE", "BE")),
        ({"country": "DE", "subdivision": "TX"}, "Mars/Base", Calendar(country="DE")),
        ({"country": "XX", "weekdays": [], "hours": ["9", "5"]}, "", Calendar()),
        ({"weekdays": [6, 0], "hours": ["10:00", "16:00"]}, "", Calendar(weekdays=(6, 0), hours=("10:00", "16:00"))),
        ({"weekdays": [9], "hours": [1, 2], "country": 3, "time_zone": ["x"]}, "", Calendar()),
        ({"weekdays": "all", "hours": None, "subdivision": 4, "country": "DE"}, "", Calendar(country="DE")),
        ({"time_zone": "Asia/Tokyo"}, "", Calendar("Asia/Tokyo")),
    ],
)
def test_a_team_calendar_holds_as_far_as_it_can_be_used(data: Any, zone: str, calendar: Calendar) -> None:
    assert clocks.calendar_of(data, zone) == calendar
