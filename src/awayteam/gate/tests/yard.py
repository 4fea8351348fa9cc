"""Changes in the database for tests: payments visits orders, and somebody tells of what they push."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from awayteam.engagements.models import Engagement
from awayteam.engagements.tests.village import NOON, Village, settle
from awayteam.gate.actions import Told, judge, record, record_reviews
from awayteam.gate.change import Approval, Author, Said
from awayteam.gate.judged import Judged
from awayteam.gate.models import Change

MONDAY = datetime(2026, 3, 9, 10, tzinfo=NOON.tzinfo)
"""The first morning of the visit, an hour after its work began."""
BASE, HEAD, NEXT = "c" * 40, "a" * 40, "b" * 40
RULES = {".github/CODEOWNERS": b"/refunds/ @orders\n/search/ @search\n/pay/ @payments\n"}
REFUND = ("refunds/lines.py",)


def ref(name: str) -> str:
    return f"user:default/{name}" if name else ""


def told(*paths: str, by: str = "paul", **more: Any) -> Told:
    """A pull request of somebody, opened and told of on the first morning."""
    values: dict[str, Any] = {
        "origin": "forge:1", "origin_key": "7", "repository": "orders", "key": "#12",
        "url": "https://forge.example/orders/12", "title": "Refund lines", "author": Author(ref(by), by),
        "hands": (), "base_ref": "main", "base": BASE, "head": HEAD, "paths": paths or REFUND, "stand": "open",
        "is_draft": False, "from_fork": False, "opened_at": MONDAY, "at": MONDAY, "rule_files": RULES,
    }  # fmt: skip
    return Told(**{**values, **more})


def said(name: str, what: Said = Said.APPROVED, commit: str = HEAD, minutes: int = 30, **more: Any) -> Approval:
    return Approval(ref(name), name, what, commit, MONDAY + timedelta(minutes=minutes), **more)


class Yard:
    """The village with an engagement at work, and changes that are told of."""

    def __init__(self, village: Village, engagement: Engagement) -> None:
        self.village, self.engagement = village, engagement

    def actor(self, name: str, now: datetime = MONDAY) -> Any:
        return self.village.actor(name, now)

    def tell(self, *paths: str, now: datetime = MONDAY, **more: Any) -> Change:
        return record(told=told(*paths, **more), now=now)

    def judged(self, *paths: str, now: datetime = MONDAY, **more: Any) -> Judged:
        return judge(change=self.tell(*paths, now=now, **more), now=now)

    def review(self, change: Change, name: str, now: datetime = MONDAY, key: str = "", **more: Any) -> Judged:
        one = said(name, **more)
        record_reviews(change=change, reviews=[(key or f"review-of-{name}", one)], now=now)
        return judge(change=change, now=now)


def lay_out(**more: Any) -> Yard:
    """The engagement has every change reviewed, unless it says otherwise."""
    village = settle()
    return Yard(village, village.active(**{"pledged_hours": 20, "review_mode": "every-change", **more}))


def files(rules: str) -> Mapping[str, bytes]:
    return {".github/CODEOWNERS": rules.encode()}
