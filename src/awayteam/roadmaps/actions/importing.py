"""Items that come from a tracker: a file's rows put on roadmaps, again and again without doubling."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, InvalidInput, NotFound
from awayteam.kernel.events import Draft, EventName
from awayteam.kernel.permissions import may_write
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team
from awayteam.organisation.rules import require_reason
from awayteam.roadmaps import reading
from awayteam.roadmaps.actions.base import Change, changing, subject
from awayteam.roadmaps.actions.items import check_goal
from awayteam.roadmaps.actions.ranking import order_of, placed, write
from awayteam.roadmaps.choices import GoalState, ItemKind, ItemState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Dependency, Goal, Item, Roadmap
from awayteam.roadmaps.permissions import Verb
from awayteam.roadmaps.reading import ItemRow, Read, RowError
from awayteam.roadmaps.rules.circles import way


@dataclass(slots=True)
class Imported:
    """What came of a file: numbers of items made and changed, rows that say what is there already, and every error."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    needs: int = 0
    errors: list[RowError] = field(default_factory=list)


def import_items(
    *, actor: Actor, now: datetime, found: Read, team: Team | None = None, reason: str, dry_run: bool = False
) -> Imported:
    """Put the rows of a file on roadmaps; a row that can't be used is told and sinks no other.

    A row belongs to the item with its key, else to the open one with its team and title, else it is a new item. `team`
    is that of rows which name none. With `dry_run` all is done and taken back.
    """
    require_reason(reason)
    may_write(actor).require()
    done = Imported(errors=list(found.errors))
    with transaction.atomic():
        made: dict[int, Item] = {}
        for found_team, rows in _by_team(actor, found.rows, team, done):
            try:
                made |= _team(actor, now, found_team, rows, reason, done)
            except AwayteamError as error:
                done.errors += [RowError(row.line, *pair) for row in rows for pair in reading.problems_of(error)]
        _tie(actor, now, found.rows, made, reason, done)
        if dry_run:
            transaction.set_rollback(True)
    done.errors.sort(key=lambda error: (error.line, error.field))
    return done


def _by_team(
    actor: Actor, rows: Sequence[ItemRow], team: Team | None, done: Imported
) -> Iterable[tuple[Team, list[ItemRow]]]:
    """The rows of each team, in the order of the file; those of unknown teams are told."""
    groups: dict[str, list[ItemRow]] = defaultdict(list)
    for row in rows:
        groups[row.team].append(row)
    teams: dict[int, tuple[Team, list[ItemRow]]] = {}
    for ref, group in groups.items():
        try:
            if not ref and team is None:
                raise InvalidInput("No team is named.")
            found = organisation.team(actor, ref) if ref else team
        except (NotFound, InvalidInput) as error:
            done.errors += [RowError(row.line, "team", error.what) for row in group]
            continue
        assert found is not None
        teams.setdefault(found.pk, (found, []))[1].extend(group)
    return [(one, sorted(group, key=lambda row: row.line)) for one, group in teams.values()]


def _team(
    actor: Actor, now: datetime, team: Team, rows: Sequence[ItemRow], reason: str, done: Imported
) -> dict[int, Item]:
    """All rows of one team in one transaction; returns the item of each line."""
    with changing(team, actor=actor, now=now, reason=reason, verb=Verb.RANK) as change:
        work = _Team(change, team, done)
        for row in rows:
            try:
                work.put(row)
            except AwayteamError as error:
                done.errors += [RowError(row.line, *pair) for pair in reading.problems_of(error)]
        work.rank()
        change.tell_all(work.drafts)
    return work.made


