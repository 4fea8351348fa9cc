"""Shapes of requests in the REST interface, and how rows become them.

Nothing in them changes by the passing of time alone, so that ETags hold while nobody acts.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, Field

from awayteam.kernel.rest import Body, Id, Reason, Word
from awayteam.requests.actions.values import LONGEST_NEED, LONGEST_PASTED, LONGEST_TITLE, MOST_EFFORT
from awayteam.requests.machine import State
from awayteam.requests.models import Kind
from awayteam.requests.queries import AskerRow, EntityLink, Entry, EscalationRow, Link, Option, RequestRow, Story
from awayteam.requests.rules import MOST_VALUE, DeclineReason


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character; leave it out")
    return text


Words = Annotated[str, Field(max_length=20_000), AfterValidator(_storable)]
Points = Annotated[Decimal, Field(ge=0, le=MOST_VALUE, decimal_places=2, max_digits=14, strict=False)]
Weeks = Annotated[Decimal, Field(gt=0, le=MOST_EFFORT, decimal_places=2, strict=False)]


def _iso(value: Any) -> Any:
    """A day is written as text; a number is none."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("is no day; write 2026-01-31")
    if isinstance(value, int | float):
        raise ValueError("is no day; write 2026-01-31")
    return value


Day = Annotated[date, BeforeValidator(_iso), Field(strict=False)]
Minutes = Annotated[int, Field(ge=1, le=10_000)]
KindName = Literal["feature", "bug", "performance", "access"]
assert set(Kind.values) == {"feature", "bug", "performance", "access"}


class PartyOut(Schema):
    """A team, unit or person, by reference."""

    ref: str
    label: str


class ThingOut(Schema):
    ref: str
    kind: str
    label: str


class RequestOut(Schema):
    """One line of a list. `turn` is who must act (null: anybody of `turn_team`), until `due_at`."""

    id: int
    title: str
    kind: str
    state: str
    home_team: PartyOut
    offered_team: PartyOut | None
    asking_team: PartyOut
    asker: PartyOut
    turn: PartyOut | None
    turn_team: PartyOut | None
    due_at: datetime | None
    entity: ThingOut | None
    value_per_week: Decimal
    askers: int
    wanted_by: date | None
    lost_refusal: bool
    expected_from: date | None
    expected_until: date | None
    merged_into: int | None
    created_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    version: int


def link(row: Link | None) -> PartyOut | None:
    return None if row is None else PartyOut(ref=row.ref, label=row.label)


def _link(row: Link) -> PartyOut:
    return PartyOut(ref=row.ref, label=row.label)


def _thing(row: EntityLink | None) -> ThingOut | None:
    return None if row is None else ThingOut(ref=row.ref, kind=row.kind, label=row.label)


def _common(row: RequestRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "kind": row.kind,
        "state": row.state,
        "home_team": _link(row.home),
        "offered_team": link(row.offered),
        "asking_team": _link(row.asking),
        "asker": _link(row.asker),
        "turn": link(row.turn),
        "turn_team": link(row.turn_team),
        "due_at": row.due_at,
        "entity": _thing(row.entity),
        "value_per_week": row.value_per_week,
        "askers": row.askers_count,
        "wanted_by": row.wanted_by,
        "lost_refusal": row.lost_refusal,
        "expected_from": row.expected_from,
        "expected_until": row.expected_until,
        "merged_into": row.merged_into,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "closed_at": row.closed_at,
        "version": row.version,
    }


def request_of(row: RequestRow) -> RequestOut:
    return RequestOut(**_common(row))


class AskerOut(Schema):
    """One team that asks, with what delay costs it a week; `left_at` where it needs it no more."""

    team: PartyOut
    person: PartyOut
    value_per_week: Decimal
    grounds: str
    customer_value: str
    goal: int | None
    goal_title: str
    wanted_by: date | None
    joined_at: datetime
    left_at: datetime | None
    came_from: int | None


class RequestOptionOut(Schema):
    """One thing that can be done now: `allowed` for you, or `why_not`."""

    verb: str
    says: str
    party: str
    allowed: bool
    why_not: str


