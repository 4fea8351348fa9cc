"""What the API takes and gives."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from awayteam.kernel.rest import Body, Paging, Text, Word
from awayteam.organisation.models import Person, Team
from awayteam.requests.api.schemas import Day
from awayteam.reviews.models import RegisterEntry
from awayteam.reviews.queries import PoolRow, RegisterRow, ReviewRow, Story

Filled = Annotated[Text, Field(min_length=1)]
ReviewTitle = Annotated[Word, Field(min_length=1, max_length=200)]


class ReviewParty(Schema):
    """A team or a person."""

    ref: str
    label: str


class ReviewLink(Schema):
    words: str = ""
    url: str = ""


class ReviewOut(Schema):
    """`turn` acts until `due_at`; both are null in final states. `because`: the rulebook's triggers, [] where asked."""

    id: int
    title: str
    field: str
    state: str
    team: ReviewParty
    decider: ReviewParty
    bar_raiser: ReviewParty | None
    requester: ReviewParty | None
    recommendation: str
    subject_kind: str
    subject_id: int | None
    entity: str | None
    because: list[dict[str, str]]
    turn: ReviewParty | None
    due_at: datetime | None
    created_at: datetime
    closed_at: datetime | None
    version: int


class ReviewAnswerOut(Schema):
    question: str
    answer: str


class ReviewConditionOut(Schema):
    number: int
    text: str
    met_at: datetime | None
    evidence: str


class ReviewStoryOut(ReviewOut):
    """`reasons` are those of the assignment. `may` names what the caller may do now, `may_not` why not."""

    question: str
    teams: list[ReviewParty]
    questions: list[str]
    reasons: list[str]
    passed_over: list[dict[str, Any]]
    summary: str
    answers: list[ReviewAnswerOut]
    evidence: list[ReviewLink]
    conditions: list[ReviewConditionOut]
    register_entry: int | None
    may: list[str]
    may_not: dict[str, str]


class RegisterEntryOut(Schema):
    """`restricted`: it is about a service that the caller may not see, and its words are kept back."""

    id: int
    kind: str
    state: str
    title: str
    field: str
    team: ReviewParty
    decided_by: str
    decided_at: datetime
    recommendation: str
    reason: str
    practice: str
    data: list[ReviewLink]
    review: int | None
    look_again_on: date
    outcome: str
    happened: str
    silent: int
    restricted: bool
    version: int


class BarRaiserOut(Schema):
    """`not_now` says why nothing is assigned to them at present; "" where something can be."""

    id: int
    person: ReviewParty
    field: str
    since: date
    term_until: date | None
    trained_on: date | None
    load: int
    load_max: int
    not_now: str


class ReviewsQuery(Paging):
    """Each parameter narrows; teams are references of involved teams."""

    state: list[Word] = Field([], max_length=20)
    field: list[Word] = Field([], max_length=20)
    team: list[Word] = Field([], max_length=50)
    ended: bool = False
    mine: bool = False
    q: Word = ""
    sort: Literal["due", "-created", "title"] = "due"


class RegisterQuery(Paging):
    kind: list[Word] = Field([], max_length=5)
    state: list[Word] = Field([], max_length=10)
    outcome: list[Word] = Field([], max_length=10)
    field: list[Word] = Field([], max_length=20)
    team: list[Word] = Field([], max_length=50)
    since: Day | None = None
    until: Day | None = None
    q: Word = ""
    sort: Literal["-decided", "decided", "look-again", "title"] = "-decided"


class ReviewIn(Body):
    """Ask for a review. References of teams, a person, and a service."""

    field: Word
    title: ReviewTitle
    question: Filled
    team: Word
    decider: Word
    teams: list[Word] = Field([], max_length=50)
    entity: Word = ""


class ReviewNeedIn(Body):
    """Facts about a change or a decision, beside what the catalog knows of the service."""

    entity: Word
    spend: Annotated[Decimal | None, Field(strict=False, ge=0, le=10**12)] = None
    breaking_api: bool | None = None
    customer_experiment: bool | None = None
    changed_lines: Annotated[int | None, Field(ge=0, le=10**9)] = None
    changed_files: Annotated[int | None, Field(ge=0, le=10**9)] = None


class ReviewNeededOut(Schema):
    field: str
    because: list[dict[str, str]]


class ReviewNeedOut(Schema):
    """`unknown` are triggers whose fact nobody told."""

    needed: list[ReviewNeededOut]
    unknown: list[str]


class ReviewAssignIn(Body):
    """`person` empty: Awayteam chooses by its rules."""

    person: Word = ""
    words: Text = ""


