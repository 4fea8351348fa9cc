"""Insights over HTTP: the figures of the page, and the cases behind each."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from awayteam.insights import queries, words
from awayteam.insights.cases import MEASURES
from awayteam.insights.queries import Figures, Line, Part, Point, Which
from awayteam.insights.rules import Share, Spread
from awayteam.insights.scope import Asked, scope
from awayteam.kernel import rulebook
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import PageOf, Paging, Word, page_of

router = Router(tags=["insights"])


class InsightsQuery(Schema):
    """What figures are asked for; everything may be left out."""

    team: Word = Field("", description="a team, or a unit with everything below it")
    only: Word = Field("", description="yes: the unit without what is below it")
    span: Word = Field("", description="back from `until`: 4w, 90d, 6mo, 2y (default 3mo)")
    since: Word = Field("", description="the first day")
    until: Word = Field("", description="the last day (default today)")
    every: Word = Field("", description="length of a period: week, month, quarter")
    kind: Word = ""

    def asked(self) -> Asked:
        return Asked(self.team, self.only, self.span, self.since, self.until, self.every, self.kind)


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


class TimedOut(Schema):
    now: SpreadOut
    before: SpreadOut
    periods: list[PointOut]


class PartOut(Schema):
    key: str
    label: str
    alone: bool
    asked: int
    time_to_decision: SpreadOut
    expiry: ShareOut
    lead_time: SpreadOut
    away: ShareOut
    open: int
    oldest_days: int
    value_per_week: Decimal


class InsightsWindowOut(Schema):
    first: str
    last: str
    days: int
    every: str
    time_zone: str


class InsightsOut(Schema):
    """Working minutes in `time_to_decision` (`minutes_per_day` of them are a usual day), hours in `lead_time`."""

    team: str | None
    window: InsightsWindowOut
    minutes_per_day: int
    value_unit: str
    leaves_out: bool = Field(description="whether there are requests that you may not see; they are not counted")
    notable: list[str]
    asked: LineOut
    time_to_decision: TimedOut
    decisions: list[LineOut]
    refusals: list[LineOut]
    expiry: ShareOut
    expiry_before: ShareOut
    moves: LineOut
    promises_kept: ShareOut
    promises_kept_before: ShareOut
    promises: list[LineOut]
    lead_time: TimedOut
    away: ShareOut
    away_before: ShareOut
    open: int
    age_days: SpreadOut
    value_per_week: Decimal
    value_periods: list[PointOut]
    escalations: LineOut
    escalation_outcomes: list[LineOut]
    management_minutes: LineOut
    parts: list[PartOut]
    kinds: list[PartOut]
    definitions: dict[str, str]


def _spread(one: Spread) -> SpreadOut:
    return SpreadOut(cases=one.n, median=one.median, p85=one.p85, few=one.few)


def _share(one: Share) -> ShareOut:
    return ShareOut(part=one.part, cases=one.n, share=one.share, low=one.low, high=one.high, few=one.few)


def _line(one: Line) -> LineOut:
    return LineOut(key=one.key, label=one.words, now=one.now, before=one.before)


def _point(one: Point) -> PointOut:
    return PointOut(period=one.label, cases=one.n, value=one.value, running=one.running)


def _timed(one: queries.Timed) -> TimedOut:
    return TimedOut(now=_spread(one.now), before=_spread(one.before), periods=[_point(point) for point in one.points])


def _part(one: Part) -> PartOut:
    return PartOut(
        key=one.place.ref if one.place else one.key,
        label=one.label,
        alone=bool(one.place and one.place.alone),
        asked=one.asked,
        time_to_decision=_spread(one.decided),
        expiry=_share(one.expiry),
        lead_time=_spread(one.done),
        away=_share(one.away),
        open=one.open,
        oldest_days=one.oldest_days,
        value_per_week=one.value_per_week,
    )


def out(found: Figures) -> InsightsOut:
    """The figures as the REST interface and the command give them."""
    window, unit = found.scope.window, rulebook.current().requests.value_unit
    return InsightsOut(
        team=found.scope.team.ref if found.scope.team else None,
        window=InsightsWindowOut(
            first=window.first.isoformat(), last=window.last.isoformat(), days=window.days, every=window.every.value,
            time_zone=window.zone,
        ),
        minutes_per_day=found.per_day,
        value_unit=unit,
        leaves_out=found.scope.leaves_out,
        notable=words.headline(found, unit),
        asked=_line(found.asked),
        time_to_decision=_timed(found.decided),
        decisions=[_line(one) for one in found.mix],
        refusals=[_line(one) for one in found.reasons],
        expiry=_share(found.expiry),
        expiry_before=_share(found.expiry_before),
        moves=_line(found.moved),
        promises_kept=_share(found.promises),
        promises_kept_before=_share(found.promises_before),
        promises=[_line(one) for one in found.promise_ends],
        lead_time=_timed(found.done),
        away=_share(found.away),
        away_before=_share(found.away_before),
        open=found.open,
        age_days=_spread(found.age),
        value_per_week=found.value_per_week,
        value_periods=[_point(one) for one in found.value_points],
        escalations=_line(found.escalated),
        escalation_outcomes=[_line(one) for one in found.outcomes],
        management_minutes=_line(found.managed),
        parts=[_part(one) for one in found.parts],
        kinds=[_part(one) for one in found.kinds],
        definitions=dict(found.definitions),
    )  # fmt: skip


@router.get("", response=InsightsOut)
def get_insights(request: Request, query: Annotated[InsightsQuery, Query()]) -> Any:
    """How requests go: time to decision, what is decided, promises, lead time, what waits, what management spends."""
    return out(queries.figures(scope(request.actor, query.asked(), timezone.now())))


class CasesQuery(InsightsQuery, Paging):
    measure: Word = Field("decided", description=f"one of {', '.join(MEASURES)}")
    group: Word = Field("", description="one group of the measure's cases")
    part: Word = Field("", description="before, or the number of a period (0 is the first); else the whole window")


class CaseOut(Schema):
    request: int
    title: str
    kind: str
    home_team: str
    at: datetime
    group: str
    value: int | None
    unit: str
    value_per_week: Decimal


@router.get("/cases", response=PageOf[CaseOut])
def list_insight_cases(request: Request, query: Annotated[CasesQuery, Query()]) -> Any:
    """The cases that a figure counts, the newest first."""
    asked = scope(request.actor, query.asked(), timezone.now())
    which = Which(query.measure, query.group, query.part)
    page = queries.cases(asked, which, cursor=query.cursor, limit=query.limit)
    unit = queries.measure_of(which).unit
    return page_of(page, [_case(row, unit) for row in page.items])


def _case(row: queries.CaseRow, unit: str) -> CaseOut:
    return CaseOut(
        request=row.request,
        title=row.title,
        kind=row.kind,
        home_team=row.home.ref,
        at=row.at,
        group=row.group,
        value=row.value,
        unit=unit,
        value_per_week=row.points,
    )
