"""Credit over HTTP: totals by kind, entries, thanks, disputes."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from awayteam.credit import actions, queries
from awayteam.credit.actions.thanking import ABOUT
from awayteam.credit.models import Dispute
from awayteam.credit.queries import CreditFilter, EntryRow
from awayteam.credit.rules import Kind
from awayteam.credit.words import amount
from awayteam.kernel.events import Subject
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Body, Id, PageOf, Paging, Reason, Word, guarded, page_of
from awayteam.organisation import queries as organisation

router = Router(tags=["credit"])


class CreditTotalOut(Schema):
    """One kind. `things` counts different engagements, requests...; `quantity` is in `measure`."""

    kind: str
    entries: int
    things: int
    quantity: Decimal
    measure: str


class CreditPartOut(Schema):
    team: str
    totals: list[CreditTotalOut]


class CreditOut(Schema):
    """Kinds side by side; there is no sum over kinds. `parts` stand right below the team, or at the top."""

    team: str | None
    person: str | None
    since: str
    until: str
    totals: list[CreditTotalOut]
    parts: list[CreditPartOut]


class CreditEntryOut(Schema):
    """`evidence` is the event or comment that it follows from; `served` the team that uses it, or had waited for it.

    `amount` is quantity and measure in words.
    """

    id: int
    kind: str
    at: datetime
    person: str | None
    team: str | None
    subject_kind: str
    subject_id: int
    subject_label: str
    quantity: Decimal
    measure: str
    amount: str
    words: str
    given_by: str | None
    served: str | None
    evidence_kind: str
    evidence_id: int
    rule: str
    withdrawn_at: datetime | None
    withdrawn_why: str
    disputed: bool


class CreditEntryToldOut(CreditEntryOut):
    units: list[str]
    disputes: list[int]
    may_dispute: bool
    may_dispute_why: str


class CreditDisputeOut(Schema):
    """`may` names what the caller may do now; `may_not` what they may not, with the reason."""

    id: int
    entry: int
    state: str
    words: str
    answer: str
    opened_by: str | None
    level: str | None
    turn_person: str | None
    due_at: datetime | None
    created_at: datetime
    closed_at: datetime | None
    version: int
    may: list[str]
    may_not: dict[str, str]


class CreditQuery(Schema):
    """Without days the last year."""

    team: Word = Field("", description="a team, or a unit with what stood below it")
    person: Word = ""
    kind: Word = Field("", description=f"one of {', '.join(Kind)}")
    since: Word = Field("", description="the first day")
    until: Word = Field("", description="the last day (default today)")
    withdrawn: bool = False

    def wanted(self, request: Request) -> CreditFilter:
        return queries.filter_of(
            request.actor, timezone.now(), team=self.team, person=self.person, kind=self.kind, since=self.since,
            until=self.until, withdrawn=self.withdrawn,
        )  # fmt: skip


class CreditEntriesQuery(CreditQuery, Paging):
    pass


class ThankIn(Body):
    """`about` is an engagement or a request, by its number."""

    person: Annotated[Word, Field(min_length=1)]
    about_kind: Annotated[Word, Field(description=f"one of {', '.join(ABOUT)}")]
    about_id: Id
    words: Reason


class CreditWordsIn(Body):
    words: Reason


def entry_out(row: EntryRow) -> CreditEntryOut:
    return CreditEntryOut(**_values(row))


def _values(row: EntryRow) -> dict[str, Any]:
    one = row.entry
    return {
        "id": one.pk, "kind": one.kind, "at": one.at, "person": one.person.ref if one.person else None,
        "team": one.team.ref if one.team else None, "subject_kind": one.subject_kind, "subject_id": one.subject_id,
        "subject_label": one.subject_label, "quantity": one.quantity, "measure": one.measure, "amount": row.amount,
        "words": one.words, "given_by": one.given_by.ref if one.given_by else None,
        "served": one.served.ref if one.served else None,
        "evidence_kind": one.evidence_kind, "evidence_id": one.evidence_id, "rule": one.rule,
        "withdrawn_at": one.withdrawn_at, "withdrawn_why": one.withdrawn_why, "disputed": row.disputed,
    }  # fmt: skip


def _totals(rows: Any) -> list[CreditTotalOut]:
    return [
        CreditTotalOut(
            kind=one.kind.value, entries=one.entries, things=one.things, quantity=one.quantity, measure=one.measure
        )
        for one in rows
    ]


def summary(request_actor: Any, wanted: CreditFilter) -> CreditOut:
    """Totals as the interface and the command give them."""
    now = timezone.now()
    rows = queries.parts(request_actor, wanted, now) if wanted.person is None else []
    return CreditOut(
        team=wanted.team.ref if wanted.team else None,
        person=wanted.person.ref if wanted.person else None,
        since=wanted.since.isoformat(),
        until=wanted.until.isoformat(),
        totals=_totals(queries.totals(request_actor, wanted, now)),
        parts=[CreditPartOut(team=one.team.ref, totals=_totals(one.totals)) for one in rows],
    )


def entry_story(actor: Any, pk: int) -> CreditEntryToldOut:
    told = queries.told(actor, pk, timezone.now())
    disputed = any(one.closed_at is None for one in told.disputes)
    row = EntryRow(told.entry, disputed, amount(told.entry.quantity, told.entry.measure))
    return CreditEntryToldOut(
        **_values(row), units=[one.ref for one in told.units], disputes=[one.pk for one in told.disputes],
        may_dispute=told.may_dispute.allowed, may_dispute_why=told.may_dispute.reason,
    )  # fmt: skip


def dispute_story(actor: Any, pk: int) -> CreditDisputeOut:
    told = queries.dispute(actor, pk, timezone.now())
    row = told.dispute
    return CreditDisputeOut(
        id=row.pk, entry=row.entry_id, state=row.state, words=row.words, answer=row.answer,
        opened_by=row.opened_by.ref if row.opened_by else None, level=row.level.ref if row.level else None,
        turn_person=row.turn_person.ref if row.turn_person else None, due_at=row.due_at, created_at=row.created_at,
        closed_at=row.closed_at, version=row.version,
        may=[one.verb.value for one in told.offers if one.possible],
        may_not={one.verb.value: one.why_not or one.decision.reason for one in told.offers if not one.possible},
    )  # fmt: skip


@router.get("", response=CreditOut)
def get_credit(request: Request, query: Annotated[CreditQuery, Query()]) -> Any:
    """Credit by kind, of a person, a team or a unit."""
    return summary(request.actor, query.wanted(request))


@router.get("/entries", response=PageOf[CreditEntryOut])
def list_credit_entries(request: Request, query: Annotated[CreditEntriesQuery, Query()]) -> Any:
    """Entries of the ledger, the newest first."""
    wanted = query.wanted(request)
    page = queries.entries(request.actor, wanted, timezone.now(), cursor=query.cursor, limit=query.limit)
    return page_of(page, [entry_out(row) for row in page.items])


@router.get("/entries/{id}", response=CreditEntryToldOut)
def show_credit_entry(request: Request, id: Id) -> Any:
    """One entry with the units that had it too, its disputes, and whether the caller may dispute it."""
    return entry_story(request.actor, id)


@router.post("/thanks", response={201: CreditEntryToldOut})
def thank_person(request: Request, body: ThankIn) -> Any:
    """Thank somebody in words, for an engagement or a request."""
    person = organisation.person(request.actor, body.person)
    made = actions.thank(
        person, Subject(body.about_kind, body.about_id, ""), actor=request.actor, now=timezone.now(), words=body.words
    )
    return Status(201, entry_story(request.actor, made.pk))


@router.post("/entries/{id}/dispute", response={201: CreditDisputeOut})
def dispute_credit_entry(request: Request, id: Id, body: CreditWordsIn) -> Any:
    """Say why an entry isn't right; a manager above decides."""
    row = queries.entry(request.actor, id, timezone.now())
    with guarded(request, row, lambda: entry_story(request.actor, id)):
        made = actions.dispute(row, actor=request.actor, now=timezone.now(), words=body.words)
    return Status(201, dispute_story(request.actor, made.pk))


