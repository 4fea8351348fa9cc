"""Random lives of a handover by the real actions: nobody is on both sides, nothing is silent, nothing ends twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from awayteam.engagements import actions as engagements
from awayteam.engagements.models import Engagement, Granting, Side
from awayteam.engagements.permissions import Standing
from awayteam.handovers import actions, checklist
from awayteam.handovers.actions import Citation, Found
from awayteam.handovers.machine import DEFECT_FINAL, DEFECT_OPEN, FINAL, MACHINE, OPEN, State
from awayteam.handovers.models import Defect, Deployment, Handover, HandoverStep, Refusal
from awayteam.handovers.plots import HANDOVER
from awayteam.handovers.seeing import Spot
from awayteam.handovers.tests.hamlet import BEGIN, WORDS, Hamlet, build
from awayteam.kernel import clocks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.models import ClockState, Event

people = st.sampled_from(["pia", "paul", "olga", "oscar", "mona", "dana", "sam"])
AWAY, HOME = {"pia", "paul", "mona"}, {"olga", "oscar"}


class Life(RuleBasedStateMachine):
    """What people and the clock do to one visit; refused acts change nothing and are simply refused."""

    def __init__(self) -> None:
        super().__init__()
        self.hamlet: Hamlet = build()
        self.now = BEGIN + timedelta(days=1)
        self.engagement = self.hamlet.active().pk
        self.owner = self.hamlet.village.service.owner_id

    def who(self, name: str) -> dict[str, Any]:
        return {"actor": self.hamlet.actor(name, self.now), "now": self.now}

    def attempt(self, act: Any, *arguments: Any, **more: Any) -> bool:
        self.now += timedelta(minutes=7)
        more["now"] = self.now
        try:
            act(*arguments, **more)
        except AwayteamError:
            return False
        return True

    @property
    def newest(self) -> Handover | None:
        return Handover.objects.filter(engagement=self.engagement).order_by("-number").first()

    @rule(name=people)
    def begin(self, name: str) -> None:
        if self.attempt(actions.begin, self.engagement, **self.who(name)):
            assert name in AWAY

    @rule(name=people, fill=st.booleans())
    def submit(self, name: str, fill: bool) -> None:
        handover = self.newest
        if handover is None:
            return
        if fill and handover.state == State.PREPARING:
            self.hamlet.filled(handover, self.now)
        missing = checklist.unmet(handover)
        if self.attempt(actions.submit, handover, summary="It works.", **self.who(name)):
            assert name in AWAY
            assert not missing

    @rule(name=people)
    def accept(self, name: str) -> None:
        handover = self.newest
        if handover is not None and self.attempt(actions.accept, handover, **self.who(name)):
            assert name not in AWAY

    @rule(name=people, line=st.none() | st.integers(1, 8))
    def refuse(self, name: str, line: int | None) -> None:
        handover = self.newest
        before = Refusal.objects.count()
        if handover is not None and self.attempt(
            actions.refuse, handover, citation=Citation(line=line), words="No.", **self.who(name)
        ):
            assert name not in AWAY
            assert line is not None
            assert Refusal.objects.count() == before + 1

    @rule(name=people, line=st.integers(1, 7), how=st.sampled_from(["evidence", "tick", "waive", "reopen"]))
    def change_a_line(self, name: str, line: int, how: str) -> None:
        handover = self.newest
        if handover is None:
            return
        acts: dict[str, Any] = {
            "evidence": lambda **who: actions.add_evidence(handover, line, shown=WORDS, **who),
            "tick": lambda **who: actions.tick(handover, line, **who),
            "waive": lambda **who: actions.waive(handover, line, words="Not here.", **who),
            "reopen": lambda **who: actions.reopen(handover, line, words="After all.", **who),
        }
        if self.attempt(acts[how], **self.who(name)):
            assert handover.state == State.PREPARING
            assert name in (AWAY if how in ("evidence", "tick") else HOME if how == "waive" else AWAY | HOME)

    @rule(name=people)
    def take_back(self, name: str) -> None:
        if self.newest is not None and self.attempt(actions.take_back, self.newest, words="Not yet.", **self.who(name)):
            assert name in AWAY

    @rule(name=people, how=st.sampled_from(["pause", "resume", "withdraw", "close"]))
    def engage(self, name: str, how: str) -> None:
        until = (self.now + timedelta(days=2)).date()
        more: dict[str, dict[str, Any]] = {
            "pause": {"until": until, "words": "x"}, "resume": {}, "withdraw": {"reason": "blocked", "words": "x"},
            "close": {"words": "x"},
        }  # fmt: skip
        self.attempt(getattr(engagements, how), self.engagement, **more[how], **self.who(name))

    @rule(name=people, environment=st.sampled_from(["production", "staging"]))
    def deploy(self, name: str, environment: str) -> None:
        if self.attempt(actions.deploy, self.engagement, environment=environment, **self.who(name)):
            assert name in AWAY | HOME | {"dana"}

    @rule(name=people, path=st.sampled_from(["refunds/a.py", "core/b.py", ""]))
    def report(self, name: str, path: str) -> None:
        found = Found("It is wrong", spot=Spot("", path))
        self.attempt(actions.report, found=found, engagement=self.engagement, **self.who(name))

    @rule(name=people, how=st.sampled_from(["dispute", "take", "fix", "dismiss", "rule"]))
    def treat(self, name: str, how: str) -> None:
        defect = Defect.objects.order_by("-pk").first()
        if defect is None:
            return
        more = {"words": "It is so."} | ({"side": "home"} if how == "rule" else {})
        if self.attempt(getattr(actions, how), defect, **more, **self.who(name)) and how == "rule":
            assert name == "dana"

    @rule(days=st.sampled_from([0.2, 2, 6, 15]))
    def wait(self, days: float) -> None:
        self.now += timedelta(days=days)
        for _ in range(20):
            if not clocks.run_due(self.now, limit=100):
                break

    @invariant()
    def no_silent_state(self) -> None:
        for row in (*Handover.objects.all(), *Defect.objects.all()):
            final = FINAL if isinstance(row, Handover) else DEFECT_FINAL
            if row.state in final:
                assert (row.turn_person_id, row.turn_team_id, row.clock_id) == (None, None, None)
                assert row.closed_at is not None
            else:
                assert row.clock is not None
                assert row.clock.state == ClockState.RUNNING
                assert row.due_at == row.clock.due_at

    @invariant()
    def steps_are_of_the_machine_and_each_has_its_event(self) -> None:
        for step in HandoverStep.objects.exclude(source=""):
            found = MACHINE.find(
                State(step.source), next(one.verb for one in MACHINE.transitions if one.verb == step.verb)
            )
            assert found is not None
            assert step.target in found.targets
        names = {name.value for name in HANDOVER.events.values()}
        assert Event.objects.filter(name__in=names).count() == HandoverStep.objects.count()

    @invariant()
    def an_open_handover_is_of_an_engagement_that_hands_over(self) -> None:
        engagement = Engagement.objects.get()
        for row in Handover.objects.filter(state__in=[one.value for one in OPEN]):
            assert row.engagement.state == "handing-over"
        accepted = Handover.objects.filter(state="accepted").count()
        assert accepted == (1 if engagement.state in ("production", "warranty", "closed") else 0)
        granted = Granting.objects.filter(ends_at__isnull=True).exists()
        assert granted == (engagement.state in ("active", "handing-over"))

    @invariant()
    def a_warranty_has_its_production_and_the_owner_stays(self) -> None:
        engagement = Engagement.objects.get()
        if engagement.state == "warranty":
            assert Deployment.objects.filter(production=True).exists()
        self.hamlet.village.service.refresh_from_db()
        assert self.hamlet.village.service.owner_id == self.owner
        assert not Event.objects.filter(name="ownership.changed").exists()

    @invariant()
    def nobody_is_on_both_sides(self) -> None:
        standing = Standing(SYSTEM, Engagement.objects.get(), self.now)
        assert not standing.away_people & standing.home_people
        for row in Handover.objects.filter(reviewer__isnull=False):
            assert standing.side(row.reviewer_id) not in (Side.AWAY, Side.HOME)

    @invariant()
    def the_away_team_has_a_defect_by_evidence_alone(self) -> None:
        for row in Defect.objects.filter(state__in=[one.value for one in DEFECT_OPEN], routed="away"):
            assert row.rule in ("in-scope", "changed", "blame-visit")
            assert row.reasons


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
            max_examples=8 if connection.vendor == "sqlite" else 4,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
