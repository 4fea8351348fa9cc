"""What the API of experiments takes and gives."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from awayteam.experiments.models import Experiment, Metric
from awayteam.experiments.queries import ExperimentRow, Story
from awayteam.kernel.rest import Body, Paging, Text, Word
from awayteam.organisation.models import Person, Team

Filled = Annotated[Text, Field(min_length=1)]
ExperimentTitle = Annotated[Word, Field(min_length=1, max_length=200)]
Hundredths = Annotated[int, Field(ge=0, le=10_000)]


class ExperimentParty(Schema):
    """A team or a person."""

    ref: str
    label: str


class ExperimentOut(Schema):
    """`turn` acts until `due_at`. `outcome` is what was decided, `recommended` what the rule said then."""

    id: int
    key: str
    title: str
    state: str
    team: ExperimentParty
    owner: ExperimentParty | None
    decider: ExperimentParty | None
    surface: str
    layer: str
    days: int
    turn: ExperimentParty | None
    due_at: datetime | None
    started_at: datetime | None
    stopped_at: datetime | None
    outcome: str
    recommended: str
    version: int


class RegistrationOut(Schema):
    number: int
    sha256: str
    amends: bool
    why: str
    by: str
    at: datetime


class EpochOut(Schema):
    """`traffic` and `shares` are hundredths of a percent."""

    number: int
    starts_at: datetime
    ends_at: datetime | None
    traffic: int
    shares: dict[str, int]
    dropped: list[str]
    why: str


class AnalysisOut(Schema):
    id: int
    state: str
    progress: int
    doing: str
    problem: str
    asked_at: datetime
    ended_at: datetime | None


class ExperimentStoryOut(ExperimentOut):
    """`design` is the draft, or what was registered. `may` names what the caller may do now, `may_not` why not."""

    hypothesis: str
    design: dict[str, Any]
    findings: list[dict[str, Any]]
    registrations: list[RegistrationOut]
    epochs: list[EpochOut]
    analysis: AnalysisOut | None
    recommendation: dict[str, Any] | None
    blockers: list[dict[str, Any]]
    reviews: list[int]
    register_entry: int | None
    learnt: str
    may: list[str]
    may_not: dict[str, str]


class ScorecardOut(Schema):
    """`card` is the newest whole scorecard; `problem` says why a newer look gave none."""

    experiment: int
    key: str
    made_at: datetime | None
    problem: str
    card: dict[str, Any]


class MetricOut(Schema):
    key: str
    title: str
    description: str
    team: ExperimentParty
    kind: str
    direction: str
    event: str
    over: str
    quantile: float
    after_days: int
    winsor: float
    cluster: str
    unit: str
    retired_at: datetime | None
    version: int


class LearningOut(Schema):
    id: int
    key: str
    title: str
    team: ExperimentParty
    hypothesis: str
    outcome: str
    recommended: str
    learnt: str
    stopped_at: datetime | None
    register_entry: int | None


class PooledOut(Schema):
    """Effects of one metric over decided experiments; `mean`, `low`, `high` and `spread` are relative changes."""

    metric: str
    title: str
    team: str
    experiments: int
    effects: int
    better: int
    worse: int
    mean: float
    low: float
    high: float
    spread: float


class ExperimentsQuery(Paging):
    state: list[Word] = []
    team: list[Word] = []
    outcome: list[Word] = []
    surface: list[Word] = []
    ended: bool = False
    mine: bool = False
    q: Word = ""
    sort: Word = "due"


class LearningsQuery(Paging):
    q: Word = ""
    outcome: Word = ""
    team: Word = ""


class ExperimentIn(Body):
    """`design` as GET gives it; what is left out starts as the rulebook says. `metrics` of its uses may be keys."""

    title: ExperimentTitle
    team: Word
    owner: Word = ""
    decider: Word = ""
    design: dict[str, Any] = {}
    entity: Word = ""
    request: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    engagement: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    goal: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    source: Word = ""


class ExperimentWordsIn(Body):
    words: Filled


class ExperimentSubmitIn(Body):
    words: Text = ""


class ExperimentAllocateIn(Body):
    """`traffic` and `shares` in hundredths of a percent; shares count for units that it takes in."""

    words: Filled
    traffic: Hundredths | None = None
    shares: dict[Word, Hundredths] | None = None
    drop: list[Word] = []


class ExperimentAmendIn(Body):
    """`changes`: parts of the design that may change while it runs (days, segments, added guardrails)."""

    why: Filled
    changes: dict[str, Any]


class ExperimentDecideIn(Body):
    outcome: Literal["ship", "dont-ship", "discuss", "invalid"]
    words: Filled
    arm: Word = ""
    look_again_on: date | None = None


class MetricIn(Body):
    key: Word
    title: ExperimentTitle
    team: Word
    kind: Literal["mean", "proportion", "ratio", "quantile", "retention"]
    direction: Literal["up", "down"]
    event: Word
    over: Word = ""
    quantile: float = 0.5
    after_days: int = 0
    winsor: float = 1.0
    cluster: Word = ""
    unit: Word = ""
    description: Text = ""


def party(one: Team | Person | None) -> ExperimentParty | None:
    return ExperimentParty(ref=one.ref, label=str(one)) if one is not None else None


def values(row: ExperimentRow) -> dict[str, Any]:
    """The fields of `ExperimentOut`."""
    one = row.experiment
    plain = ("key", "title", "state", "surface", "layer", "days", "due_at", "started_at", "stopped_at", "outcome",
             "recommended", "version")  # fmt: skip
    return {
        "id": one.pk, **{name: getattr(one, name) for name in plain}, "team": party(one.team),
        "owner": party(one.owner), "decider": party(one.decider),
        "turn": party(one.turn_person) or (party(one.team) if one.turn_team_id else None),
    }  # fmt: skip


def story_out(told: Story) -> ExperimentStoryOut:
    from awayteam.experiments import design as designs

    row, look = told.experiment, told.analysis
    card = told.card.result if told.card and told.card.result else {}
    return ExperimentStoryOut(
        **values(told.row), hypothesis=row.hypothesis, findings=list(told.findings), learnt=row.learnt,
        design=designs.plain(told.design) if told.design else row.design,
        registrations=[
            RegistrationOut(
                number=one.number, sha256=one.sha256, amends=one.amends, why=one.why, by=one.label, at=one.at
            )
            for one in told.registrations
        ],
        epochs=[
            EpochOut(number=one.number, starts_at=one.starts_at, ends_at=one.ends_at, traffic=one.traffic,
                     shares=one.shares, dropped=one.dropped, why=one.why)
            for one in told.epochs
        ],
        analysis=AnalysisOut(
            id=look.pk, state=look.state, progress=look.progress, doing=look.doing, problem=look.problem,
            asked_at=look.asked_at, ended_at=look.ended_at,
        ) if look else None,
        recommendation=card.get("recommendation"), blockers=card.get("blockers", []),
        reviews=[one.pk for one in told.reviews], register_entry=row.entry_id,
        may=[one.verb.value for one in told.offers if one.possible],
        may_not={one.verb.value: one.why_not or one.decision.reason for one in told.offers if not one.possible},
    )  # fmt: skip


def metric_out(row: Metric) -> MetricOut:
    names = [name for name in MetricOut.model_fields if name != "team"]
    return MetricOut(
        **{name: getattr(row, name) for name in names}, team=ExperimentParty(ref=row.team.ref, label=str(row.team))
    )


def learning_out(row: Experiment) -> LearningOut:
    plain = ("key", "title", "hypothesis", "outcome", "recommended", "learnt", "stopped_at")
    return LearningOut(
        id=row.pk,
        **{name: getattr(row, name) for name in plain},
        team=ExperimentParty(ref=row.team.ref, label=str(row.team)),
        register_entry=row.entry_id,
    )
