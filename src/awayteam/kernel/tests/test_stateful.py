"""Clocks and outbox against models of themselves, on the database, with workers that die at the worst moments."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from awayteam.kernel import businesstime, clocks, events, outbox
from awayteam.kernel import rulebook as rules
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clocks import Handler
from awayteam.kernel.errors import Conflict
from awayteam.kernel.events import EventName, Subject
from awayteam.kernel.models import Clock, Event, OutboxMessage
from awayteam.kernel.outbox import DeliveryFailed

FEW = settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
MINUTE = timedelta(minutes=1)
CLOCK_LEASE = timedelta(seconds=60)
CALENDARS = [
    Calendar(),
    Calendar("Europe/Berlin", "DE", "BE", hours=("08:30", "16:10")),
    Calendar("America/New_York", "US", weekdays=(0, 2, 6), hours=("00:00", "24:00")),
]


class Killed(BaseException):
    """The worker's process ends here."""


class OnDatabase(RuleBasedStateMachine):
    """Each example in a transaction of its own, undone at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.now = datetime(2026, 3, 27, 15, tzinfo=UTC)  # a Friday; Berlin's clock changes on Sunday

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)


@dataclass
class ModelClock:
    calendar: Calendar
    allowance: int
    left: int
    state: str = "running"
    reminders: set[int] = field(default_factory=set)
    lease_until: datetime | None = None
    reminded: int = 0

    def plan(self) -> None:
        self.reminders = {offset for offset in (self.allowance // 2, 60) if 0 < offset < self.left}

    def is_due(self, now: datetime) -> bool:
        leased = self.lease_until is not None and self.lease_until > now
        return (
            self.state == "running" and not leased and (self.left <= 0 or any(o >= self.left for o in self.reminders))
        )


class ClockMachine(OnDatabase):
    started = Bundle("started")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, ModelClock] = {}
        self.calls: list[int] = []
        self.trouble: dict[int, BaseException] = {}
        clocks.register(Handler("model", expire=self.handle, remind=self.handle))

    def handle(self, clock: Clock, now: datetime) -> None:
        """An effect that must be there once if the clock ran, and not at all if it failed."""
        subject = Subject("effect", clock.pk, "effect")
        events.append(EventName.TEAM_UPDATED, subject=subject, actor=SYSTEM, now=now)
        self.calls.append(clock.pk)
        if clock.pk in self.trouble:
            raise self.trouble[clock.pk]

    @rule(target=started, minutes=st.integers(0, 2_000), calendar=st.sampled_from(CALENDARS))
    def start(self, minutes: int, calendar: Calendar) -> int:
        subject = Subject("request", 1, "A request")
        clock = clocks.start("model", subject=subject, minutes=minutes, calendar=calendar, actor=SYSTEM, now=self.now)
        self.model[clock.pk] = ModelClock(calendar, minutes, minutes)
        self.model[clock.pk].plan()
        return clock.pk

    @rule(minutes=st.one_of(st.integers(1, 90), st.integers(1, 6_000)))
    def wait(self, minutes: int) -> None:
        later = self.now + minutes * MINUTE
        for clock in self.model.values():
            if clock.state == "running":
                clock.left -= businesstime.between(clock.calendar, self.now, later)
        self.now = later

    @rule(pk=started, verb=st.sampled_from(["pause", "resume", "stop"]), more=st.integers(1, 900))
    def act(self, pk: int, verb: str, more: int) -> None:
        clock = self.model[pk]
        allowed = {"pause": ["running"], "resume": ["paused"], "stop": ["running", "paused"]}[verb]
        if not self.allows(getattr(clocks, verb), pk, clock.state in allowed):
            return
        clock.state = {"pause": "paused", "resume": "running", "stop": "stopped"}[verb]
        clock.left, clock.lease_until = max(clock.left, 0), None
        if verb == "resume":
            clock.plan()

    @rule(pk=started, more=st.integers(1, 900))
    def extend(self, pk: int, more: int) -> None:
        clock = self.model[pk]
        live = clock.state in {"running", "paused"}
        if not self.allows(lambda given, **by: clocks.extend(given, more, **by), pk, live):
            return
        late = clock.left < 0
        clock.allowance += more
        clock.left += more
        clock.lease_until = None
        if clock.state == "running":
            if late:  # granted from the end that has passed, in working time
                due = Clock.objects.get(pk=pk).due_at
                assert businesstime.between(clock.calendar, due, self.now) == max(-clock.left, 0)
            clock.plan()

    def allows(self, verb: Any, pk: int, expected: bool) -> bool:
        try:
            verb(Clock.objects.get(pk=pk), actor=SYSTEM, now=self.now)
        except Conflict:
            assert not expected
            return False
        assert expected
        return True

    @rule(kind=st.sampled_from(["none", "fail", "kill"]), choice=st.integers(0, 9))
    def work(self, kind: str, choice: int) -> None:
        due = [pk for pk, clock in self.model.items() if clock.is_due(self.now)]
        self.calls = []
        self.trouble = {}
        if due and kind != "none":
            victim = due[choice % len(due)]
            self.trouble[victim] = Killed() if kind == "kill" else RuntimeError("broken")
        try:
            ran = clocks.run_due(self.now)
            assert sorted(self.calls) == sorted(due)
            assert ran == len(due) - len(self.trouble)
        except Killed:
            assert set(self.calls) <= set(due)
            assert self.calls[-1] in self.trouble
        for pk in self.calls:
            self.note(self.model[pk], failed=pk in self.trouble)

    def note(self, clock: ModelClock, failed: bool) -> None:
        if failed:
            clock.lease_until = self.now + CLOCK_LEASE
        elif clock.left <= 0:
            clock.state, clock.lease_until = "expired", None
        else:
            clock.reminders = {offset for offset in clock.reminders if offset < clock.left}
            clock.reminded += 1
            clock.lease_until = None

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        for row in Clock.objects.all():
            clock = self.model[row.pk]
            assert row.state == clock.state
            assert row.allowance_minutes == clock.allowance
            assert (row.next_at is None) == (row.state != "running")
            if row.state == "running":
                assert row.lease_until == clock.lease_until
                assert (row.due_at <= self.now) == (clock.left <= 0)
                assert businesstime.between(clock.calendar, self.now, row.due_at) == max(clock.left, 0)
                assert len(row.reminders) == len(clock.reminders)
            elif row.state == "paused":
                assert row.remaining_minutes == clock.left

    @invariant()
    def each_happening_has_one_event_and_one_effect(self) -> None:
        counted = Counter(Event.objects.filter(subject_kind="effect").values_list("subject_id", flat=True))
        told: Counter[tuple[str, int]] = Counter()
        for name, data in Event.objects.filter(name__startswith="clock.").values_list("name", "data"):
            told[name, data["clock"]] += 1
        for pk, clock in self.model.items():
            expired = clock.state == "expired"
            assert told["clock.expired", pk] == expired
            assert told["clock.reminded", pk] == clock.reminded
            assert counted[pk] == expired + clock.reminded


@dataclass
class ModelMessage:
    state: str = "waiting"
    attempts: int = 0
    arrived: int = 0
    repeats_allowed: int = 0
    lease_until: datetime | None = None


class OutboxMachine(OnDatabase):
    queued = Bundle("queued")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, ModelMessage] = {}
        self.behaviour = "takes"
        self.channels = {f"c{number}": self.deliver for number in range(3)}
        outbox.channels.update(self.channels)

    def teardown(self) -> None:
        try:
            self.everything_that_is_not_dead_arrives_in_the_end()
        finally:
            for channel in self.channels:
                del outbox.channels[channel]
            super().teardown()

    def deliver(self, message: OutboxMessage, now: datetime) -> None:
        book, known = rules.current().outbox, self.model[message.idempotency_key]
        assert known.state == "waiting"
        assert known.lease_until is None or known.lease_until <= now, "taken while another holds it"
        known.attempts += 1
        assert message.attempts == known.attempts <= book.attempts_max
        known.lease_until = now + timedelta(seconds=book.lease_seconds)
        if self.behaviour == "kills before":
            raise Killed
        if self.behaviour in {"takes", "kills after", "takes and fails"}:
            known.arrived += 1
        if self.behaviour == "kills after":
            known.repeats_allowed += 1
            raise Killed
        known.lease_until = None
        if self.behaviour == "takes":
            known.state = "delivered"
            return
        final = self.behaviour == "refuses for ever"
        known.repeats_allowed += self.behaviour == "takes and fails"
        known.state = "dead" if final or known.attempts >= book.attempts_max else "waiting"
        raise DeliveryFailed(self.behaviour, final=final)

    @rule(target=queued, channel=st.integers(0, 2))
    def enqueue(self, channel: int) -> str:
        key = f"message-{len(self.model)}"
        assert outbox.enqueue(channel=f"c{channel}", key=key, payload={}, now=self.now)
        self.model[key] = ModelMessage()
        return key

    @rule(key=queued)
    def enqueue_again(self, key: str) -> None:
        assert not outbox.enqueue(channel="c0", key=key, payload={}, now=self.now)

    @rule(seconds=st.one_of(st.integers(1, 100), st.integers(1, 30_000)))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(
        behaviour=st.sampled_from(
            ["takes", "refuses", "refuses for ever", "takes and fails", "kills before", "kills after"]
        ),
        limit=st.integers(1, 5),
    )
    def work(self, behaviour: str, limit: int) -> None:
        self.behaviour = behaviour
        try:
            assert outbox.deliver_due(self.now, limit) <= limit
        except Killed:
            assert behaviour.startswith("kills")
        self.give_up_what_only_kills()

    @rule(key=queued)
    def retry(self, key: str) -> None:
        message, known = OutboxMessage.objects.get(idempotency_key=key), self.model[key]
        try:
            outbox.retry(message, actor=SYSTEM, now=self.now)
        except Conflict:
            assert known.state != "dead"
            return
        assert known.state == "dead"
        known.state, known.attempts, known.lease_until = "waiting", 0, None
        known.repeats_allowed += 1

    def give_up_what_only_kills(self) -> None:
        """A message whose every attempt ended its worker dies without being tried again."""
        for message in OutboxMessage.objects.filter(state="dead", attempts__gt=rules.current().outbox.attempts_max):
            known = self.model[message.idempotency_key]
            if known.state == "waiting":
                assert known.attempts == rules.current().outbox.attempts_max
                known.state, known.attempts, known.lease_until = "dead", known.attempts + 1, None

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        rows = {row.idempotency_key: row for row in OutboxMessage.objects.all()}
        assert set(rows) == set(self.model)
        for key, known in self.model.items():
            assert (rows[key].state, rows[key].attempts) == (known.state, known.attempts)
            assert known.arrived >= (known.state == "delivered")
            assert known.arrived <= 1 + known.repeats_allowed
            assert rows[key].next_at <= self.now + timedelta(seconds=rules.current().outbox.backoff_max_seconds)

    def everything_that_is_not_dead_arrives_in_the_end(self) -> None:
        self.behaviour = "takes"
        self.now += timedelta(days=1)
        while outbox.deliver_due(self.now):
            pass
        self.give_up_what_only_kills()
        self.rows_are_as_the_model_says()
        assert {known.state for known in self.model.values()} <= {"delivered", "dead"}


@pytest.mark.django_db
def test_clocks() -> None:
    try:
        run_state_machine_as_test(ClockMachine, settings=FEW)
    finally:
        clocks.handlers.pop("model", None)


@pytest.mark.django_db
def test_outbox(rulebook: Any) -> None:
    rulebook("[outbox]\nattempts_max = 3\nbackoff_first_seconds = 30\n")
    run_state_machine_as_test(OutboxMachine, settings=FEW)
