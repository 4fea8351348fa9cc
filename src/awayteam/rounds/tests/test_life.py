"""Random lives of rounds through the real actions: whatever people do in whatever order, what must hold holds."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from awayteam.engagements import actions as engagements
from awayteam.engagements.models import Engagement, Extension, Member
from awayteam.kernel import clocks
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.models import Clock, ClockState
from awayteam.rounds import actions, jobs
from awayteam.rounds.machine import ANSWERABLE, FINAL, MACHINE, State, Verb
from awayteam.rounds.models import Booking, Remark, Round, RoundStep, Trip
from awayteam.rounds.pledge import pledge_of
from awayteam.rounds.rules import Point
from awayteam.rounds.tests.camp import MONDAY, Camp, pitch

NAMES = ("olga", "oscar", "paul", "pia", "sam", "mona", "dana", "ann")
ANSWERS: dict[str, Callable[[Camp], dict[str, Any]]] = {
    "approve": lambda _camp: {"minutes": 45},
    "request_changes": lambda camp: {"points": [camp.cited()]},
    "demand": lambda _camp: {"points": [Point("demand", "Rewrite it.")]},
    "advise": lambda _camp: {"points": [Point("advice", "Nicer.")]},
    "grant": lambda _camp: {"words": "It is owed.", "days": 2},
    "refuse": lambda _camp: {"words": "It isn't."},
    "resubmit": lambda _camp: {"words": "Done."},
    "withdraw": lambda _camp: {"words": "No more."},
}


class Life(RuleBasedStateMachine):
    """One engagement, its rounds, and people who try everything."""

    @initialize(mode=st.sampled_from(["every-change", "architecture", "bar-raiser"]), hours=st.sampled_from([1, 20]))
    def begin(self, mode: str, hours: int) -> None:
        self.camp = pitch(review_mode=mode, pledged_hours=hours)
        self.now = MONDAY

    def attempt(self, action: Callable[..., Any], *arguments: Any, **more: Any) -> None:
        with suppress(AwayteamError), transaction.atomic():
            action(*arguments, **more)

    @rule(name=st.sampled_from(NAMES), kind=st.sampled_from(["design", "change"]))
    def show(self, name: str, kind: str) -> None:
        who = self.camp.actor(name, self.now)
        self.attempt(actions.open_round, self.camp.engagement, actor=who, now=self.now, kind=kind, title="Something")

    @rule(data=st.data(), name=st.sampled_from(NAMES), verb=st.sampled_from(sorted(ANSWERS)))
    def act(self, data: st.DataObject, name: str, verb: str) -> None:
        rows = list(Round.objects.order_by("pk"))
        if rows:
            row = data.draw(st.sampled_from(rows))
            who = self.camp.actor(name, self.now)
            self.attempt(getattr(actions, verb), row, actor=who, now=self.now, **ANSWERS[verb](self.camp))

    @rule(data=st.data())
    def do_what_may_be_done(self, data: st.DataObject) -> None:
        """Whoever has the turn does something that they may: most lives would stay at the first refusal without."""
        rows = list(
            Round.objects.filter(closed_at__isnull=True, turn_person__isnull=False).select_related("turn_person")
        )
        if rows:
            row = data.draw(st.sampled_from(rows))
            verb = data.draw(st.sampled_from(sorted(ANSWERS)))
            assert row.turn_person is not None
            who = self.camp.actor(row.turn_person.name, self.now)
            self.attempt(getattr(actions, verb), row, actor=who, now=self.now, **ANSWERS[verb](self.camp))

    @rule(hours=st.sampled_from([1, 9, 30, 200]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for _ in range(20):
            if not clocks.run_due(self.now):
                break
        jobs.run(self.now)

    @rule(name=st.sampled_from(NAMES), minutes=st.sampled_from([30, 600]))
    def give_time(self, name: str, minutes: int) -> None:
        who = self.camp.actor(name, self.now)
        self.attempt(actions.book, self.camp.engagement, actor=who, now=self.now, minutes=minutes, what="Help")

    @rule(name=st.sampled_from(NAMES), verb=st.sampled_from(["pause", "resume", "withdraw"]))
    def steer(self, name: str, verb: str) -> None:
        more: dict[str, dict[str, Any]] = {
            "pause": {"words": "Other work.", "until": self.now.date() + timedelta(days=3)},
            "resume": {},
            "withdraw": {"words": "No money.", "reason": "no-time"},
        }
        who = self.camp.actor(name, self.now)
        self.attempt(getattr(engagements, verb), self.camp.engagement, actor=who, now=self.now, **more[verb])

    @invariant()
    def no_state_is_silent(self) -> None:
        over = Engagement.objects.get().state in ("expired", "withdrawn", "closed")
        for row in Round.objects.select_related("clock"):
            if row.state in FINAL:
                assert row.closed_at is not None
                assert row.clock is None
                assert row.turn_person is None
            else:
                assert not over, f"{row.state} outlives its engagement"
                assert row.clock is not None
                assert row.clock.state == ClockState.RUNNING
                assert row.due_at == row.clock.due_at
                assert row.turn_person is not None or row.turn_team is not None

    @invariant()
    def exactly_what_waits_is_measured(self) -> None:
        for row in Round.objects.prefetch_related("trips"):
            waiting = [trip for trip in row.trips.all() if trip.answered_at is None]
            assert len(waiting) == (row.state in ANSWERABLE)
            assert all(trip.minutes is not None for trip in row.trips.all() if trip.answered_at is not None)
        running = Clock.objects.filter(kind="round", state=ClockState.RUNNING).count()
        assert running == Round.objects.filter(closed_at__isnull=True).count()

    @invariant()
    def nobody_approves_own_work_or_for_the_other_side(self) -> None:
        visitors = {"pia", "paul", "mona"}
        for step in RoundStep.objects.filter(verb=Verb.APPROVE).select_related("story", "person"):
            assert step.person is not None
            assert step.person_id != step.story.opened_by_id
            if step.source == State.OWN_REVIEW:
                assert step.person.name in visitors
            else:
                assert step.person.name not in visitors
                assert not Member.objects.filter(person=step.person).exists()

    @invariant()
    def what_is_owed_is_cited_or_was_granted(self) -> None:
        for remark in Remark.objects.all():
            if remark.kind == "change":
                assert remark.standard_id or remark.baseline_id or remark.check_key
            if remark.kind == "demand":
                assert remark.ruling in ("", "granted")
        granted = Remark.objects.filter(ruling="granted").count()
        silent = Round.objects.filter(state=State.UNANSWERED).count()
        assert Extension.objects.filter(cause="ruling").count() == granted
        assert Extension.objects.filter(cause="silence").count() == silent

    @invariant()
    def hours_add_up(self) -> None:
        given = sum(Booking.objects.filter(cancelled_at__isnull=True).values_list("minutes", flat=True))
        assert pledge_of(Engagement.objects.get()).booked == given
        assert not Booking.objects.filter(person__name__in=("pia", "paul", "mona", "sam", "ann")).exists()

    @invariant()
    def steps_follow_the_machine(self) -> None:
        for step in RoundStep.objects.exclude(verb=Verb.OPEN):
            found = MACHINE.find(State(step.source), Verb(step.verb))
            assert found is not None
            assert step.target in found.targets
        assert RoundStep.objects.filter(verb=Verb.OPEN).count() == Round.objects.count()
        assert Trip.objects.filter(in_time=True, ended_in=State.UNANSWERED).count() == 0


@pytest.mark.django_db
def test_whatever_people_do_what_must_hold_holds() -> None:
    class Undone(Life):
        def __init__(self) -> None:
            self.atomic = transaction.atomic()
            self.atomic.__enter__()
            super().__init__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    run_state_machine_as_test(
        Undone,
        settings=settings(
            max_examples=10 if connection.vendor == "sqlite" else 4,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
