"""What a team means to do: placed on its roadmap, estimated, valued, begun and ended."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from awayteam.kernel.actor import Actor
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName
from awayteam.organisation.models import Team
from awayteam.organisation.queries import above
from awayteam.roadmaps import facts
from awayteam.roadmaps.actions.base import Displaced, changing, fresh, subject
from awayteam.roadmaps.actions.ranking import check_rank, order_of, placed, why_unranked, write
from awayteam.roadmaps.choices import GoalState, ItemKind, ItemState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Goal, Item
from awayteam.roadmaps.permissions import Verb
from awayteam.roadmaps.rules.past import LEAST, weeks_shared

Effort = tuple[Decimal, Decimal, Decimal]
"""Team-weeks: low, likely, high."""

EDITABLE = ("title", "description", "kind", "goal", "promised_on")


class Placed(NamedTuple):
    """The new item, and what it displaces: items whose end moves, the costliest first (see `base.displaced`)."""

    item: Item
    displaced: Displaced


def place(
    *,
    actor: Actor,
    now: datetime,
    team: Team,
    title: str,
    effort: Effort,
    kind: str = ItemKind.FEATURE,
    value_per_week: Decimal = Decimal(0),
    goal: Goal | None = None,
    rank: int | None = None,
    description: str = "",
    promised: date | None = None,
    external_key: str | None = None,
    reason: str,
    version: int | None = None,
    authorised_by: str = "",
) -> Placed:
    """Put an item on a team's roadmap, at `rank` (None: last). Paying off debt without a goal stays unranked.

    A rank before others' needs the right to rank, the end only that to edit; `authorised_by` names a decision elsewhere
    that stands in for both. Raises `NotAllowed`, `InvalidInput`, `Conflict`.
    """
    check_new(title=title, description=description, kind=kind, effort=effort, value=value_per_week, promised=promised)
    check_rank(rank)
    check_goal(team, kind, goal)
    ranked = kind != ItemKind.DEBT or goal is not None
    if rank is not None and not ranked:
        what = "Paying off debt isn't ranked until it names the goal that it moves."
        raise InvalidInput(what, "Name a goal, or leave the rank out.", {"rank": what})
    verb = None if authorised_by else Verb.EDIT if rank is None else Verb.RANK
    with changing(team, actor=actor, now=now, reason=reason, verb=verb, version=version) as change:
        row = Item.objects.create(
            team=team, title=title.strip(), description=description, kind=kind, effort_low=effort[0],
            effort_likely=effort[1], effort_high=effort[2], value_per_week=value_per_week, goal=goal, created_at=now,
            created_by_id=actor.person_id, promised_on=promised, external_key=_free_key(external_key),
        )  # fmt: skip
        if ranked:
            write(team.pk, placed(order_of(team.pk), row.pk, rank))
        row = fresh(row)
        change.tell(
            EventName.ITEM_PLACED, subject(row), team=team.pk, kind=row.kind, rank=row.rank,
            effort=[str(one) for one in effort], value_per_week=str(value_per_week), goal=row.goal_id,
            authorised_by=authorised_by,
        )  # fmt: skip
    return Placed(fresh(row), change.displaced)


def check_new(
    *, title: str, description: str, kind: str, effort: Effort, value: Decimal, promised: date | None
) -> None:
    """Raises `InvalidInput` naming every field that can't be used."""
    problems: dict[str, str] = {}
    facts.item(problems, title=title, description=description, kind=kind, value_per_week=value, promised=promised)
    facts.effort(problems, *effort)
    facts.refuse(problems, "The item can't be used like that.")


def check_goal(team: Team, kind: str, goal: Goal | None) -> None:
    """Raises `InvalidInput`: debt is paid off for an open goal of the team itself or of a unit above it."""
    if goal is None or kind != ItemKind.DEBT:
        return
    problem, state = "", Goal.objects.filter(pk=goal.pk).values_list("state", flat=True).first()
    if state != GoalState.OPEN:
        problem = f"{goal} isn't open any more"
    elif goal.team_id != team.pk and goal.team_id not in {unit.pk for unit in above(team)}:
        problem = f"{goal} is neither a goal of {team} nor of a unit above it"
    if problem:
        raise InvalidInput(f"{problem}.", "Name an open goal that this debt stands in the way of.", {"goal": problem})


def _free_key(key: str | None) -> str | None:
    if not key:
        return None
    problems: dict[str, str] = {}
    facts.text(problems, "external_key", key, 200)
    facts.refuse(problems, "The key can't be used.")
    if Item.objects.filter(external_key=key).exists():
        raise Conflict(f"There is an item with the key {key!r} already.", "Import it again to change it.")
    return key


