"""Shapes of what use is told in."""

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from ninja import Schema
from pydantic import Field

from awayteam.kernel.rest import Body, Paging, Reason, Word
from awayteam.usage.models import MatchRule, Name
from awayteam.usage.queries import GROUPS, SORTS, Answer, Behind, NameRow, Party, SoleUse, Use

Item = TypeVar("Item")
Days = Annotated[int, Field(ge=1, le=396, description="days back, today (UTC) included")]


class UsagePartyOut(Schema):
    """A consumer or provider: what the telemetry calls it, and the entity that it is. `(restricted)` stands for what
    the caller may not see."""

    name: str
    kind: str
    entity: str | None
    owner: str | None


class UsageEvidenceOut(Schema):
    """What stands behind the figures of one source in the window."""

    source: str
    since: date | None
    until: date | None
    days: int
    spans: int
    paired: int
    by_word: int
    unpaired: int
    expired: int
    foreign: int
    dropped: int
    capped: int
    refused: int
    sampling: float | None


class UsageAnswerOut(Schema, Generic[Item]):
    """Rows of a window, both days included, and what they rest on. `next_cursor` is null on the last page."""

    items: list[Item]
    next_cursor: str | None = None
    since: date
    until: date
    evidence: list[UsageEvidenceOut]


class UseOut(Schema):
    """`calls` and `failed` are estimates where `sampling` is below 1; null: nobody says what was left out.

    `operation` is null where operations are added up; then there are no latencies.
    """

    id: int | None
    consumer: UsagePartyOut
    provider: UsagePartyOut
    operation: str | None
    kind: str
    source: str
    calls: int
    failed: int
    seen: int
    sampling: float | None
    p50_ms: float | None
    p95_ms: float | None
    first_seen: datetime
    last_seen: datetime


class SoleEvidenceOut(Schema):
    source: str
    calls: int
    sampling: float | None
    missed_below: int | None
    first: date
    last: date


class SoleUseOut(Schema):
    """`missed_below`: another user with fewer calls would have been missed more often than once in a thousand, by the
    best evidence; 1: nothing was left out, null: nobody says."""

    provider: UsagePartyOut
    operation: str | None
    consumer: UsagePartyOut
    calls: int
    missed_below: int | None
    evidence: list[SoleEvidenceOut]


class UnusedOut(Schema):
    entity: str
    owner: str | None
    last_seen: datetime | None
    declared_uses: int


class DeprecatedUseOut(Schema):
    use: UseOut
    deprecated: str
    declared_in: str


class UnobservedUseOut(Schema):
    consumer: str
    relation: str
    provider: str
    last_seen: datetime | None
    can_tell: bool


class UsageReachOut(Schema):
    party: UsagePartyOut
    depth: int
    via: UsagePartyOut
    calls: int


class UsagePointOut(Schema):
    at: datetime
    calls: float
    failed: float


class UsageTrendOut(Schema):
    source: str
    points: list[UsagePointOut]


class TeamUseOut(Schema):
    """`calls` by day; `team` is null for services that nobody owned, or that nobody knows."""

    team: str | None
    source: str
    total: int
    calls: list[float]
    consumers: list[UsagePartyOut]


class UsageNameOut(Schema):
    id: int
    name: str
    kind: str
    entity: str | None
    how: str
    rule: str
    ignored: bool
    matched_by: str
    matched_at: datetime | None
    calls: int
    first_seen: datetime
    last_seen: datetime
    suggestions: list[str]


class UsageMatchedOut(Schema):
    id: int
    name: str
    kind: str
    entity: str | None
    how: str
    rule: str
    ignored: bool
    reason: str
    matched_by: str
    matched_at: datetime | None


class UsageRuleOut(Schema):
    """`id` is null for the rules that the software brings along; they hold after the others."""

    id: int | None
    name: str
    kind: str
    annotation: str
    pattern: str
    replacement: str
    of: str


class UsageQuery(Paging):
    provider: Word = Field("", description="a telemetry's name, or a reference of an entity")
    consumer: Word = ""
    operation: Word = ""
    source: Word = ""
    kind: Word = Field("", description="service, messaging, database or external")
    group: Word = Field("service", description=f"one of {', '.join(GROUPS)}")
    sort: Word = Field("calls", description=f"one of {', '.join(SORTS)}")
    days: Days = 30
    itself: bool = Field(False, description="with calls of a service to itself")


class UsageMatchIn(Body):
    """An entity, or `ignore`: no service of ours."""

    entity: Word = ""
    ignore: bool = False
    reason: Reason


class UsageUnmatchIn(Body):
    reason: Reason


class UsageRuleIn(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Annotated[Word, Field(description=f"one of {', '.join(MatchRule.Kind.values)}")]
    annotation: Annotated[Word, Field(max_length=200)] = ""
    pattern: Word = ""
    replacement: Word = ""
    of: Word = Field("", description=f"names of one kind: {', '.join(Name.Kind.values)}")
    position: Annotated[int, Field(ge=0, le=10_000)] = 0


def party_out(one: Party) -> UsagePartyOut:
    return UsagePartyOut(
        name=one.name, kind=one.kind, entity=one.entity.ref if one.entity else None,
        owner=one.owner.ref if one.owner else None,
    )  # fmt: skip


def use_out(one: Use) -> UseOut:
    return UseOut(
        id=one.edge, consumer=party_out(one.consumer), provider=party_out(one.provider), operation=one.operation,
        kind=one.kind, source=one.source, calls=round(one.calls), failed=round(one.failed), seen=one.seen,
        sampling=one.sampling, p50_ms=one.p50_ms, p95_ms=one.p95_ms, first_seen=one.first_seen, last_seen=one.last_seen,
    )  # fmt: skip


def sole_out(one: SoleUse) -> SoleUseOut:
    return SoleUseOut(
        provider=party_out(one.provider), operation=one.operation, consumer=party_out(one.consumer),
        calls=round(one.calls), missed_below=one.missed_below,
        evidence=[
            SoleEvidenceOut(
                source=each.source, calls=round(each.calls), sampling=each.sampling, missed_below=each.missed_below,
                first=each.first, last=each.last,
            )
            for each in one.evidence
        ],
    )  # fmt: skip


def evidence_out(one: Behind) -> UsageEvidenceOut:
    return UsageEvidenceOut(**{name: getattr(one, name) for name in UsageEvidenceOut.model_fields})


def answer_out(answer: Answer[Any], items: list[Any], next_cursor: str | None = None) -> dict[str, Any]:
    """An answer with its rows already in the shape of the interface."""
    return {
        "items": items, "next_cursor": next_cursor or answer.next_cursor, "since": answer.since, "until": answer.until,
        "evidence": [evidence_out(one) for one in answer.evidence],
    }  # fmt: skip


def name_out(one: NameRow) -> UsageNameOut:
    return UsageNameOut(
        id=one.id, name=one.name, kind=one.kind, entity=one.entity.ref if one.entity else None, how=one.how,
        rule=one.rule, ignored=one.ignored, matched_by=one.matched_by, matched_at=one.matched_at,
        calls=round(one.calls), first_seen=one.first_seen, last_seen=one.last_seen,
        suggestions=[link.ref for link in one.suggestions],
    )  # fmt: skip


def matched_out(one: Name) -> UsageMatchedOut:
    return UsageMatchedOut(
        id=one.pk, name=one.text, kind=one.kind, entity=one.entity.ref if one.entity else None, how=one.how,
        rule=one.rule, ignored=one.ignored, reason=one.reason, matched_by=one.matched_by_label,
        matched_at=one.matched_at,
    )  # fmt: skip
