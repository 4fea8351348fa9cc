"""Shapes of handovers, deployments, defects, retrospectives and suggestions in the REST interface.

Nothing in them changes by the passing of time alone, so that ETags hold while nobody acts.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from awayteam.handovers.models import Defect, Deployment, Evidence, Retrospective
from awayteam.handovers.queries import DefectStory, HandoverStory, LookBack, SelfService
from awayteam.handovers.queries.story import LineRow, Next, evidence_text
from awayteam.kernel.rest import Body, Id, Moment, Reason, Word
from awayteam.requests.api.schemas import Day, PartyOut, ThingOut, Words

Version = Id | None
SeverityName = Literal["high", "medium", "low"]
SideName = Literal["away", "home"]


def party(one: Any) -> PartyOut | None:
    """A team or person by reference."""
    return None if one is None else PartyOut(ref=one.ref, label=str(one))


class HandoverOptionOut(Schema):
    """Something that can be done in this state; `why_not` is "" where you may do it now."""

    verb: str
    words: str
    says: str
    why_not: str


class HandoverEvidenceOut(Schema):
    id: int
    kind: str
    text: str
    url: str
    words: str
    sha256: str
    figures: dict[str, Any]
    label: str
    added_at: datetime


class HandoverLineOut(Schema):
    """`state` is open, done or waived; `lacks` is what it needs before somebody may say that it is done."""

    number: int
    origin: str
    key: str
    text: str
    state: str
    lacks: str
    done_by: PartyOut | None
    done_at: datetime | None
    waived_by: PartyOut | None
    waived_at: datetime | None
    waived_reason: str
    evidence: list[HandoverEvidenceOut]


class HandoverRefusalOut(Schema):
    standard: str
    section: str
    line: int | None
    words: str
    label: str
    at: datetime


class HandoverStepOut(Schema):
    at: datetime
    verb: str
    source: str
    target: str
    party: str
    label: str
    words: str
    minutes: int
    on_time: bool | None


class HandoverOut(Schema):
    """`unmet` is what keeps it from being submitted; `turn` who must act (null: anybody of `turn_team`)."""

    id: int
    engagement: int
    number: int
    state: str
    summary: str
    home_team: PartyOut | None
    away_team: PartyOut | None
    turn: PartyOut | None
    turn_team: PartyOut | None
    due_at: datetime | None
    reviewer: PartyOut | None
    reviewer_because: list[str]
    silent: bool
    unmet: list[str]
    lines: list[HandoverLineOut]
    refusals: list[HandoverRefusalOut]
    steps: list[HandoverStepOut]
    options: list[HandoverOptionOut]
    submitted_at: datetime | None
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    version: int


def options_of(found: Next) -> list[HandoverOptionOut]:
    return [
        HandoverOptionOut(verb=one.verb, words=one.words, says=one.says, why_not=one.why_not) for one in found.options
    ]


def step_of(row: Any) -> HandoverStepOut:
    names = ("at", "verb", "source", "target", "party", "label", "words", "minutes", "on_time")
    return HandoverStepOut(**{name: getattr(row, name) for name in names})


def evidence_of(row: Evidence) -> HandoverEvidenceOut:
    return HandoverEvidenceOut(
        id=row.pk, kind=row.kind, text=evidence_text(row), url=row.url, words=row.words, sha256=row.sha256,
        figures=row.figures, label=row.label, added_at=row.added_at,
    )  # fmt: skip


def line_of(one: LineRow) -> HandoverLineOut:
    row = one.row
    return HandoverLineOut(
        number=row.number, origin=row.origin, key=row.key, text=row.text, state=one.state, lacks=one.lacks,
        done_by=party(row.done_by), done_at=row.done_at, waived_by=party(row.waived_by), waived_at=row.waived_at,
        waived_reason=row.waived_reason, evidence=[evidence_of(shown.row) for shown in one.evidence],
    )  # fmt: skip


def handover_of(story: HandoverStory) -> HandoverOut:
    """A handover with its checklist and its story."""
    row = story.row
    refusals = [
        HandoverRefusalOut(
            standard=one.standard.title if one.standard else "", section=one.section,
            line=one.line.number if one.line else None, words=one.words, label=one.label, at=one.at,
        )
        for one in story.refusals
    ]  # fmt: skip
    return HandoverOut(
        id=row.pk, engagement=row.engagement_id, number=row.number, state=row.state, summary=row.summary,
        home_team=party(row.engagement.home_team), away_team=party(row.engagement.away_team),
        turn=party(row.turn_person), turn_team=party(row.turn_team), due_at=row.due_at, reviewer=party(row.reviewer),
        reviewer_because=list(row.reviewer_because), silent=row.silent, unmet=list(story.unmet),
        lines=[line_of(one) for one in story.lines], refusals=refusals, steps=[step_of(one) for one in story.steps],
        options=options_of(story.next), submitted_at=row.submitted_at, created_at=row.created_at,
        changed_at=row.changed_at, closed_at=row.closed_at, version=row.version,
    )  # fmt: skip


class HandoverBeginIn(Body):
    engagement: Id
    words: Words = ""


class HandoverSubmitIn(Body):
    summary: Reason
    version: Version = None


class HandoverSayIn(Body):
    """Words that may be added."""

    words: Words = ""
    version: Version = None


class HandoverReasonIn(Body):
    """Words that are needed."""

    words: Reason
    version: Version = None


class HandoverRefuseIn(HandoverReasonIn):
    """Cite a frozen standard (its id), a line of the checklist (its number), or both."""

    standard: Id | None = None
    section: Word = ""
    line: Annotated[int, Field(ge=1, le=10_000)] | None = None


class HandoverEvidenceIn(Body):
    """One of: `url`; `words`; `file` with its text in `content` (JUnit, SARIF, Cobertura); `on` with `attended_by`."""

    url: Annotated[str, Field(max_length=2_000)] = ""
    words: Words = ""
    file: Word = ""
    content: Annotated[str, Field(max_length=5_000_000)] = ""
    on: Day | None = None
    attended_by: Word = ""
    version: Version = None


class DeploymentOut(Schema):
    """`source` is hand, api, or clock where nobody recorded one."""

    id: int
    engagement: int
    at: datetime
    environment: str
    production: bool
    reference: str
    source: str
    label: str
    recorded_at: datetime


def deployment_of(row: Deployment) -> DeploymentOut:
    names = ("at", "environment", "production", "reference", "source", "label", "recorded_at")
    return DeploymentOut(id=row.pk, engagement=row.engagement_id, **{name: getattr(row, name) for name in names})


class DeploymentIn(Body):
    """Of an engagement, or of a service: then for each visit that runs there and that you take part in."""

    engagement: Id | None = None
    service: Word = ""
    environment: Annotated[str, Field(min_length=1, max_length=60)] = "production"
    reference: Word = ""
    at: Moment | None = None
    words: Words = ""


class DefectReasonOut(Schema):
    text: str
    source: str
    at: datetime | None


class DefectOut(Schema):
    """`routed` is whose it is by the rules, `rule` which one said so, `reasons` what was seen, what decided first."""

    id: int
    engagement: int
    title: str
    words: str
    state: str
    severity: str
    repository: str
    path: str
    line: int | None
    found_at: datetime
    routed: str
    rule: str
    reasons: list[DefectReasonOut]
    under_warranty: bool
    commit: str
    fixed_by: str
    turn: PartyOut | None
    turn_team: PartyOut | None
    due_at: datetime | None
    label: str
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    version: int


class DefectDetail(DefectOut):
    steps: list[HandoverStepOut]
    options: list[HandoverOptionOut]


def defect_values(row: Defect) -> dict[str, Any]:
    names = (
        "title", "words", "state", "severity", "repository", "path", "line", "found_at", "routed", "rule",
        "under_warranty", "commit", "fixed_by", "due_at", "label", "created_at", "changed_at", "closed_at", "version",
    )  # fmt: skip
    given = {name: getattr(row, name) for name in names}
    reasons = [DefectReasonOut(**one) for one in row.reasons]
    turns = {"turn": party(row.turn_person), "turn_team": party(row.turn_team)}
    return {"id": row.pk, "engagement": row.engagement_id, "reasons": reasons, **turns, **given}


def defect_of(row: Defect) -> DefectOut:
    return DefectOut(**defect_values(row))


def defect_detail(story: DefectStory) -> DefectDetail:
    steps = [step_of(one) for one in story.steps]
    return DefectDetail(**defect_values(story.row), steps=steps, options=options_of(story.next))


class DefectIn(Body):
    """Of an engagement, or of a service: then of the visit to which the evidence leads. File and line are found in
    `pasted` (a stack trace, a log) where none are named. `found_at` decides about the warranty."""

    engagement: Id | None = None
    service: Word = ""
    title: Annotated[str, Field(min_length=1, max_length=200)]
    words: Words = ""
    severity: SeverityName = "medium"
    repository: Word = ""
    path: Annotated[str, Field(max_length=1_000)] = ""
    line: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    pasted: Annotated[str, Field(max_length=200_000)] = ""
    found_at: Moment | None = None


class DefectFixIn(Body):
    commit: Annotated[str, Field(max_length=64)] = ""
    words: Words = ""
    version: Version = None


class DefectRuleIn(HandoverReasonIn):
    side: SideName


class RetrospectiveAnswerOut(Schema):
    question: str
    answer: str


class RetrospectiveOut(Schema):
    person: PartyOut | None
    side: str
    answers: list[RetrospectiveAnswerOut]
    answered_at: datetime
    changed_at: datetime


class LookBackOut(Schema):
    """The answers that you may read; `hidden` counts those that open once both sides answered, or at `opens_at`."""

    engagement: int
    questions: list[str]
    answers: list[RetrospectiveOut]
    hidden: int
    waits_for: list[str]
    opens_at: datetime | None
    may_answer: bool


def answers_of(row: Retrospective) -> RetrospectiveOut:
    answers = [RetrospectiveAnswerOut(**one) for one in row.answers]
    return RetrospectiveOut(
        person=party(row.person), side=row.side, answers=answers, answered_at=row.answered_at, changed_at=row.changed_at
    )


def look_back_of(found: LookBack) -> LookBackOut:
    return LookBackOut(
        engagement=found.engagement.pk, questions=list(found.questions),
        answers=[answers_of(one.row) for one in found.answers], hidden=found.hidden, waits_for=found.waits_for,
        opens_at=found.opens_at, may_answer=found.may_answer,
    )  # fmt: skip


class RetrospectiveIn(Body):
    """One answer for each question, in their order; "" leaves one out."""

    answers: Annotated[list[Annotated[str, Field(max_length=5_000)]], Field(max_length=20)]


class SelfServiceOut(Schema):
    """A service that teams visit again and again, with those of the visits that you may see."""

    service: ThingOut
    visits: int
    teams: int
    days: int
    engagements: list[int]


def self_service_of(one: SelfService) -> SelfServiceOut:
    service = ThingOut(ref=one.service.ref, kind=one.service.kind, label=str(one.service))
    seen = [row.pk for row in one.seen]
    return SelfServiceOut(service=service, visits=one.visits, teams=one.teams, days=one.days, engagements=seen)


class SelfServiceAsideIn(Body):
    service: Annotated[str, Field(min_length=1, max_length=300)]
    reason: Reason
