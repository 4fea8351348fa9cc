"""Standards and the baseline of engagements over HTTP."""

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any, Literal

from django.http import HttpResponseBase
from django.utils import timezone
from ninja import File, Form, Path, Query, Schema, Status
from ninja.decorators import decorate_view
from ninja.files import UploadedFile
from pydantic import Field

from awayteam.contributions.models import Repository
from awayteam.contributions.permissions import visible as visible_repositories
from awayteam.engagements import actions, queries, standards
from awayteam.engagements.api.inputs import EngagementVersioned
from awayteam.engagements.api.reading import EngagementAt, router
from awayteam.engagements.api.schemas import EngagementStandardOut
from awayteam.engagements.api.writing import guard
from awayteam.engagements.models import BaselineItem, Standard
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import decode_cursor, encode_cursor
from awayteam.kernel.requests import Request as Http
from awayteam.kernel.rest import Id, Name, PageOf, Paging
from awayteam.kernel.rest.problems import problem
from awayteam.sources.results import MAX_BYTES

MOST_FILES = 50
FRAME = 100_000
"""Bytes of a form that are not of its files: boundaries, names, the version."""
FIELDS = ("id", "title", "repository", "path", "commit", "sha256")
Kinds = Literal["check", "finding", "coverage", "defect"]
assert set(BaselineItem.Kind.values) == {"check", "finding", "coverage", "defect"}


class StandardAt(EngagementAt):
    standard: Id


class StandardSectionOut(Schema):
    """A part of a text, from `line` to `end`, both included; lines count from 1."""

    title: str
    level: int
    line: int
    end: int
    anchor: str


class StandardTextOut(EngagementStandardOut):
    text: str
    sections: list[StandardSectionOut]


class StandardCandidateOut(Schema):
    """A document that could be frozen; `suggested` ones are where no paths are named."""

    path: str
    about: str
    commit: str
    sha256: str
    suggested: bool


class StandardCandidatesOut(Schema):
    documents: list[StandardCandidateOut]
    left_out: list[str]


class CandidatesQuery(Schema):
    repository: Annotated[str, Field(min_length=1, max_length=200, description="the name under which it is followed")]


class StandardsIn(EngagementVersioned):
    repository: Annotated[str, Field(min_length=1, max_length=200, description="the name under which it is followed")]
    paths: Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(max_length=60)] | None = Field(
        None, description="documents to freeze; those that are suggested where not said"
    )


class StandardByHandIn(EngagementVersioned):
    title: Name
    text: Annotated[str, Field(min_length=1, max_length=standards.MAX_DOCUMENT)]


def repository_of(actor: Actor, name: str) -> Repository:
    """The followed repository of that name. Raises `NotFound`."""
    found = visible_repositories(actor, Repository.objects.filter(name=name)).first()
    if found is None:
        raise NotFound(f"No repository {name!r} is followed.", "Look at the repositories that are.")
    return found


def standard_of(one: Standard) -> dict[str, Any]:
    return {name: getattr(one, name) for name in FIELDS}


@router.get("/{id}/standards", response=list[EngagementStandardOut])
def list_standards(request: Http, at: Annotated[EngagementAt, Path()]) -> Any:
    """The frozen documents that the away team follows."""
    row = queries.load(request.actor, at.id, timezone.now())
    return [standard_of(one) for one in Standard.objects.filter(engagement=row).defer("text")]


@router.get("/{id}/standards/candidates", response=StandardCandidatesOut)
def list_standard_candidates(
    request: Http, at: Annotated[EngagementAt, Path()], query: Annotated[CandidatesQuery, Query()]
) -> Any:
    """What a followed repository offers as standards, read at the commit that it was last read at."""
    queries.load(request.actor, at.id, timezone.now())
    found = actions.find_standards(repository_of(request.actor, query.repository))
    documents = [
        {"path": one.path, "about": one.words, "commit": one.commit, "sha256": one.sha256, "suggested": one.suggested}
        for one in found.documents
    ]
    return {"documents": documents, "left_out": list(found.left_out)}


