"""Questions about use over HTTP."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from awayteam.kernel.paging import decode_cursor, encode_cursor
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Paging, Word
from awayteam.usage import queries
from awayteam.usage.api.schemas import (
    Days,
    DeprecatedUseOut,
    SoleUseOut,
    TeamUseOut,
    UnobservedUseOut,
    UnusedOut,
    UsageAnswerOut,
    UsageEvidenceOut,
    UsagePointOut,
    UsageQuery,
    UsageReachOut,
    UsageTrendOut,
    UseOut,
    answer_out,
    evidence_out,
    party_out,
    sole_out,
    use_out,
)
from awayteam.usage.permissions import Verb, can

router = Router(tags=["usage"])
Item = TypeVar("Item")
Depth = Annotated[int, Field(ge=0, le=100, description="calls away at most; 0 is all the way")]
Who = Annotated[Word, Field(min_length=1, description="a telemetry's name, or a reference of an entity")]


class SoleQuery(Paging):
    provider: Word = ""
    group: Word = Field("service", description="service or operation")
    days: Days = 30


class ReachQuery(Paging):
    service: Who
    depth: Depth = 0


class TrendQuery(Paging):
    provider: Word = ""
    consumer: Word = ""
    operation: Word = ""
    days: Days = 84
    grain: Word = Field("day", description="day, or hour over 14 days at most")


class TeamsQuery(Paging):
    provider: Who
    operation: Word = ""
    days: Days = 30


class UnusedQuery(Paging):
    kind: Word = Field("", description="API or Component; both where empty")


class UnobservedQuery(Paging):
    everything: bool = Field(False, description="also where telemetry doesn't know both ends")


def _sliced(items: Sequence[Item], paging: Paging) -> tuple[Sequence[Item], str | None]:
    """A page of rows that are all known."""
    start = decode_cursor(paging.cursor, int)[0] if paging.cursor else 0
    start = max(0, start)
    more = start + paging.limit < len(items)
    return items[start : start + paging.limit], encode_cursor(start + paging.limit) if more else None


@router.get("/uses", response=UsageAnswerOut[UseOut])
def list_uses(request: Request, query: Annotated[UsageQuery, Query()]) -> Any:
    """Who uses whom, most calls first. Sources are told apart: two kinds of evidence see the same calls."""
    answer = queries.uses(
        request.actor, now=timezone.now(), provider=query.provider or None, consumer=query.consumer or None,
        operation=query.operation, source=query.source, kind=query.kind, group=query.group, sort=query.sort,
        itself=query.itself, days=query.days, limit=query.limit, cursor=query.cursor,
    )  # fmt: skip
    return answer_out(answer, [use_out(one) for one in answer.items])


@router.get("/sole", response=UsageAnswerOut[SoleUseOut])
def list_sole_uses(request: Request, query: Annotated[SoleQuery, Query()]) -> Any:
    """What one service alone uses, and on which evidence."""
    answer = queries.sole(
        request.actor, now=timezone.now(), days=query.days, group=query.group, provider=query.provider or None
    )
    items, cursor = _sliced(answer.items, query)
    return answer_out(answer, [sole_out(one) for one in items], cursor)


@router.get("/unused", response=UsageAnswerOut[UnusedOut])
def list_unused(request: Request, query: Annotated[UnusedQuery, Query()]) -> Any:
    """Services and APIs that nobody used in the last 30 days, though telemetry knows who provides them."""
    answer = queries.unused(
        request.actor, now=timezone.now(), kind=query.kind, limit=query.limit, cursor=query.cursor
    )  # fmt: skip
    items = [
        UnusedOut(
            entity=one.entity.ref, owner=one.owner.ref if one.owner else None, last_seen=one.last_seen,
            declared_uses=one.declared,
        )
        for one in answer.items
    ]  # fmt: skip
    return answer_out(answer, items)


@router.get("/deprecated", response=UsageAnswerOut[DeprecatedUseOut])
def list_deprecated_uses(request: Request, query: Annotated[Paging, Query()]) -> Any:
    """Who still calls what its owner declares deprecated: an operation, a whole API, or a service."""
    answer = queries.deprecated_callers(request.actor, now=timezone.now())
    some, cursor = _sliced(answer.items, query)
    items = [
        DeprecatedUseOut(use=use_out(one.use), deprecated=one.what, declared_in=one.declared.ref) for one in some
    ]  # fmt: skip
    return answer_out(answer, items, cursor)


@router.get("/undeclared", response=UsageAnswerOut[UseOut])
def list_undeclared_uses(request: Request, query: Annotated[Paging, Query()]) -> Any:
    """Uses that were observed and that no relation of the catalog declares."""
    answer = queries.observed_never_declared(
        request.actor, now=timezone.now(), limit=query.limit, cursor=query.cursor
    )  # fmt: skip
    return answer_out(answer, [use_out(one) for one in answer.items])


@router.get("/unobserved", response=UsageAnswerOut[UnobservedUseOut])
def list_unobserved_uses(request: Request, query: Annotated[UnobservedQuery, Query()]) -> Any:
    """Uses that the catalog declares and that weren't observed in the last 30 days."""
    answer = queries.declared_never_observed(
        request.actor, now=timezone.now(), limit=query.limit, cursor=query.cursor, can_tell=not query.everything
    )
    items = [
        UnobservedUseOut(
            consumer=one.consumer.ref, relation=one.relation, provider=one.provider.ref, last_seen=one.last_seen,
            can_tell=one.can_tell,
        )
        for one in answer.items
    ]  # fmt: skip
    return answer_out(answer, items)


