"""A team's roadmap with its plan: what is done when, what stands in the way, and what another order would give."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.organisation.models import Team
from awayteam.roadmaps import facts
from awayteam.roadmaps.loading import OPEN, Loaded, OpenItem, load
from awayteam.roadmaps.models import CapacityNote, Dependency, Goal, Item, Roadmap
from awayteam.roadmaps.permissions import visible
from awayteam.roadmaps.rules import (
    NEW,
    Accuracy,
    Drop,
    Insert,
    Move,
    Plan,
    PlanItem,
    RankOption,
    Slip,
    Slot,
    Suggested,
    at_each_rank,
    funded,
    funded_until,
    gain,
    order_by_value_over_effort,
    plan,
    reordered,
    score,
)
from awayteam.roadmaps.rules import what_if as slips_by

WEEKS = 26
"""Weeks of capacity that a roadmap shows."""

FINISHED = 10


class Tie(NamedTuple):
    """An item at the other end of a need. `p50` is when it is done as planned (None: no date)."""

    item: int
    title: str
    team: Team
    p50: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """An open item with its place in the plan. `needs` are what it waits for, `needed_by` what waits for it.

    `score` is value over effort; `is_funded` says that it is done at 50% within the funded weeks.
    """

    item: OpenItem
    plan: PlanItem
    slot: Slot
    score: float
    is_funded: bool
    needs: Sequence[Tie] = ()
    needed_by: Sequence[Tie] = ()

    @property
    def risk(self) -> str:
        """How the promised day stands: "late" (50% beyond it), "at risk" (85% beyond it), "kept", "" without one."""
        return risk(self.item.promised, self.slot.p50, self.slot.p85)


def risk(promised: date | None, p50: date | None, p85: date | None) -> str:
    """How a promised day stands against a plan; no date at all counts as late."""
    if promised is None:
        return ""
    if p50 is None or p50 > promised:
        return "late"
    return "at risk" if p85 is None or p85 > promised else "kept"


class Week(NamedTuple):
    """The team-weeks that can be worked in the seven days from `starts`."""

    starts: date
    weeks: float


@dataclass(frozen=True, slots=True)
class RoadmapView:
    """All that the page of a team's roadmap shows. `others` are the titles of goals by id; `suggested` is the order by
    value over effort with its `gain` in points, empty where it is the order that stands."""

    team: Team
    version: int
    today: date
    ranked: Sequence[Row]
    unranked: Sequence[Row]
    goals: Mapping[int, str]
    weeks: Sequence[Week]
    notes: Sequence[CapacityNote]
    accuracy: Accuracy
    funded_until: date
    suggested: Sequence[Suggested]
    gain: float
    circles: Sequence[Sequence[int]]
    finished: Sequence[Item]
    connected: Sequence[Team]
    left_out: int
    loaded: Loaded
    plan: Plan


def roadmap(actor: Actor, team: Team, now: datetime) -> RoadmapView:
    """The roadmap of a team, planned together with the teams it is tied to; about twelve statements."""
    loaded = load([team.pk], now)
    made = plan(loaded.inputs)
    inputs, slots = loaded.inputs, made.by_item()
    until = funded_until(inputs.today, rulebook.current().roadmaps.funded_weeks)
    paid = set(funded(made, team.pk, until))
    needs, users = _ties(actor, team, loaded, slots)
    rows = [
        Row(
            loaded.items[one.id], one, slots[one.id], score(one), one.id in paid,
            needs.get(one.id, ()), users.get(one.id, ()),
        )
        for one in inputs.items
        if one.team == team.pk
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.item.rank is None, row.item.rank or 0, row.item.title))
    suggested, saved = suggestion(loaded, made, team)
    capacity = inputs.capacity[team.pk]
    goals = {row.item.goal for row in rows if row.item.goal}
    return RoadmapView(
        team=team,
        version=version_of(team),
        today=inputs.today,
        ranked=[row for row in rows if row.item.rank is not None],
        unranked=[row for row in rows if row.item.rank is None],
        goals=dict(Goal.objects.filter(pk__in=goals).values_list("pk", "title")),
        weeks=[
            Week(inputs.today + timedelta(days=7 * number), weeks)
            for number, weeks in enumerate(capacity.by_week(WEEKS))
        ],
        notes=list(CapacityNote.objects.filter(team=team, ends__gte=inputs.today).order_by("starts", "pk")),
        accuracy=inputs.accuracy[team.pk],
        funded_until=until,
        suggested=suggested,
        gain=saved,
        circles=made.circles,
        finished=list(
            visible(actor, Item.objects.filter(team=team, done_at__isnull=False)).order_by("-done_at")[:FINISHED]
        ),
        connected=sorted((one for pk, one in loaded.teams.items() if pk != team.pk), key=lambda one: str(one)),
        left_out=loaded.left_out,
        loaded=loaded,
        plan=made,
    )


def version_of(team: Team) -> int:
    """The version of the team's roadmap; 0 where nothing was ever put on it."""
    return Roadmap.objects.filter(team=team).values_list("version", flat=True).first() or 0


