"""Two teams with people and roadmaps, for tests against the database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from awayteam.kernel.actor import Actor, ActorKind
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.roadmaps import actions
from awayteam.roadmaps.models import Goal, Item

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday."""


def day(number: int) -> date:
    """So many days after today."""
    return (NOW + timedelta(days=number)).date()


def effort(likely: float, low: float | None = None, high: float | None = None) -> tuple[Decimal, Decimal, Decimal]:
    return tuple(Decimal(str(one)) for one in (low or likely, likely, high or likely))  # type: ignore[return-value]


class World:
    """Unit `shop` over the teams `orders` and `search`, each with two people; `ada` leads orders."""

    def __init__(self) -> None:
        self.shop = Team.objects.create(ref="group:default/shop", name="shop", title="Shop", is_unit=True)
        self.orders = self._team("orders", "Orders")
        self.search = self._team("search", "Search")
        self.ada = self.person("ada", self.orders, Role.LEAD)
        self.bob = self.person("bob", self.orders)
        self.cleo = self.person("cleo", self.search)
        self.person("dan", self.search)
        self.lead = self.actor(self.ada, leads=[self.orders], teams=[self.orders])
        self.member = self.actor(self.bob, teams=[self.orders])
        self.stranger = self.actor(self.cleo, teams=[self.search])

    def _team(self, name: str, title: str) -> Team:
        return Team.objects.create(ref=f"group:default/{name}", name=name, title=title, parent=self.shop)

    def person(self, name: str, team: Team, role: str = Role.MEMBER) -> Person:
        person = Person.objects.create(ref=f"user:default/{name}", name=name, display_name=name.title())
        Membership.objects.create(team=team, person=person, role=role)
        return person

    def actor(self, person: Person, **teams: list[Team]) -> Actor:
        sets = {name: frozenset(team.pk for team in some) for name, some in teams.items()}
        return Actor(ActorKind.PERSON, person.display_name, person_id=person.pk, **sets)  # type: ignore[arg-type]

    def item(self, title: str, weeks: float = 1.0, *, team: Team | None = None, **more: Any) -> Item:
        team = team or self.orders
        who = self.lead if team == self.orders else self.stranger
        given = {"title": title, "effort": effort(weeks), "reason": "planned", **more}
        return actions.place(actor=who, now=NOW, team=team, **given).item

    def goal(self, title: str = "Twice as fast", team: Team | None = None, **more: Any) -> Goal:
        team = team or self.orders
        who = self.lead if team == self.orders else self.actor(self.ada, manages=[team])
        given = {"title": title, "starts": day(-30), "ends": day(60), "reason": "agreed", **more}
        return actions.create_goal(actor=who, now=NOW, team=team, **given)


def order(team: Team) -> list[str]:
    """Titles by rank; proves that ranks are dense."""
    rows = list(Item.objects.filter(team=team, rank__isnull=False).order_by("rank").values_list("rank", "title"))
    assert [rank for rank, _ in rows] == list(range(1, len(rows) + 1))
    return [title for _, title in rows]
