"""Whatever is tried, by anybody and in any order, nothing is without an owner at any instant."""

from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from awayteam.catalog.actions import transfer_ownership
from awayteam.catalog.models import Entity, Ownership, Presence
from awayteam.kernel import clocks
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import AwayteamError
from awayteam.organisation.models import Team
from awayteam.succession import actions, rules
from awayteam.succession.actions.watching import lapse_overtaken, look_again, pass_on, propose_all
from awayteam.succession.machine import FINAL, MACHINE, OPEN, State
from awayteam.succession.models import Concerned, Evidence, Line, Succession, SuccessionStep
from awayteam.succession.tests.parish import NOON, Parish, parish

pytestmark = pytest.mark.django_db
PEOPLE = ("olga", "oscar", "paul", "pia", "sam", "sue", "mona", "dana", "ann")
TEAMS = ("orders", "payments", "search")
THINGS = ("ledger", "till", "finder")
VERBS = ("accept", "confirm", "dismiss", "object_to", "refuse", "withdraw", "go_on", "handing-over", "retiring", "kept")
people, teams, things = st.sampled_from(PEOPLE), st.sampled_from(TEAMS), st.sampled_from(THINGS)


def everything() -> list[object]:
    models = (Succession, SuccessionStep, Line, Evidence, Concerned, Ownership)
    rows: list[object] = [list(model.objects.order_by("pk").values()) for model in models]
    return [*rows, list(Entity.objects.order_by("pk").values("pk", "owner", "lifecycle", "presence"))]


