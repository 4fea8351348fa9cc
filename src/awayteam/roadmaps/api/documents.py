"""Press releases over HTTP."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Path, Query, Schema, Status
from pydantic import Field

from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.organisation.models import Team
from awayteam.roadmaps import actions, queries
from awayteam.roadmaps.api import schemas, shaping
from awayteam.roadmaps.api.roadmaps import load, router
from awayteam.roadmaps.api.schemas import AtTeam, DocumentDetail, DocumentOut
from awayteam.roadmaps.models import Document, Goal, Item


class At(schemas.Named):
    slug: Annotated[str, Field(min_length=1, max_length=120)]


Where = Annotated[At, Path()]


@router.get("/roadmaps/{namespace}/{name}/documents", response=list[DocumentOut])
def list_documents(request: Request, at: AtTeam) -> Any:
    """Documents of a team, the last written first."""
    return [shaping.document_of(row) for row in queries.documents(request.actor, load(request, at))]


@router.post("/roadmaps/{namespace}/{name}/documents", response={201: DocumentDetail})
def create_document(request: Request, at: AtTeam, body: schemas.DocumentIn) -> Any:
    """Begin a document with its first version."""
    team = load(request, at)
    goals, items = _linked(body.goals, body.items)
    made = actions.create_document(
        actor=request.actor, now=timezone.now(), team=team, title=body.title, text=body.text, goals=goals, items=items,
        reason=body.reason,
    )  # fmt: skip
    return Status(201, _detail(request, team, made.slug))


def _linked(goals: list[int], items: list[int]) -> tuple[list[Goal], list[Item]]:
    found, rows = Goal.objects.in_bulk(goals), Item.objects.in_bulk(items)
    problems = {f"goals.{id}": "unknown" for id in goals if id not in found}
    problems |= {f"items.{id}": "unknown" for id in items if id not in rows}
    if problems:
        raise InvalidInput("There is no such goal or item.", "Leave it out.", problems)
    return list(found.values()), list(rows.values())


def _detail(request: Request, team: Team, slug: str, number: int | None = None) -> Any:
    row = queries.document(request.actor, team, slug)
    return shaping.document_detail(row, queries.read(row, number).shown)


class NumberQuery(Schema):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(None, description="left out: the newest")


@router.get("/roadmaps/{namespace}/{name}/documents/{slug}", response=DocumentDetail)
def get_document(request: Request, at: Where, query: Annotated[NumberQuery, Query()]) -> Any:
    """One version of a document."""
    return _detail(request, load(request, at), at.slug, query.version)


@router.post("/roadmaps/{namespace}/{name}/documents/{slug}/versions", response={201: DocumentDetail})
def write_document(request: Request, at: Where, body: schemas.VersionIn) -> Any:
    """Write another version."""
    row = _document(request, at)
    actions.write_document(
        actor=request.actor, now=timezone.now(), document=row, title=body.title, text=body.text, base=body.base,
        reason=body.reason,
    )  # fmt: skip
    return Status(201, _detail(request, row.team, at.slug))


@router.put("/roadmaps/{namespace}/{name}/documents/{slug}/links", response=DocumentDetail)
def link_document(request: Request, at: Where, body: schemas.LinksIn) -> Any:
    """Say which goals and items a document is about, in place of those it named before."""
    row = _document(request, at)
    goals, items = _linked(body.goals, body.items)
    actions.link_document(
        actor=request.actor, now=timezone.now(), document=row, goals=goals, items=items, reason=body.reason
    )
    return _detail(request, row.team, at.slug)


def _document(request: Request, at: At) -> Document:
    return queries.document(request.actor, load(request, at), at.slug)