@router.post("/{id}/standards/by-hand", response={201: EngagementStandardOut}, operation_id="engagement_add_standard")
def add_standard(request: Http, at: Annotated[EngagementAt, Path()], body: StandardByHandIn) -> Any:
    """Freeze a standard that stands in no repository."""
    with guard(request, at.id) as (row, now):
        made = actions.add_standard(row, actor=request.actor, now=now, **body.model_dump())
        return Status(201, standard_of(made))


@router.get("/{id}/standards/{standard}", response=StandardTextOut)
def get_standard(request: Http, at: Annotated[StandardAt, Path()]) -> Any:
    """A frozen document with its whole text and its sections, so that a place in it can be cited."""
    row = queries.load(request.actor, at.id, timezone.now())
    found = Standard.objects.filter(engagement=row, pk=at.standard).first()
    if found is None:
        raise NotFound(f"There is no standard {at.standard} in engagement {at.id}.", "Look at its standards.")
    sections = [
        {"title": one.title, "level": one.level, "line": one.line, "end": one.end, "anchor": one.anchor}
        for one in standards.sections(found.text, found.path)
    ]
    return {**standard_of(found), "text": found.text, "sections": sections}


@router.post("/{id}/standards", response={201: list[EngagementStandardOut]}, operation_id="engagement_take_standards")
def take_standards(request: Http, at: Annotated[EngagementAt, Path()], body: StandardsIn) -> Any:
    """Freeze documents of a followed repository; only while the contract is a draft."""
    repository = repository_of(request.actor, body.repository)
    with guard(request, at.id) as (row, now):
        made = actions.take_standards(
            row, actor=request.actor, now=now, repository=repository, paths=body.paths, version=body.version
        )
        return Status(201, [standard_of(one) for one in made])


@router.delete("/{id}/standards/{standard}", response={204: None}, operation_id="engagement_remove_standard")
def remove_standard(request: Http, at: Annotated[StandardAt, Path()]) -> Any:
    """Take a standard out of a draft."""
    with guard(request, at.id) as (row, now):
        if not Standard.objects.filter(engagement=row, pk=at.standard).exists():
            raise NotFound(f"There is no standard {at.standard} in engagement {at.id}.", "Look at its standards.")
        actions.remove_standard(at.standard, actor=request.actor, now=now)
    return Status(204, None)


class BaselineItemOut(Schema):
    """What was so before the visit; `value` is a figure, in percent for coverage."""

    id: int
    kind: str
    key: str
    words: str
    path: str
    value: Decimal | None
    source: str


class BaselineQuery(Paging):
    kind: Kinds | None = None


class ResultFileIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=300)]
    content: Annotated[str, Field(max_length=10_000_000, description="JUnit XML, SARIF 2.1.0 or Cobertura XML")]


class BaselineFilesIn(EngagementVersioned):
    files: Annotated[list[ResultFileIn], Field(min_length=1, max_length=MOST_FILES)]


class BaselineItemIn(EngagementVersioned):
    kind: Kinds
    key: Annotated[str, Field(min_length=1, max_length=500)]
    words: Annotated[str, Field(max_length=2_000)] = ""
    path: Annotated[str, Field(max_length=1_000)] = ""
    value: Annotated[Decimal, Field(strict=False, ge=-999_999, le=999_999)] | None = None


class BaselineTakenOut(Schema):
    """How many items of each kind were taken, and what couldn't be."""

    counts: dict[str, int]
    problems: list[str]


class BaselineRemoval(Schema):
    item: Annotated[list[Id], Field(max_length=500, description="items to take out; all where none is named")] = []


def item_of(one: BaselineItem) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "kind", "key", "words", "path", "value", "source")}


