"""Random visits, random deeds by hand, and a forge that fails in every way: access always becomes what it should be.

Two machines: on a forge that tells who gave a right, nothing that others gave is ever touched, whatever happens when.
On one that doesn't, the same holds but for rights of our own level that somebody sets while ours is open.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from awayteam.engagements.asking import loaded_now
from awayteam.engagements.models import Engagement, Granting, Member
from awayteam.forges import jobs_access
from awayteam.forges.actions import recording
from awayteam.forges.models import AccountLink, ForgeGrant, RepositoryAccess, StrayRight
from awayteam.forges.port import Level
from awayteam.forges.reconciling import WEIGHT
from awayteam.forges.tests.hosting import Host, Killed, hosting, joined
from awayteam.kernel.models import Event

VISITORS = ("paul", "pia", "sam")
PERIOD = timedelta(minutes=15)
"""The rulebook's `reconcile_minutes`."""
RECORDED = ("mean_to_give", "gave", "gave_perhaps", "mean_to_take", "took", "failed", "seen", "gone", "close", "strays")
FAULTS = st.lists(st.sampled_from(["", "before", "after", "twice"]), min_size=1, max_size=6)
LEVELS = st.sampled_from([Level.READ, Level.WRITE, Level.MAINTAIN, Level.ADMIN, None])


class Forge(RuleBasedStateMachine):
    """Three visitors, two visits to the same repository, and a worker that now and then doesn't live to the end."""

    knows = True
    host: Host

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        self.rights = self.host.rights
        self.rights.begin()
        for row in self.host.accounts.values():
            row.refresh_from_db()
        self.visits = list(Engagement.objects.order_by("pk"))
        self.now = self.visits[0].changed_at
        self.by_hand: dict[str, Level | None] = dict.fromkeys((self.host.key(name) for name in VISITORS), None)
        for name in ("pia", "sam"):
            joined(self.host, self.visits[0], name, self.now)
        for name in RECORDED:
            act = getattr(recording, name)
            self.stack.enter_context(patch.object(recording, name, self._mortal(act)))

    def _mortal(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*arguments: Any, **more: Any) -> Any:
            self.rights.point()
            with transaction.atomic():
                answer = act(*arguments, **more)
            self.rights.point()
            return answer

        return mortal

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            try:
                self.calm()
            finally:
                self.stack.close()

    @rule(minutes=st.sampled_from([0.1, 1, 1, 3, 16, 600, 60 * 24 * 20]))
    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(number=st.integers(0, 1))
    def pause_or_resume(self, number: int) -> None:
        visit = self.visits[number]
        if not Granting.objects.filter(engagement=visit, ends_at=None).update(ends_at=self.now):
            Granting.objects.create(engagement=visit, starts_at=self.now, latest_at=self.now + timedelta(days=30))

    @rule(number=st.integers(0, 1), name=st.sampled_from(VISITORS), days=st.integers(0, 5))
    def join_or_leave(self, number: int, name: str, days: int) -> None:
        visit, person = self.visits[number], self.host.village.person(name)
        here = Member.objects.filter(engagement=visit, person=person, left_at=None)
        if not here.update(left_at=self.now):
            joined(self.host, visit, name, self.now)
            here.update(joins_on=self.now.date(), leaves_on=(self.now + timedelta(days=days)).date())

    @rule(name=st.sampled_from(VISITORS))
    def link_or_unlink(self, name: str) -> None:
        row = self.host.accounts[name]
        row.person = None if row.person is not None else self.host.village.person(name)
        row.linked_by = AccountLink.BY_HAND.value if row.person is not None else ""
        row.save(update_fields=["person", "linked_by"])

    @rule(name=st.sampled_from(VISITORS), level=LEVELS)
    def do_by_hand(self, name: str, level: Level | None) -> None:
        key = self.host.key(name)
        self._note(key, level)
        self.rights.by_hand(key, level)

    def _note(self, key: str, level: Level | None) -> None:
        self.by_hand[key] = level

    @rule(faults=FAULTS)
    def fail(self, faults: list[str]) -> None:
        self.rights.faults.extend(faults)

    @rule()
    def go_down_or_up(self) -> None:
        self.rights.down = not self.rights.down

    @rule()
    def work(self) -> None:
        """A worker's round; it ends early where it is killed."""
        with suppress(Killed):
            jobs_access.work(self.now)

    @rule(steps=st.integers(0, 25))
    def work_and_die(self, steps: int) -> None:
        self.rights.kill_in = steps
        self.work()
        self.rights.kill_in = None

    @rule(ahead=st.sampled_from([0, 1, 3]))
    def two_workers(self, ahead: int) -> None:
        """Another worker, whose clock may be ahead, comes while this one waits for the forge's answer."""
        other = self.now + timedelta(minutes=ahead)
        self.rights.meanwhile = lambda: void(jobs_access.work(other))
        self.work()
        self.rights.meanwhile = None

    @rule()
    def calm(self) -> None:
        """The forge is well again; within one period everything is as it should be, and stays so."""
        self.rights.down, self.rights.late, self.rights.kill_in = False, 0, None
        self.rights.faults.clear()
        self.rights.unseen.clear()
        end = self.now + PERIOD + timedelta(minutes=1)
        while self.now < end:
            self.now += timedelta(seconds=75)
            self.work()
        if RepositoryAccess.objects.update(next_at=self.now):  # strays may wait for a day where nothing of ours is
            self.work()
        wanted = self.wanted()
        for name in VISITORS:
            key = self.host.key(name)
            hand, level = self.by_hand[key], self.rights.level(key)
            if hand is UNSURE:
                assert level is not None or key not in wanted
                continue
            highest = max((one for one in (hand, wanted.get(key)) if one), key=WEIGHT.__getitem__, default=None)
            assert level == highest, (name, hand, wanted.get(key))
        self.check_records(wanted)

    def wanted(self) -> dict[str, Level]:
        """Who should have access, by the engagements' own answer."""
        loaded = loaded_now(self.now)
        rows = [self.host.accounts[name] for name in VISITORS if self.host.accounts[name].person is not None]
        return {
            row.external_id: Level.WRITE
            for row in rows
            if row.person_id and loaded.may(row.person_id, "refunds/a.py", self.now, "orders")
        }

    def check_records(self, wanted: dict[str, Level]) -> None:
        open_ = ForgeGrant.objects.filter(removed_at=None).select_related("account")
        assert {one.account.external_id for one in open_} <= set(wanted)
        assert all(one.applied_at and one.seen_at for one in open_)
        state = RepositoryAccess.objects.filter(repository=self.host.row).first()
        assert state is None or (state.attempts, state.last_error, state.lease_token) == (0, "", "")
        if UNSURE in self.by_hand.values():
            return
        strays = {one.external_id for one in StrayRight.objects.filter(gone_at=None)}
        writing = {key for key, level in self.by_hand.items() if level and WEIGHT[level] >= WEIGHT[Level.WRITE]}
        assert strays >= writing - set(wanted)
        assert strays <= writing

    @invariant()
    def nothing_of_others_was_taken(self) -> None:
        if hasattr(self, "rights"):
            assert self.rights.removed_theirs == []

    @invariant()
    def each_right_is_told_once(self) -> None:
        ended = list(Event.objects.filter(name="access.removed").values_list("data", flat=True))
        begun = list(Event.objects.filter(name="access.granted").values_list("data", flat=True))
        for some in (ended, begun):
            assert len({one["grant"] for one in some}) == len(some)
        gone = set(ForgeGrant.objects.exclude(removed_at=None).values_list("pk", flat=True))
        assert {one["grant"] for one in ended} == gone


