"""Quotas over HTTP: limits, their previews, spikes, and proxies."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Status

from awayteam.catalog.models import Entity
from awayteam.catalog.queries import resolve
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, Name, PageOf, guarded, page_of
from awayteam.kernel.rest.auth import SIGNED_IN_TO_READ
from awayteam.quotas import actions, queries
from awayteam.quotas.api.schemas import (
    QuotaIn,
    QuotaNodeIn,
    QuotaNodeMadeOut,
    QuotaNodeOut,
    QuotaOut,
    QuotaPreviewOut,
    QuotaQuery,
    QuotaReasonIn,
    QuotaSpikeOut,
    QuotaSpikesQuery,
    QuotaSpikeToldOut,
    QuotaTermsIn,
    QuotaToldOut,
    node_out,
    preview_out,
    quota_out,
    spike_out,
    spike_told_out,
    told_out,
)
from awayteam.quotas.rules import Rate, Unit, burst_of

router = Router(tags=["quotas"])


@router.get("", response=PageOf[QuotaOut])
def list_quotas(request: Request, query: Annotated[QuotaQuery, Query()]) -> Any:
    """Limits per consumer and operation, by API."""
    now = timezone.now()
    wanted = queries.filter_of(
        request.actor, now, api=query.api, consumer=query.consumer, state=query.state, sort=query.sort
    )
    page = queries.limits(request.actor, wanted, now, cursor=query.cursor, limit=query.limit)
    return page_of(page, [quota_out(row) for row in page.items])


@router.post("", response={201: QuotaToldOut})
def set_quota(request: Request, body: QuotaIn) -> Any:
    """Set a limit; a new one starts in shadow, and an enforced one that becomes tighter goes back there."""
    now = timezone.now()
    api, consumer = parties(request.actor, body)
    rate = (body.requests, Unit(body.unit), body.burst)
    made = actions.set_limit(api, consumer, body.operation, rate, actor=request.actor, now=now, reason=body.reason)
    return Status(201, story(request.actor, made.pk))


@router.post("/preview", response=QuotaPreviewOut, auth=SIGNED_IN_TO_READ)
def preview_quota(request: Request, body: QuotaTermsIn) -> Any:
    """What a limit would have done to past use. Nothing is changed."""
    api, consumer = parties(request.actor, body)
    return preview_out(queries.preview(request.actor, api, consumer, body.operation, rate_of(body), timezone.now()))


@router.get("/spikes", response=PageOf[QuotaSpikeOut])
def list_quota_spikes(request: Request, query: Annotated[QuotaSpikesQuery, Query()]) -> Any:
    """Consumers that asked far more than usual, the newest first."""
    page = queries.spikes(
        request.actor, timezone.now(), state=query.state, cursor=query.cursor, limit=query.limit
    )  # fmt: skip
    return page_of(page, [spike_out(one) for one in page.items])


@router.get("/spikes/{id}", response=QuotaSpikeToldOut)
def show_quota_spike(request: Request, id: Id) -> Any:
    """One spike with the limit that is ready for it."""
    return spike_story(request.actor, id)


def _answer(request: Request, id: int, action: Any, reason: str) -> QuotaSpikeToldOut:
    row = queries.spike(request.actor, id, timezone.now()).spike
    with guarded(request, row, lambda: spike_story(request.actor, id)):
        action(id, actor=request.actor, now=timezone.now(), reason=reason)
    return spike_story(request.actor, id)


@router.post("/spikes/{id}/shadow", response=QuotaSpikeToldOut)
def shadow_quota_spike(request: Request, id: Id, body: QuotaReasonIn) -> Any:
    """Set the ready limit in shadow."""
    return _answer(request, id, actions.shadow_spike, body.reason)


@router.post("/spikes/{id}/enforce", response=QuotaSpikeToldOut)
def enforce_quota_spike(request: Request, id: Id, body: QuotaReasonIn) -> Any:
    """Enforce the limit that stands in shadow for it."""
    return _answer(request, id, actions.enforce_spike, body.reason)


@router.post("/spikes/{id}/planned", response=QuotaSpikeToldOut)
def plan_quota_spike(request: Request, id: Id, body: QuotaReasonIn) -> Any:
    """The growth is meant: no limit, for a reason."""
    return _answer(request, id, actions.answer_spike, body.reason)


@router.get("/nodes", response=list[QuotaNodeOut])
def list_quota_nodes(request: Request) -> Any:
    """Proxies that fetch limits; for administrators."""
    return [node_out(one) for one in queries.nodes(request.actor)]


@router.post("/nodes", response={201: QuotaNodeMadeOut})
def add_quota_node(request: Request, body: QuotaNodeIn) -> Any:
    """Give a proxy a token for the APIs that it stands before; for administrators."""
    made = actions.add_node(body.name, body.upstreams, actor=request.actor, now=timezone.now())
    return Status(201, QuotaNodeMadeOut(**node_out(made.node), token=made.token))


@router.post("/nodes/{name}/revoke", response=QuotaNodeOut)
def revoke_quota_node(request: Request, name: Name, body: QuotaReasonIn) -> Any:
    """Take a proxy's token back; for administrators."""
    return node_out(actions.revoke_node(name, actor=request.actor, now=timezone.now(), reason=body.reason))


@router.get("/{id}", response=QuotaToldOut)
def show_quota(request: Request, id: Id) -> Any:
    """One limit with what the caller may do, and what it would have done to past use."""
    return story(request.actor, id)


def _step(request: Request, id: int, action: Any, reason: str) -> QuotaToldOut:
    row = queries.limit(request.actor, id, timezone.now()).row.limit
    with guarded(request, row, lambda: story(request.actor, id)):
        action(id, actor=request.actor, now=timezone.now(), reason=reason)
    return story(request.actor, id)


@router.post("/{id}/enforce", response=QuotaToldOut)
def enforce_quota(request: Request, id: Id, body: QuotaReasonIn) -> Any:
    """Let proxies refuse what is over a limit that stands in shadow."""
    return _step(request, id, actions.enforce, body.reason)


@router.post("/{id}/shadow", response=QuotaToldOut)
def shadow_quota(request: Request, id: Id, body: QuotaReasonIn) -> Any:
    """Let proxies only count what is over it."""
    return _step(request, id, actions.shadow, body.reason)


@router.post("/{id}/off", response=QuotaToldOut)
def switch_off_quota(request: Request, id: Id, body: QuotaReasonIn) -> Any:
    """Let proxies forget it."""
    return _step(request, id, actions.switch_off, body.reason)


def parties(actor: Actor, body: QuotaTermsIn) -> tuple[Entity, Entity | None]:
    """The API and the consumer that are meant. Raises `NotFound`, `InvalidInput`."""
    now = timezone.now()
    return resolve(actor, body.api, now), resolve(actor, body.consumer, now) if body.consumer else None


def rate_of(body: QuotaTermsIn) -> Rate:
    """The rate that is meant, its burst filled in."""
    unit = Unit(body.unit)
    burst = body.burst or burst_of(body.requests, unit, rulebook.current().quotas.burst_seconds)
    return Rate(body.requests, unit, burst)


def story(actor: Actor, pk: int) -> QuotaToldOut:
    return told_out(queries.limit(actor, pk, timezone.now()))


def spike_story(actor: Actor, pk: int) -> QuotaSpikeToldOut:
    return spike_told_out(queries.spike(actor, pk, timezone.now()))
