"""Shapes of engagements in the REST interface, and how rows become them.

Nothing in them changes by the passing of time alone, so that ETags hold while nobody acts.
"""

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from awayteam.engagements import contracts
from awayteam.engagements.models import Engagement, Extension
from awayteam.engagements.queries import ContractRow, EngagementRow, Option, Story
from awayteam.requests.queries.rows import EntityLink, Link


class EngagementPartyOut(Schema):
    """A team or person, by reference."""

    ref: str
    label: str


class EngagementOut(Schema):
    """One line of a list. `turn` is who must act (null: anybody of `turn_team`), until `due_at`."""

    id: int
    title: str
    state: str
    home_team: EngagementPartyOut
    away_team: EngagementPartyOut
    service: str | None = Field(description="reference of the entity that is worked on")
    request: int | None
    turn: EngagementPartyOut | None
    turn_team: EngagementPartyOut | None
    due_at: datetime | None
    starts_on: date | None
    ends_on: date | None
    review_mode: str
    pledged_hours: int
    warranty_days: int
    production_at: datetime | None
    paused_until: date | None
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    version: int


class SignatureOut(Schema):
    side: str
    person: EngagementPartyOut
    role: str
    sha256: str
    signed_at: datetime


class ContractOut(Schema):
    """One text; `number` 1 and up, each after the one in force an amendment, with `why`."""

    number: int
    state: str
    sha256: str
    why: str
    proposed_side: str
    proposed_by: EngagementPartyOut | None
    created_at: datetime
    in_force_at: datetime | None
    amends: bool
    signatures: list[SignatureOut]


class EngagementScopeOut(Schema):
    repository: str
    pattern: str
    why: str


class EngagementMemberOut(Schema):
    """`agreed_at`: when their manager agreed to the share; `home_agreed_at`: the home side's word on who came later."""

    id: int
    person: EngagementPartyOut
    share: int
    joins_on: date
    leaves_on: date | None
    agreed_at: datetime | None
    home_agreed_at: datetime | None
    left_at: datetime | None
    why: str


class EngagementStandardOut(Schema):
    id: int
    title: str
    repository: str
    path: str
    commit: str
    sha256: str


class ExtensionOut(Schema):
    """Working days by which the time-box grew without an amendment."""

    cause: str
    days: int
    before: date
    after: date
    why: str
    subject_kind: str
    subject_id: int | None
    at: datetime


class GrantingOut(Schema):
    """An interval in which members may change the scope; without `ends_at` it ends at `latest_at` by itself."""

    starts_at: datetime
    ends_at: datetime | None
    latest_at: datetime


class EngagementStepOut(Schema):
    at: datetime
    label: str
    words: str
    text: str
    state: str


class EngagementDetail(EngagementOut):
    """An engagement with everything that was agreed and what happened; the newest step first."""

    goal: str
    home_decider: EngagementPartyOut | None
    home_contact: EngagementPartyOut | None
    home_deputy: EngagementPartyOut | None
    away_lead: EngagementPartyOut | None
    manager: EngagementPartyOut | None
    working_days: int | None
    pager_on: date | None
    done_means: list[str]
    began_at: datetime | None
    accepted_at: datetime | None
    reason: str
    request_ended: str = Field(description="what became of the request that it serves, where that is over; else empty")
    scope: list[EngagementScopeOut]
    members: list[EngagementMemberOut]
    standards: list[EngagementStandardOut]
    baseline: dict[str, int] = Field(description="how many items of each kind")
    contracts: list[ContractOut]
    extensions: list[ExtensionOut]
    grantings: list[GrantingOut]
    story: list[EngagementStepOut]


class EngagementOptionOut(Schema):
    """Something that can be done now; `why_not` is "" where you may."""

    verb: str
    words: str
    party: str
    says: str
    why_not: str


class LackOut(Schema):
    field: str
    what: str


class ContractTextOut(Schema):
    """A text as it is signed: `canonical` is what has the hash, `text` the same as values."""

    number: int
    state: str
    sha256: str
    canonical: str
    text: dict[str, Any]


class DifferenceOut(Schema):
    field: str
    label: str
    before: str
    after: str


class ChoiceOut(Schema):
    person: EngagementPartyOut
    why: str


class SuggestionsOut(Schema):
    """What catalog, organisation and request know, the best first."""

    home_deciders: list[ChoiceOut]
    home_contacts: list[ChoiceOut]
    away_leads: list[ChoiceOut]
    managers: list[ChoiceOut]
    members: list[ChoiceOut]
    scope: list[EngagementScopeOut]
    starts_on: date
    ends_on: date
    working_days: int
    pledged_hours: int
    warranty_days: int
    review_mode: str
    done_means: list[str]


