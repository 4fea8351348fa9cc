"""The reviews of the demonstration happen by the real actions: every state, two overrides, one looked at again."""

from datetime import UTC, datetime, timedelta

import pytest

from awayteam.demo import reviews
from awayteam.demo.reviews import REVIEWS
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.reviews.models import BarRaiser, RegisterEntry, Review

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_reviews_of_the_demonstration() -> None:
    named = sorted({name for told in REVIEWS for name in (told.team, told.other)})
    names = [*named, *(f"other-{number}" for number in range(20))]
    top = Team.objects.create(ref="group:default/top", name="top", is_unit=True)
    for number, name in enumerate(names):
        unit = Team.objects.create(ref=f"group:default/u{number}", name=f"u{number}", is_unit=True, parent=top)
        team = Team.objects.create(ref=f"group:default/{name}", name=name, parent=unit)
        for role in (Role.DECIDER, Role.MEMBER):
            person = Person.objects.create(ref=f"user:default/{name}-{role}", name=f"{name}-{role}")
            Membership.objects.create(team=team, person=person, role=role, starts=NOW - timedelta(days=900))
    reviews.fill(now=NOW)
    assert BarRaiser.objects.count() == sum(reviews.POOL.values()) + 1
    assert {row.state for row in Review.objects.all()} == {"assigned", "delivered", "followed", "overridden"}
    assert Review.objects.count() == len(REVIEWS)
    entries = sorted((row.kind, row.state) for row in RegisterEntry.objects.all())
    assert entries == [("deviation", "standing"), ("override", "standing"), ("override", "told")]
