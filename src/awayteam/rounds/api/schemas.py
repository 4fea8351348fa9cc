"""Shapes of rounds, hours and reports in the API."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from awayteam.kernel.rest import Body, Name, Paging, Text, Word
from awayteam.organisation.models import Person, Team
from awayteam.rounds.models import Booking, Report
from awayteam.rounds.queries import Hours, RemarkRow, RoundRow, Story
from awayteam.rounds.rules import Latency, Point

Words = Annotated[Text, Field(max_length=20_000)]
Version = Annotated[
    int | None, Field(ge=1, description="the version that you saw; refused where it isn't that any more")
]


class RoundParty(Schema):
    ref: str
    label: str


class RoundOut(Schema):
    """`state` and `kind` as docs/states.md has them; `way`: home, own or independent; `turn` is null in the end."""

    id: int
    number: int
    engagement: int
    kind: str
    title: str
    state: str
    way: str
    trip: int
    url: str
    commit: str
    opened_by: RoundParty | None
    reviewer: RoundParty | None
    turn: RoundParty | None
    due_at: datetime | None
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    version: int


class RoundRemarkOut(Schema):
    """`cites` is what is cited, in words; `quote` the frozen lines around it, with their numbers."""

    id: int
    kind: str
    words: str
    cites: str
    standard: int | None
    section: str
    standard_line: int | None
    baseline: int | None
    check: str
    figure: Decimal | None
    path: str
    line: int | None
    by: str
    at: datetime
    trip: int
    resolved_at: datetime | None
    ruling: str
    ruling_words: str
    quote: list[tuple[int, str]]


class RoundTripOut(Schema):
    """One wait: `minutes` is working time of the home team; null while it waits."""

    number: int
    asked_home: bool
    asked_at: datetime
    answered_at: datetime | None
    minutes: int | None
    in_time: bool | None
    ended_in: str


class RoundStepOut(Schema):
    at: datetime
    verb: str
    source: str
    target: str
    party: str
    who: str
    words: str
    minutes: int
    on_time: bool | None


class RoundDetail(RoundOut):
    """`may` names what the caller may do now; `may_not` what they may not, with the reason. `then`: after the clock."""

    words: str
    why: str
    chosen: list[str]
    independent: RoundParty | None
    then: str
    remarks: list[RoundRemarkOut]
    trips: list[RoundTripOut]
    steps: list[RoundStepOut]
    may: list[str]
    may_not: dict[str, str]


class RoundsQuery(Paging):
    """`state`: states, live or closed; `home`: references of home teams."""

    engagement: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    state: list[Word] = Field([], max_length=20)
    kind: list[Literal["design", "change"]] = Field([], max_length=2)
    home: list[Word] = Field([], max_length=50)
    mine: bool = Field(False, description="only where it is the caller's turn")


class RoundOpenIn(Body):
    kind: Literal["design", "change"] = "change"
    title: Name
    words: Words = ""
    url: Annotated[Text, Field(max_length=1000)] = ""
    commit: Annotated[Word, Field(max_length=64)] = ""


class RoundVersioned(Body):
    version: Version = None


class RoundPointIn(Body):
    """A change cites `standard` (with `section`, `standard_line` or both), a `check` that is red now, or a `baseline`
    figure with the worse `figure` of now."""

    kind: Literal["change", "demand", "advice"] = "change"
    words: Words
    standard: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    section: Word = ""
    standard_line: Annotated[int | None, Field(ge=1, le=10_000_000)] = None
    baseline: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    figure: Annotated[Decimal | None, Field(strict=False, max_digits=9, decimal_places=3)] = None
    check: Annotated[Text, Field(max_length=500)] = ""
    path: Annotated[Text, Field(max_length=1000)] = ""
    line: Annotated[int | None, Field(ge=1, le=10_000_000)] = None

    def point(self) -> Point:
        return Point(**self.model_dump())


class RoundAnswerIn(RoundVersioned):
    words: Words = ""
    minutes: Annotated[int, Field(ge=0, le=1440, description="of your time, booked on the pledge")] = 0


class RoundPointsIn(RoundAnswerIn):
    points: Annotated[list[RoundPointIn], Field(min_length=1, max_length=100)]


class RoundAdviceIn(RoundVersioned):
    points: Annotated[list[RoundPointIn], Field(min_length=1, max_length=100)]


class RoundWordsIn(RoundVersioned):
    words: Annotated[Words, Field(min_length=1)]


class RoundResubmitIn(RoundWordsIn):
    url: Annotated[Text, Field(max_length=1000)] = ""
    commit: Annotated[Word, Field(max_length=64)] = ""


class RoundGrantIn(RoundWordsIn):
    days: Annotated[int, Field(ge=1, le=260, description="working days by which the time-box grows")]


class HoursBookingOut(Schema):
    id: int
    person: RoundParty
    on: date
    minutes: int
    what: str
    round: int | None
    booked_at: datetime
    cancelled_at: datetime | None


class HoursOut(Schema):
    """All in minutes. `why_not`: why the home team's time can't be demanded any more; "" where it can."""

    pledged: int
    booked: int
    left: int
    why_not: str
    bookings: list[HoursBookingOut]


class HoursBookIn(Body):
    minutes: Annotated[int, Field(ge=1, le=1440)]
    what: Name
    on: Annotated[date | None, Field(strict=False)] = None
    person: Word = Field("", description="who gave the time; left out: the caller")
    round: Annotated[int | None, Field(ge=1, description="the number of a round of this engagement")] = None


class HoursCancelIn(Body):
    why: Annotated[Text, Field(min_length=1, max_length=2000)]


class RoundReportOut(Schema):
    id: int
    engagement: int
    week: date | None
    since: datetime
    until: datetime
    made_at: datetime
    made_by: str


class RoundReportDetail(RoundReportOut):
    """`text` is Markdown; `data` holds every figure in it."""

    text: str
    data: dict[str, Any]


class RoundReportIn(Body):
    days: Annotated[int, Field(ge=1, le=366)] = 7


class LatencyQuery(Schema):
    home: list[Word] = Field([], max_length=200)
    days: Annotated[int, Field(ge=1, le=3660)] = 180


class LatencyOut(Schema):
    """Working minutes from showing something to the first answer; null where nothing was measured. `share`: 0 to 1."""

    home: RoundParty
    trips: int
    median: int | None
    p90: int | None
    in_time: int
    share: float | None


def party(one: Person | Team | None) -> RoundParty | None:
    return RoundParty(ref=one.ref, label=str(one)) if one is not None else None


def _values(row: RoundRow) -> dict[str, Any]:
    one = row.round
    plain = ("number", "kind", "title", "state", "way", "trip", "url", "commit", "due_at", "created_at", "changed_at",
             "closed_at", "version")  # fmt: skip
    return {
        "id": one.pk, "engagement": one.engagement_id, "opened_by": party(one.opened_by),
        "reviewer": party(one.reviewer), "turn": party(one.turn_person or one.turn_team),
        **{name: getattr(one, name) for name in plain},
    }  # fmt: skip


def round_of(row: RoundRow) -> RoundOut:
    return RoundOut(**_values(row))


def _remark(row: RemarkRow) -> RoundRemarkOut:
    one = row.remark
    plain = ("kind", "words", "section", "standard_line", "figure", "path", "line", "at", "trip", "resolved_at",
             "ruling", "ruling_words")  # fmt: skip
    return RoundRemarkOut(
        id=one.pk, cites=row.citation, standard=one.standard_id, baseline=one.baseline_id, check=one.check_key,
        by=one.label, quote=[(line.number, line.text) for line in row.quoted],
        **{name: getattr(one, name) for name in plain},
    )  # fmt: skip


def detail_of(story: Story) -> RoundDetail:
    one = story.round
    trips = ("number", "asked_home", "asked_at", "answered_at", "minutes", "in_time", "ended_in")
    steps = ("at", "verb", "source", "target", "party", "words", "minutes", "on_time")
    advise = {} if story.may_advise else {"advise": story.may_advise.reason}
    return RoundDetail(
        **_values(story.row), words=one.words, why=one.why, chosen=one.chosen, independent=party(one.independent),
        then=story.next.then if story.next else "", remarks=[_remark(row) for row in story.remarks],
        trips=[RoundTripOut(**{name: getattr(trip, name) for name in trips}) for trip in story.trips],
        steps=[
            RoundStepOut(who=event.step.label, **{name: getattr(event.step, name) for name in steps})
            for event in story.events
        ],
        may=[option.verb for option in story.can_do] + (["advise"] if story.may_advise else []),
        may_not={option.verb: option.why_not for option in story.cannot_do} | advise,
    )  # fmt: skip


def booking_of(row: Booking) -> HoursBookingOut:
    return HoursBookingOut(
        id=row.pk, person=RoundParty(ref=row.person.ref, label=str(row.person)), on=row.on, minutes=row.minutes,
        what=row.what, round=row.round.number if row.round else None, booked_at=row.booked_at,
        cancelled_at=row.cancelled_at,
    )  # fmt: skip


def hours_of(found: Hours) -> HoursOut:
    pledge = found.pledge
    return HoursOut(
        pledged=pledge.pledged, booked=pledge.booked, left=pledge.left, why_not=pledge.why_not,
        bookings=[booking_of(row) for row in found.rows],
    )  # fmt: skip


def _report(row: Report) -> dict[str, Any]:
    plain = ("week", "since", "until", "made_at")
    return {
        "id": row.pk, "engagement": row.engagement_id, "made_by": str(row.made_by or ""),
        **{name: getattr(row, name) for name in plain},
    }  # fmt: skip


def report_of(row: Report) -> RoundReportOut:
    return RoundReportOut(**_report(row))


def report_detail(row: Report) -> RoundReportDetail:
    return RoundReportDetail(**_report(row), text=row.text, data=row.data)


def latency_of(team: Team, found: Latency) -> LatencyOut:
    return LatencyOut(
        home=RoundParty(ref=team.ref, label=str(team)), trips=found.trips, median=found.median, p90=found.p90,
        in_time=found.in_time, share=found.share,
    )  # fmt: skip
