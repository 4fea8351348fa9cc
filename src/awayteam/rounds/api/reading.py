"""Reading rounds, hours and reports over HTTP."""

from datetime import timedelta
from typing import Annotated, Any

from django.utils import timezone
from ninja import Path, Query, Router, Schema

from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import Id, PageOf, page_of
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team
from awayteam.rounds import queries
from awayteam.rounds.api import schemas
from awayteam.rounds.api.schemas import HoursOut, LatencyOut, RoundDetail, RoundOut, RoundReportDetail, RoundReportOut
from awayteam.rounds.queries import RoundFilter
from awayteam.rounds.queries.hours import engagement_of

router = Router(tags=["rounds"])


class RoundAt(Schema):
    id: Id


Where = Annotated[RoundAt, Path()]


def detail(http: Http, id: int) -> RoundDetail:
    """A round as GET shows it."""
    now = timezone.now()
    return schemas.detail_of(queries.story(http.actor, queries.load(http.actor, id, now), now))


def hours_detail(http: Http, id: int) -> HoursOut:
    now = timezone.now()
    return schemas.hours_of(queries.hours(http.actor, engagement_of(http.actor, id, now), now))


def teams_of(http: Http, words: list[str]) -> list[Team]:
    return [organisation.team(http.actor, word if ":" in word else f"group:{word}") for word in words]


@router.get("/rounds", response=PageOf[RoundOut], operation_id="round_list")
def list_rounds(request: Http, query: Annotated[schemas.RoundsQuery, Query()]) -> Any:
    """Review rounds, the newest first."""
    wanted = RoundFilter(
        engagement=query.engagement, state=tuple(query.state), kind=tuple(query.kind),
        home=tuple(team.pk for team in teams_of(request, query.home)),
        turn=(request.actor.person_id or 0) if query.mine else None,
    )  # fmt: skip
    page = queries.list_rounds(request.actor, wanted, cursor=query.cursor, limit=query.limit, now=timezone.now())
    return page_of(page, [schemas.round_of(row) for row in page.items])


@router.get("/rounds/latency", response=list[LatencyOut], operation_id="round_latency")
def latency(request: Http, query: Annotated[schemas.LatencyQuery, Query()]) -> Any:
    """How fast home teams answered, measured; teams that were never asked are left out."""
    chosen = teams_of(request, query.home)
    since = timezone.now() - timedelta(days=query.days)
    found = queries.latencies([team.pk for team in chosen] if chosen else None, since=since)
    teams = Team.objects.in_bulk(found)
    rows = sorted(found.items(), key=lambda one: (-(one[1].median or 0), one[0]))
    return [schemas.latency_of(teams[pk], one) for pk, one in rows]


@router.get("/rounds/{id}", response=RoundDetail, operation_id="round_show")
def show_round(request: Http, at: Where) -> Any:
    """One round with its remarks, waits, steps, and what the caller may do."""
    return detail(request, at.id)


@router.get("/engagements/{id}/hours", response=HoursOut, operation_id="hours_show")
def show_hours(request: Http, at: Where) -> Any:
    """What the home team pledged and gave."""
    return hours_detail(request, at.id)


@router.get("/engagements/{id}/reports", response=list[RoundReportOut], operation_id="report_list")
def list_reports(request: Http, at: Where) -> Any:
    """Reports of an engagement, the newest first."""
    visit = engagement_of(request.actor, at.id, timezone.now())
    return [schemas.report_of(row) for row in queries.reports(visit)]


@router.get("/reports/{id}", response=RoundReportDetail, operation_id="report_show")
def show_report(request: Http, at: Where) -> Any:
    """One report, as Markdown and as figures."""
    return schemas.report_detail(queries.report(request.actor, at.id, timezone.now()))
