"""Sources over HTTP, and the address that forges call after a push."""

from datetime import datetime
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.imports import actions, hooks, queries
from awayteam.imports.actions import Wanted
from awayteam.kernel.errors import AwayteamError, InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, PageOf, Paging, Text, Word, guarded, page_of, problems

router = Router(tags=["sources"])

Globs = Annotated[list[Annotated[Word, Field(min_length=1)]], Field(max_length=200)]
NO_REASON = Annotated[Text, Field(max_length=2_000)]
LARGEST_ID = 2**63 - 1
REMOVAL_WAITS = 5.0
"""Seconds that a removal waits for an import to end before it gives up with 409."""


class SourceOut(Schema):
    """A source and how it is. `age_seconds` counts from the last success; `bad_files` show their last good version."""

    id: int
    name: str
    kind: str
    location: str
    ref: str
    globs: list[str]
    watched: bool
    revision: str
    health: str
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_error: str
    refresh_requested_at: datetime | None
    entities: int
    files: int
    bad_files: int
    errors: int
    duplicates: int


class SourceIn(Body):
    """A folder or file on the server, a repository there, or the address of one. No globs: every known format."""

    location: Annotated[Word, Field(min_length=1, max_length=4_000)]
    name: Annotated[Word, Field(max_length=200)] = ""
    ref: Annotated[Word, Field(max_length=200)] = ""
    globs: Globs = []
    watched: bool = False


class SourceChange(Body):
    """What is left out stays as it is."""

    name: Annotated[Word, Field(min_length=1, max_length=200)] | None = None
    ref: Annotated[Word, Field(max_length=200)] | None = None
    globs: Globs | None = None
    watched: bool | None = None
    reason: NO_REASON = ""


class FindingOut(Schema):
    id: int
    path: str
    document: int | None
    line: int | None
    entity: str
    message: str
    found_at: datetime


class FileOut(Schema):
    id: int
    path: str
    format: str
    good: bool
    read_at: datetime
    good_at: datetime | None
    entities: int
    errors: int


def source_of(row: queries.SourceRow) -> SourceOut:
    fields = {name: getattr(row, name) for name in SourceOut.model_fields if name != "globs"}
    return SourceOut(**fields, globs=list(row.globs))


def shown(request: Request, source_id: int) -> SourceOut:
    return source_of(queries.source(request.actor, source_id, now=timezone.now()))


@router.get("", response=list[SourceOut])
def list_sources(request: Request) -> Any:
    """All sources by name, with their health."""
    return [source_of(row) for row in queries.sources(request.actor, now=timezone.now())]


@router.post("", response={201: SourceOut})
def create_source(request: Request, body: SourceIn) -> Any:
    """Add a source and have it read; for administrators."""
    now = timezone.now()
    wanted = Wanted(body.location, body.name, body.ref, tuple(body.globs), body.watched)
    made = actions.create(wanted, actor=request.actor, now=now)
    actions.request_refresh(made, actor=request.actor, now=now)
    return Status(201, shown(request, made.pk))


@router.get("/{source_id}", response=SourceOut)
def get_source(request: Request, source_id: Id) -> Any:
    """One source."""
    return shown(request, source_id)


@router.patch("/{source_id}", response=SourceOut)
def update_source(request: Request, source_id: Id, body: SourceChange) -> Any:
    """Change what is given; for administrators."""
    source, now = queries.get(request.actor, source_id), timezone.now()
    with transaction.atomic(), guarded(request, source, lambda: shown(request, source_id)):
        actions.update(
            source,
            actor=request.actor,
            now=now,
            globs=body.globs,
            ref=body.ref,
            watched=body.watched,
            reason=body.reason,
        )
        if body.name is not None:
            actions.rename(source, body.name, actor=request.actor, now=now, reason=body.reason)
    return shown(request, source_id)


class ReasonQuery(Schema):
    reason: NO_REASON = ""


@router.delete("/{source_id}", response={204: None})
def remove_source(request: Request, source_id: Id, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Take a source away; what only it declared becomes an orphan. For administrators; 409 while an import runs."""
    source = queries.get(request.actor, source_id)
    actions.remove(source, actor=request.actor, now=timezone.now(), reason=query.reason, wait_seconds=REMOVAL_WAITS)
    return Status(204, None)


@router.post("/{source_id}/refresh", response={202: SourceOut})
def refresh_source(request: Request, source_id: Id) -> Any:
    """Have the worker read the source at once; for administrators."""
    actions.request_refresh(queries.get(request.actor, source_id), actor=request.actor, now=timezone.now())
    return Status(202, shown(request, source_id))


class SecretOut(Schema):
    secret: str = Field(description="enter it in the forge; the former one has stopped working")


@router.post("/{source_id}/push-secret", response=SecretOut)
def renew_push_secret(request: Request, source_id: Id) -> Any:
    """A new secret for the push webhook; for administrators."""
    source = queries.get(request.actor, source_id)
    return SecretOut(secret=actions.renew_secret(source, actor=request.actor, now=timezone.now()))


@router.get("/{source_id}/findings", response=PageOf[FindingOut])
def list_findings(request: Request, source_id: Id, paging: Annotated[Paging, Query()]) -> Any:
    """What is wrong with a source, by file, document and line."""
    source = queries.get(request.actor, source_id)
    page = queries.findings(request.actor, source, cursor=paging.cursor, limit=paging.limit)
    return page_of(page, [FindingOut(**{f: getattr(row, f) for f in FindingOut.model_fields}) for row in page.items])


class FilesQuery(Paging):
    only_bad: bool = False


@router.get("/{source_id}/files", response=PageOf[FileOut])
def list_files(request: Request, source_id: Id, query: Annotated[FilesQuery, Query()]) -> Any:
    """The files of a source by path, with what came of each."""
    page = queries.files(
        request.actor,
        queries.get(request.actor, source_id),
        only_bad=query.only_bad,
        cursor=query.cursor,
        limit=query.limit,
    )
    return page_of(page, [FileOut(**{f: getattr(row, f) for f in FileOut.model_fields}) for row in page.items])


@csrf_exempt
def receive_push(request: HttpRequest, source_id: int) -> HttpResponse:
    """`POST /hooks/{source}`: a forge says that something was pushed. Open to all, believed by its signature only.

    202 with `{"import": true}` where an import was asked for, 200 with false where the call concerns nothing we read.
    """
    if request.method != "POST":
        response = problems.problem(request, 405, "Forges POST here.")
        response["Allow"] = "POST"
        return response
    try:
        body = request.read(hooks.MAX_BODY + 1)
        if len(body) > hooks.MAX_BODY:
            raise InvalidInput("The body is too large.", f"At most {hooks.MAX_BODY} bytes are read.")
        asked = actions.receive_push(min(source_id, LARGEST_ID), dict(request.headers), body, now=timezone.now())
    except AwayteamError as error:
        return problems.of_error(request, error)
    return JsonResponse({"import": asked}, status=202 if asked else 200)
