"""The story of one engagement: where it stands, its contract, who may change what until when, and all that happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from awayteam.engagements import texts
from awayteam.engagements.machine import ContractState, State
from awayteam.engagements.models import (
    BaselineItem,
    Contract,
    Engagement,
    Extension,
    Granting,
    Member,
    Scope,
    Side,
    Signature,
    Standard,
)
from awayteam.engagements.plots import ENGAGEMENT
from awayteam.engagements.queries import next as following
from awayteam.engagements.queries.next import Missing, Option, Turn
from awayteam.engagements.queries.places import PlaceRow, places_of
from awayteam.engagements.queries.rows import EngagementRow, row_of
from awayteam.engagements.queries.timeline import Entry, timeline
from awayteam.engagements.served import Ended, ended
from awayteam.engagements.words import CONTRACT_TONES, spoken
from awayteam.kernel.actor import Actor
from awayteam.requests.queries.rows import Link, person_link
from awayteam.stories.plot import Held
from awayteam.stories.stepping import look


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """Who signed for a side, as what, when."""

    side: str
    person: Link
    label: str
    role: str
    sha256: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One text: `said` is what it says (the canonical text read back), `why` why an amendment is needed.

    `amends`: another text was in force before it.
    """

    id: int
    number: int
    state: str
    sha256: str
    text: str
    why: str
    proposed_side: str
    proposed_by: Link | None
    created_at: datetime
    in_force_at: datetime | None
    version: int
    amends: bool
    signatures: list[SignatureRow]

    @property
    def name(self) -> str:
        return f"amendment {self.number}" if self.amends else "the contract"

    @property
    def words(self) -> str:
        return spoken(self.state)

    @property
    def tone(self) -> tuple[str, str]:
        return CONTRACT_TONES[self.state]

    @property
    def said(self) -> dict[str, Any]:
        found = orjson.loads(self.text)
        return found if isinstance(found, dict) else {}

    def signed_by(self, side: str) -> SignatureRow | None:
        return next((one for one in self.signatures if one.side == side), None)

    @property
    def missing_sides(self) -> list[str]:
        """Sides whose signature is missing, while it can still be given."""
        if self.state != ContractState.SIGNING:
            return []
        return [side for side in Side.values if self.signed_by(side) is None]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody of the away team: days, share of their time in percent, and whose word they still need."""

    id: int
    person: Link
    share: int
    joins_on: date
    leaves_on: date | None
    agreed_at: datetime | None
    agreed_by: str
    home_agreed_at: datetime | None
    left_at: datetime | None
    why: str

    @property
    def here(self) -> bool:
        return self.left_at is None


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """Paths of one repository that may be changed."""

    repository: str
    patterns: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class StandardRow:
    """A frozen document; its text is read on its own page."""

    id: int
    title: str
    repository: str
    path: str
    commit: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the page of an engagement tells. `turn` is None in a final state. `timeline` is newest first.

    `contracts` begins with the newest text. `granting` says whether access is given now,
    `request_ended` what became of the request that it serves, where that is over.
    """

    engagement: Engagement
    row: EngagementRow
    turn: Turn | None
    options: list[Option]
    missing: list[Missing]
    contracts: list[ContractRow]
    scopes: list[ScopeRow]
    members: list[MemberRow]
    places: list[PlaceRow]
    standards: list[StandardRow]
    baseline: list[BaselineItem]
    grantings: list[Granting]
    extensions: list[Extension]
    timeline: list[Entry]
    request_ended: Ended | None
    held: Held[Engagement] = field(repr=False, compare=False)

    @property
    def can_do(self) -> list[Option]:
        return [option for option in self.options if option.allowed]

    @property
    def cannot_do(self) -> list[Option]:
        return [option for option in self.options if not option.allowed]

    @property
    def in_force(self) -> ContractRow | None:
        return next((one for one in self.contracts if one.state == ContractState.IN_FORCE), None)

    @property
    def signing(self) -> ContractRow | None:
        """The text that waits for a signature."""
        return next((one for one in self.contracts if one.state == ContractState.SIGNING), None)

    @property
    def amendments(self) -> list[ContractRow]:
        return [one for one in self.contracts if one.amends]

    @property
    def granting(self) -> bool:
        return any(one.ends_at is None and one.latest_at > self.held.now for one in self.grantings)

    @property
    def is_draft(self) -> bool:
        return self.row.state == State.PREPARING

    @property
    def here(self) -> list[MemberRow]:
        """Members who have not left."""
        return [member for member in self.members if member.here]


