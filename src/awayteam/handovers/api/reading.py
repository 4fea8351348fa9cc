"""Reading handovers, deployments, defects, retrospectives and suggestions over HTTP."""

from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import Field

from awayteam.catalog import queries as catalog
from awayteam.engagements.models import Engagement
from awayteam.handovers import queries
from awayteam.handovers.api import schemas
from awayteam.handovers.api.schemas import (
    DefectDetail,
    DefectOut,
    DeploymentOut,
    HandoverOut,
    LookBackOut,
    SelfServiceOut,
)
from awayteam.handovers.views.handovers import engagement_of
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, Paging, Word, page_of
from awayteam.organisation import queries as organisation

router = Router(tags=["handovers"])


class HandoverAt(Schema):
    id: Id


class OfEngagement(Schema):
    engagement: Id


def engagement(request: Request, id: int) -> Engagement:
    """The engagement that the address names. Raises `NotFound`."""
    return engagement_of(request, id, timezone.now())


def detail(request: Request, id: int) -> HandoverOut:
    """What GET of one handover sends."""
    return schemas.handover_of(queries.handover_story(request.actor, id, timezone.now()))


def defect_detail(request: Request, id: int) -> DefectDetail:
    """What GET of one defect sends."""
    return schemas.defect_detail(queries.defect_story(request.actor, id, timezone.now()))


@router.get("/handovers", response=list[HandoverOut])
def list_handovers(request: Request, query: Annotated[OfEngagement, Query()]) -> Any:
    """The tries to hand an engagement over, the newest first."""
    row = engagement(request, query.engagement)
    return [detail(request, one.pk) for one in queries.handovers(request.actor, row, timezone.now())[:20]]


@router.get("/handovers/{id}", response=HandoverOut)
def get_handover(request: Request, at: Annotated[HandoverAt, Path()]) -> Any:
    """One handover: its checklist with evidence, what is missing, what can be done, and its story."""
    return detail(request, at.id)


@router.get("/deployments", response=list[DeploymentOut])
def list_deployments(request: Request, query: Annotated[OfEngagement, Query()]) -> Any:
    """Where the work of an engagement runs, the newest first."""
    rows = queries.deployments(engagement(request, query.engagement))
    return [schemas.deployment_of(row) for row in rows]


class DefectQuery(Paging):
    engagement: Id | None = None
    service: Word = ""
    team: Word = ""
    state: Annotated[
        Literal["open", "closed", "all", "away", "home", "disputed", "fixed", "dismissed", "lapsed"], Field()
    ] = "open"
    sort: Annotated[str, Field(pattern=r"^-?[a-z]{1,20}$", description="age, due, found, severity or title")] = "age"


@router.get("/defects", response=PageOf[DefectOut])
def list_defects(request: Request, query: Annotated[DefectQuery, Query()]) -> Any:
    """Defects of what visits built, the newest first unless sorted otherwise."""
    actor, now = request.actor, timezone.now()
    team = query.team
    page = queries.defects(
        actor, engagement=engagement(request, query.engagement) if query.engagement is not None else None,
        service=catalog.resolve(actor, query.service) if query.service else None,
        team=organisation.team(actor, team if ":" in team else f"group:{team}") if team else None,
        state=query.state, sort=query.sort, now=now, cursor=query.cursor, limit=query.limit,
    )  # fmt: skip
    return page_of(page, [schemas.defect_of(row) for row in page.items])


@router.get("/defects/{id}", response=DefectDetail)
def get_defect(request: Request, at: Annotated[HandoverAt, Path()]) -> Any:
    """One defect: whose it is and why, what can be done, and its story."""
    return defect_detail(request, at.id)


@router.get("/retrospectives/{id}", response=LookBackOut)
def get_retrospective(request: Request, at: Annotated[HandoverAt, Path()]) -> Any:
    """What people of both sides learned from the engagement with this id, as far as you may read it."""
    now = timezone.now()
    return schemas.look_back_of(queries.looking_back(request.actor, engagement(request, at.id), now))


@router.get("/self-service", response=list[SelfServiceOut])
def list_self_service(request: Request) -> Any:
    """Services that teams visit again and again and that should rather serve themselves, most visits first."""
    return [schemas.self_service_of(one) for one in queries.self_service(request.actor, timezone.now())]
