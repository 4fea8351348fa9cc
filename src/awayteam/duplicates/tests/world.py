"""A small organisation for tests: a unit with a manager, two teams in it, services and an API of one of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from awayteam.accounts.actors import actor_of_person
from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.kernel.actor import Actor
from awayteam.organisation.models import Membership, Person, Role, Team

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""A Monday."""


@dataclass
class Small:
    """Team `search` (Sam decides, Sue) and team `orders` (Ada decides, Bob) in the unit `shop`, which Mia manages and
    which stands in `company` under Cem. Zoe administers; Ned belongs nowhere. `finder` and `orders-api` are of orders.
    """

    teams: dict[str, Team]
    people: dict[str, Person]
    things: dict[str, Entity]

    def actor(self, name: str) -> Actor:
        return actor_of_person(self.people[name], NOW)

    def team(self, name: str) -> Team:
        return Team.objects.get(pk=self.teams[name].pk)


def thing(kind: str, name: str, owner: Entity | None = None, **values: object) -> Entity:
    return Entity.objects.create(
        ref=f"{kind}:default/{name}".lower(), kind=kind, name=name, sort_name=name, owner=owner, first_seen_at=NOW,
        changed_at=NOW, **values,
    )  # fmt: skip


def build() -> Small:
    teams: dict[str, Team] = {}
    for name, parent in (("company", ""), ("shop", "company"), ("orders", "shop"), ("search", "shop")):
        unit = name in ("company", "shop")
        teams[name] = Team.objects.create(
            ref=f"group:default/{name}", name=name, title=name.title(), is_unit=unit, parent=teams.get(parent)
        )
    groups = {name: thing("Group", name, team=team) for name, team in teams.items()}
    places = {
        "ada": ("orders", Role.DECIDER), "bob": ("orders", Role.MEMBER), "sam": ("search", Role.DECIDER),
        "sue": ("search", Role.MEMBER), "mia": ("shop", Role.MANAGER), "cem": ("company", Role.MANAGER),
    }  # fmt: skip
    people = {}
    for name in (*places, "zoe", "ned"):
        person = people[name] = Person.objects.create(
            ref=f"user:default/{name}", name=name, display_name=name.title(), email=f"{name}@shop.example"
        )
        User.objects.create(username=name, email=person.email, person=person, is_superuser=name == "zoe")
        if name in places:
            team, role = places[name]
            Membership.objects.create(team=teams[team], person=person, role=role)
    things = {
        "finder": thing("Component", "finder", groups["orders"], type="service"),
        "orders-api": thing("API", "orders-api", groups["orders"], type="openapi"),
        "seeker": thing("Component", "seeker", groups["search"], type="service"),
        "lonely": thing("Component", "lonely"),
        "vault": thing("Component", "vault", groups["orders"], restricted=True),
    }
    return Small(teams, people, things)
