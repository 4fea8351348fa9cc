"""The town of the requests' tests with a pool: rita and rob raise the bar in architecture, di in design.

They belong to teams of another unit (rita to maps, rob to ads, di to ads), so that they are independent of orders and
payments. Gus manages the division's other unit.
"""

from datetime import date, datetime, timedelta
from typing import Any

from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.requests.tests.town import NOON, Town, service
from awayteam.requests.tests.town import found as plain
from awayteam.reviews import actions
from awayteam.reviews.actions import Said, Wanted
from awayteam.reviews.actions.checking import questions
from awayteam.reviews.models import BarRaiser, RegisterEntry, Review

__all__ = ["NOON", "Town", "ask", "deliver", "found", "overridden", "raiser", "said", "service"]


def found() -> Town:
    """The town with its pool and an administrator, zoe."""
    town = plain()
    for name in ("maps", "ads"):
        unit = Team.objects.create(ref=f"group:default/{name}-unit", name=f"{name}-unit", is_unit=True,
                                   parent=town.team("division"))  # fmt: skip
        town.teams[name] = Team.objects.create(ref=f"group:default/{name}", name=name, parent=unit)
    for name, team, field in (
        ("rita", "maps", "architecture"),
        ("rob", "ads", "architecture"),
        ("di", "ads", "design"),
    ):
        town.people[name] = Person.objects.create(ref=f"user:default/{name}", name=name)
        Membership.objects.create(team=town.team(team), person=town.person(name), role=Role.MEMBER)
        raiser(town, name, field)
    town.people["zoe"] = Person.objects.create(ref="user:default/zoe", name="zoe")
    User.objects.create(username="zoe", is_superuser=True, person=town.person("zoe"))
    return town


def raiser(town: Town, name: str, field: str = "architecture", **more: Any) -> BarRaiser:
    """Somebody in the pool."""
    values = {"since": date(2025, 1, 1), "term_until": date(2027, 1, 1), "trained_on": date(2025, 2, 1), **more}
    return BarRaiser.objects.create(person=town.person(name), field=field, created_at=town.now, **values)


def ask(town: Town, who: str = "paul", **more: Any) -> Review:
    """Paul of payments asks for a review of what olga decides for orders."""
    values: dict[str, Any] = {
        "field": "architecture", "title": "Split the order store", "question": "Two stores, or **one**?",
        "team": town.team("orders"), "decider": town.person("olga"), "teams": [town.team("payments")], **more,
    }  # fmt: skip
    now = values.pop("now", town.now)
    return actions.request_review(Wanted(**values), actor=town.actor(who, now), now=now)


def said(recommendation: str = "against", field: str = "architecture", **more: Any) -> Said:
    """A whole document."""
    values: dict[str, Any] = {
        "recommendation": recommendation, "summary": "One store is enough until June.",
        "answers": dict.fromkeys(questions(field), "It waits, and nobody notices."),
        "evidence": [{"words": "Load of a year", "url": "https://example.org/load"}],
        "conditions": ["Measure it first."] if recommendation == "with-conditions" else [], **more,
    }  # fmt: skip
    return Said(**values)


def deliver(town: Town, review: Review, now: datetime | None = None, **more: Any) -> Review:
    """Whoever it is assigned to delivers."""
    at = now or town.now + timedelta(hours=1)
    assert review.bar_raiser is not None
    return actions.deliver(review, said(**more), actor=town.actor(review.bar_raiser.name, at), now=at)


def overridden(town: Town) -> RegisterEntry:
    """Olga overrode a recommendation against."""
    review = deliver(town, ask(town))
    at = town.now + timedelta(hours=2)
    return actions.override(review, reason="We lose the season otherwise.", actor=town.actor("olga", at), now=at)


def entity_of(town: Town, **more: Any) -> Entity:
    return service(town, **more)