@router.get("/{id}/baseline", response=PageOf[BaselineItemOut])
def list_baseline(request: Http, at: Annotated[EngagementAt, Path()], query: Annotated[BaselineQuery, Query()]) -> Any:
    """What was so before the visit, in the order in which it was recorded."""
    row = queries.load(request.actor, at.id, timezone.now())
    items = BaselineItem.objects.filter(engagement=row)
    total = items.count()
    if query.kind is not None:
        items = items.filter(kind=query.kind)
    if query.cursor:
        items = items.filter(pk__gt=decode_cursor(query.cursor, int)[0])
    found = list(items.order_by("pk")[: query.limit + 1])
    more = encode_cursor(found[query.limit - 1].pk) if len(found) > query.limit else None
    return {"items": [item_of(one) for one in found[: query.limit]], "next_cursor": more, "total": total}


@router.post("/{id}/baseline/files", response=BaselineTakenOut, operation_id="engagement_take_baseline")
def take_baseline(request: Http, at: Annotated[EngagementAt, Path()], body: BaselineFilesIn) -> Any:
    """Add what result files of a build say; nothing is taken where one of them can't be read."""
    files = [actions.Upload(one.name, one.content.encode("utf-8", "replace")) for one in body.files]
    with guard(request, at.id) as (row, now):
        found = actions.take_baseline(row, actor=request.actor, now=now, files=files, version=body.version)
        return {"counts": found.counts, "problems": found.problems}


def bounded(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Refuse a body that can't hold only files that are read, before any of it is."""

    @wraps(run)
    def inner(request: Http, **rest: Any) -> HttpResponseBase:
        length, most = request.headers.get("Content-Length", ""), MAX_BYTES + FRAME
        if length.isdecimal() and int(length[:19]) > most:
            advice = f"Send at most {MAX_BYTES:,} bytes of files at a time."
            return problem(request, 413, f"The body is larger than {most:,} bytes.", advice=advice)
        return run(request, **rest)

    return inner


@router.post("/{id}/baseline/uploads", response=BaselineTakenOut, operation_id="engagement_upload_baseline")
@decorate_view(bounded)
def upload_baseline(
    request: Http, at: Annotated[EngagementAt, Path()], files: Annotated[list[UploadedFile], File()],
    version: Annotated[int | None, Form(ge=1, strict=False, description="the version that you looked at")] = None,
) -> Any:  # fmt: skip
    """As `baseline/files`, with the files as parts `files` of a form (multipart/form-data), byte for byte."""
    with guard(request, at.id) as (row, now):
        uploads = uploads_of(files)
        found = actions.take_baseline(row, actor=request.actor, now=now, files=uploads, version=version)
        return {"counts": found.counts, "problems": found.problems}


def uploads_of(files: list[UploadedFile]) -> list[actions.Upload]:
    """The files, read. Raises `InvalidInput` for too many of them, and for more than is read in all."""
    if len(files) > MOST_FILES:
        what = f"at most {MOST_FILES} files at a time"
        raise InvalidInput(f"There are {len(files)} files.", f"Send {what}.", {"files": what})
    size = sum(one.size or 0 for one in files)
    if size > MAX_BYTES:
        what = f"at most {MAX_BYTES:,} bytes in all"
        raise InvalidInput(f"The files have {size:,} bytes.", f"Send {what}.", {"files": what})
    return [actions.Upload(one.name or "file", b"".join(one.chunks())) for one in files]


@router.post("/{id}/baseline", response={201: BaselineItemOut}, operation_id="engagement_add_baseline_item")
def add_baseline_item(request: Http, at: Annotated[EngagementAt, Path()], body: BaselineItemIn) -> Any:
    """Say by hand what was so before."""
    with guard(request, at.id) as (row, now):
        made = actions.add_baseline_item(row, actor=request.actor, now=now, **body.model_dump())
        return Status(201, item_of(made))


@router.delete("/{id}/baseline", response={204: None}, operation_id="engagement_remove_baseline")
def remove_baseline(
    request: Http, at: Annotated[EngagementAt, Path()], query: Annotated[BaselineRemoval, Query()]
) -> Any:
    """Take items out of a draft's baseline."""
    with guard(request, at.id) as (row, now):
        actions.remove_baseline(row, actor=request.actor, now=now, items=query.item or None)
    return Status(204, None)