class ReviewWordsIn(Body):
    words: Filled


class ReviewFollowIn(Body):
    words: Text = ""


class ReviewDeliverIn(Body):
    """`answers` by question, as GET gives them in `questions`. `draft`: keep it, don't deliver."""

    recommendation: Literal["", "for", "with-conditions", "against"] = ""
    summary: Text = ""
    answers: dict[str, Text] = Field({}, max_length=100)
    evidence: list[ReviewLink] = Field([], max_length=50)
    conditions: list[Text] = Field([], max_length=30)
    draft: bool = False


class ReviewOverrideIn(Body):
    reason: Filled
    look_again_on: Day | None = None


class ReviewMeetIn(Body):
    evidence: Filled


class DeviationIn(Body):
    """`data` shows why: at least one line."""

    team: Word
    title: ReviewTitle
    practice: Annotated[Word, Field(min_length=1, max_length=300)]
    reason: Filled
    data: list[ReviewLink] = Field(max_length=50)
    field: Word = ""
    entity: Word = ""
    look_again_on: Day | None = None


class RegisterTellIn(Body):
    """`outcome` says how it ended; "later" with `on`: it is too early to tell."""

    outcome: Literal["as-expected", "as-warned", "both", "neither", "later"]
    happened: Filled
    on: Day | None = None


class BarRaiserIn(Body):
    person: Word
    field: Word
    since: Day | None = None
    term_until: Day | None = None
    trained_on: Day | None = None
    trained_by: Annotated[Word, Field(max_length=200)] = ""
    load_max: Annotated[int | None, Field(ge=1, le=50)] = None
    reason: Text = ""


def party(thing: Team | Person | None) -> ReviewParty | None:
    return ReviewParty(ref=thing.ref, label=str(thing)) if thing is not None else None


def review_values(row: ReviewRow) -> dict[str, Any]:
    one = row.review
    return {
        "id": one.pk, "title": one.title, "field": one.field, "state": one.state, "team": party(one.team),
        "decider": party(one.decider), "bar_raiser": party(one.bar_raiser), "requester": party(one.requester),
        "recommendation": row.opinion.recommendation if row.opinion else "", "subject_kind": one.subject_kind,
        "subject_id": one.subject_id, "entity": one.entity.ref if one.entity else None, "because": one.because,
        "turn": party(one.turn_person), "due_at": one.due_at, "created_at": one.created_at,
        "closed_at": one.closed_at, "version": one.version,
    }  # fmt: skip


def story_out(told: Story) -> ReviewStoryOut:
    opinion, found = told.opinion, told.row.review
    return ReviewStoryOut(
        **review_values(told.row), question=found.question,
        teams=[ReviewParty(ref=one.ref, label=str(one)) for one in told.teams], questions=list(told.questions),
        reasons=list(found.assignment.get("reasons", [])), passed_over=list(found.assignment.get("passed_over", [])),
        summary=opinion.summary if opinion else "", answers=list(opinion.answers) if opinion else [],
        evidence=list(opinion.evidence) if opinion else [],
        conditions=[
            ReviewConditionOut(number=one.number, text=one.text, met_at=one.met_at, evidence=one.evidence)
            for one in told.conditions
        ],
        register_entry=told.entry.pk if told.entry else None,
        may=[one.verb.value for one in told.offers if one.possible],
        may_not={one.verb.value: one.why_not or one.decision.reason for one in told.offers if not one.possible},
    )  # fmt: skip


def entry_out(row: RegisterRow) -> RegisterEntryOut:
    one: RegisterEntry = row.entry
    return RegisterEntryOut(
        id=one.pk, kind=one.kind, state=one.state, title=row.title, field=one.field,
        team=ReviewParty(ref=one.team.ref, label=str(one.team)), decided_by=one.decider_label,
        decided_at=one.decided_at, recommendation=one.recommendation, reason=row.reason, practice=row.practice,
        data=[ReviewLink(words=each["words"], url=each["url"]) for each in row.data],
        review=None if row.hidden else one.review_id, look_again_on=one.look_again_on, outcome=one.outcome,
        happened=row.happened, silent=one.silent, restricted=row.hidden, version=one.version,
    )  # fmt: skip


def raiser_out(row: PoolRow) -> BarRaiserOut:
    one = row.raiser
    return BarRaiserOut(
        id=one.pk, person=ReviewParty(ref=row.person.ref, label=str(row.person)), field=one.field, since=one.since,
        term_until=one.term_until, trained_on=one.trained_on, load=row.load, load_max=row.load_max, not_now=row.ready,
    )  # fmt: skip
