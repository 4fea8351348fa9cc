"""The kernel over HTTP: rulebook, clocks, outbox, webhooks.

Events are shown by `awayteam.catalog.api.events`, which knows what may be seen.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Q, QuerySet
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.kernel import clocks, outbox, rulebook, webhooks
from awayteam.kernel.errors import NotAllowed, NotFound
from awayteam.kernel.models import Clock, ClockState, OutboxMessage, Webhook
from awayteam.kernel.paging import decode_cursor
from awayteam.kernel.paging import page_of as cut
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, Name, PageOf, Paging, Text, Word, guarded, page_of

router = Router()
NO_REASON = Annotated[Text, Field(max_length=2_000)]


class RulebookOut(Schema):
    """Every rule in force as `section.key`; `version` is the hash that decisions record."""

    version: str
    values: dict[str, Any]
    overridden: list[str]


@router.get("/rulebook", response=RulebookOut, tags=["rulebook"])
def get_rulebook(request: Request) -> Any:  # noqa: ARG001
    """The rulebook in force."""
    book = rulebook.current()
    return RulebookOut(version=book.version, values=rulebook.values(book), overridden=sorted(book.overridden))


class ClockOut(Schema):
    """Time that somebody has to act. `says` is how much is left, in words."""

    id: int
    kind: str
    subject_kind: str
    subject_id: int
    turn_person_id: int | None
    turn_team_id: int | None
    state: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None
    says: str
    overdue: bool


class ClocksQuery(Paging):
    state: Literal["running", "paused", "stopped", "expired"] = "running"
    everybody: bool = Field(False, description="not only one's own and one's teams'; for administrators")


@router.get("/clocks", response=PageOf[ClockOut], tags=["clocks"])
def list_clocks(request: Request, query: Annotated[ClocksQuery, Query()]) -> Any:
    """Whose turn it is: the clocks of oneself and one's teams, the most urgent first."""
    actor, now = request.actor, timezone.now()
    rows = Clock.objects.filter(state=ClockState(query.state))
    if query.everybody:
        _administrators(request)
    else:
        mine = Q(turn_team_id__in=sorted(actor.teams | actor.manages))
        rows = rows.filter(mine | Q(turn_person_id=actor.person_id) if actor.person_id is not None else mine)
    if query.cursor:
        due, pk = decode_cursor(query.cursor, datetime, int)
        rows = rows.filter(Q(due_at__gt=due) | Q(due_at=due, pk__gt=pk))
    page = cut(list(rows.order_by("due_at", "pk")[: query.limit + 1]), query.limit, lambda row: (row.due_at, row.pk))
    return page_of(page, [clock_of(row, now) for row in page.items])


def clock_of(row: Clock, now: datetime) -> ClockOut:
    face = clocks.describe(row, now)
    return ClockOut(
        id=row.pk,
        kind=row.kind,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        turn_person_id=row.turn_person_id,
        turn_team_id=row.turn_team_id,
        state=row.state,
        started_at=row.started_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        says=face.text,
        overdue=face.overdue,
    )


class MessageOut(Schema):
    """A message that must leave; a dead one was given up and can be retried."""

    id: int
    idempotency_key: str
    channel: str
    webhook: str | None
    payload: dict[str, Any]
    state: str
    attempts: int
    next_at: datetime
    last_error: str
    created_at: datetime
    delivered_at: datetime | None


class OutboxQuery(Paging):
    state: Literal["waiting", "delivered", "dead"] = "dead"


@router.get("/outbox", response=PageOf[MessageOut], tags=["outbox"])
def list_messages(request: Request, query: Annotated[OutboxQuery, Query()]) -> Any:
    """Messages of one state, the newest first; for administrators."""
    _administrators(request)
    rows = _before(OutboxMessage.objects.filter(state=query.state).select_related("webhook"), query)
    page = cut(list(rows.order_by("-pk")[: query.limit + 1]), query.limit, lambda row: (row.pk,))
    return page_of(page, [message_of(row) for row in page.items])


def _before(rows: "QuerySet[OutboxMessage]", paging: Paging) -> "QuerySet[OutboxMessage]":
    if not paging.cursor:
        return rows
    (pk,) = decode_cursor(paging.cursor, int)
    return rows.filter(pk__lt=pk)


def _administrators(request: Request) -> None:
    """Reading this is for administrators, also with a token that may only read; the actions ask for more themselves."""
    if not request.actor.is_administrator:
        raise NotAllowed("Only administrators see this.")


class ReasonIn(Body):
    reason: NO_REASON = ""