class _Team:
    """The rows of one team on their way into the tables."""

    def __init__(self, change: Change, team: Team, done: Imported) -> None:
        self.change, self.team, self.done = change, team, done
        self.drafts: list[Draft] = []
        self.made: dict[int, Item] = {}
        self.ranks: list[tuple[int, int]] = []
        teams = [team.pk, *(unit.pk for unit in organisation.above(team))]
        self.goals = list(Goal.objects.filter(team__in=teams).select_related("team").order_by("state", "pk"))
        self.by_title: dict[str, Item] = {}
        for item in Item.objects.filter(team=team, state__in=OPEN).select_related("goal").order_by("pk"):
            self.by_title.setdefault(item.title.casefold(), item)

    def put(self, row: ItemRow) -> None:
        """Make or change the item of a row. Raises `AwayteamError`, and has then changed nothing."""
        known = self._known(row)
        values = self._values(row, known)
        if known is None:
            item = Item(team=self.team, created_at=self.change.now, created_by_id=self.change.actor.person_id, **values)
            _settle(item)
            item.save()
            self.done.created += 1
            data = {"team": self.team.pk, "kind": item.kind, "key": item.external_key, "imported": True}
            self._note(EventName.ITEM_PLACED, item, None, data)
        else:
            item = known
            self._change(item, values)
        self.made[row.line] = item
        self.by_title[item.title.casefold()] = item
        if row.rank is not None and _may_be_ranked(item):
            self.ranks.append((row.rank, item.pk))

    def _known(self, row: ItemRow) -> Item | None:
        if row.key:
            found = Item.objects.select_related("goal").filter(external_key=row.key).first()
            if found is not None and found.team_id != self.team.pk:
                what = f"the item with the key {row.key!r} belongs to another team"
                raise InvalidInput(f"{what}.", "Give it another key.", {"key": what})
            if found is not None:
                return found
        same = self.by_title.get(row.title.casefold())
        return same if same is not None and (not row.key or same.external_key is None) else None

    def _values(self, row: ItemRow, known: Item | None) -> dict[str, Any]:
        """The columns of the item: all of a new one, those that the row gives of a known one."""
        values: dict[str, Any] = {
            "title": row.title, "kind": row.kind, "description": row.description, "value_per_week": row.value_per_week,
            "goal": self._goal(row), "promised_on": row.promised_on, "external_key": row.key or None,
        }  # fmt: skip
        if known is not None:
            values = {name: value for name, value in values.items() if name in row.given}
            if row.key and known.external_key is None:
                values["external_key"] = row.key
        values |= dict(zip(("effort_low", "effort_likely", "effort_high"), row.effort, strict=True))
        goal = values.get("goal", known.goal if known else None)
        check_goal(self.team, values.get("kind", known.kind if known else row.kind), goal)
        if known is None or "state" in row.given:
            values |= _state(row, self.change.now, known)
        return values

    def _goal(self, row: ItemRow) -> Goal | None:
        if not row.goal:
            return None
        number = row.goal.removeprefix("#")
        wanted = row.goal.casefold()
        open_first = sorted(self.goals, key=lambda goal: goal.state != GoalState.OPEN)
        found = next((one for one in open_first if str(one.pk) == number or one.title.casefold() == wanted), None)
        if found is None:
            what = f"{self.team} and the units above it have no goal {row.goal[:80]!r}"
            raise InvalidInput(f"{what}.", "Set the goal first.", {"goal": what})
        return found

    def _change(self, item: Item, values: Mapping[str, Any]) -> None:
        changes = {name: (getattr(item, name), value) for name, value in values.items() if getattr(item, name) != value}
        if not changes:
            self.done.unchanged += 1
            return
        for name, value in values.items():
            setattr(item, name, value)
        _settle(item)
        item.version += 1
        item.save()
        self.done.updated += 1
        told = {name: (_plain(old), _plain(new)) for name, (old, new) in changes.items()}
        self._note(EventName.ITEM_EDITED, item, told, {"team": self.team.pk, "imported": True})

    def _note(
        self, name: EventName, item: Item, changes: Mapping[str, tuple[Any, Any]] | None, data: Mapping[str, Any]
    ) -> None:
        change = self.change
        self.drafts.append(Draft(name, subject(item), change.actor, change.now, change.reason, changes, data))

    def rank(self) -> None:
        """Ranks as the rows say, the lowest first; new items without rank stand at the end in the file's order."""
        order = order_of(self.team.pk)
        rows = Item.objects.filter(pk__in=[item.pk for item in self.made.values()], state__in=OPEN, rank__isnull=True)
        ids = set(rows.filter(~Q(kind=ItemKind.DEBT) | Q(goal__isnull=False)).values_list("pk", flat=True))
        order += [item.pk for item in self.made.values() if item.pk in ids and item.pk not in order]
        wanted = {item: rank for rank, item in self.ranks}
        order = [one for one in order if one not in wanted]
        for item, rank in sorted(wanted.items(), key=lambda pair: pair[1]):
            order = placed(order, item, rank)
        write(self.team.pk, order)


