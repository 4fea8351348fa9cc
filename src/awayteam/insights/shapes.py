"""Small shapes of figures that interfaces share."""

from ninja import Schema
from pydantic import Field

from awayteam.insights.queries import Line, Point
from awayteam.insights.rules import Share, Spread
from awayteam.insights.scope import Scope


class SpreadOut(Schema):
    cases: int
    median: float | None
    p85: float | None
    few: bool


class ShareOut(Schema):
    part: int
    cases: int
    share: float | None
    low: float | None = Field(description="with `high`: where the true share lies with 95% odds")
    high: float | None
    few: bool


class LineOut(Schema):
    key: str
    label: str
    now: int
    before: int


class PointOut(Schema):
    period: str
    cases: int
    value: float | None
    running: bool


class InsightsWindowOut(Schema):
    first: str
    last: str
    days: int
    every: str
    time_zone: str


def spread(one: Spread) -> SpreadOut:
    return SpreadOut(cases=one.n, median=one.median, p85=one.p85, few=one.few)


def share(one: Share) -> ShareOut:
    return ShareOut(part=one.part, cases=one.n, share=one.share, low=one.low, high=one.high, few=one.few)


def line(one: Line) -> LineOut:
    return LineOut(key=one.key, label=one.words, now=one.now, before=one.before)


def point(one: Point) -> PointOut:
    return PointOut(period=one.label, cases=one.n, value=one.value, running=one.running)


def window(scope: Scope) -> InsightsWindowOut:
    one = scope.window
    return InsightsWindowOut(
        first=one.first.isoformat(),
        last=one.last.isoformat(),
        days=one.days,
        every=one.every.value,
        time_zone=one.zone,
    )