@router.post("/outbox/{message_id}/retry", response=MessageOut, tags=["outbox"])
def retry_message(request: Request, message_id: Id, body: ReasonIn) -> Any:
    """Let a dead message try again; for administrators."""
    _administrators(request)
    message = OutboxMessage.objects.select_related("webhook").filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    return message_of(outbox.retry(message, actor=request.actor, now=timezone.now(), reason=body.reason))


def message_of(row: OutboxMessage) -> MessageOut:
    return MessageOut(
        id=row.pk,
        idempotency_key=row.idempotency_key,
        channel=row.channel,
        webhook=row.webhook.name if row.webhook else None,
        payload=row.payload,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        last_error=row.last_error,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
    )


class ReasonQuery(Schema):
    reason: NO_REASON = ""


class WebhookOut(Schema):
    """An address that is told of events; no events means all."""

    id: int
    name: str
    url: str
    events: list[str]
    active: bool
    created_at: datetime


class NewWebhookOut(WebhookOut):
    secret: str = Field(description="signs every message; shown this once")


class WebhookIn(Body):
    name: Name
    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    events: Annotated[list[Word], Field(max_length=100)] = []
    secret: Annotated[str, Field(max_length=200)] = Field("", description="whsec_ and base64; made here where empty")
    reason: NO_REASON = ""


class WebhookChange(Body):
    """What is left out stays as it is."""

    name: Name | None = None
    url: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None
    events: Annotated[list[Word], Field(max_length=100)] | None = None
    active: bool | None = None
    reason: NO_REASON = ""


@router.get("/webhooks", response=list[WebhookOut], tags=["webhooks"])
def list_webhooks(request: Request) -> Any:
    """Every webhook; for administrators."""
    _administrators(request)
    return [webhook_of(row) for row in Webhook.objects.order_by("name")]


@router.post("/webhooks", response={201: NewWebhookOut}, tags=["webhooks"])
def create_webhook(request: Request, body: WebhookIn) -> Any:
    """Tell an address of events; for administrators."""
    made = webhooks.create(
        name=body.name,
        url=body.url,
        wanted=body.events,
        secret=body.secret,
        reason=body.reason,
        actor=request.actor,
        now=timezone.now(),
    )
    return Status(201, NewWebhookOut(**webhook_of(made.webhook).dict(), secret=made.secret))


@router.get("/webhooks/{webhook_id}", response=WebhookOut, tags=["webhooks"])
def get_webhook(request: Request, webhook_id: Id) -> Any:
    """One webhook; for administrators."""
    return webhook_of(load(request, webhook_id))


@router.patch("/webhooks/{webhook_id}", response=WebhookOut, tags=["webhooks"])
def update_webhook(request: Request, webhook_id: Id, body: WebhookChange) -> Any:
    """Change what is given; for administrators."""
    row = load(request, webhook_id)
    with guarded(request, row, lambda: webhook_of(load(request, webhook_id))):
        changed = webhooks.update(
            row,
            name=body.name,
            url=body.url,
            wanted=body.events,
            active=body.active,
            reason=body.reason,
            actor=request.actor,
            now=timezone.now(),
        )
    return webhook_of(changed)


@router.post("/webhooks/{webhook_id}/rotate", response=NewWebhookOut, tags=["webhooks"])
def rotate_webhook(request: Request, webhook_id: Id, body: ReasonIn) -> Any:
    """Replace the secret at once; for administrators."""
    made = webhooks.rotate_secret(
        load(request, webhook_id), actor=request.actor, now=timezone.now(), reason=body.reason
    )
    return NewWebhookOut(**webhook_of(made.webhook).dict(), secret=made.secret)


@router.delete("/webhooks/{webhook_id}", response={204: None}, tags=["webhooks"])
def remove_webhook(request: Request, webhook_id: Id, query: Annotated[ReasonQuery, Query()]) -> Any:
    """Forget a webhook and its messages; for administrators."""
    row = load(request, webhook_id)
    with guarded(request, row, lambda: webhook_of(load(request, webhook_id))):
        webhooks.remove(row, actor=request.actor, now=timezone.now(), reason=query.reason)
    return Status(204, None)


def load(request: Request, webhook_id: int) -> Webhook:
    _administrators(request)
    row = Webhook.objects.filter(pk=webhook_id).first()
    if row is None:
        raise NotFound("There is no such webhook.")
    return row


def webhook_of(row: Webhook) -> WebhookOut:
    return WebhookOut(
        id=row.pk, name=row.name, url=row.url, events=row.events, active=row.active, created_at=row.created_at
    )
