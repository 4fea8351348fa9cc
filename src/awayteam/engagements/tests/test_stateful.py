"""Random lives of engagements through the real actions: whatever people do in whatever order, what must hold holds."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from awayteam.engagements import actions, contracts, jobs, turns
from awayteam.engagements.machine import CONTRACT, FINAL, GRANTING, MACHINE, SIGNED, State, Verb
from awayteam.engagements.models import (
    Contract,
    ContractStep,
    Engagement,
    EngagementStep,
    Granting,
    Member,
    Signature,
)
from awayteam.engagements.permissions import Standing
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.engagements.tests.village import Village, settle
from awayteam.kernel import clocks
from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.events import Subject
from awayteam.kernel.machines import Machine
from awayteam.kernel.models import Clock, ClockState, Event
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.stories.stepping import look, offers

NAMES = ("olga", "oscar", "paul", "pia", "sam", "mona", "ann")
ACTING = ("olga", "pia", "olga", "pia", "paul", "oscar", "sam", "mona")
SUBJECT = Subject("round", 1, "Round 1")
SAY: dict[str, dict[str, Any]] = {
    "propose": {},
    "revise": {"words": "Once more."},
    "decline": {"reason": "terms-not-acceptable", "words": "No."},
    "start": {},
    "resume": {},
    "hand_over": {},
    "work_on": {"words": "A test is missing."},
    "accept": {},
    "deploy": {},
    "close": {"words": "Enough."},
    "withdraw": {"reason": "blocked", "words": "We go."},
}
TABLES = (Engagement, EngagementStep, Contract, ContractStep, Signature, Granting, Member, Event, Clock)


def everything() -> list[Any]:
    return [list(table._default_manager.order_by("pk").values_list()) for table in TABLES]


class Life(RuleBasedStateMachine):
    """A village in which anybody tries anything at any time."""

    @initialize(how=st.sampled_from(["open", "propose", "agreed", "active"]))
    def begin(self, how: str) -> None:
        self.village: Village = settle()
        self.now = self.village.town.now
        self.frozen: dict[int, tuple[str, str]] = {}
        self.signatures: dict[int, tuple[Any, ...]] = {}
        self.final: dict[int, str] = {}
        self.row = getattr(self.village, how)()
        self.now = max(self.now, self.row.changed_at)

    def attempt(self, who: str, action: Callable[..., Any], *arguments: Any, **more: Any) -> bool:
        """Do it; what is refused has changed nothing."""
        actor, before = self.village.actor(who, self.now), everything()
        try:
            with transaction.atomic():
                action(*arguments, actor=actor, now=self.now, **more)
        except AwayteamError:
            assert everything() == before
            return False
        return True

    @rule(who=st.sampled_from(ACTING), verb=st.sampled_from(sorted(SAY)))
    def act(self, who: str, verb: str) -> None:
        self.attempt(who, getattr(actions, verb), self.row.pk, **SAY[verb])

    @rule(choices=st.lists(st.integers(0, 99), min_size=2, max_size=6))
    def act_rightly(self, choices: list[int]) -> None:
        """Do what the page offers, as people mostly do; withdrawals and refusals are left to chance."""
        for choice in choices:
            row = Engagement.objects.select_related(*ENGAGEMENT.related, "clock").get(pk=self.row.pk)
            who, verbs = self.can_do(row, ("olga", "pia") if choice % 2 else ("pia", "olga"))
            if not verbs:
                continue
            verb = verbs[choice % len(verbs)]
            more = dict(SAY.get(verb, {}))
            if verb == "pause":
                more = {"until": (self.now + timedelta(days=choice % 9 + 1)).date(), "words": "Rest."}
            if verb == "sign":
                more = {"sha256": self.village.waiting(row).sha256}
            self.attempt(who, getattr(actions, verb), row.pk, **more)

    def can_do(self, row: Engagement, people: tuple[str, ...]) -> tuple[str, list[str]]:
        """The first of these people who can do something now, and what."""
        for who in people:
            held = look(ENGAGEMENT, row, actor=self.village.actor(who, self.now), now=self.now)
            verbs = sorted({one.verb.replace("-", "_") for one in offers(held) if one.possible})
            verbs = [verb for verb in verbs if verb not in ("withdraw", "decline", "revise", "amend")]
            if row.state == State.HANDING_OVER.value:
                verbs.append("accept")
            if verbs:
                return who, verbs
        return "", []

    @rule(who=st.sampled_from(NAMES), old=st.booleans())
    def sign(self, who: str, old: bool) -> None:
        texts = Contract.objects.order_by("pk" if old else "-pk").values_list("sha256", "state")
        sha256, state = texts.first() or ("0" * 64, "")
        signed = self.attempt(who, actions.sign, self.row.pk, sha256=sha256)
        assert not signed or state == "signing"

    @rule(who=st.sampled_from(ACTING), hours=st.integers(1, 90), days=st.integers(-3, 9))
    def amend(self, who: str, hours: int, days: int) -> None:
        ends = Engagement.objects.values_list("ends_on", flat=True).get(pk=self.row.pk)
        assert ends is not None  # every village's draft names it
        more = {"pledged_hours": hours, "ends_on": ends + timedelta(days=days)}
        self.attempt(who, actions.amend, self.row.pk, why="Things changed.", **more)

    @rule(who=st.sampled_from(ACTING), how=st.sampled_from(["sign", "sign", "decline", "withdraw"]))
    def answer_amendment(self, who: str, how: str) -> None:
        last = Contract.objects.order_by("-number").first()
        if last is None:
            return
        more = {"sha256": last.sha256} if how == "sign" else {"words": "No."}
        self.attempt(who, getattr(actions, f"{how}_amendment"), last.pk, **more)

    @rule(who=st.sampled_from(ACTING), days=st.integers(-1, 12))
    def pause(self, who: str, days: int) -> None:
        until = (self.now + timedelta(days=days)).date()
        self.attempt(who, actions.pause, self.row.pk, until=until, words="Rest.")

    @rule(days=st.integers(0, 5))
    def extend(self, days: int) -> None:
        self.attempt("sam", actions.extend_by_ruling, self.row.pk, days=days, why="A demand.", subject=SUBJECT)

    @rule(hours=st.integers(1, 24 * 12))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for _ in range(4):
            if not clocks.run_due(self.now):
                break

    @rule(who=st.sampled_from(("paul", "pia", "oscar")), what=st.sampled_from(["leaves", "changes sides"]))
    def reorganise(self, who: str, what: str) -> None:
        person = Person.objects.get(name=who)
        if what == "leaves":
            Person.objects.filter(pk=person.pk, left_at__isnull=True).update(left_at=self.now)
        else:
            team = Team.objects.get(name="orders")
            Membership.objects.get_or_create(team=team, person=person, role=Role.MEMBER)
        jobs.run(self.now)

    @invariant()
    def no_state_is_silent_and_the_end_is_the_end(self) -> None:
        for row in Engagement.objects.all():
            if State(row.state) in FINAL:
                assert self.final.setdefault(row.pk, row.state) == row.state
                assert (row.turn_person_id, row.turn_team_id, row.clock_id) == (None, None, None)
                assert not Contract.objects.filter(engagement=row, state="signing").exists()
                continue
            assert row.pk not in self.final
            assert row.turn_team_id is not None
            assert row.clock is not None
            assert row.clock.state == ClockState.RUNNING
            assert row.due_at == row.clock.due_at

    @invariant()
    def frozen_text_never_changes(self) -> None:
        for row in Contract.objects.all():
            assert contracts.sha256(row.text) == row.sha256
            assert self.frozen.setdefault(row.pk, (row.text, row.sha256)) == (row.text, row.sha256)
        for signature in Signature.objects.values_list():
            assert self.signatures.setdefault(signature[0], signature) == signature
        assert Signature.objects.count() == len(self.signatures)

    @invariant()
    def what_is_in_force_has_two_signatures_of_two_people_under_one_hash(self) -> None:
        for row in Contract.objects.exclude(state="signing"):
            signed = list(row.signatures.values_list("side", "person", "sha256"))
            assert len({person for _side, person, _hash in signed}) == len(signed)
            assert {sha256 for _side, _person, sha256 in signed} == {row.sha256}
            assert (row.state == "in-force") == ({side for side, *_ in signed} == {"home", "away"})
        engagement = Engagement.objects.get(pk=self.row.pk)
        assert (State(engagement.state) in SIGNED) <= (engagement.contract_id is not None)

    @invariant()
    def columns_are_the_contract_in_force(self) -> None:
        row = Engagement.objects.select_related("contract").get(pk=self.row.pk)
        if row.contract is not None:
            text = contracts.parse(row.contract.text)
            assert (row.pledged_hours, row.title, row.warranty_days) == (
                text.pledged_hours, text.title, text.warranty_days,
            )  # fmt: skip
            grown = row.extensions.filter(at__gte=row.contract.in_force_at).exists()
            assert grown or row.ends_on == text.ends_on

    @invariant()
    def access_lasts_exactly_while_the_state_grants_it(self) -> None:
        row = Engagement.objects.select_related("away_team").get(pk=self.row.pk)
        spans = list(Granting.objects.filter(engagement=row).order_by("pk"))
        running = [span for span in spans if span.ends_at is None]
        over = row.ends_on is not None and turns.end_of(row.ends_on, row.away_team)
        assert len(running) <= (State(row.state) in GRANTING)
        for span in running:
            assert over
            assert span.latest_at <= over
        if not running and State(row.state) in GRANTING:  # nothing begins any more after the last day
            assert over
            assert over <= row.changed_at
        for span in spans:
            assert span.starts_at < span.latest_at
            assert span.ends_at is None or span.starts_at <= span.ends_at <= span.latest_at
        for before, after in pairwise(spans):
            assert before.ends_at is not None
            assert before.ends_at <= after.starts_at
        steps = list(row.steps.order_by("pk"))
        changes = [(step.target in GRANTING, step) for step in steps if step.source != step.target]
        began = [step for (grants, step), before in zip(changes, [(False, None), *changes], strict=False)
                 if grants and not before[0]]  # fmt: skip
        starts, expected = Counter(span.starts_at for span in spans), Counter(step.at for step in began)
        late = expected - starts
        assert set(late) <= {step.at for step in began if step.verb == Verb.RESUME.value}
        amended = {step.at for step in steps if step.verb == Verb.AMEND.value}
        grown = amended | set(row.extensions.values_list("at", flat=True))
        assert set(starts - expected) <= grown  # another one only where the time-box grew after its end

    @invariant()
    def every_step_is_one_of_its_machine_with_an_event(self) -> None:
        for kind, machine, steps in (("engagement", MACHINE, EngagementStep), ("contract", CONTRACT, ContractStep)):
            for step in steps.objects.exclude(source=""):  # type: ignore[attr-defined]
                _is_allowed(machine, step)
                named = Event.objects.filter(subject_kind=kind, subject_id=step.story_id, at=step.at)
                assert named.exists()

    @invariant()
    def nobody_is_on_both_sides(self) -> None:
        row = Engagement.objects.select_related("home_team", "away_team", "home_decider", "away_lead").get()
        standing = Standing(self.village.actor("ann", self.now), row, self.now)
        assert not standing.home_people & standing.away_people
        assert not set(standing.home.persons) & standing.away_people


def _is_allowed(machine: Machine, step: Any) -> None:
    found = machine.find(machine.states(step.source), next(
        one.verb for one in machine.transitions if one.verb == step.verb
    ))  # fmt: skip
    assert found is not None
    assert step.target in found.targets
    assert step.party in {*found.by, "Awayteam itself"}


class Rolled(Life):
    """Each life ends with a rollback."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)


@pytest.mark.django_db(transaction=False)
def test_random_lives_keep_what_must_hold() -> None:
    slow = connection.vendor == "postgresql"
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Rolled,
        settings=settings(
            max_examples=5 if slow else 12, stateful_step_count=25, deadline=None, derandomize=True,
            phases=[Phase.generate],  # a life that fails is short enough to read
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