def _may_be_ranked(item: Item) -> bool:
    return item.state in OPEN and (item.kind != ItemKind.DEBT or item.goal is not None)


def _settle(item: Item) -> None:
    """Rank and state that go together: what is in work has a rank, what may not be ranked isn't in work."""
    if not _may_be_ranked(item):
        item.rank = None
        if item.state == ItemState.STARTED:
            item.state = ItemState.PLANNED
    elif item.state == ItemState.STARTED and item.rank is None:
        ranks = Item.objects.filter(team=item.team_id, rank__isnull=False).order_by("-rank")
        item.rank = (ranks.values_list("rank", flat=True).first() or 0) + 1


def _state(row: ItemRow, now: datetime, known: Item | None) -> dict[str, Any]:
    """State and times; a started or finished item keeps its expected effort to be compared with the real one."""
    expected = ((row.effort[0] + 4 * row.effort[1] + row.effort[2]) / 6).quantize(Decimal("0.001"))
    began = row.started_at or (known.started_at if known else None)
    values: dict[str, Any] = {"state": row.state, "started_at": began, "done_at": None, "dropped_at": None}
    if row.state == ItemState.STARTED:
        values |= {"started_at": began or now, "estimated": (known.estimated if known else None) or expected}
    if row.state in {ItemState.DONE, ItemState.DROPPED}:
        ended = row.done_at or (known and (known.done_at or known.dropped_at)) or now
        values |= {"done_at" if row.state == ItemState.DONE else "dropped_at": ended, "rank": None}
    if row.state == ItemState.DONE:
        values |= {"estimated": (known.estimated if known else None) or expected}
        values |= {"real_effort": row.real_effort, "real_given": row.real_effort is not None}
    return values


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _tie(
    actor: Actor, now: datetime, rows: Sequence[ItemRow], made: Mapping[int, Item], reason: str, done: Imported
) -> None:
    """Tie items to what they need, of whatever team; a circle is refused with the row that would close it."""
    wanted = [(row, made[row.line]) for row in rows if row.needs and row.line in made]
    if not wanted:
        return
    by_key = _keys({need for row, _ in wanted for need in row.needs})
    graph: dict[int, list[int]] = defaultdict(list)
    for item, need in Dependency.objects.filter(item__state__in=OPEN).values_list("item_id", "needs_id"):
        graph[item].append(need)
    fresh: list[Dependency] = []
    drafts: list[Draft] = []
    for row, tied in wanted:
        for key in row.needs:
            other = by_key.get(key)
            problem = _no_tie(tied, other, key, graph)
            if problem:
                done.errors.append(RowError(row.line, "needs", problem))
            elif other is not None and other.pk not in graph[tied.pk]:
                graph[tied.pk].append(other.pk)
                fresh.append(Dependency(item=tied, needs=other, reason=reason, created_at=now))
                data = {"team": tied.team_id, "needs": other.pk, "title": other.title, "imported": True}
                drafts.append(Draft(EventName.ITEM_DEPENDENCY_ADDED, subject(tied), actor, now, reason, None, data))
    done.needs = len(Dependency.objects.bulk_create(fresh))
    events.append_many(drafts)
    if fresh:
        teams = {item.team_id for _, item in wanted}
        Roadmap.objects.filter(team__in=teams).update(forecast_on=None)


def _keys(words: set[str]) -> dict[str, Item]:
    """The items that keys or numbers mean; a key counts before a number."""
    numbers = [int(word) for one in words if (word := one.removeprefix("#")).isdecimal() and len(word) < 16]
    rows = Item.objects.filter(Q(external_key__in=words) | Q(pk__in=numbers))
    found: dict[str, Item] = {}
    for row in rows:
        found.setdefault(str(row.pk), row)
        found.setdefault(f"#{row.pk}", row)
    found |= {row.external_key: row for row in rows if row.external_key}
    return found


def _no_tie(item: Item, other: Item | None, key: str, graph: Mapping[int, list[int]]) -> str:
    if other is None:
        return f"there is no item {key[:80]!r}"
    if other.pk == item.pk:
        return "an item can't need itself"
    if way(graph, other.pk, item.pk) is not None:
        return f"needing {key[:80]!r} would close a circle"
    return ""