def party(row: Link | None) -> EngagementPartyOut | None:
    return None if row is None else _party(row)


def _party(row: Link) -> EngagementPartyOut:
    return EngagementPartyOut(ref=row.ref, label=row.label)


def who(thing: Any) -> EngagementPartyOut | None:
    """Of a person's or team's row."""
    return None if thing is None else EngagementPartyOut(ref=thing.ref, label=str(thing))


def _ref(row: EntityLink | None) -> str | None:
    return None if row is None else row.ref


SAME = (
    *("id", "title", "state", "due_at", "starts_on", "ends_on", "review_mode", "pledged_hours", "warranty_days"),
    *("production_at", "paused_until", "created_at", "changed_at", "closed_at", "version"),
)


def _common(row: EngagementRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in SAME},
        "home_team": _party(row.home),
        "away_team": _party(row.away),
        "service": _ref(row.service),
        "request": row.request_id,
        "turn": party(row.turn),
        "turn_team": party(row.turn_team),
    }


def engagement_of(row: EngagementRow) -> EngagementOut:
    return EngagementOut(**_common(row))


def contract_of(row: ContractRow) -> ContractOut:
    return ContractOut(
        number=row.number, state=row.state, sha256=row.sha256, why=row.why, proposed_side=row.proposed_side,
        proposed_by=party(row.proposed_by), created_at=row.created_at, in_force_at=row.in_force_at, amends=row.amends,
        signatures=[
            SignatureOut(side=one.side, person=_party(one.person), role=one.role, sha256=one.sha256,
                         signed_at=one.signed_at)
            for one in row.signatures
        ],
    )  # fmt: skip


def detail_of(story: Story) -> EngagementDetail:
    row: Engagement = story.engagement
    counts: dict[str, int] = {}
    for item in story.baseline:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    people: dict[str, Any] = {name: who(getattr(row, name)) for name in PEOPLE}
    return EngagementDetail(
        **_common(story.row),
        **people,
        goal=row.goal,
        **{name: getattr(row, name) for name in ("working_days", "pager_on", "began_at", "accepted_at", "reason")},
        done_means=[str(line) for line in row.done_means],
        request_ended=story.request_ended.sentence if story.request_ended else "",
        scope=[
            EngagementScopeOut(repository=scope.repository, pattern=pattern, why=why)
            for scope in story.scopes
            for pattern, why in scope.patterns
        ],
        members=[
            EngagementMemberOut(
                id=one.id, person=_party(one.person), share=one.share, joins_on=one.joins_on, leaves_on=one.leaves_on,
                agreed_at=one.agreed_at, home_agreed_at=one.home_agreed_at, left_at=one.left_at, why=one.why,
            )
            for one in story.members
        ],
        standards=[
            EngagementStandardOut(id=one.id, title=one.title, repository=one.repository, path=one.path,
                                  commit=one.commit, sha256=one.sha256)
            for one in story.standards
        ],
        baseline=counts,
        contracts=[contract_of(one) for one in story.contracts],
        extensions=[_extension(one) for one in Extension.objects.filter(engagement=row)],
        grantings=[
            GrantingOut(starts_at=one.starts_at, ends_at=one.ends_at, latest_at=one.latest_at)
            for one in story.grantings
        ],
        story=[
            EngagementStepOut(at=one.at, label=one.label, words=one.words, text=one.text, state=one.state)
            for one in story.timeline
        ],
    )  # fmt: skip


PEOPLE = ("home_decider", "home_contact", "home_deputy", "away_lead", "manager")


def _extension(row: Extension) -> ExtensionOut:
    return ExtensionOut(
        cause=row.cause, days=row.days, before=row.before, after=row.after, why=row.why,
        subject_kind=row.subject_kind, subject_id=row.subject_id, at=row.at,
    )  # fmt: skip


def option_of(option: Option) -> EngagementOptionOut:
    return EngagementOptionOut(
        verb=option.verb, words=option.words, party=option.party, says=option.says, why_not=option.why_not
    )


def text_of(number: int, state: str, canonical: str) -> ContractTextOut:
    return ContractTextOut(
        number=number, state=state, sha256=contracts.sha256(canonical), canonical=canonical,
        text=contracts.as_data(contracts.parse(canonical)),
    )  # fmt: skip


def difference_of(one: contracts.Difference) -> DifferenceOut:
    return DifferenceOut(field=one.field, label=one.label, before=one.before, after=one.after)
