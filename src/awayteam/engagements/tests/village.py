"""Engagements for tests: payments visits orders, in the town of the requests' tests."""

from datetime import date, datetime, timedelta
from typing import Any

from awayteam.catalog.models import Entity
from awayteam.engagements import actions
from awayteam.engagements.actions import ScopeLine
from awayteam.engagements.models import Contract, Engagement, Member
from awayteam.requests.tests.town import NOON, Town, found, service

__all__ = ["NOON", "Village", "settle"]

FIRST, LAST = date(2026, 3, 9), date(2026, 4, 3)
"""A Monday a week after NOON, and the Friday four weeks later."""


class Village:
    """olga decides for orders (the home team, with oscar); pia leads payments (the away team, with paul)."""

    def __init__(self, town: Town, api: Entity) -> None:
        self.town, self.service = town, api

    def actor(self, name: str, now: datetime = NOON) -> Any:
        return self.town.actor(name, now)

    def person(self, name: str) -> Any:
        return self.town.person(name)

    def open(self, who: str = "pia", now: datetime = NOON, **more: Any) -> Engagement:
        """A complete draft, with paul as its member."""
        given: dict[str, Any] = {
            "title": "Refund a part of an order", "goal": "Customers get back what they return, line by line.",
            "service": self.service, "starts_on": FIRST, "ends_on": LAST, "manager": self.person("mona"),
            "away_lead": self.person("pia"), "home_decider": self.person("olga"), "home_contact": self.person("olga"),
            "home_deputy": self.person("oscar"),
        }  # fmt: skip
        row = actions.open_engagement(
            actor=self.actor(who, now), now=now, home_team=self.town.team("orders"),
            away_team=self.town.team("payments"), **{**given, **more},
        )  # fmt: skip
        actions.set_scope(row, actor=self.actor(who, now), now=now, lines=[ScopeLine("orders", "/refunds/")])
        self.join(row, "paul", now)
        return Engagement.objects.get(pk=row.pk)

    def join(self, row: Engagement, name: str, now: datetime = NOON) -> Member:
        return Member.objects.create(
            engagement=row, person=self.person(name), joins_on=row.starts_on or FIRST, joined_at=now,
            agreed_by=self.person("mona"), agreed_at=now,
        )  # fmt: skip

    def propose(self, who: str = "pia", now: datetime = NOON, **more: Any) -> Engagement:
        row = self.open(now=now, **more)
        return actions.propose(row, actor=self.actor(who, now), now=now)

    def waiting(self, row: Engagement) -> Contract:
        return Contract.objects.get(engagement=row, state="signing")

    def sign(self, row: Engagement, who: str = "olga", now: datetime = NOON) -> Engagement:
        return actions.sign(row, actor=self.actor(who, now), now=now, sha256=self.waiting(row).sha256)

    def agreed(self, now: datetime = NOON, **more: Any) -> Engagement:
        return self.sign(self.propose(now=now, **more), now=now)

    def active(self, now: datetime | None = None, **more: Any) -> Engagement:
        """An engagement whose work began at `now` (the morning of its first day)."""
        at = now or datetime(2026, 3, 9, 9, tzinfo=NOON.tzinfo)
        row = self.agreed(**more)
        return actions.start(row, actor=self.actor("pia", at), now=at)


def settle() -> Village:
    """The village in the database."""
    town = found()
    return Village(town, service(town))


def after(days: float) -> datetime:
    """So many days after NOON."""
    return NOON + timedelta(days=days)
