"""The demonstration's roadmaps: complete, the same each time, and without what the rules refuse."""

from datetime import UTC, datetime

import pytest

from awayteam.demo import roadmaps, world
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.roadmaps import queries
from awayteam.roadmaps.models import Dependency, Document, Figure, Goal, Item

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def services(db: None) -> dict[str, list[str]]:
    """The demonstration's teams with a lead each; returns their services."""
    made = world.create(NOW.date())
    units = {name: Team.objects.create(ref=f"group:default/{name}", name=name, title=words[0], is_unit=True)
             for name, words in made.units.items()}  # fmt: skip
    for name, team in made.teams.items():
        row = Team.objects.create(
            ref=f"group:default/{name}", name=name, title=team.title, mission=team.mission, parent=units[team.unit]
        )
        lead = Person.objects.create(ref=f"user:default/lead-of-{name}", name=f"lead-of-{name}")
        Membership.objects.create(team=row, person=lead, role=Role.LEAD)
    return roadmaps.services_of(made)


def test_every_team_has_a_roadmap_with_a_past_and_a_goal(services: dict[str, list[str]]) -> None:
    count = roadmaps.fill(now=NOW, services=services)
    assert count == Item.objects.count() > 350
    teams = Team.objects.filter(name__in=services)
    assert set(Goal.objects.filter(kind="okr").values_list("team", flat=True)) == set(
        teams.values_list("pk", flat=True)
    )
    states = set(Item.objects.values_list("team", "state"))
    assert all({(team.pk, "planned"), (team.pk, "started"), (team.pk, "done")} <= states for team in teams)
    assert Item.objects.filter(kind="debt", rank__isnull=True, state="planned").count() > 20
    assert Dependency.objects.count() > 10
    assert not Item.objects.filter(rank__isnull=False, forecast_p50__isnull=True).exists()
    assert (Document.objects.count(), Figure.objects.filter(actual__isnull=False).exists()) == (3, True)
    page = queries.overview(roadmaps.SYSTEM, queries.OverviewFilter(show="risk"))
    assert 3 < len(page.items) < len(services)
    titles = list(Item.objects.order_by("external_key").values_list("title", flat=True))
    Item.objects.all().delete()
    Goal.objects.all().delete()
    Document.objects.all().delete()
    roadmaps.fill(now=NOW, services=services)
    assert list(Item.objects.order_by("external_key").values_list("title", flat=True)) == titles
