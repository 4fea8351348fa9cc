"""Goals over HTTP."""

from typing import Annotated, Any

from django.db import transaction
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, Moment, PageOf, Paging, Word, guarded, page_of
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Person
from awayteam.roadmaps import actions, queries
from awayteam.roadmaps.api import schemas, shaping
from awayteam.roadmaps.api.items import goal_of
from awayteam.roadmaps.api.roadmaps import named
from awayteam.roadmaps.api.schemas import AtId, GoalDetail, GoalOut
from awayteam.roadmaps.models import KeyResult, Measurement

router = Router(tags=["goals"])


class GoalsQuery(Paging):
    team: Word = ""
    owner: Word = Field("", description="reference of a person")
    state: Annotated[list[Word], Field(max_length=4)] = Field(
        default_factory=list, description="open, met, missed, dropped; all where empty"
    )


@router.get("/goals", response=PageOf[GoalOut])
def list_goals(request: Request, query: Annotated[GoalsQuery, Query()]) -> Any:
    """Goals by their end, the earliest first."""
    page = queries.goals(
        request.actor, team=named(request, query.team) if query.team else None,
        owner=person_of(request, query.owner), states=query.state, cursor=query.cursor, limit=query.limit,
    )  # fmt: skip
    return page_of(page, [shaping.goal_of(row) for row in page.items])


def person_of(request: Request, word: str) -> Person | None:
    return organisation.person(request.actor, word if ":" in word else f"user:{word}") if word else None


@router.post("/goals", response={201: GoalDetail})
def create_goal(request: Request, body: schemas.GoalIn) -> Any:
    """Set a goal for a team or unit."""
    made = actions.create_goal(
        actor=request.actor, now=timezone.now(), team=named(request, body.team), title=body.title, kind=body.kind,
        statement=body.statement, starts=body.starts, ends=body.ends, parent=goal_of(request, body.parent),
        owner=person_of(request, body.owner), reason=body.reason,
    )  # fmt: skip
    return Status(201, detail(request, made.pk))


def detail(request: Request, id: int) -> GoalDetail:
    """What GET answers, exactly, so that its ETag can be compared."""
    row = queries.goal(request.actor, id)
    return GoalDetail(**shaping.goal_detail(queries.views(request.actor, [row], timezone.now())[0]))


@router.get("/goals/{id}", response=GoalDetail)
def get_goal(request: Request, at: AtId) -> Any:
    """One goal with key results, their measurements, figures, and the open items that serve it."""
    return detail(request, at.id)


@router.patch("/goals/{id}", response=GoalDetail)
def edit_goal(request: Request, at: AtId, body: schemas.GoalPatch) -> Any:
    """Set facts of a goal."""
    row = queries.goal(request.actor, at.id)
    given = body.model_fields_set - {"reason"}
    fields: dict[str, Any] = {name: getattr(body, name) for name in sorted(given - {"parent", "owner"})}
    if None in fields.values():
        raise InvalidInput("A goal has a start and an end.", "Give days, or leave them out.", {"starts": "is null"})
    if "parent" in given:
        fields["parent"] = goal_of(request, body.parent)
    if "owner" in given:
        fields["owner"] = person_of(request, body.owner)
    with transaction.atomic(), guarded(request, row, lambda: detail(request, at.id)):
        actions.edit_goal(actor=request.actor, now=timezone.now(), goal=row, fields=fields, reason=body.reason)
        return detail(request, at.id)


@router.post("/goals/{id}/close", response=GoalDetail)
def close_goal(request: Request, at: AtId, body: schemas.CloseIn) -> Any:
    """Met, missed or dropped; debt that was ranked for it loses its rank."""
    row = queries.goal(request.actor, at.id)
    with transaction.atomic(), guarded(request, row, lambda: detail(request, at.id)):
        actions.close_goal(actor=request.actor, now=timezone.now(), goal=row, state=body.state, reason=body.reason)
        return detail(request, at.id)


@router.post("/goals/{id}/reopen", response=GoalDetail)
def reopen_goal(request: Request, at: AtId, body: schemas.ItemReasonIn) -> Any:
    """Let a closed goal go on."""
    row = queries.goal(request.actor, at.id)
    with transaction.atomic(), guarded(request, row, lambda: detail(request, at.id)):
        actions.reopen_goal(actor=request.actor, now=timezone.now(), goal=row, reason=body.reason)
        return detail(request, at.id)


@router.post("/goals/{id}/key-results", response={201: GoalDetail})
def add_key_result(request: Request, at: AtId, body: schemas.KeyResultIn) -> Any:
    """Say by which number one sees whether an objective is reached."""
    row = queries.goal(request.actor, at.id)
    actions.add_key_result(actor=request.actor, now=timezone.now(), goal=row, **body.dict())
    return Status(201, detail(request, at.id))


@router.post("/goals/{id}/figures", response=GoalDetail)
def set_figure(request: Request, at: AtId, body: schemas.FigureIn) -> Any:
    """Enter or change a figure of one period."""
    row = queries.goal(request.actor, at.id)
    actions.set_figure(actor=request.actor, now=timezone.now(), goal=row, **body.dict())
    return detail(request, at.id)


class MeasurementIn(Body):
    """`at` left out means now. `corrects` names a measurement that was wrong; both stay."""

    value: schemas.Number
    source: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")]
    at: Moment | None = None
    corrects: Id | None = None


@router.post("/key-results/{id}/measurements", response={201: GoalDetail})
def measure(request: Request, at: AtId, body: MeasurementIn) -> Any:
    """Record a value of a key result."""
    result = KeyResult.objects.select_related("goal__team").filter(pk=at.id).first()
    if result is None:
        raise NotFound("There is no such key result.")
    corrects = Measurement.objects.filter(pk=body.corrects, key_result=result).first() if body.corrects else None
    if body.corrects and corrects is None:
        raise InvalidInput(f"It has no measurement {body.corrects}.", "", {"corrects": "unknown"})
    actions.measure(
        actor=request.actor, now=timezone.now(), key_result=result, value=body.value, source=body.source, at=body.at,
        corrects=corrects,
    )  # fmt: skip
    return Status(201, detail(request, result.goal_id))
