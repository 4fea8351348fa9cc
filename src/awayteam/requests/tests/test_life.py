"""Random lives of requests through the real actions: whatever people do in whatever order, what must hold holds."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from awayteam.kernel import clocks
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.models import Clock, ClockState, Event
from awayteam.organisation.models import Membership, Person, Team
from awayteam.requests import actions, jobs, rules
from awayteam.requests.actions import Plan, Worth
from awayteam.requests.machine import FINAL, MACHINE, State, Verb
from awayteam.requests.models import Asker, Escalation, Request, Step
from awayteam.requests.permissions import Standing
from awayteam.requests.stepping import facts_of
from awayteam.requests.tests.test_life_story import everything
from awayteam.requests.tests.town import Town, found, service

NAMES = ("olga", "oscar", "paul", "pia", "sam", "sue", "mona", "dana", "ann")
PLAN = Plan((Decimal(1), Decimal(2), Decimal(3)))
SAY: dict[str, dict[str, Any]] = {
    "accept": {"plan": PLAN},
    "welcome": {},
    "decline": {"reason": "unsafe", "words": "No.", "refuse_away": True},
    "ask_back": {"words": "Which?"},
    "give_up": {"words": "We can't."},
    "deliver": {},
    "take_over": {},
    "send_back": {"words": "Not ours."},
    "answer": {"words": "These."},
    "wait": {},
    "send_away": {"words": "We come."},
    "stop_away": {"words": "We can't."},
    "finish_away": {},
    "confirm": {},
    "dispute": {"words": "Not that."},
    "escalate": {"words": "It matters."},
    "withdraw": {"words": "No more."},
    "reshuffle": {"plan": PLAN, "words": "First."},
    "rule_away": {"words": "Let them."},
    "uphold": {"words": "No."},
}
HOMES = ("orders", "search")
TEAMS_OF = {
    "paul": "payments",
    "pia": "payments",
    "sue": "search",
    "sam": "search",
    "oscar": "orders",
    "olga": "orders",
}


class Life(RuleBasedStateMachine):
    """A town in which anybody tries anything at any time."""

    @initialize()
    def settle(self) -> None:
        self.town: Town = found()
        service(self.town)
        self.now = self.town.now
        self.value = Decimal(0)
        self.final: dict[int, str] = {}
        self.versions: dict[int, int] = {}
        self.steps = 0
        for who, home, value in (("paul", "orders", 300), ("pia", "search", 41), ("sue", "orders", 120)):
            self.ask(who=who, home=home, value=value)

    def some(self, place: int) -> Request | None:
        rows = list(Request.objects.order_by("pk"))
        return rows[place % len(rows)] if rows else None

    def attempt(self, who: str, action: Callable[..., Any], *arguments: Any, **more: Any) -> bool:
        """Do it; what is refused has changed nothing."""
        actor = self.town.actor(who, self.now)
        before = everything()
        try:
            with transaction.atomic():
                action(*arguments, actor=actor, now=self.now, **more)
        except AwayteamError:
            assert everything() == before
            return False
        return True

    @rule(who=st.sampled_from(sorted(TEAMS_OF)), home=st.sampled_from(HOMES), value=st.integers(0, 500))
    def ask(self, who: str, home: str, value: int) -> None:
        worth = Worth(Decimal(value), "Counted.")
        town = self.town
        asked = self.attempt(
            who, actions.ask, kind="bug", title="Mend it", need="Mend it.", worth=worth,
            asking_team=town.team(TEAMS_OF[who]), home_team=town.team(home), can_send_away=value % 2 == 0,
            away_impossible="We can't.",
        )  # fmt: skip
        self.value += value if asked else 0

    @rule(who=st.sampled_from(sorted(TEAMS_OF)), which=st.integers(0, 9), value=st.integers(0, 500))
    def join(self, who: str, which: int, value: int) -> None:
        request = self.some(which)
        if request is not None:
            worth, team = Worth(Decimal(value), "Counted."), self.town.team(TEAMS_OF[who])
            self.value += value if self.attempt(who, actions.join, request, team=team, worth=worth) else 0

    @rule(who=st.sampled_from(NAMES), which=st.integers(0, 9), verb=st.sampled_from(sorted(SAY)))
    def act(self, who: str, which: int, verb: str) -> None:
        request = self.some(which)
        if request is not None:
            self.attempt(who, getattr(actions, verb), request, **SAY[verb])

    @rule(ways=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=6))
    def act_rightly(self, ways: list[tuple[int, int]]) -> None:
        for which, choice in ways:
            self.one_acts_rightly(which, choice)
            self.now += timedelta(hours=1)

    def one_acts_rightly(self, which: int, choice: int) -> None:
        """Whoever has the turn does one of the things that are theirs to do."""
        request = self.some(which)
        if request is None or request.turn_person is None:
            return
        verbs = [
            option.verb.value.replace("-", "_") for option in rules.options(facts_of(request)) if not option.why_not
        ]
        possible = [verb for verb in verbs if verb in SAY and verb != "withdraw"]
        if possible:
            verb = possible[choice % len(possible)]
            self.attempt(request.turn_person.name, getattr(actions, verb), request, **SAY[verb])

    @rule(who=st.sampled_from(NAMES), which=st.integers(0, 9), into=st.integers(0, 9))
    def merge(self, who: str, which: int, into: int) -> None:
        first, second = self.some(which), self.some(into)
        if first is not None and second is not None:
            self.attempt(who, actions.merge, first, into=second, words="The same.")

    @rule(who=st.sampled_from(NAMES), which=st.integers(0, 9), to=st.sampled_from(("orders", "search", "payments")))
    def move(self, who: str, which: int, to: str) -> None:
        request = self.some(which)
        if request is not None:
            action = actions.assign if request.state == State.ARBITRATION else actions.move
            self.attempt(who, action, request, to=self.town.team(to), words="Theirs.")

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        for _ in range(20):
            if not clocks.run_due(self.now):
                break

    @rule(what=st.sampled_from(("nothing",) * 12 + ("olga", "oscar", "pia", "sue", "mona", "the end of orders")))
    def something_changes(self, what: str) -> None:
        if what == "the end of orders":
            Team.objects.filter(name="orders").update(dissolved_at=self.now)
            Membership.objects.filter(team__name="orders", ends=None).update(ends=self.now)
        elif what != "nothing":
            Person.objects.filter(name=what).update(left_at=self.now)
        jobs.run(self.now)

    @invariant()
    def nobodys_value_is_lost_or_made(self) -> None:
        if not hasattr(self, "town"):
            return
        assert sum(Asker.objects.values_list("value_per_week", flat=True)) == self.value
        for request in Request.objects.exclude(state__in=[state.value for state in FINAL]):
            here = Asker.objects.filter(request=request, left_at__isnull=True)
            assert (request.value_per_week, request.askers_count) == (
                sum((row.value_per_week for row in here), Decimal(0)), here.count(),
            )  # fmt: skip
            assert here.exists()

    @invariant()
    def whoever_waits_has_one_clock_and_somebody_who_may_act(self) -> None:
        running = list(Clock.objects.filter(state=ClockState.RUNNING, kind="request").values_list("subject_id", "pk"))
        rows = Request.objects.select_related(
            "turn_person", "clock", "home_team", "asking_team", "offered_team", "level"
        )
        for request in rows:
            mine = [pk for subject, pk in running if subject == request.pk]
            if State(request.state) in FINAL:
                assert (mine, request.clock_id, request.turn_team_id) == ([], None, None)
                continue
            assert mine == [request.clock_id]
            assert request.clock is not None
            assert request.clock.turn_person_id == request.turn_person_id
            assert request.turn_team_id is not None
            if request.turn_person_id in Standing(self.town.actor("ann"), request, self.now).asker_ids:
                assert State(request.state) not in (State.ASKED, State.OFFERED, State.ARBITRATION, State.ESCALATED)
        assert Escalation.objects.filter(decided_at=None).count() == rows.filter(state=State.ESCALATED).count()

    @invariant()
    def what_is_final_stays_and_versions_rise(self) -> None:
        if not hasattr(self, "town"):
            return
        for pk, state, version in Request.objects.values_list("pk", "state", "version"):
            assert self.final.get(pk, state) == state
            assert self.versions.get(pk, 0) <= version
            self.versions[pk] = version
            if state in {one.value for one in FINAL}:
                self.final[pk] = state

    @invariant()
    def every_step_is_of_the_table_and_has_its_event(self) -> None:
        for step in Step.objects.exclude(verb="ask").order_by("pk")[
            max(self.steps, 0) if hasattr(self, "town") else 0 :
        ]:
            way = MACHINE.find(State(step.source), Verb(step.verb))
            assert way is not None
            assert step.target in way.targets
        asked = Step.objects.count()
        told = Event.objects.filter(subject_kind="request").exclude(
            name__in=["request.joined", "request.left", "request.reassigned", "request.revised"]
        )
        assert told.exclude(name__startswith="clock.").count() == asked


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
            max_examples=12 if connection.vendor == "sqlite" else 6,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