class Successions(RuleBasedStateMachine):
    """Deeds of people, clocks, telemetry and reorganisations over three things and three teams."""

    town: Parish
    now: datetime

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.town, self.now, self.gone = parish(), NOON, set[str]()
        self.town.sole()

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def thing(self, name: str) -> Entity:
        return Entity.objects.select_related("owner").get(ref=f"component:default/{name}")

    def tried(self, deed, *given: object, **more: object) -> None:  # type: ignore[no-untyped-def]
        """A refusal changes nothing."""
        self.now += timedelta(minutes=7)
        before = everything()
        try:
            with transaction.atomic():
                deed(*given, now=self.now, **more)
        except AwayteamError:
            assert everything() == before

    @rule(who=people, name=things, team=teams, how=st.sampled_from(["offer", "ask", "order", "retire", "propose"]))
    def start(self, who: str, name: str, team: str, how: str) -> None:
        thing, actor, to = self.thing(name), self.town.actor(who, self.now), self.town.team(team)
        given = {
            "offer": {"receiver": to, "words": "Yours."}, "ask": {"team": to, "words": "Ours."},
            "order": {"receiver": to, "words": "So."}, "retire": {"words": "Old."}, "propose": {},
        }[how]  # fmt: skip
        self.tried(getattr(actions, how), thing, actor=actor, **given)

    @precondition(lambda self: Succession.objects.filter(closed_at=None).exists())
    @rule(verb=st.sampled_from(VERBS), which=st.integers(0, 2), who=st.one_of(st.none(), people))
    def act(self, verb: str, which: int, who: str | None) -> None:
        """Somebody, mostly whoever has the turn, does something with an open one."""
        rows = list(Succession.objects.filter(closed_at=None).select_related("turn_person").order_by("pk"))
        row = rows[which % len(rows)]
        name = who or (row.turn_person.name if row.turn_person else "dana")
        given: dict[str, object] = {"actor": self.town.actor(name, self.now), "words": "So."}
        if verb in ("handing-over", "retiring", "kept"):
            self.tried(actions.decide, row.pk, choice=verb, **given)
        else:
            self.tried(getattr(actions, verb), row.pk, **given)

    @precondition(lambda self: Succession.objects.filter(state__in=["handing-over", "retiring"]).exists())
    @rule(who=people, all_of_them=st.booleans())
    def tick(self, who: str, all_of_them: bool) -> None:
        row = Succession.objects.filter(state__in=["handing-over", "retiring"]).order_by("pk")[0]
        actor = self.town.actor(who, self.now)
        if all_of_them and row.receiver is not None:
            lead = {"orders": "olga", "payments": "pia", "search": "sam"}[row.receiver.name]
            actor = self.town.actor(lead, self.now)
        for line in row.lines.all() if all_of_them else row.lines.all()[:1]:
            self.tried(actions.tick, row.pk, line.number, actor=actor)

    @rule(name=things, to=teams)
    def by_hand(self, name: str, to: str) -> None:
        """The owner is changed past all successions, as an import or an administrator may."""
        thing = self.thing(name)
        self.tried(
            lambda now: transfer_ownership(
                actor=SYSTEM, now=now, entity=thing, owner=f"group:default/{to}", reason="By hand."
            )
        )

    @rule(name=teams)
    def team_disappears(self, name: str) -> None:
        self.gone.add(name)
        Team.objects.filter(name=name).update(dissolved_at=self.now)
        Entity.objects.filter(ref=f"group:default/{name}").update(presence=Presence.REMOVED)

    @rule()
    def teams_return(self) -> None:
        self.gone.clear()
        Team.objects.update(dissolved_at=None)
        Entity.objects.filter(kind="Group").update(presence=Presence.PRESENT)

    @rule(consumer=things, provider=things)
    def somebody_calls(self, consumer: str, provider: str) -> None:
        if consumer != provider:
            self.town.uses(self.thing(consumer), self.thing(provider), now=NOON, last=self.now)

    @rule(days=st.sampled_from([1, 9, 30, 120]))
    def time_passes(self, days: int) -> None:
        for _ in range(3):
            self.now += timedelta(days=days / 3)
            clocks.run_due(self.now)

    @rule(job=st.sampled_from([lapse_overtaken, look_again, pass_on, propose_all]))
    def worker(self, job) -> None:  # type: ignore[no-untyped-def]
        self.now += timedelta(minutes=1)
        job(self.now)

    @invariant()
    def nothing_is_without_an_owner_at_any_instant(self) -> None:
        """The periods of each thing follow each other without gap or overlap, and the last is the owner in force."""
        if not hasattr(self, "town"):
            return
        periods: dict[int, list[Ownership]] = defaultdict(list)
        for period in Ownership.objects.order_by("pk"):
            periods[period.entity_id].append(period)
        for name in THINGS:
            thing = self.thing(name)
            held = periods[thing.pk]
            assert thing.owner is not None
            assert held[0].starts is None
            assert [one.ends for one in held[:-1]] == [one.starts for one in held[1:]]
            assert (held[-1].ends, held[-1].owner_id) == (None, thing.owner_id)

    @invariant()
    def what_changed_hands_went_to_a_team_that_was_there(self) -> None:
        if not hasattr(self, "town"):
            return
        for row in Succession.objects.filter(state=State.TRANSFERRED).select_related("receiver"):
            assert row.receiver is not None
            assert Ownership.objects.filter(
                entity=row.entity_id, owner__team=row.receiver, starts__lte=row.owned_since
            ).exists()
            assert all(line.done_at is not None for line in row.lines.all())
            assert row.evidence.exists()

    @invariant()
    def one_is_open_and_each_open_one_has_a_clock(self) -> None:
        if not hasattr(self, "town"):
            return
        rows = list(Succession.objects.all())
        open_ones = [row for row in rows if row.state in OPEN]
        assert len({row.entity_id for row in open_ones}) == len(open_ones)
        assert all((row.clock_id is None) == (row.state in FINAL) for row in rows)

    @invariant()
    def evidence_is_as_it_was_frozen(self) -> None:
        if not hasattr(self, "town"):
            return
        assert all(one.sha256 == rules.frozen(one.document) for one in Evidence.objects.all())

    @invariant()
    def every_step_is_one_of_the_machine(self) -> None:
        if not hasattr(self, "town"):
            return
        for step in SuccessionStep.objects.exclude(source=""):
            verb = next(one.verb for one in MACHINE.transitions if one.verb == step.verb)
            found = MACHINE.find(State(step.source), verb)
            assert found is not None
            assert step.target in found.targets


def test_nothing_is_without_an_owner_whatever_is_tried() -> None:
    run_state_machine_as_test(
        Successions,
        settings=settings(
            max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.slow
def test_nothing_is_without_an_owner_whatever_is_tried_for_long() -> None:
    run_state_machine_as_test(
        Successions,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
