"""The story of one request: where it stands, what happens next, who asks with what value, and all that happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from awayteam.duplicates.models import Duplicate
from awayteam.kernel.actor import Actor
from awayteam.requests import rules
from awayteam.requests.models import Asker, Escalation, ManagementTime, Request
from awayteam.requests.permissions import Standing, visible
from awayteam.requests.queries import next as following
from awayteam.requests.queries.next import Option, Turn
from awayteam.requests.queries.rows import EntityLink, Link, RequestRow, person_link, rows_of, team_link
from awayteam.requests.queries.timeline import Entry, timeline
from awayteam.requests.stepping import KIND
from awayteam.requests.words import points, rough
from awayteam.roadmaps.models import Item


@dataclass(frozen=True, slots=True)
class AskerRow:
    """One team that asks. `cost` is what delay has cost it so far, in points; `came_from` the request it was merged
    from. `left_at`: it needs it no more."""

    id: int
    team: Link
    person: Link
    value_per_week: Decimal
    grounds: str
    customer_value: str
    goal_id: int | None
    goal: str
    wanted_by: date | None
    joined_at: datetime
    left_at: datetime | None
    came_from: int | None
    cost: Decimal

    @property
    def value(self) -> str:
        return points(self.value_per_week)

    @property
    def cost_words(self) -> str:
        return rough(self.cost)


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """What a manager decided, or is asked to. `minutes` is the management time that was counted for it."""

    id: int
    unit: Link | None
    manager: Link | None
    opened_at: datetime
    opened_by: Link | None
    why: str
    brief: dict[str, Any]
    brief_sha256: str
    passed_up: int
    decided_at: datetime | None
    outcome: str
    words: str
    displaced: list[dict[str, Any]]
    minutes: int


@dataclass(frozen=True, slots=True)
class TimeRow:
    """Minutes that a person spent on what only management can decide."""

    person: Link | None
    minutes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Where a request stands on its home team's roadmap."""

    id: int
    title: str
    state: str
    rank: int | None
    promised_on: date | None
    forecast_p50: date | None
    forecast_p85: date | None


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """A team that builds its own of this, with the day to look again."""

    id: int
    title: str
    state: str
    team: Link
    on: date


@dataclass(frozen=True, slots=True)
class Cost:
    """What delay costs: points a week now, and points so far, counted from the day on which each asker asked."""

    per_week: Decimal
    so_far: Decimal
    since: datetime
    until: datetime

    @property
    def per_week_words(self) -> str:
        return points(self.per_week)

    @property
    def so_far_words(self) -> str:
        return rough(self.so_far)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the page of a request tells. `turn` is None in a final state. `timeline` is newest first.

    `merged` are the requests that were merged into this one, `into` the one into which this one was. `minutes_spent` is
    all management time.
    """

    request: Request
    row: RequestRow
    turn: Turn | None
    options: list[Option]
    askers: list[AskerRow]
    left: list[AskerRow]
    cost: Cost
    timeline: list[Entry]
    escalations: list[EscalationRow]
    times: list[TimeRow]
    item: ItemRow | None
    merged: list[RequestRow]
    into: RequestRow | None
    duplicates: list[DuplicateRow]
    entity: EntityLink | None
    standing: Standing = field(repr=False, compare=False)

    @property
    def can_do(self) -> list[Option]:
        return [option for option in self.options if option.allowed]

    @property
    def cannot_do(self) -> list[Option]:
        return [option for option in self.options if not option.allowed]

    @property
    def declined(self) -> str:
        """The reason of the list for which it was declined; "" where it wasn't."""
        code = self.request.decline_reason
        return rules.REASON_WORDS[rules.DeclineReason(code)] if code else ""

    @property
    def minutes_spent(self) -> int:
        return sum(row.minutes for row in self.times)

    @property
    def open_escalation(self) -> EscalationRow | None:
        return next((row for row in self.escalations if row.decided_at is None), None)


