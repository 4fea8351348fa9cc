"""From a draft to a decision and the removal of its flag, with facts that assignment made."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from awayteam.experiments import actions
from awayteam.experiments.models import Effect, Experiment, Registration
from awayteam.experiments.tests import town as towns
from awayteam.experiments.tests.town import Town
from awayteam.kernel import clocks
from awayteam.kernel.errors import Conflict, InvalidInput, NotAllowed
from awayteam.kernel.machines import problems
from awayteam.kernel.models import Event
from awayteam.reviews import actions as reviews
from awayteam.reviews.models import RegisterEntry, Review
from awayteam.reviews.tests.town import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(settings: Any, tmp_path: Path) -> Town:
    settings.DATA = tmp_path
    return towns.found()


def test_the_machine_has_no_dead_ends() -> None:
    from awayteam.experiments.machine import MACHINE

    assert problems(MACHINE) == []


def test_from_design_to_removal(town: Town) -> None:
    row = towns.running(town)
    assert [one.shares for one in row.epochs.all()] == [{"control": 5000, "one": 5000}]
    towns.simulate(row)
    end = town.now + timedelta(days=14)
    clocks.run_due(end)
    row.refresh_from_db()
    assert (row.state, row.stop_reason) == ("stopped", "The planned runtime is over.")
    assert row.turn_person_id == town.person("oscar").pk
    card = towns.analyse(row, end + timedelta(hours=1))
    assert card.state == "done", card.problem
    assert card.result is not None
    assert card.result["blockers"] == []
    assert card.result["recommendation"]["outcome"] == "ship"
    bought, slow = card.result["arms"][0]["metrics"]
    assert bought["low"] > 0.1
    assert bought["high"] < 0.7
    assert slow["standing"] == "within"
    at = end + timedelta(hours=2)
    with pytest.raises(NotAllowed):
        actions.decide(row, outcome="ship", words="Yes", actor=town.actor("olga", at), now=at)
    row = actions.decide(row, outcome="ship", words="More of them buy.", actor=town.actor("oscar", at), now=at)
    assert (row.state, row.outcome, row.shipped_arm, row.entry) == ("decided", "ship", "one", None)
    assert Effect.objects.filter(experiment=row).count() == 2
    row = actions.clean_up(row, words="Gone with change 17.", actor=town.actor("olga", at), now=at)
    assert row.state == "cleaned-up"
    names = list(
        Event.objects.filter(subject_kind="experiment")
        .exclude(name__startswith="clock.")
        .values_list("name", flat=True)
    )
    assert sorted(names) == sorted(
        f"experiment.{one}"
        for one in ("designed", "checked", "submitted", "started", "stopped", "decided", "cleaned-up")
    )


def test_customers_need_a_bar_raiser_first(town: Town) -> None:
    olga = town.actor("olga", town.now)
    row = actions.design(towns.wanted(town, customers=True), actor=olga, now=town.now)
    row = actions.submit(actions.check(row, actor=olga, now=town.now), actor=olga, now=town.now)
    assert row.state == "in-review"
    assert sorted(Review.objects.values_list("field", flat=True)) == ["ab-testing", "customer-experience"]
    registration = Registration.objects.get()
    assert registration.sha256 in Review.objects.get(field="ab-testing").question
    for one in Review.objects.order_by("field"):
        assert one.bar_raiser is not None
        raiser = town.actor(one.bar_raiser.name, town.now)
        reviews.deliver(one, said("for", one.field), actor=raiser, now=town.now)
        row.refresh_from_db()
        assert row.state == "in-review"
        reviews.follow(one, actor=town.actor("oscar", town.now), now=town.now)
    row.refresh_from_db()
    assert row.state == "ready"


def test_a_recommendation_against_sends_it_back_unless_overridden(town: Town) -> None:
    olga, oscar = town.actor("olga", town.now), town.actor("oscar", town.now)
    for overrides, state in ((False, "draft"), (True, "in-review")):
        row = actions.design(towns.wanted(town, customers=True), actor=olga, now=town.now)
        row = actions.submit(actions.check(row, actor=olga, now=town.now), actor=olga, now=town.now)
        review = Review.objects.get(field="ab-testing", subject_id=row.pk)
        assert review.bar_raiser is not None
        reviews.deliver(
            review, said("against", "ab-testing"), actor=town.actor(review.bar_raiser.name, town.now), now=town.now
        )
        if overrides:
            reviews.override(review, reason="The season", actor=oscar, now=town.now)
        else:
            reviews.follow(review, actor=oscar, now=town.now)
        row.refresh_from_db()
        assert row.state == state
        assert Review.objects.filter(subject_id=row.pk, closed_at__isnull=True).count() == (1 if overrides else 0)
        if row.state != "draft":
            actions.withdraw(row, words="Enough", actor=olga, now=town.now)


def test_deciding_against_the_rule_is_public(town: Town) -> None:
    row = towns.running(town)
    towns.simulate(row, rates={"control": 0.3, "one": 0.3})
    at = town.now + timedelta(days=14, hours=1)
    clocks.run_due(at)
    row.refresh_from_db()
    oscar = town.actor("oscar", at)
    with pytest.raises(Conflict):
        actions.decide(row, outcome="ship", words="We like it", actor=oscar, now=at)
    card = towns.analyse(row, at)
    assert card.result is not None
    assert card.result["recommendation"]["outcome"] == "dont-ship"
    with pytest.raises(InvalidInput):
        actions.decide(row, outcome="ship", words=" ", actor=oscar, now=at)
    row = actions.decide(row, outcome="ship", words="It is simpler to keep.", actor=oscar, now=at)
    entry = RegisterEntry.objects.get()
    assert row.entry == entry
    assert (entry.kind, entry.recommendation, entry.reason) == ("experiment", "dont-ship", "It is simpler to keep.")
    assert entry.look_again_on > at.date()


def test_a_broken_sample_ratio_blocks_the_card_and_only_invalid_follows(town: Town) -> None:
    row = towns.running(town)
    towns.simulate(row)
    at = town.now + timedelta(days=1)
    lost = [towns.exposure(row.key, f"x{number}", "one", at) for number in range(400)]
    towns.send(lost, [])
    row = actions.stop(row, words="Odd", actor=town.actor("olga", at), now=at + timedelta(days=13))
    card = towns.analyse(row, at + timedelta(days=13, hours=1))
    assert card.result is not None
    assert [one["key"] for one in card.result["blockers"]] == ["sample-ratio"]
    assert card.result["recommendation"]["outcome"] == "invalid"
    row = actions.decide(
        row, outcome="invalid", words="Bots", actor=town.actor("oscar", at), now=at + timedelta(days=14)
    )
    assert row.entry is None
    assert not Effect.objects.exists()


def test_a_broken_guardrail_stops_the_run_by_itself(town: Town) -> None:
    row = towns.running(town)
    towns.simulate(row, days=3, waits={"one": 1.5})
    card = towns.analyse(row, town.now + timedelta(days=3))
    assert card.result is not None
    row.refresh_from_db()
    assert (row.state, row.stop_reason) == ("stopped", "A guardrail is broken: Waiting time.")


def test_registrations_never_change(town: Town) -> None:
    from django.db import DatabaseError, transaction

    row = towns.ready(town)
    for change in (lambda: Registration.objects.update(text="{}"), lambda: Registration.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert row.registration is not None
    assert Experiment.objects.get(pk=row.pk).registration_id == row.registration.pk
