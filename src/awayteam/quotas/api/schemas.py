"""Shapes of quotas over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from awayteam.kernel.rest import Body, Name, Paging, Reason, Word
from awayteam.quotas.models import Limit, Node, Spike
from awayteam.quotas.queries import LimitRow, LimitTold, Offer, PreviewTold, SpikeTold
from awayteam.quotas.rules import MOST_REQUESTS, State

Units = Literal["second", "minute", "hour", "day"]
Requests = Annotated[int, Field(ge=1, le=MOST_REQUESTS)]


class QuotaRateOut(Schema):
    """`burst` is how many may come at once after a rest."""

    requests: int
    unit: str
    burst: int


class QuotaOut(QuotaRateOut):
    """`operation` "": all of the API that has no limit of its own. `consumer` null: each that no limit names.

    `allowed`, `over` (let through in shadow) and `denied` are requests that proxies counted in the last 24 hours.
    """

    id: int
    api: str
    consumer: str | None
    operation: str
    state: str
    state_since: datetime
    origin: str
    allocation: int | None
    reason: str
    set_by: str | None
    changed_at: datetime
    version: int
    allowed: int
    over: int
    denied: int


class QuotaOfferOut(Schema):
    verb: str
    possible: bool
    why_not: str


class QuotaPreviewConsumerOut(Schema):
    """`least` supposes that the calls of an hour came evenly, `most` that all came in 1 / `peak_factor` of it."""

    consumer: str
    calls: int
    least: int
    most: int
    hours_over: int


class QuotaPreviewOut(QuotaRateOut):
    """What a limit would have done from `since` to `until`, by hourly counts."""

    since: datetime
    until: datetime
    calls: int
    least: int
    most: int
    limited: int
    peak_factor: float
    consumers: list[QuotaPreviewConsumerOut]


class QuotaToldOut(QuotaOut):
    offers: list[QuotaOfferOut]
    preview: QuotaPreviewOut


class QuotaSpikeOut(QuotaRateOut):
    """An hour far beyond the usual one (calls), with the limit that is ready. `owner` is the consumer's."""

    id: int
    api: str
    consumer: str
    owner: str | None
    hour: datetime
    calls: int
    usual: float
    state: str
    limit: int | None
    answer: str
    found_at: datetime
    answered_at: datetime | None


class QuotaSpikeToldOut(QuotaSpikeOut):
    offers: list[QuotaOfferOut]


class QuotaNodeOut(Schema):
    """A proxy. `version` is that of the limits that it has, `seen_at` when it last asked."""

    id: int
    name: str
    apis: list[str]
    created_at: datetime
    seen_at: datetime | None
    version: str


class QuotaNodeMadeOut(QuotaNodeOut):
    """`token` is shown this once."""

    token: str


class QuotaQuery(Paging):
    api: Word = Field("", description="limits of this API")
    consumer: Word = Field("", description="limits of this consumer")
    state: Word = Field("", description=f"one of {', '.join(State)}")
    sort: Word = Field("", description="api, consumer, state, changed; with - before it the other way round")


class QuotaSpikesQuery(Paging):
    state: Word = ""


class QuotaTermsIn(Body):
    """`consumer` "": each that no limit names. `burst` null: as the rulebook says."""

    api: Annotated[Word, Field(min_length=1)]
    consumer: Word = ""
    operation: Annotated[str, Field(max_length=500)] = ""
    requests: Requests
    unit: Units = "second"
    burst: Requests | None = None


class QuotaIn(QuotaTermsIn):
    reason: Reason


class QuotaReasonIn(Body):
    reason: Reason


class QuotaNodeIn(Body):
    """`upstreams` are tables with api, address, hosts, prefix and tls, as in the file of `awayteam envoy`."""

    name: Name
    upstreams: Annotated[list[dict[str, Any]], Field(max_length=1000)]


def quota_out(row: LimitRow) -> dict[str, Any]:
    one: Limit = row.limit
    return {
        "id": one.pk, "api": one.api.ref, "consumer": one.consumer.ref if one.consumer else None,
        "operation": one.operation, "requests": one.requests, "unit": one.unit, "burst": one.burst, "state": one.state,
        "state_since": one.state_since, "origin": one.origin, "allocation": one.allocation, "reason": one.reason,
        "set_by": one.set_by.ref if one.set_by else None, "changed_at": one.changed_at, "version": one.version,
        "allowed": row.allowed, "over": row.over, "denied": row.denied,
    }  # fmt: skip


def told_out(told: LimitTold) -> QuotaToldOut:
    return QuotaToldOut(**quota_out(told.row), offers=offers_out(told.offers), preview=preview_out(told.preview))


def offers_out(offers: Any) -> list[QuotaOfferOut]:
    return [QuotaOfferOut(verb=one.verb, possible=one.possible, why_not=why_not(one)) for one in offers]


def why_not(one: Offer) -> str:
    return one.why_not or ("" if one.decision.allowed else one.decision.reason)


def preview_out(told: PreviewTold) -> QuotaPreviewOut:
    from awayteam.kernel import rulebook
    from awayteam.quotas.past import moment_of

    rows = [
        QuotaPreviewConsumerOut(
            consumer=entity.ref, calls=one.calls, least=one.least, most=one.most, hours_over=one.hours_over
        )
        for entity, one in told.consumers
    ]
    return QuotaPreviewOut(
        requests=told.rate.requests, unit=told.rate.unit.value, burst=told.rate.burst, since=moment_of(told.since),
        until=moment_of(told.until), calls=told.calls, least=told.least, most=told.most, limited=told.limited,
        peak_factor=rulebook.current().quotas.peak_factor, consumers=rows,
    )  # fmt: skip


def spike_out(one: Spike) -> dict[str, Any]:
    from awayteam.quotas.past import moment_of

    owner = one.consumer.owner
    return {
        "id": one.pk, "api": one.api.ref, "consumer": one.consumer.ref, "owner": owner.ref if owner else None,
        "hour": moment_of(one.hour), "calls": one.calls, "usual": one.usual, "requests": one.requests,
        "unit": one.unit, "burst": one.burst, "state": one.state, "limit": one.limit_id, "answer": one.answer,
        "found_at": one.found_at, "answered_at": one.answered_at,
    }  # fmt: skip


def spike_told_out(told: SpikeTold) -> QuotaSpikeToldOut:
    return QuotaSpikeToldOut(**spike_out(told.spike), offers=offers_out(told.offers))


def node_out(one: Node) -> dict[str, Any]:
    return {
        "id": one.pk, "name": one.name, "apis": [each["api"] for each in one.upstreams], "created_at": one.created_at,
        "seen_at": one.seen_at, "version": one.version,
    }  # fmt: skip
