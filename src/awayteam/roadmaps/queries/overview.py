"""All roadmaps at a glance, from stored forecasts: what is in work, what comes next, which promises are at risk."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation import queries as organisation
from awayteam.organisation.models import Team
from awayteam.roadmaps.choices import GoalState, ItemState
from awayteam.roadmaps.loading import OPEN
from awayteam.roadmaps.models import Goal, Item, Roadmap
from awayteam.roadmaps.permissions import visible
from awayteam.roadmaps.queries.roadmap import risk

SHOWN = 3
"""Items of each team that a list names: in work, then next."""

LATE = Q(forecast_p50__isnull=True, rank__isnull=False) | Q(forecast_p50__gt=F("promised_on"))
AT_RISK = LATE | Q(forecast_p85__gt=F("promised_on"))


class Coming(NamedTuple):
    """An item in a list over many teams, with its stored forecast."""

    id: int
    title: str
    state: str
    rank: int | None
    promised: date | None
    p50: date | None
    p85: date | None

    @property
    def risk(self) -> str:
        return risk(self.promised, self.p50, self.p85)


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team's roadmap in one line. `items` are the first by rank, `risky` those whose promised day is at risk."""

    team: Team
    open: int
    unranked: int
    goals: int
    items: Sequence[Coming]
    risky: Sequence[Coming]
    last_p50: date | None


@dataclass(frozen=True, slots=True)
class OverviewFilter:
    """`text` is part of a team's name; `unit` the id of a unit above; `show` is "", "risk", "empty" or "debt"."""

    text: str = ""
    unit: int | None = None
    show: str = ""


SHOW = ("", "risk", "empty", "debt")


def overview(actor: Actor, filter: OverviewFilter, *, cursor: str | None = None, limit: int = 50) -> Page[TeamRow]:
    """Teams (not units) by name with their roadmaps; four statements whatever their number."""
    if filter.show not in SHOW:
        raise InvalidInput(f"There is no list {filter.show[:40]!r}.", f"Choose from {', '.join(SHOW[1:])}.")
    name = Lower(Coalesce(NullIf(F("title"), Value("")), F("name")))
    known = Q(declared=True) | Q(pk__in=Roadmap.objects.values("team"))
    shown = _narrowed(Team.objects.filter(known, dissolved_at__isnull=True, is_unit=False), filter)
    rows = Team.objects.filter(pk__in=shown.values("pk")).annotate(sort=name)
    if filter.text:
        rows = rows.filter(sort__contains=filter.text.replace("\0", "").lower()[:200])
    total = rows.count()
    if cursor:
        after, pk = decode_cursor(cursor, str, int)
        rows = rows.filter(Q(sort__gt=after) | Q(sort=after, pk__gt=pk))
    found = page_of(list(rows.order_by("sort", "pk")[: limit + 1]), limit, lambda row: (row.sort, row.pk), total)
    made = _rows(actor, list(found.items))
    return found.map(lambda team: made[team.pk])


def _narrowed(rows: "QuerySet[Team]", filter: OverviewFilter) -> "QuerySet[Team]":
    if filter.unit is not None:
        unit = Team.objects.filter(pk=filter.unit).first()
        rows = rows.filter(pk__in=organisation.below(unit) if unit else [])
    open_items = Item.objects.filter(state__in=OPEN)
    if filter.show == "risk":
        return rows.filter(pk__in=open_items.filter(AT_RISK, promised_on__isnull=False).values("team"))
    if filter.show == "empty":
        return rows.exclude(pk__in=open_items.values("team"))
    if filter.show == "debt":
        return rows.filter(pk__in=open_items.filter(rank__isnull=True).values("team"))
    return rows


def _rows(actor: Actor, teams: Sequence[Team]) -> dict[int, TeamRow]:
    ids = [team.pk for team in teams]
    mine = visible(actor, Item.objects.filter(team__in=ids, state__in=OPEN))
    counts = {
        team: (all_, ranked, last)
        for team, all_, ranked, last in mine.values("team")
        .annotate(all=Count("pk"), ranked=Count("rank"), last=Subquery(_last()))
        .values_list("team", "all", "ranked", "last")
    }
    goals = dict(
        Goal.objects.filter(team__in=ids, state=GoalState.OPEN)
        .values("team")
        .annotate(n=Count("pk"))
        .values_list("team", "n")
    )
    items: dict[int, list[Coming]] = defaultdict(list)
    risky: dict[int, list[Coming]] = defaultdict(list)
    chosen = mine.filter(Q(rank__lte=SHOWN) | Q(state=ItemState.STARTED) | (Q(promised_on__isnull=False) & AT_RISK))
    for team, one in coming(chosen):
        if len(items[team]) < SHOWN and one.rank is not None:
            items[team].append(one)
        if one.risk in {"late", "at risk"}:
            risky[team].append(one)
    made = {}
    for team_ in teams:
        all_, ranked, last = counts.get(team_.pk, (0, 0, None))
        made[team_.pk] = TeamRow(
            team_, all_, all_ - ranked, goals.get(team_.pk, 0), items[team_.pk], risky[team_.pk], last
        )
    return made


def _last() -> "QuerySet[Item, Any]":
    """The stored end of the item with the highest rank."""
    mine = Item.objects.filter(team=OuterRef("team"), rank__isnull=False).order_by("-rank")
    return mine.values("forecast_p50")[:1]


def coming(items: "QuerySet[Item]") -> list[tuple[int, Coming]]:
    """(team id, item) of open items, those in work first, then by rank; one statement."""
    rows = items.order_by("team", F("rank").asc(nulls_last=True)).values_list(
        "team_id", "pk", "title", "state", "rank", "promised_on", "forecast_p50", "forecast_p85"
    )
    found = [(row[0], Coming(*row[1:])) for row in rows]
    found.sort(key=lambda pair: (pair[0], pair[1].state != ItemState.STARTED, pair[1].rank or 10**9))
    return found


def oldest_forecast(actor: Actor) -> date | None:  # noqa: ARG001
    """The day on which the oldest stored forecasts were made; None where there are none."""
    found: date | None = Roadmap.objects.aggregate(oldest=Min("forecast_on"))["oldest"]
    return found
