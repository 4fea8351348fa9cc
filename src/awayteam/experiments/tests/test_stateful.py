"""Any life of experiments: nothing starts unregistered, layers never overflow, overrides are public."""

import itertools
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from awayteam.experiments import actions, rules
from awayteam.experiments.machine import BEFORE, ENDED, FINAL, State
from awayteam.experiments.measuring import working
from awayteam.experiments.models import Experiment
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import NOON, exposure, send
from awayteam.kernel import clocks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.reviews import actions as reviews
from awayteam.reviews.models import RegisterEntry, Review
from awayteam.reviews.tests.town import said

FEW = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip
EVERYBODY = ("olga", "oscar", "paul", "mona", "sam", "zoe", "ann")
REFUSALS = (Conflict, NotAllowed, InvalidInput)
VERBS = (
    "check",
    "submit",
    "revise",
    "withdraw",
    "start",
    "start",
    "reallocate",
    "stop",
    "decide",
    "decide",
    "clean_up",
    "learn",
)


class Lives(RuleBasedStateMachine):
    """People do anything they may or may not, bar raisers speak, facts come, clocks run out."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.settings = override_settings(DATA=Path(self.folder.name))
        self.settings.enable()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.town, self.now = towns.found(), NOON

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.settings.disable()
        self.folder.cleanup()
        assert configured.DATA

    def rows(self) -> list[Experiment]:
        return list(Experiment.objects.order_by("pk"))

    @rule(customers=st.booleans(), layer=st.sampled_from(("", "pages")), traffic=st.sampled_from((4_000, 10_000)))
    def design(self, customers: bool, layer: str, traffic: int) -> None:
        if len(self.rows()) < 4:
            wanted = towns.wanted(
                self.town, title=f"Question {len(self.rows())}", customers=customers, layer=layer, traffic=traffic
            )
            actions.design(wanted, actor=self.town.actor("olga", self.now), now=self.now)

    @precondition(lambda self: self.rows())
    @rule(
        number=st.integers(0, 3), who=st.sampled_from(("turn", "turn", "turn", *EVERYBODY)),
        verb=st.sampled_from(VERBS),
        outcome=st.sampled_from([*rules.Outcome]), minutes=st.integers(1, 600),
    )  # fmt: skip
    def act(self, number: int, who: str, verb: str, outcome: str, minutes: int) -> None:
        rows = self.rows()
        row = rows[number % len(rows)]
        self.now += timedelta(minutes=minutes)
        name = (row.turn_person.name if row.turn_person else "olga") if who == "turn" else who
        given: dict[str, dict[str, Any]] = {
            "check": {}, "submit": {}, "start": {}, "decide": {"outcome": outcome, "words": "So it is"},
            "reallocate": {"words": "More", "traffic": 10_000},
        }  # fmt: skip
        before = Event.objects.filter(subject_kind="experiment", subject_id=row.pk).count()
        try:
            getattr(actions, verb)(
                row, **given.get(verb, {"words": "Why not"}), actor=self.town.actor(name, self.now), now=self.now
            )
        except REFUSALS:
            same = Experiment.objects.get(pk=row.pk)
            assert (same.state, same.version) == (row.state, row.version)
            assert Event.objects.filter(subject_kind="experiment", subject_id=row.pk).count() == before

    @precondition(lambda self: Review.objects.filter(closed_at__isnull=True).exists())
    @rule(word=st.sampled_from(("for", "against", "with-conditions")), follows=st.booleans())
    def speak(self, word: str, follows: bool) -> None:
        for one in Review.objects.filter(closed_at__isnull=True, bar_raiser__isnull=False).order_by("pk")[:1]:
            assert one.bar_raiser is not None
            with suppress(*REFUSALS):
                if one.state == "assigned":
                    raiser = self.town.actor(one.bar_raiser.name, self.now)
                    reviews.deliver(one, said(word, one.field), actor=raiser, now=self.now)
                decider = self.town.actor("oscar", self.now)
                if follows:
                    reviews.follow(one, actor=decider, now=self.now)
                else:
                    reviews.override(one, reason="The season", actor=decider, now=self.now)

    @precondition(lambda self: any(row.state in (State.RUNNING, State.STOPPED) for row in self.rows()))
    @rule(lost=st.integers(0, 60))
    def facts(self, lost: int) -> None:
        for row in self.rows():
            if row.state in (State.RUNNING, State.STOPPED) and row.started_at is not None:
                at = row.started_at + timedelta(minutes=1)
                seen = [exposure(row.key, f"{row.key}{n}", "one" if n % 2 else "control", at) for n in range(80)]
                send([*seen, *(exposure(row.key, f"{row.key}x{n}", "one", at) for n in range(lost))], [])
                with suppress(*REFUSALS):
                    actions.ask_analysis(row, actor=SYSTEM, now=self.now)
        working.work(self.now, 10, lambda: False)

    @rule(minutes=st.integers(60, 30_000))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        clocks.run_due(self.now)
        working.due(self.now)

    @invariant()
    def nothing_runs_unregistered(self) -> None:
        for row in self.rows():
            begun = row.epochs.exists()
            assert begun == (row.started_at is not None)
            if State(row.state) not in BEFORE and row.state != State.WITHDRAWN:
                assert row.registration is not None
                assert begun
            assert (row.epochs.filter(ends_at__isnull=True).count() == 1) == (row.state == State.RUNNING)
            if State(row.state) in ENDED:
                assert row.stopped_at is not None

    @invariant()
    def a_layer_never_overflows(self) -> None:
        held = sorted((row.layer_from, row.layer_to) for row in self.rows() if row.layer_from is not None)
        for (_low, high), (low, _high) in itertools.pairwise(held):
            assert high <= low  # type: ignore[operator]
        assert all(high <= 10_000 for _low, high in held)  # type: ignore[operator]
        assert all(row.state == State.RUNNING for row in self.rows() if row.layer_from is not None)

    @invariant()
    def decisions_against_the_rule_are_public(self) -> None:
        for row in self.rows():
            if row.outcome:
                follows = rules.follows(rules.Outcome(row.outcome), rules.Outcome(row.recommended))
                assert (row.entry_id is None) == follows
        entries = RegisterEntry.objects.filter(kind="experiment")
        assert entries.count() == Experiment.objects.filter(entry__isnull=False).count()

    @invariant()
    def every_step_has_one_event_and_turns_are_somebodys(self) -> None:
        for row in self.rows():
            steps = row.steps.count()
            names = list(Event.objects.filter(subject_kind="experiment", subject_id=row.pk)
                     .exclude(name__startswith="clock.").values_list("name", flat=True))  # fmt: skip
            other = ("experiment.edited", "experiment.learnt", "experiment.amended")
            assert len([one for one in names if one not in other]) == steps
            assert (row.clock_id is None) == (State(row.state) in FINAL)


@pytest.mark.django_db
def test_any_life() -> None:
    run_state_machine_as_test(Lives, settings=FEW)  # type: ignore[no-untyped-call]
