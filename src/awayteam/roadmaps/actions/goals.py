"""What a team means to reach: goals, key results and their measurements, figures of profit and loss."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Person, Team
from awayteam.organisation.rules import require_reason
from awayteam.roadmaps import facts
from awayteam.roadmaps.actions.base import changing
from awayteam.roadmaps.actions.ranking import order_of, write
from awayteam.roadmaps.choices import GoalKind, GoalState, ItemKind, ItemState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Figure, Goal, Item, KeyResult, Measurement
from awayteam.roadmaps.permissions import Verb, can

EDITABLE = ("title", "statement", "starts", "ends", "parent", "owner")
LONGEST_CHAIN = 50


def create_goal(
    *,
    actor: Actor,
    now: datetime,
    team: Team,
    title: str,
    starts: date,
    ends: date,
    kind: str = GoalKind.OKR,
    statement: str = "",
    parent: Goal | None = None,
    owner: Person | None = None,
    reason: str,
) -> Goal:
    """Set a goal for a team or unit. Raises `NotAllowed`, `InvalidInput`, `Conflict` (the team was dissolved)."""
    can(actor, Verb.EDIT, team, now).require()
    require_reason(reason)
    problems: dict[str, str] = {}
    facts.goal(problems, kind=kind, title=title, statement=statement, starts=starts, ends=ends)
    facts.refuse(problems, "The goal can't be used like that.")
    if team.dissolved_at is not None:
        raise Conflict(f"{team} was dissolved.", "Choose a team that exists.")
    with transaction.atomic():
        row = Goal.objects.create(
            team=team, kind=kind, title=title.strip(), statement=statement, starts=starts, ends=ends, parent=parent,
            owner=owner, created_at=now,
        )  # fmt: skip
        data = {"team": team.pk, "kind": kind, "starts": starts.isoformat(), "ends": ends.isoformat()}
        events.append(EventName.GOAL_CREATED, subject=subject(row), actor=actor, now=now, reason=reason, data=data)
    return row


def edit_goal(*, actor: Actor, now: datetime, goal: Goal, fields: dict[str, Any], reason: str) -> Goal:
    """Set facts of a goal: title, statement, starts, ends, parent (a Goal), owner (a Person). Others stay."""
    can(actor, Verb.EDIT, goal.team, now).require()
    require_reason(reason)
    problems = {name: "is no fact that can be edited here" for name in fields if name not in EDITABLE}
    facts.refuse(problems, f"Of a goal these can be edited: {', '.join(EDITABLE)}.")
    with transaction.atomic():
        row = _held(goal)
        old = {name: getattr(row, name) for name in fields}
        for name, value in fields.items():
            setattr(row, name, value)
        facts.goal(problems, kind=row.kind, title=row.title, statement=row.statement, starts=row.starts, ends=row.ends)
        facts.refuse(problems, "The goal can't be used like that.")
        _refuse_circle(row)
        changes = {name: (_plain(old[name]), _plain(one)) for name, one in fields.items() if old[name] != one}
        if not changes:
            raise Conflict("The goal is like that already.", "Nothing needs to be changed.")
        row.version += 1
        row.save()
        events.append(EventName.GOAL_EDITED, subject=subject(row), actor=actor, now=now, reason=reason, changes=changes)
    return row


def _refuse_circle(goal: Goal) -> None:
    seen, parent = [goal], goal.parent
    while parent is not None and len(seen) < LONGEST_CHAIN:
        if parent.pk == goal.pk:
            chain = " serves ".join(f"“{one}”" for one in [*seen, goal])
            raise Conflict(f"That would close a circle: {chain}.", "Choose another goal above.")
        seen.append(parent)
        parent = parent.parent


def close_goal(*, actor: Actor, now: datetime, goal: Goal, state: str, reason: str) -> Goal:
    """Say that a goal was met, missed or dropped. Debt that was to be paid off for it loses its rank."""
    if state not in {GoalState.MET, GoalState.MISSED, GoalState.DROPPED}:
        raise InvalidInput(f"A goal can't become {state!r}.", "Choose met, missed or dropped.", {"state": "unknown"})
    served = Item.objects.filter(goal=goal, kind=ItemKind.DEBT, state__in=OPEN, rank__isnull=False)
    teams = [item.team for item in served.select_related("team")]
    can(actor, Verb.EDIT, goal.team, now).require()
    with changing(goal.team, *teams, actor=actor, now=now, reason=reason, verb=None) as change:
        row = _held(goal)
        if row.state != GoalState.OPEN:
            raise Conflict(f"This goal is {row.state} already.", "Reopen it first.")
        row.state, row.closed_at = GoalState(state), now
        row.version += 1
        row.save()
        unranked = list(served.values_list("pk", flat=True))
        Item.objects.filter(pk__in=unranked).update(rank=None, state=ItemState.PLANNED, goal=None)
        for pk in {team.pk for team in teams}:
            write(pk, order_of(pk))
        change.tell(
            EventName.GOAL_CLOSED, subject(row), {"state": ("open", state)}, team=row.team_id, unranked=unranked
        )
    return row


def reopen_goal(*, actor: Actor, now: datetime, goal: Goal, reason: str) -> Goal:
    """Let a goal that was closed go on. Items that lost their rank stay unranked until they name it again."""
    can(actor, Verb.EDIT, goal.team, now).require()
    require_reason(reason)
    with transaction.atomic():
        row = _held(goal)
        if row.state == GoalState.OPEN:
            raise Conflict("This goal is open.", "Nothing needs to be changed.")
        changes = {"state": (row.state, GoalState.OPEN.value)}
        row.state, row.closed_at = GoalState.OPEN, None
        row.version += 1
        row.save()
        events.append(
            EventName.GOAL_REOPENED, subject=subject(row), actor=actor, now=now, reason=reason, changes=changes
        )
    return row


def add_key_result(
    *,
    actor: Actor,
    now: datetime,
    goal: Goal,
    title: str,
    baseline: Decimal,
    target: Decimal,
    direction: str,
    unit: str = "",
    reason: str,
) -> KeyResult:
    """Say by which number one sees whether an objective is reached. Raises `Conflict` for a closed goal."""
    can(actor, Verb.EDIT, goal.team, now).require()
    require_reason(reason)
    problems: dict[str, str] = {}
    facts.key_result(problems, title=title, unit=unit, baseline=baseline, target=target, direction=direction)
    if goal.kind != GoalKind.OKR:
        problems["goal"] = "has figures, not key results"
    facts.refuse(problems, "The key result can't be used like that.")
    with transaction.atomic():
        row = _open(goal)
        made = KeyResult.objects.create(
            goal=row, title=title.strip(), unit=unit, baseline=baseline, target=target, direction=direction,
            created_at=now,
        )  # fmt: skip
        changes = {"key result": ("", f"{title}: {baseline:f} to {target:f} {unit}".strip())}
        events.append(EventName.GOAL_EDITED, subject=subject(row), actor=actor, now=now, reason=reason, changes=changes)
    return made


def measure(
    *,
    actor: Actor,
    now: datetime,
    key_result: KeyResult,
    value: Decimal,
    source: str,
    at: datetime | None = None,
    corrects: Measurement | None = None,
) -> Measurement:
    """Record a value of a key result, measured `at` (default now; the past is fine), and where it comes from.

    A wrong one is corrected by another that names it; both stay. Raises `InvalidInput`, `Conflict`.
    """
    goal = key_result.goal
    can(actor, Verb.EDIT, goal.team, now).require()
    at = at or now
    problems: dict[str, str] = {}
    facts.number(problems, "value", value)
    facts.text(problems, "source", source, 300, needed=True)
    if at > now:
        problems["at"] = "lies in the future"
    if corrects is not None and corrects.key_result_id != key_result.pk:
        problems["corrects"] = "is of another key result"
    facts.refuse(problems, "The measurement can't be used.")
    with transaction.atomic():
        row = _held(goal)
        if corrects is not None and Measurement.objects.filter(corrects=corrects).exists():
            raise Conflict("This measurement was corrected already.", "Correct the correction.")
        made = Measurement.objects.create(
            key_result=key_result, at=at, value=value, source=source.strip(), made_by_id=actor.person_id,
            recorded_at=now, corrects=corrects,
        )  # fmt: skip
        old = f"{corrects.value:f}" if corrects else ""
        changes = {key_result.title[:100]: (old, f"{value:f} {key_result.unit}".strip())}
        data = {"key_result": key_result.pk, "at": at.isoformat(), "source": source}
        events.append(
            EventName.GOAL_MEASURED, subject=subject(row), actor=actor, now=now, reason="", changes=changes, data=data
        )
    return made


def set_figure(
    *,
    actor: Actor,
    now: datetime,
    goal: Goal,
    name: str,
    period: str,
    planned: Decimal,
    actual: Decimal | None = None,
    unit: str = "",
    reason: str,
) -> Figure:
    """Enter or change a line of profit and loss for one period; the history keeps what it said before."""
    can(actor, Verb.EDIT, goal.team, now).require()
    require_reason(reason)
    problems: dict[str, str] = {}
    facts.figure(problems, name=name, period=period, unit=unit, planned=planned, actual=actual)
    if goal.kind != GoalKind.PL:
        problems["goal"] = "has key results, not figures"
    facts.refuse(problems, "The figure can't be used like that.")
    with transaction.atomic():
        goal = _held(goal)
        old = Figure.objects.filter(goal=goal, name=name.strip(), period=period).first()
        row, _ = Figure.objects.update_or_create(
            goal=goal, name=name.strip(), period=period, defaults={"planned": planned, "actual": actual, "unit": unit}
        )
        changes = {f"{row.name} {period}"[:100]: (_figure(old), _figure(row))}
        events.append(
            EventName.GOAL_EDITED, subject=subject(goal), actor=actor, now=now, reason=reason, changes=changes
        )
    return row


def _figure(row: Figure | None) -> str:
    if row is None:
        return ""
    actual = "" if row.actual is None else f", actual {row.actual:f}"
    return f"planned {row.planned:f}{actual} {row.unit}".strip()


def subject(goal: Goal) -> Subject:
    return Subject("goal", goal.pk, goal.title)


def _held(goal: Goal) -> Goal:
    rows = Goal.objects.select_for_update(of=("self",)).select_related("team", "parent", "owner")
    found = rows.filter(pk=goal.pk).first()
    if found is None:
        raise NotFound("There is no such goal.")
    return found


def _open(goal: Goal) -> Goal:
    row = _held(goal)
    if row.state != GoalState.OPEN:
        raise Conflict(f"This goal is {row.state}.", "Reopen it first.")
    return row


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, (Goal, Person)) else value