def story(actor: Actor, request: Request, now: datetime, *, comments: bool = True) -> Story:
    """The story of a request that the actor may see (`queries.load`); some fifteen statements, however long it is."""
    standing = Standing(actor, request, now)
    row = rows_of([request.pk], now)[0]
    askers, left, cost = _askers(request, now)
    escalations, times = _management(request)
    others = _others(actor, request, now)
    return Story(
        request=request,
        row=row,
        turn=following.turn(request, standing),
        options=following.options(request, standing),
        askers=askers,
        left=left,
        cost=cost,
        timeline=timeline(actor, request, comments=comments),
        escalations=escalations,
        times=times,
        item=_item(request.item) if request.item else None,
        merged=[other for other in others if other.merged_into == request.pk],
        into=next((other for other in others if other.id == request.merged_into_id), None),
        duplicates=_duplicates(request),
        entity=row.entity,
        standing=standing,
    )


def askers_of(request: Request, now: datetime) -> list[AskerRow]:
    """Those who ask still, the first one first; one statement."""
    return _askers(request, now)[0]


def _askers(request: Request, now: datetime) -> tuple[list[AskerRow], list[AskerRow], Cost]:
    """Those who ask, those who left, and what delay costs them; an asker that was merged away counts where it is."""
    rows = list(Asker.objects.filter(request=request).select_related("team", "person", "goal"))
    end = request.closed_at or now
    made = [_asker(row, row.left_at or end) for row in rows]
    here, gone = [row for row in made if row.left_at is None], [row for row in made if row.left_at is not None]
    begun = min((row.joined_at for row in rows), default=request.created_at)
    so_far = sum((row.cost for row in here), Decimal(0))
    return here, gone, Cost(request.value_per_week, so_far, begun, end)


def _asker(row: Asker, until: datetime) -> AskerRow:
    days = (until - row.joined_at).total_seconds() / 86_400
    return AskerRow(
        id=row.pk,
        team=team_link(row.team),
        person=person_link(row.person),
        value_per_week=row.value_per_week,
        grounds=row.grounds,
        customer_value=row.customer_value,
        goal_id=row.goal_id,
        goal=str(row.goal) if row.goal else "",
        wanted_by=row.wanted_by,
        joined_at=row.joined_at,
        left_at=row.left_at,
        came_from=row.came_from_id,
        cost=rules.cost_until(row.value_per_week, days),
    )


def _management(request: Request) -> tuple[list[EscalationRow], list[TimeRow]]:
    """Escalations, the newest first, and all time that managers spent."""
    spent = list(ManagementTime.objects.filter(request=request).select_related("person").order_by("pk"))
    rows = Escalation.objects.filter(request=request).select_related("unit", "manager", "opened_by").order_by("-pk")
    return [_escalation(row, spent) for row in rows], [
        TimeRow(person_link(row.person) if row.person else None, row.minutes, row.at) for row in spent
    ]


def _escalation(row: Escalation, spent: Sequence[ManagementTime]) -> EscalationRow:
    return EscalationRow(
        id=row.pk,
        unit=team_link(row.unit) if row.unit else None,
        manager=person_link(row.manager) if row.manager else None,
        opened_at=row.opened_at,
        opened_by=person_link(row.opened_by) if row.opened_by else None,
        why=row.why,
        brief=row.brief,
        brief_sha256=row.brief_sha256,
        passed_up=row.passed_up,
        decided_at=row.decided_at,
        outcome=row.outcome,
        words=row.words,
        displaced=list(row.displaced),
        minutes=sum(one.minutes for one in spent if one.escalation_id == row.pk),
    )


def _others(actor: Actor, request: Request, now: datetime) -> list[RequestRow]:
    """The requests merged into this one, and the one into which it was merged; two statements."""
    merged = visible(actor, Request.objects.filter(merged_into=request), now, few=True)
    ids = list(merged.order_by("pk").values_list("pk", flat=True)[:100])
    if request.merged_into_id is not None:
        ids += visible(actor, Request.objects.filter(pk=request.merged_into_id), now, few=True).values_list(
            "pk", flat=True
        )
    return rows_of(ids, now)


def _item(item: Item) -> ItemRow:
    return ItemRow(
        *(item.pk, item.title, item.state, item.rank, item.promised_on, item.forecast_p50, item.forecast_p85)
    )


def _duplicates(request: Request) -> list[DuplicateRow]:
    rows = Duplicate.objects.filter(about_kind=KIND, about_id=request.pk).select_related("team").order_by("pk")
    return [DuplicateRow(row.pk, row.title, row.state, team_link(row.team), row.on) for row in rows]