def story(actor: Actor, engagement: Engagement, now: datetime) -> Story:
    """The whole story of an engagement that was loaded by `load`; the caller has checked sight.

    A bounded number of statements, whatever has happened.
    """
    held = look(ENGAGEMENT, engagement, actor=actor, now=now)
    contracts = contracts_of(engagement)
    members = members_of(engagement)
    standards = [_standard(row) for row in _frozen(engagement)]
    scopes = scopes_of(engagement)
    return Story(
        engagement=engagement,
        row=row_of(engagement, now),
        turn=following.turn(held),
        options=following.options(held),
        missing=missing(engagement, contracts, members, standards, now),
        contracts=contracts,
        scopes=scopes,
        members=members,
        places=places_of(engagement),
        standards=standards,
        baseline=list(BaselineItem.objects.filter(engagement=engagement)[:500]),
        grantings=list(Granting.objects.filter(engagement=engagement)),
        extensions=list(Extension.objects.filter(engagement=engagement).order_by("pk")),
        timeline=timeline(engagement, {one.id: one.number for one in contracts if one.amends}),
        request_ended=ended(engagement),
        held=held,
    )


def contracts_of(engagement: Engagement) -> list[ContractRow]:
    """Every text of the engagement with its signatures, the newest first; two statements."""
    rows = list(Contract.objects.filter(engagement=engagement).select_related("proposed_by").order_by("-number"))
    first = min((row.number for row in rows if row.in_force_at is not None), default=None)
    signed: dict[int, list[SignatureRow]] = {}
    for one in Signature.objects.filter(contract__engagement=engagement).select_related("person"):
        shown = SignatureRow(one.side, person_link(one.person), one.label, one.role, one.sha256, one.signed_at)
        signed.setdefault(one.contract_id, []).append(shown)
    return [_contract(row, first is not None and row.number > first, signed.get(row.pk, [])) for row in rows]


def _contract(row: Contract, amends: bool, signatures: list[SignatureRow]) -> ContractRow:
    by = person_link(row.proposed_by) if row.proposed_by else None
    return ContractRow(
        row.pk, row.number, row.state, row.sha256, row.text, row.why, row.proposed_side, by, row.created_at,
        row.in_force_at, row.version, amends, signatures,
    )  # fmt: skip


def members_of(engagement: Engagement) -> list[MemberRow]:
    """Who works in the away team, those who left last; one statement."""
    rows = Member.objects.filter(engagement=engagement).select_related("person", "agreed_by")
    found = [
        MemberRow(
            row.pk, person_link(row.person), row.share, row.joins_on, row.leaves_on, row.agreed_at,
            str(row.agreed_by or ""), row.home_agreed_at, row.left_at, row.why,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda row: (not row.here, row.joins_on, row.id))


def scopes_of(engagement: Engagement) -> list[ScopeRow]:
    """Repositories with their patterns; one statement."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in Scope.objects.filter(engagement=engagement):
        found.setdefault(row.repository, []).append((row.pattern, row.why))
    return [ScopeRow(repository, patterns) for repository, patterns in found.items()]


def _frozen(engagement: Engagement) -> Iterable[Standard]:
    return Standard.objects.filter(engagement=engagement).defer("text")


def _standard(row: Standard) -> StandardRow:
    return StandardRow(row.pk, row.title, row.repository, row.path, row.commit, row.sha256)


def missing(
    engagement: Engagement, contracts: list[ContractRow], members: list[MemberRow], standards: list[StandardRow],
    now: datetime,
) -> list[Missing]:  # fmt: skip
    """What isn't there yet, and from whom; nothing of an engagement that is over."""
    if engagement.closed_at is not None:
        return []
    found: list[Missing] = []
    if engagement.state == State.PREPARING:
        found += draft_gaps(engagement, now, bool(standards))
    for contract in contracts:
        for side in contract.missing_sides:
            team = engagement.home_team if side == Side.HOME else engagement.away_team
            found.append(Missing(f"The signature of the {side} side under {contract.name}", str(team), "contract"))
    for member in members:
        if member.here and member.agreed_at is None:
            found.append(
                Missing(f"the agreement to {member.share}% of {member.person.label}'s time", "their manager", "members")
            )
        if member.here and member.home_agreed_at is None and _came_later(engagement, member):
            found.append(
                Missing(f"the home side's word on {member.person.label}", str(engagement.home_team), "members")
            )
    return found


def _came_later(engagement: Engagement, member: MemberRow) -> bool:
    """Whether they are beyond those whom the contract in force names."""
    contract = engagement.contract
    return contract is not None and f'"{member.person.ref}"' not in contract.text


STEP_OF: dict[str, str] = {
    **dict.fromkeys(("title", "goal", "done_means"), "goal"),
    **dict.fromkeys(("home_decider", "home_contact", "home_deputy", "away_lead", "manager"), "people"),
    **dict.fromkeys(("starts_on", "ends_on", "working_days", "review_mode", "pledged_hours"), "time"),
    "scope": "scope",
    "members": "members",
}
"""The step of the set-up at which something is said that a draft lacks."""


def draft_gaps(engagement: Engagement, now: datetime, standards: bool) -> list[Missing]:
    """What a draft lacks before it can be signed, and what it had better have."""
    found = [Missing(one.what, "", STEP_OF.get(one.field, "goal")) for one in texts.missing(engagement, now)]
    if not standards:
        found.append(
            Missing("Freeze the home team's standards: without them a review can only advise.", "", "standards")
        )
    return found