class EntryOut(Schema):
    """One thing that happened, newest first."""

    sort: str
    at: datetime
    who: str
    words: str
    verb: str
    text: str


class EscalationOut(Schema):
    """What a manager decides or decided; `brief` is what they had before them, with its SHA-256."""

    id: int
    unit: PartyOut | None
    manager: PartyOut | None
    opened_at: datetime
    why: str
    decided_at: datetime | None
    outcome: str
    words: str
    displaced: list[dict[str, Any]]
    management_minutes: int
    brief_sha256: str


class RequestItemOut(Schema):
    """Its place on the home team's roadmap; dates at 50% and 85%."""

    id: int
    title: str
    state: str
    rank: int | None
    forecast_p50: date | None
    forecast_p85: date | None


class RequestDetail(RequestOut):
    """One request with everything about it."""

    need: str
    operation: str
    path: str
    routing: list[str]
    can_send_away: bool
    away_impossible: str
    away_refused: bool
    decline_reason: str
    moves: int
    rounds: int
    everybody: list[AskerOut]
    history: list[EntryOut]
    escalations: list[EscalationOut]
    item: RequestItemOut | None
    merged: list[int]
    duplicates: list[int]
    then: str = Field("", description="what follows when the clock runs out")
    external_key: str | None
    external_url: str


def detail_of(story: Story) -> RequestDetail:
    request = story.request
    return RequestDetail(
        **_common(story.row),
        need=request.need,
        operation=request.operation,
        path=request.path,
        routing=[str(reason) for reason in request.routing],
        can_send_away=request.can_send_away,
        away_impossible=request.away_impossible,
        away_refused=request.away_refused,
        decline_reason=request.decline_reason,
        moves=request.moves,
        rounds=request.rounds,
        everybody=[asker_of(row) for row in (*story.askers, *story.left)],
        history=[_entry(one) for one in story.timeline],
        escalations=[escalation_of(one) for one in story.escalations],
        item=_item(story),
        merged=[one.id for one in story.merged],
        duplicates=[one.id for one in story.duplicates],
        then=story.turn.then if story.turn else "",
        external_key=request.external_key,
        external_url=request.external_url,
    )


def asker_of(row: AskerRow) -> AskerOut:
    return AskerOut(
        team=_link(row.team),
        person=_link(row.person),
        value_per_week=row.value_per_week,
        grounds=row.grounds,
        customer_value=row.customer_value,
        goal=row.goal_id,
        goal_title=row.goal,
        wanted_by=row.wanted_by,
        joined_at=row.joined_at,
        left_at=row.left_at,
        came_from=row.came_from,
    )


def _entry(one: Entry) -> EntryOut:
    return EntryOut(sort=one.sort, at=one.at, who=one.label, words=one.words, verb=one.verb, text=one.text)


def escalation_of(row: EscalationRow) -> EscalationOut:
    return EscalationOut(
        id=row.id,
        unit=link(row.unit),
        manager=link(row.manager),
        opened_at=row.opened_at,
        why=row.why,
        decided_at=row.decided_at,
        outcome=row.outcome,
        words=row.words,
        displaced=row.displaced,
        management_minutes=row.minutes,
        brief_sha256=row.brief_sha256,
    )


def _item(story: Story) -> RequestItemOut | None:
    found = story.item
    if found is None:
        return None
    return RequestItemOut(
        id=found.id,
        title=found.title,
        state=found.state,
        rank=found.rank,
        forecast_p50=found.forecast_p50,
        forecast_p85=found.forecast_p85,
    )


def option_of(option: Option) -> RequestOptionOut:
    return RequestOptionOut(
        verb=option.verb, says=option.says, party=option.party, allowed=option.allowed, why_not=option.why_not
    )


class WorthIn(Body):
    """What it is worth to one team: points for each week of delay, with their grounds."""

    value_per_week: Points = Decimal(0)
    grounds: Annotated[Words, Field(max_length=5_000)] = ""
    customer_value: Annotated[Words, Field(max_length=5_000)] = ""
    goal: Id | None = None
    wanted_by: Day | None = None


