"""What people and programs change of entities; each is one action with its reason."""

from typing import Annotated, Any

from django.db import transaction
from django.utils import timezone
from ninja import Query, Schema, Status
from pydantic import Field

from awayteam.catalog.actions import byhand, edits
from awayteam.catalog.api import schemas
from awayteam.catalog.api.entities import At, load, router
from awayteam.catalog.api.schemas import EntityDetail, Many
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Moment, Reason, Text, Word, guarded

Long = Annotated[Text, Field(max_length=100_000)]


class EntityIn(Body):
    """Something that no file declares. `owner` and `system` are references to what exists."""

    kind: Annotated[Word, Field(min_length=1, max_length=63)]
    name: Annotated[Word, Field(min_length=1, max_length=63)]
    namespace: Annotated[Word, Field(min_length=1, max_length=63)] = "default"
    title: Word = ""
    description: Long = ""
    type: Annotated[Word, Field(max_length=100)] = ""
    lifecycle: Annotated[Word, Field(max_length=100)] = ""
    owner: Word | None = None
    system: Word | None = None
    tags: Many = []
    restricted: bool = False
    reason: Reason


@router.post("", response={201: EntityDetail})
def declare_entity(request: Request, body: EntityIn) -> Any:
    """Add an entity by hand; when a source declares it later, the source's word counts."""
    given = body.dict()
    reason = given.pop("reason")
    description = byhand.Description(**given | {"tags": tuple(body.tags)})
    made = byhand.declare(actor=request.actor, now=timezone.now(), description=description, reason=reason)
    return Status(201, _detail(request, made.ref))


def _detail(request: Request, ref: str) -> EntityDetail:
    """The entity as GET would show it now; gone from sight (restricted) it is `NotFound`, though the change holds."""
    from awayteam.catalog import queries

    return schemas.detail_of(queries.resolve(request.actor, ref, timezone.now()))


class FactsIn(Body):
    """What is left out stays as it is; null takes owner or system away. One edit, and one event, for each fact."""

    title: Word = ""
    description: Long = ""
    type: Annotated[Word, Field(max_length=100)] = ""
    lifecycle: Annotated[Word, Field(max_length=100)] = ""
    tags: Many = []
    restricted: bool = False
    owner: Word | None = None
    system: Word | None = None
    reason: Reason


@router.patch("/{kind}/{namespace}/{name}", response=EntityDetail)
def edit_entity(request: Request, at: At, body: FactsIn) -> Any:
    """Set facts of an entity; all of them or, where one is refused, none."""
    given = {field: getattr(body, field) for field in body.model_fields_set - {"reason"}}
    if not given:
        raise InvalidInput("Nothing is to be changed.", "Name at least one fact besides the reason.")
    entity, now = load(request, at), timezone.now()
    with transaction.atomic(), guarded(request, entity, lambda: schemas.detail_of(load(request, at))):
        for field in sorted(given):
            edits.edit_fact(
                actor=request.actor, now=now, entity=entity, field=field, value=given[field], reason=body.reason
            )
        return _detail(request, entity.ref)


class TransferIn(Body):
    """`owner` is a reference to a group or user, null for nobody; `since` may lie in the past."""

    owner: Word | None
    since: Moment | None = None
    reason: Reason


@router.post("/{kind}/{namespace}/{name}/ownership", response=EntityDetail)
def transfer_ownership(request: Request, at: At, body: TransferIn) -> Any:
    """Make somebody else accountable, from a date."""
    entity = load(request, at)
    with transaction.atomic(), guarded(request, entity, lambda: schemas.detail_of(load(request, at))):
        edits.transfer_ownership(
            actor=request.actor,
            now=timezone.now(),
            entity=entity,
            owner=body.owner,
            since=body.since,
            reason=body.reason,
        )
        return _detail(request, entity.ref)


class ReasonQuery(Schema):
    reason: Reason


@router.delete("/{kind}/{namespace}/{name}/edits/{field}", response=EntityDetail)
def withdraw_edit(request: Request, at: At, field: Word, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Take a person's value back, so that the source's own is in force again."""
    entity = load(request, at)
    with transaction.atomic():
        edits.withdraw_edit(actor=request.actor, now=timezone.now(), entity=entity, field=field, reason=query.reason)
        return _detail(request, entity.ref)


class RenameIn(Body):
    name: Annotated[Word, Field(min_length=1, max_length=63)]
    namespace: Annotated[Word, Field(max_length=63)] = ""
    reason: Reason


@router.post("/{kind}/{namespace}/{name}/rename", response=EntityDetail)
def rename_entity(request: Request, at: At, body: RenameIn) -> Any:
    """Give something entered by hand another name; its former reference keeps leading to it."""
    entity = load(request, at)
    with transaction.atomic():
        renamed = byhand.rename(
            actor=request.actor,
            now=timezone.now(),
            entity=entity,
            name=body.name,
            namespace=body.namespace,
            reason=body.reason,
        )
        return _detail(request, renamed.ref)


class AliasIn(Body):
    ref: Word
    reason: Reason


class AliasOut(Schema):
    ref: str
    entity: str


@router.post("/{kind}/{namespace}/{name}/aliases", response={201: AliasOut})
def add_alias(request: Request, at: At, body: AliasIn) -> Any:
    """Let a further reference lead to the entity."""
    entity = load(request, at)
    made = byhand.add_alias(actor=request.actor, now=timezone.now(), entity=entity, ref=body.ref, reason=body.reason)
    return Status(201, AliasOut(ref=made.ref, entity=entity.ref))


@router.delete("/{kind}/{namespace}/{name}", response=EntityDetail)
def retire_entity(request: Request, at: At, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Make something entered by hand an orphan, as it is no more; what a file declares goes with its file."""
    entity = load(request, at)
    with transaction.atomic(), guarded(request, entity, lambda: schemas.detail_of(load(request, at))):
        byhand.retire(actor=request.actor, now=timezone.now(), entity=entity, reason=query.reason)
        return _detail(request, entity.ref)
