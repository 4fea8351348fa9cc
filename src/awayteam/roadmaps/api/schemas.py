"""Shapes of roadmaps, items, goals and documents in the REST interface."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Path, Schema
from pydantic import Field

from awayteam.kernel.rest import Body, Id, Reason, Word
from awayteam.kernel.rest.fields import FIRST_YEAR
from awayteam.roadmaps import facts

Weeks = Annotated[Decimal, Field(ge=Decimal("0.01"), le=facts.MOST_EFFORT, decimal_places=2, strict=False)]
Points = Annotated[Decimal, Field(ge=0, le=facts.MOST_VALUE, decimal_places=2, strict=False)]
Number = Annotated[
    Decimal, Field(ge=-facts.MOST_NUMBER, le=facts.MOST_NUMBER, decimal_places=4, allow_inf_nan=False, strict=False)
]
Day = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=facts.LAST_DAY, strict=False)]
Text = Annotated[str, Field(max_length=facts.LONGEST_TEXT, pattern=r"^[^\x00]*$")]
Title = Annotated[str, Field(min_length=1, max_length=facts.LONGEST_TITLE, pattern=r"^[^\x00]*\S[^\x00]*$")]
Rank = Annotated[int, Field(ge=1, le=100_000)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
KindName = Literal["feature", "bug", "performance", "access", "debt", "other"]
StateName = Literal["planned", "started", "done", "dropped"]
GoalStateName = Literal["open", "met", "missed", "dropped"]
Risk = Literal["", "kept", "at risk", "late"]


class Named(Schema):
    namespace: Annotated[str, Field(min_length=1, max_length=63)]
    name: Annotated[str, Field(min_length=1, max_length=200)]


class ById(Schema):
    id: Id


AtTeam = Annotated[Named, Path()]
AtId = Annotated[ById, Path()]


class RoadmapTeamOut(Schema):
    ref: str
    label: str


class GoalLink(Schema):
    id: int
    title: str
    team: str


class ItemOut(Schema):
    """An item. Efforts are team-weeks; dates of the last stored plan are at 50% and 85% odds, null for no date."""

    id: int
    key: str | None
    team: RoadmapTeamOut
    title: str
    kind: KindName
    state: StateName
    rank: int | None
    effort_low: float
    effort_likely: float
    effort_high: float
    value_per_week: float
    goal: GoalLink | None
    promised_on: date | None
    begins: date | None
    p50: date | None
    p85: date | None
    risk: Risk
    started_at: datetime | None
    done_at: datetime | None
    dropped_at: datetime | None
    estimated: float | None
    real_effort: float | None
    version: int


class TieOut(Schema):
    id: int
    title: str
    team: str
    state: StateName
    p50: date | None


class ItemDetail(ItemOut):
    description: str
    needs: list[TieOut]
    needed_by: list[TieOut]


class PlannedOut(Schema):
    """An open item with its place in the plan of now. `why` says why it has no date; `score` is value over effort."""

    id: int
    title: str
    kind: KindName
    state: StateName
    rank: int | None
    effort: float
    value_per_week: float
    score: float
    goal: int | None
    begins: date | None
    p50: date | None
    p85: date | None
    why: Literal["circle", "needs", "nobody", "unranked"] | None
    promised_on: date | None
    risk: Risk
    funded: bool
    needs: list[int]


class SuggestedOut(Schema):
    id: int
    rank: int
    suggested: int


class RoadmapOut(Schema):
    """A team's roadmap, planned now. `gain` is what the suggested order loses less to waiting, in points."""

    team: RoadmapTeamOut
    version: int
    items: list[PlannedOut]
    unranked: list[PlannedOut]
    funded_until: date
    suggested: list[SuggestedOut]
    gain: float
    circles: list[list[int]]
    capacity: list[float] = Field(description="team-weeks in each of the coming weeks")
    estimates_ratio: float = Field(description="real over estimated effort of finished items, as far as it is trusted")
    estimates_items: int


class OverviewOut(Schema):
    """A team's roadmap in a line, from stored forecasts: the first items, and promises at risk."""

    team: RoadmapTeamOut
    open: int
    unranked: int
    goals: int
    first: list[int]
    at_risk: list[int]
    last_p50: date | None


class SlipOut(Schema):
    """An item whose end would move; days are negative where it comes sooner, null where a date doesn't exist."""

    id: int
    title: str
    team: str
    p50_before: date | None
    p50_after: date | None
    days50: int | None
    days85: int | None
    cost: float | None


class TrialOut(Schema):
    begins: date | None
    p50: date | None
    p85: date | None
    cost: float
    slips: list[SlipOut]


class OptionOut(Schema):
    rank: int
    p50: date | None
    p85: date | None
    slipped: int
    cost: float


class NoteOut(Schema):
    id: int
    starts: date
    ends: date
    share: float | None
    people: float | None
    reason: str


class MeasurementOut(Schema):
    id: int
    at: datetime
    value: float
    source: str
    made_by: str | None
    corrects: int | None


class KeyResultOut(Schema):
    id: int
    title: str
    unit: str
    baseline: float
    target: float
    direction: Literal["up", "down"]
    progress: float | None
    measurements: list[MeasurementOut]


