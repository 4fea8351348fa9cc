"""Insights over HTTP: the figures of the page, and the cases behind each."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from awayteam.insights import queries, shapes, words
from awayteam.insights.cases import MEASURES
from awayteam.insights.queries import Figures, Part, Which
from awayteam.insights.scope import Asked, scope
from awayteam.insights.shapes import InsightsWindowOut, LineOut, PointOut, ShareOut, SpreadOut
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


def _timed(one: queries.Timed) -> TimedOut:
    return TimedOut(
        now=shapes.spread(one.now),
        before=shapes.spread(one.before),
        periods=[shapes.point(point) for point in one.points],
    )


def _part(one: Part) -> PartOut:
    return PartOut(
        key=one.place.ref if one.place else one.key,
        label=one.label,
        alone=bool(one.place and one.place.alone),
        asked=one.asked,
        time_to_decision=shapes.spread(one.decided),
        expiry=shapes.share(one.expiry),
        lead_time=shapes.spread(one.done),
        away=shapes.share(one.away),
        open=one.open,
        oldest_days=one.oldest_days,
        value_per_week=one.value_per_week,
    )


def out(found: Figures) -> InsightsOut:
    """The figures as the REST interface and the command give them."""
    unit = rulebook.current().requests.value_unit
    return InsightsOut(
        team=found.scope.team.ref if found.scope.team else None,
        window=shapes.window(found.scope),
        minutes_per_day=found.per_day,
        value_unit=unit,
        leaves_out=found.scope.leaves_out,
        notable=words.headline(found, unit),
        asked=shapes.line(found.asked),
        time_to_decision=_timed(found.decided),
        decisions=[shapes.line(one) for one in found.mix],
        refusals=[shapes.line(one) for one in found.reasons],
        expiry=shapes.share(found.expiry),
        expiry_before=shapes.share(found.expiry_before),
        moves=shapes.line(found.moved),
        promises_kept=shapes.share(found.promises),
        promises_kept_before=shapes.share(found.promises_before),
        promises=[shapes.line(one) for one in found.promise_ends],
        lead_time=_timed(found.done),
        away=shapes.share(found.away),
        away_before=shapes.share(found.away_before),
        open=found.open,
        age_days=shapes.spread(found.age),
        value_per_week=found.value_per_week,
        value_periods=[shapes.point(one) for one in found.value_points],
        escalations=shapes.line(found.escalated),
        escalation_outcomes=[shapes.line(one) for one in found.outcomes],
        management_minutes=shapes.line(found.managed),
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