@router.get("/trend", response=UsageAnswerOut[UsageTrendOut])
def show_usage_trend(request: Request, query: Annotated[TrendQuery, Query()]) -> Any:
    """Calls by day or hour, by source, without gaps."""
    answer = queries.trend(
        request.actor, now=timezone.now(), days=query.days, grain=query.grain, provider=query.provider or None,
        consumer=query.consumer or None, operation=query.operation,
    )  # fmt: skip
    some, cursor = _sliced(answer.items, query)
    items = [
        UsageTrendOut(
            source=one.source,
            points=[UsagePointOut(at=point.at, calls=point.calls, failed=point.failed) for point in one.points],
        )
        for one in some
    ]
    return answer_out(answer, items, cursor)


@router.get("/teams", response=UsageAnswerOut[TeamUseOut])
def list_using_teams(request: Request, query: Annotated[TeamsQuery, Query()]) -> Any:
    """Which teams use a provider: each day counts for the team that owned the user on that day."""
    answer = queries.by_team(
        request.actor, query.provider, now=timezone.now(), days=query.days, operation=query.operation
    )  # fmt: skip
    some, cursor = _sliced(answer.items, query)
    items = [
        TeamUseOut(
            team=one.owner.ref if one.owner else None, source=one.source, total=round(one.total),
            calls=list(one.calls), consumers=[party_out(party) for party in one.consumers],
        )
        for one in some
    ]  # fmt: skip
    return answer_out(answer, items, cursor)


@router.get("/blast-radius", response=UsageAnswerOut[UsageReachOut])
def show_blast_radius(request: Request, query: Annotated[ReachQuery, Query()]) -> Any:
    """Who is hit when a service fails, nearest first."""
    answer = queries.blast_radius(request.actor, query.service, now=timezone.now(), depth=query.depth)
    return _reached(answer, query)


@router.get("/dependencies", response=UsageAnswerOut[UsageReachOut])
def show_dependencies(request: Request, query: Annotated[ReachQuery, Query()]) -> Any:
    """What a service needs, itself and through others, nearest first."""
    answer = queries.dependencies(request.actor, query.service, now=timezone.now(), depth=query.depth)
    return _reached(answer, query)


def _reached(answer: "queries.Answer[queries.Reached]", query: ReachQuery) -> Any:
    some, cursor = _sliced(answer.items, query)
    items = [
        UsageReachOut(
            party=party_out(one.party), depth=one.depth, via=party_out(one.via), calls=round(one.calls)
        )
        for one in some
    ]  # fmt: skip
    return answer_out(answer, items, cursor)


@router.get("/evidence", response=list[UsageEvidenceOut])
def list_usage_evidence(request: Request, days: Days = 30) -> Any:
    """What was received from each kind of evidence, and what was lost of it."""
    now = timezone.now()
    can(request.actor, Verb.VIEW, None, now).require()
    return [evidence_out(one) for one in queries.behind(now, days)]
