"""Insights of engagements over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from awayteam.insights import shapes
from awayteam.insights.api import InsightsQuery
from awayteam.insights.scope import scope
from awayteam.insights.shapes import InsightsWindowOut, LineOut, PointOut, ShareOut, SpreadOut
from awayteam.insights.visits import listing
from awayteam.insights.visits.cases import VISIT_MEASURES
from awayteam.insights.visits.figures import Flow, VisitFigures, figures
from awayteam.insights.visits.listing import WhichVisits
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import PageOf, Paging, Word, page_of

router = Router(tags=["insights"])


class VisitFlowOut(Schema):
    away: str
    home: str
    visits: int


class VisitHomeOut(Schema):
    """`answered` in working minutes."""

    team: str
    begun: int
    answered: SpreadOut
    in_time: ShareOut
    accepted: ShareOut
    defects: int


class VisitPathOut(Schema):
    """In hours."""

    key: str
    label: str
    now: SpreadOut
    before: SpreadOut


class VisitInsightsOut(Schema):
    """Answers in working minutes (`minutes_per_day` of them are a usual day), paths in hours."""

    team: str | None
    window: InsightsWindowOut
    minutes_per_day: int
    begun: LineOut
    flows: list[VisitFlowOut]
    unit_flows: list[VisitFlowOut]
    answered: SpreadOut
    answered_before: SpreadOut
    answered_periods: list[PointOut]
    in_time: ShareOut
    in_time_before: ShareOut
    accepted: ShareOut
    accepted_before: ShareOut
    ends: list[LineOut]
    timed: ShareOut
    timed_before: ShareOut
    times: list[LineOut]
    changes: list[LineOut]
    defects: list[LineOut]
    with_defects: ShareOut
    homes: list[VisitHomeOut]
    paths: list[VisitPathOut]
    definitions: dict[str, str]


def _flow(one: Flow) -> VisitFlowOut:
    return VisitFlowOut(away=one.away.ref, home=one.home.ref, visits=one.visits)


def out(found: VisitFigures) -> VisitInsightsOut:
    """The figures as the REST interface and the command give them."""
    return VisitInsightsOut(
        team=found.scope.team.ref if found.scope.team else None,
        window=shapes.window(found.scope),
        minutes_per_day=found.per_day,
        begun=shapes.line(found.begun),
        flows=[_flow(one) for one in found.flows],
        unit_flows=[_flow(one) for one in found.unit_flows],
        answered=shapes.spread(found.answered),
        answered_before=shapes.spread(found.answered_before),
        answered_periods=[shapes.point(one) for one in found.answered_points],
        homes=[
            VisitHomeOut(
                team=one.place.ref, begun=one.begun, answered=shapes.spread(one.answered),
                in_time=shapes.share(one.in_time), accepted=shapes.share(one.accepted), defects=one.defects,
            )
            for one in found.homes
        ],
        paths=[
            VisitPathOut(key=one.key, label=one.words, now=shapes.spread(one.now), before=shapes.spread(one.before))
            for one in found.paths
        ],
        definitions=dict(found.definitions),
        in_time=shapes.share(found.in_time),
        in_time_before=shapes.share(found.in_time_before),
        accepted=shapes.share(found.accepted),
        accepted_before=shapes.share(found.accepted_before),
        timed=shapes.share(found.timed),
        timed_before=shapes.share(found.timed_before),
        with_defects=shapes.share(found.with_defects),
        ends=[shapes.line(one) for one in found.ends],
        times=[shapes.line(one) for one in found.times],
        changes=[shapes.line(one) for one in found.changes],
        defects=[shapes.line(one) for one in found.defects],
    )  # fmt: skip


@router.get("/engagements", response=VisitInsightsOut)
def get_visit_insights(request: Request, query: Annotated[InsightsQuery, Query()]) -> Any:
    """How visits go: flows, reviews, ends, changes of contracts, defects, and the time that each path takes."""
    return out(figures(scope(request.actor, query.asked(), timezone.now())))


class VisitCasesQuery(InsightsQuery, Paging):
    measure: Word = Field("begun", description=f"one of {', '.join(VISIT_MEASURES)}")
    group: Word = Field("", description="one group of the measure's cases, or several as a+b")
    part: Word = Field("", description="before, or the number of a period (0 is the first); else the whole window")
    away: Word = Field("", description="from this team, or from below this unit")
    home: Word = Field("", description="at this team, or below this unit")


class VisitCaseOut(Schema):
    """`kind` and `number` name what it is about: an engagement, or a request."""

    kind: str
    number: int
    title: str
    away_team: str | None
    home_team: str
    at: datetime
    group: str
    value: int | None
    unit: str


@router.get("/engagements/cases", response=PageOf[VisitCaseOut])
def list_visit_cases(request: Request, query: Annotated[VisitCasesQuery, Query()]) -> Any:
    """The cases that a figure of engagements counts, the newest first."""
    asked = scope(request.actor, query.asked(), timezone.now())
    which = WhichVisits(query.measure, query.group, query.part, query.away, query.home)
    unit = listing.visit_measure(which).unit
    page = listing.visit_page(asked, which, cursor=query.cursor, limit=query.limit)
    rows = [
        VisitCaseOut(
            kind=case.key[0], number=case.key[1], title=case.title,
            away_team=asked.places[case.away].ref if case.away is not None else None,
            home_team=asked.places[case.home].ref, at=case.at, group=case.group, value=case.value, unit=unit,
        )
        for case in page.items
    ]  # fmt: skip
    return page_of(page, rows)