def _ties(
    actor: Actor, team: Team, loaded: Loaded, slots: Mapping[int, Slot]
) -> tuple[dict[int, list[Tie]], dict[int, list[Tie]]]:
    """What the team's items need, and what needs them, by item; a statement more where a team wasn't planned."""
    tied = visible(actor, Dependency.objects.filter(item__state__in=OPEN, needs__state__in=OPEN))
    rows = list(tied.filter(Q(item__team=team) | Q(needs__team=team)).values_list(*_ENDS))
    teams = loaded.teams | Team.objects.in_bulk({row[place] for row in rows for place in (2, 6)} - loaded.teams.keys())
    needs: dict[int, list[Tie]] = defaultdict(list)
    users: dict[int, list[Tie]] = defaultdict(list)
    for item, title, own, forecast, need, needed, other, expected in rows:
        if own == team.pk:
            slot = slots.get(need)
            needs[item].append(Tie(need, needed, teams[other], slot.p50 if slot else expected))
        if other == team.pk:
            slot = slots.get(item)
            users[need].append(Tie(item, title, teams[own], slot.p50 if slot else forecast))
    return needs, users


_ENDS = tuple(
    f"{end}{field}" for end in ("item", "needs") for field in ("_id", "__title", "__team_id", "__forecast_p50")
)
"""Of both ends of a need: number, title, team, and when it is done as it was last foretold."""


def suggestion(loaded: Loaded, made: Plan, team: Team) -> tuple[Sequence[Suggested], float]:
    """The order by value over effort, and the points that it gains; empty where it is the order that stands."""
    suggested = order_by_value_over_effort([one for one in loaded.inputs.items if one.team == team.pk])
    changed = {one.item: one.suggested for one in suggested if one.rank != one.suggested}
    if not changed:
        return (), 0.0
    values = {one.id: one.value for one in loaded.inputs.items}
    return suggested, round(gain(made, plan(reordered(loaded.inputs, changed), made.efforts), values), 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that isn't on the roadmap yet: effort in team-weeks, value in points for each week of delay."""

    title: str
    effort: tuple[Decimal, Decimal, Decimal]
    value_per_week: Decimal = Decimal(0)

    def item(self, team: Team, rank: int | None = None) -> PlanItem:
        """The wish as the planner sees it. Raises `InvalidInput`."""
        problems: dict[str, str] = {}
        facts.effort(problems, *self.effort)
        facts.number(problems, "value_per_week", self.value_per_week, least=Decimal(0), most=facts.MOST_VALUE)
        facts.refuse(problems, "That can't be tried.")
        low, likely, high = (float(one) for one in self.effort)
        return PlanItem(NEW, team.pk, rank, low, likely, high, float(self.value_per_week))


@dataclass(frozen=True, slots=True)
class Trial:
    """What a change would do. `slips` are items whose end moves, the costliest first; `own` is where the item that was
    tried would stand (None where it is dropped)."""

    slips: Sequence[Slip]
    cost: float
    own: Slot | None
    loaded: Loaded

    def title(self, slip: Slip) -> str:
        return self.loaded.items[slip.item].title

    def team(self, slip: Slip) -> Team:
        return self.loaded.teams[slip.team]


def try_rank(
    actor: Actor,  # noqa: ARG001
    team: Team,
    now: datetime,
    *,
    rank: int | None,
    item: int | None = None,
    wish: Wish | None = None,
) -> Trial:
    """What slips if an item of the team (or a wish) gets a rank; rank None drops the item.

    Raises `NotFound` (no open item of the team), `InvalidInput`.
    """
    if rank is not None and rank < 1:
        raise InvalidInput("Ranks begin with 1.", "The first item has rank 1.", {"rank": "must be at least 1"})
    loaded = load([team.pk], now)
    change: Insert | Move | Drop
    if wish is not None:
        change = Insert(wish.item(team, rank or 1_000_000))
    else:
        known = loaded.items.get(item or 0)
        if known is None or known.team != team.pk or item is None:
            raise NotFound(f"{team} has no open item {item}.", "Look at its roadmap for the numbers.")
        change = Drop(item) if rank is None else Move(item, rank)
    found = slips_by(loaded.inputs, [change])
    own = found.after.by_item().get(NEW if wish is not None else item or 0)
    slips = sorted(found.slips, key=lambda slip: -(slip.cost if slip.cost is not None else float("inf")))
    return Trial(slips, round(found.cost, 2), own, loaded)


def each_rank(actor: Actor, team: Team, wish: Wish, now: datetime) -> list[RankOption]:  # noqa: ARG001
    """For each rank that a wish could have on the team's roadmap: when it would be done, and what slips."""
    return at_each_rank(load([team.pk], now).inputs, wish.item(team))