@router.get("/disputes/{id}", response=CreditDisputeOut)
def show_credit_dispute(request: Request, id: Id) -> Any:
    """One dispute with whose turn it is, and what the caller may do."""
    return dispute_story(request.actor, id)


def _settle(request: Request, id: int, action: Any, words: str) -> CreditDisputeOut:
    row: Dispute = queries.dispute(request.actor, id, timezone.now()).dispute
    with guarded(request, row, lambda: dispute_story(request.actor, id)):
        action(id, actor=request.actor, now=timezone.now(), words=words)
    return dispute_story(request.actor, id)


@router.post("/disputes/{id}/uphold", response=CreditDisputeOut)
def uphold_credit_entry(request: Request, id: Id, body: CreditWordsIn) -> Any:
    """The entry stands."""
    return _settle(request, id, actions.uphold, body.words)


@router.post("/disputes/{id}/withdraw-entry", response=CreditDisputeOut)
def withdraw_credit_entry(request: Request, id: Id, body: CreditWordsIn) -> Any:
    """The entry is shown as withdrawn, and counts no more."""
    return _settle(request, id, actions.withdraw_entry, body.words)


@router.post("/disputes/{id}/take-back", response=CreditDisputeOut)
def take_back_credit_dispute(request: Request, id: Id, body: CreditWordsIn) -> Any:
    """Whoever disputed it doesn't any more."""
    return _settle(request, id, actions.take_back, body.words)
