"""A small organisation for tests: one division with two units, three teams, and people in every role."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from awayteam.accounts.actors import actor_of_person
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.requests import actions
from awayteam.requests.actions import Worth
from awayteam.requests.models import Request

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday, in working hours of the default calendar."""


@dataclass
class Town:
    """`people` by name: olga decides for orders, oscar is its member, paul and pia are payments (pia leads), sam
    decides for search; mona manages the commerce unit (orders and payments), dana the division, ann nobody's team."""

    teams: dict[str, Team] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    now: datetime = NOON

    def team(self, name: str) -> Team:
        return self.teams[name]

    def person(self, name: str) -> Person:
        return self.people[name]

    def actor(self, name: str, now: datetime | None = None) -> Actor:
        return actor_of_person(self.people[name], now or self.now)

    def ask(self, who: str = "paul", team: str = "payments", home: str = "orders", **more: Any) -> Request:
        values = {
            "kind": "feature",
            "title": "Refund a part of an order",
            "need": "Support refunds one line at a time.",
        }
        worth = more.pop("worth", Worth(Decimal(100), "12 complaints a week, by the support desk's list"))
        now = more.pop("now", self.now)
        return actions.ask(
            actor=self.actor(who, now), now=now, asking_team=self.team(team), home_team=self.team(home), worth=worth,
            **{**values, **more},
        )  # fmt: skip

    def days(self, number: float) -> datetime:
        return self.now + timedelta(days=number)


def found() -> Town:
    """The town in the database."""
    town = Town()
    for name, parent, unit in (
        ("division", None, True),
        ("commerce", "division", True),
        ("discovery", "division", True),
        ("orders", "commerce", False),
        ("payments", "commerce", False),
        ("search", "discovery", False),
    ):
        above = town.teams[parent] if parent else None
        town.teams[name] = Team.objects.create(ref=f"group:default/{name}", name=name, is_unit=unit, parent=above)
    for name, team, role in (
        ("dana", "division", Role.MANAGER),
        ("mona", "commerce", Role.MANAGER),
        ("olga", "orders", Role.DECIDER),
        ("oscar", "orders", Role.MEMBER),
        ("paul", "payments", Role.MEMBER),
        ("pia", "payments", Role.LEAD),
        ("sam", "search", Role.DECIDER),
        ("sue", "search", Role.MEMBER),
        ("ann", None, None),
    ):
        town.people[name] = Person.objects.create(ref=f"user:default/{name}", name=name)
        if team and role:
            Membership.objects.create(team=town.teams[team], person=town.people[name], role=role)
    return town


def service(town: Town, name: str = "orders-api", owner: str = "orders", **more: Any) -> Entity:
    """A service of `owner` in the catalog."""
    group, _new = Entity.objects.get_or_create(
        ref=f"group:default/{owner}",
        defaults={
            "kind": "Group",
            "namespace": "default",
            "name": owner,
            "team": town.team(owner),
            "sort_name": owner,
            "changed_at": NOON,
            "first_seen_at": NOON,
        },
    )
    return Entity.objects.create(
        ref=f"component:default/{name}", kind="Component", namespace="default", name=name, owner=group,
        sort_name=name, changed_at=NOON, first_seen_at=NOON, **more,
    )  # fmt: skip
