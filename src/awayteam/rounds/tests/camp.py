"""Rounds for tests: payments visits orders, with frozen standards, a baseline, and somebody independent."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from awayteam.engagements.models import BaselineItem, Engagement, Standard
from awayteam.engagements.tests.village import Village, settle
from awayteam.kernel import clocks
from awayteam.requests.tests.town import NOON
from awayteam.reviews.models import BarRaiser
from awayteam.rounds import actions
from awayteam.rounds.models import Round
from awayteam.rounds.rules import Point

MONDAY = datetime(2026, 3, 9, 9, tzinfo=NOON.tzinfo)
"""The first morning of the work."""
GUIDE = "# Contributing\n\n## Tests\n\nEvery change has a test.\nTests run in CI.\n\n## Style\n\nSmall functions.\n"


class Camp:
    """olga (decider, contact) and oscar (deputy) are at home; pia leads and paul visits; sam is independent."""

    def __init__(self, village: Village, engagement: Engagement) -> None:
        self.village, self.engagement = village, engagement
        self.standard = Standard.objects.create(
            engagement=engagement, title="CONTRIBUTING.md", repository="orders", path="CONTRIBUTING.md",
            sha256="a" * 64, text=GUIDE,
        )  # fmt: skip
        self.red = BaselineItem.objects.create(
            engagement=engagement, kind="check", key="tests.test_tax::test_rounding", words="assert 1 == 2",
            taken_at=NOON,
        )  # fmt: skip
        self.coverage = BaselineItem.objects.create(
            engagement=engagement, kind="coverage", key="coverage", value=Decimal("81.5"), taken_at=NOON
        )

    def actor(self, name: str, now: datetime = MONDAY) -> Any:
        return self.village.actor(name, now)

    def person(self, name: str) -> Any:
        return self.village.person(name)

    def show(self, who: str = "paul", now: datetime = MONDAY, **more: Any) -> Round:
        given = {"kind": "change", "title": "Refund lines", "words": "First part."}
        return actions.open_round(self.engagement, actor=self.actor(who, now), now=now, **{**given, **more})

    def cited(self, **more: Any) -> Point:
        return Point("change", "Write a test.", **{"standard": self.standard.pk, "section": "Tests", **more})

    def changes(self, row: Round, who: str = "olga", now: datetime = MONDAY, **more: Any) -> Round:
        return actions.request_changes(row, actor=self.actor(who, now), now=now, points=[self.cited(**more)])

    def demand(self, row: Round, who: str = "olga", now: datetime = MONDAY) -> Round:
        points = [Point("demand", "Rewrite it in another language.")]
        return actions.demand(row, actor=self.actor(who, now), now=now, points=points)


def pitch(**more: Any) -> Camp:
    """An engagement at work, by default with every change reviewed and 20 hours pledged."""
    village = settle()
    BarRaiser.objects.create(
        person=village.person("sam"), field="architecture", since=NOON.date() - timedelta(days=90),
        trained_on=NOON.date() - timedelta(days=90), created_at=NOON - timedelta(days=90),
    )  # fmt: skip
    given = {"pledged_hours": 20, "review_mode": "every-change"}
    return Camp(village, village.active(**{**given, **more}))


def run_out(row: Round) -> datetime:
    """Let the clock of a round run out; the moment at which it did."""
    row.refresh_from_db()
    assert row.due_at is not None
    at = row.due_at + timedelta(minutes=1)
    for _ in range(200):
        if not clocks.run_due(at):
            break
    row.refresh_from_db()
    return at