class BlindForge(Forge):
    """A forge that keeps one right for each account and doesn't say who gave it, and shows changes late."""

    knows = False

    @rule()
    def only_raise(self) -> None:
        """As GitHub's client does: giving never lowers."""
        self.rights.only_raises = not self.rights.only_raises

    @rule(looks=st.integers(0, 3))
    def be_late(self, looks: int) -> None:
        self.rights.late = looks

    def _note(self, key: str, level: Level | None) -> None:
        """While ours is open, what is set by hand up to its level can't be told from it."""
        ours = ForgeGrant.objects.filter(account__external_id=key, removed_at=None).first()
        if ours is None or level is None or WEIGHT[level] > WEIGHT[Level.WRITE]:
            self.by_hand[key] = level
        elif ours.applied_at is None or ours.before:
            self.by_hand[key] = UNSURE
        else:
            self.by_hand[key] = None


def void(_value: object) -> None:
    """Forget a value."""


UNSURE: Any = "unsure"
"""By hand as far as we can tell, which we can't."""
QUICK = settings(
    max_examples=int(os.environ.get("AWAYTEAM_FORGE_EXAMPLES", "6")), stateful_step_count=30, deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip


def in_a_transaction(machine: type[Forge], host: Host) -> type[Forge]:
    """The machine, each of whose examples begins with the same world and ends with a rollback."""

    class Rolled(machine):  # type: ignore[valid-type,misc]
        def __init__(self) -> None:
            super().__init__()
            self.host = host
            self.block = transaction.atomic()
            self.block.__enter__()

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                transaction.set_rollback(True)
                self.block.__exit__(None, None, None)

    return Rolled


@pytest.mark.slow
@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize("machine", [Forge, BlindForge])
def test_access_always_becomes_what_it_should_be(machine: type[Forge]) -> None:
    with hosting(knows=machine.knows) as host:
        host.village.active()
        host.village.active(title="Another visit")
        run_state_machine_as_test(in_a_transaction(machine, host), settings=QUICK)  # type: ignore[no-untyped-call]