def edit(
    *, actor: Actor, now: datetime, item: Item, fields: dict[str, Any], reason: str, version: int | None = None
) -> Displaced:
    """Set facts of an item: title, description, kind, goal (a Goal or None), promised_on. What is left out stays.

    Debt that loses its goal loses its rank; debt that gets one goes to the end. `version` is the roadmap's.
    """
    problems = {name: "is no fact that can be edited here" for name in fields if name not in EDITABLE}
    facts.refuse(problems, f"Of an item these can be edited: {', '.join(EDITABLE)}.")
    with changing(item.team, actor=actor, now=now, reason=reason, verb=Verb.EDIT, version=version) as change:
        row = fresh(item)
        old = {name: getattr(row, name) for name in fields}
        for name, value in fields.items():
            setattr(row, name, value)
        facts.item(
            problems, title=row.title, description=row.description, kind=row.kind, value_per_week=row.value_per_week,
            promised=row.promised_on,
        )  # fmt: skip
        facts.refuse(problems, "The item can't be used like that.")
        changes = {name: (_plain(old[name]), _plain(value)) for name, value in fields.items() if old[name] != value}
        if not changes:
            raise Conflict("The item is like that already.", "Nothing needs to be changed.")
        if {"kind", "goal"} & changes.keys():
            check_goal(row.team, row.kind, row.goal)
        _save_ranked(row)
        change.tell(EventName.ITEM_EDITED, subject(row), changes, team=row.team_id)
    return change.displaced


def _save_ranked(row: Item) -> None:
    """Write an item whose kind or goal may have changed, with the rank that follows."""
    ranked = row.state in OPEN and (row.kind != ItemKind.DEBT or row.goal_id is not None)
    if row.rank is not None and not ranked:
        if row.state == ItemState.STARTED:
            row.state = ItemState.PLANNED
        row.rank = None
    row.version += 1
    row.save()
    order = order_of(row.team_id)
    write(row.team_id, placed(order, row.pk, None) if ranked and row.rank is None else order)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, (Goal, Decimal)) else value


def reestimate(
    *, actor: Actor, now: datetime, item: Item, effort: Effort, reason: str, version: int | None = None
) -> Displaced:
    """Set the effort of an open item; what stood when work began stays, so that accuracy is measured against it."""
    return _replan(actor, now, item, Verb.EDIT, EventName.ITEM_ESTIMATED, reason, version, effort=effort)


def revalue(
    *, actor: Actor, now: datetime, item: Item, value_per_week: Decimal, reason: str, version: int | None = None
) -> Displaced:
    """Set the value of an open item, in points for each week of delay."""
    return _replan(actor, now, item, Verb.EDIT, EventName.ITEM_VALUED, reason, version, value=value_per_week)


def replan(
    *,
    actor: Actor,
    now: datetime,
    item: Item,
    effort: Effort | None = None,
    value_per_week: Decimal | None = None,
    rank: int | None = None,
    reason: str,
    version: int | None = None,
    authorised_by: str = "",
) -> Displaced:
    """Set effort, value and rank of an open item at once (None: as it is); `authorised_by` as in `place`."""
    verb = None if authorised_by else Verb.EDIT if rank is None else Verb.RANK
    name = EventName.ITEM_MOVED if effort is None and value_per_week is None else EventName.ITEM_ESTIMATED
    return _replan(actor, now, item, verb, name, reason, version, effort=effort, value=value_per_week, rank=rank)


def _replan(
    actor: Actor, now: datetime, item: Item, verb: Verb | None, name: EventName, reason: str, version: int | None,
    effort: Effort | None = None, value: Decimal | None = None, rank: int | None = None,
) -> Displaced:  # fmt: skip
    problems: dict[str, str] = {}
    if effort is not None:
        facts.effort(problems, *effort)
    if value is not None:
        facts.number(problems, "value_per_week", value, least=Decimal(0), most=facts.MOST_VALUE)
    facts.refuse(problems, "The item can't be planned like that.")
    check_rank(rank)
    with changing(item.team, actor=actor, now=now, reason=reason, verb=verb, version=version) as change:
        row = _open(item)
        old_rank = row.rank
        changes = _set_numbers(row, effort, value)
        if rank is not None:
            if row.rank is None:
                raise Conflict(why_unranked(row), "Leave the rank out.")
            ranks = write(row.team_id, placed(order_of(row.team_id), row.pk, rank))
            if row.pk in ranks:
                changes["rank"] = (old_rank, ranks[row.pk][1])
        change.tell(name, subject(row), changes, team=row.team_id)
    return change.displaced