class FigureOut(Schema):
    name: str
    period: str
    planned: float
    actual: float | None
    unit: str


class GoalOut(Schema):
    id: int
    team: RoadmapTeamOut
    kind: Literal["okr", "pl"]
    title: str
    starts: date
    ends: date
    state: GoalStateName
    parent: int | None
    owner: str | None
    version: int


class GoalDetail(GoalOut):
    statement: str
    key_results: list[KeyResultOut]
    figures: list[FigureOut]
    items: list[int]


class DocumentOut(Schema):
    slug: str
    team: str
    title: str
    latest: int
    updated_at: datetime


class DocumentDetail(DocumentOut):
    """One version of a document, with all its versions."""

    number: int
    text: str
    sha256: str
    goals: list[int]
    items: list[int]
    versions: list[int]


class ItemFacts(Body):
    kind: KindName = "feature"
    description: Text = ""
    goal: Id | None = None
    promised_on: Day | None = None


class ItemIn(ItemFacts):
    """A new item; low and high effort left out mean the likely one. `rank` left out: at the end."""

    team: Word
    title: Title
    effort_low: Weeks | None = None
    effort_likely: Weeks
    effort_high: Weeks | None = None
    value_per_week: Points = Decimal(0)
    rank: Rank | None = None
    key: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    reason: Reason


class ItemPatch(ItemFacts):
    """What is left out stays as it is."""

    title: Title = ""
    effort_low: Weeks | None = None
    effort_likely: Weeks | None = None
    effort_high: Weeks | None = None
    value_per_week: Points | None = None
    reason: Reason


class Versioned(Body):
    """`version` is the roadmap's as you saw it: where it has changed since, the answer is 409."""

    reason: Reason
    version: Version | None = None


class RankIn(Versioned):
    rank: Rank


class FinishIn(Versioned):
    real_effort: Annotated[Decimal, Field(ge=Decimal("0.01"), le=10_000, decimal_places=3, strict=False)] | None = None


class NeedIn(Versioned):
    needs: Id


class ChangeIn(Body):
    item: Id
    rank: Rank | None = Field(None, description="null drops the item")


class ReshuffleIn(Versioned):
    changes: Annotated[list[ChangeIn], Field(min_length=1, max_length=1000)]


class NoteIn(Versioned):
    starts: Day
    ends: Day
    share: Annotated[Decimal, Field(ge=0, le=2, decimal_places=2, strict=False)] | None = None
    people: Annotated[Decimal, Field(ge=0, le=1000, decimal_places=1, strict=False)] | None = None


class ImportIn(Body):
    """`text` is a whole file: CSV, or JSON (a list of objects, or {"items": [...]}); see docs/roadmaps.md."""

    text: Annotated[str, Field(min_length=1, max_length=2_000_000)]
    team: Word = Field("", description="team of rows that name none")
    dry_run: bool = False
    reason: Reason


class RowErrorOut(Schema):
    line: int
    field: str
    message: str


class ImportOut(Schema):
    created: int
    updated: int
    unchanged: int
    needs: int
    errors: list[RowErrorOut]


class GoalIn(Body):
    team: Word
    title: Title
    kind: Literal["okr", "pl"] = "okr"
    statement: Text = ""
    starts: Day
    ends: Day
    parent: Id | None = None
    owner: Word = Field("", description="reference of a person")
    reason: Reason


class GoalPatch(Body):
    """What is left out stays as it is; `parent` null and `owner` "" take theirs away."""

    title: Title = ""
    statement: Text = ""
    starts: Day | None = None
    ends: Day | None = None
    parent: Id | None = None
    owner: Word = ""
    reason: Reason


class CloseIn(Body):
    state: Literal["met", "missed", "dropped"]
    reason: Reason


class ItemReasonIn(Body):
    reason: Reason


class KeyResultIn(Body):
    title: Title
    unit: Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")] = ""
    baseline: Number
    target: Number
    direction: Literal["up", "down"]
    reason: Reason


class FigureIn(Body):
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]
    period: Annotated[str, Field(pattern=r"^[0-9]{4}(-(Q[1-4]|0[1-9]|1[0-2]))?$")]
    planned: Annotated[Decimal, Field(ge=-(10**15), le=10**15, decimal_places=2, strict=False)]
    actual: Annotated[Decimal, Field(ge=-(10**15), le=10**15, decimal_places=2, strict=False)] | None = None
    unit: Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")] = ""
    reason: Reason


class DocumentIn(Body):
    title: Title
    text: Annotated[str, Field(min_length=1, max_length=facts.LONGEST_TEXT, pattern=r"^[^\x00]*\S[^\x00]*$")]
    goals: Annotated[list[Id], Field(max_length=200)] = []
    items: Annotated[list[Id], Field(max_length=200)] = []
    reason: Reason


class VersionIn(Body):
    title: Title
    text: Annotated[str, Field(min_length=1, max_length=facts.LONGEST_TEXT, pattern=r"^[^\x00]*\S[^\x00]*$")]
    base: Version | None = Field(None, description="the version that was edited: where it isn't the newest, 409")
    reason: Reason


class LinksIn(Body):
    goals: Annotated[list[Id], Field(max_length=200)]
    items: Annotated[list[Id], Field(max_length=200)]
    reason: Reason
