"""Reads what a plan follows from: items, needs, people, calendars, notes and the past of the teams concerned.

A handful of statements whatever the number of teams; efforts come as floats, since the planner counts in them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, FloatField, Q, Window
from django.db.models.functions import Cast, RowNumber

from awayteam.kernel import rulebook
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clocks import calendar_of
from awayteam.organisation.models import Membership, Role, Team
from awayteam.roadmaps.choices import OPEN_STATES, ItemState
from awayteam.roadmaps.models import CapacityNote, Dependency, Item
from awayteam.roadmaps.rules import Accuracy, Capacity, Inputs, Note, PlanItem, Presence, accuracy_of, capacity_of
from awayteam.roadmaps.rules.past import weeks_shared

OPEN = [state.value for state in OPEN_STATES]
WORKING_ROLES = [Role.MEMBER, Role.LEAD, Role.DECIDER]
"""Roles whose people work on the team's items. Managers and trusted committers may belong elsewhere."""


class OpenItem(NamedTuple):
    """What pages show of an open item beside its plan."""

    id: int
    team: int
    title: str
    kind: str
    rank: int | None
    state: str
    goal: int | None
    promised: date | None
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The inputs of a plan for some teams, with what else is known of their open items.

    `asked` are the ids of the teams that were asked for; the others are planned because they are connected. `left_out`
    counts connected teams beyond the rulebook's limit, of which the stored forecasts count.
    """

    asked: frozenset[int]
    inputs: Inputs
    items: dict[int, OpenItem]
    teams: dict[int, Team]
    calendars: dict[int, Calendar]
    left_out: int


def today(now: datetime) -> date:
    """The day on which plans made at `now` begin."""
    return now.astimezone(UTC).date()


def load(team_ids: Collection[int], now: datetime, *, connected: bool = True) -> Loaded:
    """What a plan of these teams follows from; `connected` adds the teams whose items need theirs, or they those of."""
    asked = frozenset(team_ids)
    members, left_out = _connected(asked) if connected else (set(asked), 0)
    teams = {team.pk: team for team in Team.objects.filter(pk__in=members)}
    calendars = {pk: calendar_of(team.calendar, team.time_zone) for pk, team in teams.items()}
    day = today(now)
    items, plan_items = _items(members, calendars, day)
    needs, done_elsewhere = _needs(members, items)
    inputs = Inputs(
        items=[one._replace(needs=tuple(needs[one.id])) if one.id in needs else one for one in plan_items],
        capacity=capacities(teams, calendars, day),
        today=day,
        done_elsewhere=done_elsewhere,
        accuracy=accuracies(members),
    )
    return Loaded(asked, inputs, items, teams, calendars, left_out)


def _connected(asked: frozenset[int]) -> tuple[set[int], int]:
    """The teams tied to `asked` by needs of open items, the nearest first, and how many are left out."""
    most = max(rulebook.current().roadmaps.connected_teams_max, len(asked))
    found, ahead = set(asked), set(asked)
    while ahead:
        tied = Dependency.objects.filter(item__state__in=OPEN, needs__state__in=OPEN)
        pairs = tied.filter(Q(item__team__in=ahead) | Q(needs__team__in=ahead)).exclude(item__team=F("needs__team"))
        near = {team for pair in pairs.values_list("item__team", "needs__team") for team in pair} - found
        taken = set(sorted(near)[: most - len(found)])
        if len(taken) < len(near):
            return found | taken, len(near) - len(taken)
        found, ahead = found | taken, taken
    return found, 0


def _items(
    teams: Collection[int], calendars: dict[int, Calendar], day: date
) -> tuple[dict[int, OpenItem], list[PlanItem]]:
    def real(column: str) -> Cast:
        return Cast(column, FloatField())

    rows = Item.objects.filter(team__in=teams, state__in=OPEN).values_list(
        "pk", "team_id", "title", "kind", "rank", "state", "goal_id", "promised_on", "started_at",
        real("effort_low"), real("effort_likely"), real("effort_high"), real("value_per_week"),
    )  # fmt: skip
    shown: dict[int, OpenItem] = {}
    planned: list[PlanItem] = []
    started: dict[int, list[int]] = defaultdict(list)
    for pk, team, title, kind, rank, state, goal, promised, began, low, likely, high, value in rows:
        shown[pk] = OpenItem(pk, team, title, kind, rank, state, goal, promised, began)
        if state == ItemState.STARTED:
            started[team].append(len(planned))
        planned.append(PlanItem(pk, team, rank, low, likely, high, value, state == ItemState.STARTED))
    for team, places in started.items():
        spans = {place: _began(shown[planned[place].id], day) for place in places}
        for place in places:
            others = [(other, day) for at, other in spans.items() if at != place]
            spent = weeks_shared(calendars[team], spans[place], day, others)
            planned[place] = planned[place]._replace(spent=spent)
    return shown, planned


def _began(item: OpenItem, day: date) -> date:
    return min(item.started_at.astimezone(UTC).date(), day) if item.started_at else day


def _needs(teams: set[int], items: dict[int, OpenItem]) -> tuple[dict[int, list[int]], dict[int, date | None]]:
    """What open items of the teams need, and when those of other teams will be done as far as it was foretold."""
    rows = Dependency.objects.filter(item__team__in=teams, item__state__in=OPEN, needs__state__in=OPEN)
    needs: dict[int, list[int]] = defaultdict(list)
    elsewhere: dict[int, date | None] = {}
    for item, need, forecast in rows.values_list("item_id", "needs_id", "needs__forecast_p50"):
        needs[item].append(need)
        if need not in items:
            elsewhere[need] = forecast
    return needs, elsewhere


def capacities(teams: dict[int, Team], calendars: dict[int, Calendar], day: date) -> dict[int, Capacity]:
    """What each team can do from `day` on; a team of which no member was ever known counts as whole."""
    days = rulebook.current().roadmaps.horizon_weeks * 7
    people: dict[int, dict[int, list[Presence]]] = defaultdict(lambda: defaultdict(list))
    held = Membership.objects.filter(team__in=teams, role__in=WORKING_ROLES)
    for team, person, starts, ends, left in held.values_list(
        "team_id", "person_id", "starts", "ends", "person__left_at"
    ):
        last = min((moment for moment in (ends, left) if moment), default=None)
        people[team][person].append(Presence(_day(starts), _day(last)))
    notes: dict[int, list[Note]] = defaultdict(list)
    for row in CapacityNote.objects.filter(team__in=teams, ends__gte=day).order_by("created_at", "pk"):
        notes[row.team_id].append(Note(row.starts, row.ends, _float(row.share), _float(row.people)))
    return {
        pk: capacity_of(
            calendar=calendars[pk],
            start=day,
            days=days,
            people=[_joined(spans, day) for spans in people[pk].values()] if pk in people else None,
            notes=notes[pk],
        )
        for pk in teams
    }


def _joined(spans: Iterable[Presence], day: date) -> Presence:
    """One presence for all roles that somebody has in a team: from today as long as any of them lasts."""
    rows = [one for one in spans if one.ends is None or one.ends > day]
    if not rows:
        return Presence(None, date.min)
    starts = None if any(one.starts is None for one in rows) else min(one.starts for one in rows if one.starts)
    ends = None if any(one.ends is None for one in rows) else max(one.ends for one in rows if one.ends)
    return Presence(starts, ends)


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(UTC).date() if moment else None


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def accuracies(teams: Collection[int]) -> dict[int, Accuracy]:
    """What the newest finished items of each team say about its estimates; one statement."""
    book = rulebook.current().roadmaps
    newest = Window(RowNumber(), partition_by="team", order_by=[F("done_at").desc(), F("pk").desc()])
    past = Item.objects.filter(team__in=teams, done_at__isnull=False, estimated__gt=0, real_effort__gt=0)
    rows = past.annotate(place=newest).filter(place__lte=book.accuracy_items_max)
    pairs: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for team, estimated, real in rows.values_list("team_id", "estimated", "real_effort"):
        pairs[team].append((float(estimated or 0), float(real or 0)))
    return {
        team: accuracy_of(pairs[team], prior_items=book.accuracy_prior_items, prior_spread=book.accuracy_prior_spread)
        for team in teams
    }