def _set_numbers(row: Item, effort: Effort | None, value: Decimal | None) -> dict[str, tuple[Any, Any]]:
    new: dict[str, Decimal] = {}
    if effort is not None:
        new |= {"effort_low": effort[0], "effort_likely": effort[1], "effort_high": effort[2]}
    if value is not None:
        new["value_per_week"] = value
    changes = {name: (str(getattr(row, name)), str(one)) for name, one in new.items() if getattr(row, name) != one}
    Item.objects.filter(pk=row.pk).update(**new, version=row.version + 1)
    return changes


def _open(item: Item) -> Item:
    row = fresh(item)
    if row.state not in OPEN:
        raise Conflict(f"This item is {row.state}.", "Only what is planned or in work can be changed.")
    return row


def start(*, actor: Actor, now: datetime, item: Item, reason: str, version: int | None = None) -> Displaced:
    """Begin to work on an item: its effort as estimated now is kept, and what is begun comes first in the plan."""
    with changing(item.team, actor=actor, now=now, reason=reason, verb=Verb.EDIT, version=version) as change:
        row = _open(item)
        if row.state == ItemState.STARTED:
            raise Conflict("Work on this has begun already.", "Nothing needs to be changed.")
        if row.rank is None:
            raise Conflict(why_unranked(row), "Name the goal first.")
        row.state, row.started_at, row.estimated = ItemState.STARTED, now, _expected(row)
        row.version += 1
        row.save()
        change.tell(EventName.ITEM_STARTED, subject(row), team=row.team_id, estimated=str(row.estimated))
    return change.displaced


def finish(
    *,
    actor: Actor,
    now: datetime,
    item: Item,
    real_effort: Decimal | None = None,
    reason: str,
    version: int | None = None,
    authorised_by: str = "",
) -> Displaced:
    """End an item: it is done, those below it move up, and its real effort joins the team's past.

    `real_effort` in team-weeks; None counts it from the calendar since its start, shared with what was in work then.
    `authorised_by` as in `place`.
    """
    if real_effort is not None:
        problems: dict[str, str] = {}
        facts.number(problems, "real_effort", real_effort, least=Decimal("0.01"), most=Decimal(10_000))
        facts.refuse(problems, "The effort can't be used.")
    verb = None if authorised_by else Verb.EDIT
    with changing(item.team, actor=actor, now=now, reason=reason, verb=verb, version=version) as change:
        row = _open(item)
        row.estimated = row.estimated or _expected(row)
        row.real_effort, row.real_given = real_effort or _counted(row, now), real_effort is not None
        row.state, row.done_at, row.rank = ItemState.DONE, now, None
        row.version += 1
        row.save()
        write(row.team_id, order_of(row.team_id))
        real = None if row.real_effort is None else str(row.real_effort)
        change.tell(
            EventName.ITEM_FINISHED, subject(row), team=row.team_id, estimated=str(row.estimated), real_effort=real
        )
    return change.displaced


def drop(*, actor: Actor, now: datetime, item: Item, reason: str, version: int | None = None) -> Displaced:
    """Give an item up: it loses its rank, and what needs it no longer waits for it. Needs the right to rank."""
    with changing(item.team, actor=actor, now=now, reason=reason, verb=Verb.RANK, version=version) as change:
        row = _open(item)
        changes: dict[str, tuple[Any, Any]] = {"state": (row.state, ItemState.DROPPED.value)}
        row.state, row.dropped_at, row.rank = ItemState.DROPPED, now, None
        row.version += 1
        row.save()
        write(row.team_id, order_of(row.team_id))
        change.tell(EventName.ITEM_DROPPED, subject(row), changes, team=row.team_id)
    return change.displaced


def _expected(row: Item) -> Decimal:
    return ((row.effort_low + 4 * row.effort_likely + row.effort_high) / 6).quantize(Decimal("0.001"))


def _counted(row: Item, now: datetime) -> Decimal | None:
    """Team-weeks from the start until now by the calendar, shared with other items; None where it never began."""
    if row.started_at is None:
        return None
    begun, today = row.started_at.astimezone(UTC).date(), now.astimezone(UTC).date()
    others = Item.objects.filter(team=row.team_id, started_at__lt=now).exclude(pk=row.pk)
    spans = _spans(others.exclude(done_at__lt=row.started_at).exclude(dropped_at__lt=row.started_at), today)
    weeks = weeks_shared(calendar_of(row.team.calendar, row.team.time_zone), begun, today, spans)
    return Decimal(str(max(weeks, LEAST))).quantize(Decimal("0.001"))


def _spans(items: Any, today: date) -> Sequence[tuple[date, date]]:
    rows = items.values_list("started_at", "done_at", "dropped_at")
    return [
        (began.astimezone(UTC).date(), (done or dropped).astimezone(UTC).date() if done or dropped else today)
        for began, done, dropped in rows
    ]