class AskIn(Body):
    """`home_team` may be left out where `entity` has an owner. `pasted` is kept as what it was found by."""

    title: Annotated[Words, Field(min_length=1, max_length=LONGEST_TITLE)]
    need: Annotated[Words, Field(min_length=1, max_length=LONGEST_NEED)]
    kind: KindName = "feature"
    asking_team: Word
    home_team: Word = ""
    entity: Word = ""
    operation: Word = ""
    path: Annotated[Words, Field(max_length=1_000)] = ""
    pasted: Annotated[Words, Field(max_length=LONGEST_PASTED)] = ""
    worth: WorthIn = WorthIn()
    can_send_away: bool = True
    away_impossible: Annotated[Words, Field(max_length=5_000)] = ""
    external_key: Annotated[Words, Field(max_length=300)] | None = None
    external_url: Annotated[Words, Field(max_length=2_000)] = ""


class RequestVersioned(Body):
    """`version` is that of the request as you saw it; where it has changed since, nothing is done (409)."""

    version: Annotated[int, Field(ge=1)] | None = None


class WordsIn(RequestVersioned):
    words: Words = ""


class RequestReasonIn(RequestVersioned):
    words: Reason


class PlanIn(WordsIn):
    """Effort in team-weeks; `rank` on the roadmap (left out: the end); `promised` (left out: done with 85% odds)."""

    low: Weeks
    likely: Weeks
    high: Weeks
    rank: Annotated[int, Field(ge=1, le=100_000)] | None = None
    promised: Day | None = None


class MakeRoomIn(Body):
    """An item that makes room: its new rank, or null to drop it."""

    item: Id
    rank: Annotated[int, Field(ge=1, le=100_000)] | None = None


class RequestReshuffleIn(RequestReasonIn):
    low: Weeks
    likely: Weeks
    high: Weeks
    rank: Annotated[int, Field(ge=1, le=100_000)] | None = None
    promised: Day | None = None
    changes: Annotated[list[MakeRoomIn], Field(max_length=100)] = []
    minutes_spent: Minutes | None = None


class DeclineIn(RequestReasonIn):
    reason: DeclineReason = Field(strict=False)
    refuse_away: bool = False


class MoveIn(RequestReasonIn):
    to: Word


class AssignIn(MoveIn):
    minutes_spent: Minutes | None = None


class RuleIn(RequestReasonIn):
    minutes_spent: Minutes | None = None


class UntilIn(RequestReasonIn):
    until: Day


class SendAwayIn(RequestReasonIn):
    until: Day | None = None


class EscalateIn(RequestReasonIn):
    """`effort` is your own estimate in team-weeks: low, likely, high."""

    effort: tuple[Weeks, Weeks, Weeks] | None = Field(None, strict=False)


class DuplicateIn(RequestReasonIn):
    what: Annotated[Words, Field(min_length=1, max_length=5_000)]
    look_again_on: Day | None = None
    team: Word = ""


class MergeIn(RequestReasonIn):
    into: Id


class JoinIn(WorthIn):
    team: Word
    version: Annotated[int, Field(ge=1)] | None = None


class LeaveIn(RequestReasonIn):
    team: Word = ""


class ReassignIn(RequestReasonIn):
    person: Word


class ReviseIn(RequestVersioned):
    """What is left out stays as it is. `worth` is that of `team` (default: the one you speak for)."""

    title: Annotated[Words, Field(min_length=1, max_length=LONGEST_TITLE)] | None = None
    need: Annotated[Words, Field(min_length=1, max_length=LONGEST_NEED)] | None = None
    can_send_away: bool | None = None
    away_impossible: Annotated[Words, Field(max_length=5_000)] = ""
    worth: WorthIn | None = None
    team: Word = ""
    reason: Reason


class TimeIn(Body):
    minutes: Minutes
    person: Word = ""


STATES = [state.value for state in State]
