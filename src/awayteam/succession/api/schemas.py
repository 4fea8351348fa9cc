"""Shapes of successions over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from ninja import Schema
from pydantic import Field

from awayteam.kernel.actor import Actor
from awayteam.kernel.rest import Body, Paging, Reason, Text, Word
from awayteam.succession import queries
from awayteam.succession.queries import Row, SuccessionFilter


class SuccessionOut(Schema):
    """`giver` owns it when this begins: a team, a person, or null for nobody. `receiver` is null where it ends."""

    id: int
    kind: str
    state: str
    entity: str
    label: str
    giver: str | None
    receiver: str | None
    words: str
    turn_person: str | None
    turn_team: str | None
    due_at: datetime | None
    sunset_at: datetime | None
    owned_since: datetime | None
    created_at: datetime
    closed_at: datetime | None
    version: int


class SuccessionLineOut(Schema):
    """`facts` are what was known when the checklist was filled."""

    number: int
    key: str
    text: str
    facts: list[dict[str, str]]
    done: bool
    done_at: datetime | None
    done_by: str | None
    words: str


class SuccessionEvidenceOut(Schema):
    """`sha256` is of `document` as JSON with sorted keys and without spaces. `says` are contradictions."""

    number: int
    at: datetime
    sha256: str
    says: list[str]
    document: dict[str, Any]


class SuccessionStepOut(Schema):
    at: datetime
    verb: str
    source: str
    target: str
    by: str
    party: str
    words: str


class SuccessionToldOut(SuccessionOut):
    """`may` names what the caller may do now; `may_not` what they may not, with the reason."""

    answer: str
    begun_by: str | None
    confirmed_by: str | None
    level: str | None
    concerned: list[str]
    lines: list[SuccessionLineOut]
    evidence: list[SuccessionEvidenceOut]
    steps: list[SuccessionStepOut]
    headers: list[tuple[str, str]]
    may: list[str]
    may_not: dict[str, str]


class HeadersOut(Schema):
    """Headers in their order, and texts to paste."""

    deprecated_at: datetime
    sunset_at: datetime | None
    headers: list[tuple[str, str]]
    recipes: dict[str, str]


class SuccessionCandidateOut(Schema):
    entity: str
    owner: str | None
    team: str
    share: float
    succession: int | None


class SuccessionQuery(Paging):
    """Each parameter narrows; `team` is a reference, giver or receiver."""

    state: list[Word] = Field([], max_length=20)
    kind: list[Word] = Field([], max_length=10)
    team: Word = ""
    entity: Word = ""
    ended: bool = False
    mine: bool = False
    q: Word = ""
    sort: Literal["-created", "due", "entity"] = "-created"

    def wanted(self) -> SuccessionFilter:
        return SuccessionFilter(
            tuple(self.state), tuple(self.kind), self.team, self.entity, not self.ended, self.mine, self.q
        )


class SuccessionTransferIn(Body):
    """`team` gets it, or asks for it."""

    entity: Annotated[Word, Field(min_length=1)]
    team: Annotated[Word, Field(min_length=1)]
    words: Reason


class SuccessionProposeIn(Body):
    entity: Annotated[Word, Field(min_length=1)]
    words: Text = ""


class RetireIn(Body):
    """`sunset_on` is in the owner's time zone; `more` the address of a page about the end."""

    entity: Annotated[Word, Field(min_length=1)]
    words: Reason
    sunset_on: Annotated[date | None, Field(strict=False)] = None
    more: Annotated[Word, Field(description="address of a page about it")] = ""


class SuccessionWordsIn(Body):
    words: Reason


class SuccessionMaybeIn(Body):
    words: Text = ""


class SuccessionDecideIn(Body):
    choice: Literal["handing-over", "retiring", "kept"]
    words: Reason


def _ref(thing: Any) -> str | None:
    return thing.ref if thing is not None else None


def values(row: Row) -> dict[str, Any]:
    one = row.succession
    return {
        "id": one.pk, "kind": one.kind, "state": one.state, "entity": one.entity.ref, "label": row.label,
        "giver": _ref(one.giver or one.giver_person), "receiver": _ref(one.receiver), "words": one.words,
        "turn_person": _ref(one.turn_person), "turn_team": _ref(one.turn_team), "due_at": one.due_at,
        "sunset_at": one.sunset_at, "owned_since": one.owned_since, "created_at": one.created_at,
        "closed_at": one.closed_at, "version": one.version,
    }  # fmt: skip


def story(actor: Actor, pk: int) -> SuccessionToldOut:
    """A succession as GET shows it."""
    told = queries.story(actor, pk, timezone.now())
    one = told.row.succession
    return SuccessionToldOut(
        **values(told.row), answer=one.answer, begun_by=_ref(one.begun_by), confirmed_by=_ref(one.confirmed_by),
        level=_ref(one.level), concerned=[row.team.ref for row in told.concerned],
        lines=[
            SuccessionLineOut(
                number=line.number, key=line.key, text=line.text, facts=line.facts, done=line.done_at is not None,
                done_at=line.done_at, done_by=_ref(line.done_by), words=line.words,
            )
            for line in told.lines
        ],
        evidence=[
            SuccessionEvidenceOut(
                number=look.number, at=look.at, sha256=look.sha256, says=look.says, document=look.document
            )
            for look in told.evidence
        ],
        steps=[
            SuccessionStepOut(
                at=step.at, verb=step.verb, source=step.source, target=step.target, by=step.label, party=step.party,
                words=step.words,
            )
            for step in told.steps
        ],
        headers=list(told.headers),
        may=[offer.verb.value for offer in told.offers if offer.possible],
        may_not={o.verb.value: o.why_not or o.decision.reason for o in told.offers if not o.possible},
    )  # fmt: skip
