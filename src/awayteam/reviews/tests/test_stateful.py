"""Any life of reviews: no override is ever out of sight, nobody near reviews, nobody decides what they review."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from awayteam.kernel import clocks
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.models import Event
from awayteam.notifications.models import Notification
from awayteam.organisation.models import Person
from awayteam.reviews import actions, chain, jobs, queries
from awayteam.reviews.machine import DECIDED, FINAL, State
from awayteam.reviews.models import RegisterEntry, Review
from awayteam.reviews.queries import RegisterFilter
from awayteam.reviews.tests import town as towns
from awayteam.reviews.tests.town import NOON, raiser, said

FEW = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip
"""Without shrinking, which takes minutes: the steps that are printed are few."""
EVERYBODY = ("olga", "oscar", "paul", "pia", "mona", "dana", "sam", "rita", "rob", "di", "zoe", "ann")
REFUSALS = (Conflict, NotAllowed, InvalidInput)


class Lives(RuleBasedStateMachine):
    """People do anything they may or may not, clocks run out, people leave."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.town, self.now = towns.found(), NOON
        for name in ("mona", "dana", "oscar", "olga", "sam"):
            raiser(self.town, name)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def _go(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def _reviews(self) -> list[Review]:
        return list(Review.objects.order_by("pk"))

    @rule(who=st.sampled_from(EVERYBODY), decider=st.sampled_from(("olga", "oscar", "sam", "rita")))
    def ask(self, who: str, decider: str) -> None:
        if len(self._reviews()) < 4:
            with suppress(*REFUSALS):
                towns.ask(self.town, who, now=self.now, decider=self.town.person(decider))

    @precondition(lambda self: self._reviews())
    @rule(
        number=st.integers(0, 3), who=st.sampled_from(EVERYBODY), named=st.sampled_from((None, *EVERYBODY)),
        verb=st.sampled_from(("assign", "decline", "deliver", "deliver", "follow", "override", "override", "withdraw")),
        recommendation=st.sampled_from(("for", "with-conditions", "against")), minutes=st.integers(1, 90),
    )  # fmt: skip
    def act(self, number: int, who: str, named: str | None, verb: str, recommendation: str, minutes: int) -> None:
        rows = self._reviews()
        review = rows[number % len(rows)]
        self._go(minutes)
        holder = review.turn_person.name if review.turn_person and who in ("ann", "zoe") else who
        given = {
            "assign": {"person": self.town.person(named) if named else None}, "decline": {"words": "I can't"},
            "deliver": {"said": said(recommendation)}, "follow": {}, "override": {"reason": "The season"},
            "withdraw": {"words": "Over"},
        }[verb]  # fmt: skip
        try:
            getattr(actions, verb)(review, **given, actor=self.town.actor(holder, self.now), now=self.now)
        except REFUSALS:
            same = Review.objects.get(pk=review.pk)
            assert (same.state, same.version) == (review.state, review.version)

    @rule(minutes=st.integers(60, 40_000))
    def wait(self, minutes: int) -> None:
        self._go(minutes)
        clocks.run_due(self.now)
        jobs.run(self.now)

    @rule(who=st.sampled_from(("rita", "rob", "olga")))
    def leaves(self, who: str) -> None:
        Person.objects.filter(name=who, left_at__isnull=True).update(left_at=self.now)
        self._go(5)
        jobs.run(self.now)

    @precondition(lambda self: RegisterEntry.objects.exists())
    @rule(who=st.sampled_from(EVERYBODY), outcome=st.sampled_from(("as-expected", "as-warned", "nonsense")))
    def tell(self, who: str, outcome: str) -> None:
        row = RegisterEntry.objects.order_by("pk").first()
        assert row is not None
        try:
            actions.tell_what_happened(
                row, outcome=outcome, happened="So it was", actor=self.town.actor(who, self.now), now=self.now
            )
        except REFUSALS:
            assert RegisterEntry.objects.get(pk=row.pk).version == row.version

    @invariant()
    def an_override_is_never_out_of_sight(self) -> None:
        overridden = {row.pk for row in self._reviews() if row.state == State.OVERRIDDEN}
        seen = queries.register(self.town.actor("ann", self.now), RegisterFilter()).items
        assert {row.entry.review_id for row in seen} == overridden
        for row in seen:
            assert row.reason
            events = Event.objects.filter(name="register.entered", subject_id=row.entry.pk)
            assert events.count() == 1
            above = set(chain.managers_above(row.entry.decider_id, row.entry.team, row.entry.decided_at))
            told = set(
                Notification.objects.filter(subject_kind="register", subject_id=row.entry.pk).values_list(
                    "person", flat=True
                )
            )
            assert above <= told

    @invariant()
    def nobody_near_reviews_and_nobody_decides_what_they_review(self) -> None:
        for row in self._reviews():
            if row.bar_raiser is None:
                continue
            assert row.bar_raiser_id not in (row.decider_id, row.requester_id)
            assert row.bar_raiser.name not in ("mona", "dana", "oscar", "olga", "paul", "pia")
            assert row.declined <= 1

    @invariant()
    def no_state_is_silent(self) -> None:
        for row in [*self._reviews(), *RegisterEntry.objects.all()]:
            if row.closed_at is None:
                assert row.clock is not None
                assert row.turn_person is not None
            else:
                assert row.clock is None
                assert row.state in {*FINAL, "told"}

    @invariant()
    def a_decision_has_its_recommendation(self) -> None:
        for row in self._reviews():
            assert hasattr(row, "opinion") == (row.state in {*DECIDED, State.DELIVERED})


@pytest.mark.django_db
@pytest.mark.slow
def test_lives() -> None:
    run_state_machine_as_test(Lives, settings=FEW)
