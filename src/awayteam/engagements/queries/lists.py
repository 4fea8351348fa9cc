"""Lists of engagements: filtered, sorted, page by page; facets; the board; and loading one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Count, DateField, DateTimeField, Expression, F, Q, QuerySet, Value, Window
from django.db.models.functions import Coalesce, Lower, RowNumber

from awayteam.catalog.queries.keyset import Beyond
from awayteam.catalog.queries.references import canonical
from awayteam.engagements.machine import LIVE, State
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import visible, visible_at_once
from awayteam.engagements.queries.filters import ME, MINE, EngagementFilter, Narrowing, narrow, narrowing, states
from awayteam.engagements.queries.rows import EngagementRow, rows_of
from awayteam.engagements.words import TONES, spoken
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Team
from awayteam.requests.queries.facets import leading
from awayteam.requests.queries.rows import Facet, FacetValue

LARGEST_PAGE = 1_000
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
DEFAULT_SORT = "due"
CARDS = 8
FACETS = ("state", "home", "away", "turn", "mode")
OF_TEAMS = ("home", "away", "turn")
COLUMNS = {"state": "state", "home": "home_team", "away": "away_team", "turn": "turn_team", "mode": "review_mode"}


@dataclass(frozen=True, slots=True)
class _Sort:
    """`key` besides the id; `type` of its part in a cursor, and how that becomes a value of the database again."""

    key: str | Expression
    type: type
    read: Callable[[Any], Any] = lambda part: part
    flipped: bool = False


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("The cursor is not one that this list gave.", "Start from the first page.") from None


_DUE = Coalesce("due_at", Value(NEVER, output_field=DateTimeField()))
_ENDS = Coalesce("ends_on", Value(NEVER.date(), output_field=DateField()))
_SORTS = {
    "age": _Sort("created_at", datetime, flipped=True),
    "changed": _Sort("changed_at", datetime),
    "due": _Sort(_DUE, datetime),
    "ends": _Sort(_ENDS, str, _day),
    "title": _Sort(Lower("title"), str),
}
SORTS = tuple(_SORTS)
"""Each also with "-" before it, for the other direction. "age" has the youngest first."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the page of the list shows: a page of rows, how many there are in all, and the facets."""

    page: Page[EngagementRow]
    total: int
    facets: list[Facet]


def listing(
    actor: Actor, filter: EngagementFilter, *, sort: str, cursor: str | None, limit: int, most: int, now: datetime
) -> Listing:
    """`list_engagements` and `facets` at once: who sees what, and the names in the filter, are looked up once.

    Nine statements, and one for each field that names teams, people or entities.
    """
    among, wanted = visible_at_once(actor, now), narrowing(filter, actor)
    counted = _facets(among, wanted, filter, most)
    states_counted = [value for facet in counted if facet.name == "state" for value in facet.values]
    total = sum(value.count for value in states_counted if value.value in set(states(filter.state)))
    return Listing(_page(wanted.of(among), sort, cursor, limit, now), total, counted)


def list_engagements(
    actor: Actor,
    filter: EngagementFilter,
    *,
    sort: str = DEFAULT_SORT,
    cursor: str | None = None,
    limit: int = 50,
    now: datetime,
) -> Page[EngagementRow]:
    """A page of the engagements that the actor may see, sorted by one of `SORTS` (descending with "-" before it).

    `limit` is 1 to `LARGEST_PAGE`. Two statements, and one for each field that names teams, people or entities. Raises
    `InvalidInput` for an unknown sort, a foreign cursor or an impossible filter.
    """
    fitting = narrow(visible(actor, Engagement.objects.all(), now), filter, actor)
    return _page(fitting, sort, cursor, limit, now)


def _page(
    engagements: "QuerySet[Engagement]", sort: str, cursor: str | None, limit: int, now: datetime
) -> Page[EngagementRow]:
    chosen = _SORTS.get(sort.removeprefix("-"))
    if chosen is None:
        what = f"There is no sort {sort[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(SORTS)}, with - before it to turn it round.", {"sort": what})
    descending, limit = sort.startswith("-") != chosen.flipped, max(1, min(limit, LARGEST_PAGE))
    if cursor:
        part, pk = decode_cursor(cursor, chosen.type, int)
        engagements = engagements.filter(Beyond([chosen.key, "pk"], (chosen.read(part), pk), descending=descending))
    key = F(chosen.key) if isinstance(chosen.key, str) else chosen.key
    order = (key.desc(), "-pk") if descending else (key.asc(), "pk")
    found = list(engagements.annotate(_key=key).order_by(*order).values_list("_key", "pk")[: limit + 1])
    page = page_of(found, limit, lambda row: (str(row[0]) if type(row[0]) is date else row[0], row[1]))
    return Page(rows_of([pk for _, pk in page.items], now), page.next_cursor)


def total(actor: Actor, filter: EngagementFilter, now: datetime) -> int:
    """How many engagements a list with this filter has in all; one statement more than the names in it take."""
    return narrow(visible(actor, Engagement.objects.all(), now), filter, actor).order_by().count()


def load(actor: Actor, pk: int, now: datetime) -> Engagement:
    """The engagement with this number, with its teams, people, service and clock; one statement. Raises `NotFound`."""
    seen = visible(actor, Engagement.objects.filter(pk=pk), now) if 0 < pk < 2**63 else Engagement.objects.none()
    found = seen.select_related(
        "home_team", "away_team", "service", "request__entity", "clock", "turn_person", "turn_team", "contract",
        "home_decider", "home_contact", "home_deputy", "away_lead", "manager", "opened_by",
    ).first()  # fmt: skip
    if found is None:
        raise NotFound(f"There is no engagement {pk}.", "Look in the list of engagements.")
    return found


def facets(actor: Actor, filter: EngagementFilter, *, now: datetime, most: int = 50) -> list[Facet]:
    """Facets state, home, away, turn (by team) and mode, each with its `most` frequent values and all selected ones.

    Every number is what a list with that value shows. Seven statements, and those of the names in the filter. Raises
    `InvalidInput` for an impossible filter.
    """
    return _facets(visible_at_once(actor, now), narrowing(filter, actor), filter, most)


def _facets(among: "QuerySet[Engagement]", wanted: Narrowing, filter: EngagementFilter, most: int) -> list[Facet]:
    counts = {name: _count(wanted.of(among, without=name), name) for name in FACETS}
    chosen = {name: _chosen(name, filter) for name in FACETS}
    teams = {id for name in OF_TEAMS for id in leading(counts[name], most)}
    named = Q(pk__in=teams) | Q(ref__in={ref for name in OF_TEAMS for ref in chosen[name]})
    rows = Team.objects.filter(named).values_list("pk", "ref", "title", "name")
    labels = {pk: (ref, title or name) for pk, ref, title, name in rows}
    return [_facet(name, counts[name], chosen[name], labels, most) for name in FACETS]


def _count(fitting: "QuerySet[Engagement]", name: str) -> dict[Any, int]:
    if name == "turn":
        fitting = fitting.filter(turn_team__isnull=False)
    return dict(fitting.order_by().values_list(COLUMNS[name]).annotate(number=Count("pk")))


def _facet(name: str, counts: dict[Any, int], chosen: set[str], labels: dict[int, tuple[str, str]], most: int) -> Facet:
    values = []
    for key, count in counts.items():
        if name in OF_TEAMS and key not in labels:
            continue
        value, label = labels[key] if name in OF_TEAMS else (key, spoken(key))
        values.append(FacetValue(value, label, count, value in chosen))
    if name == "state":
        values.sort(key=lambda value: list(State).index(State(value.value)))
        return Facet(name, values)
    values.sort(key=lambda value: (not value.selected, -value.count, value.label))
    most = max(most, sum(value.selected for value in values))
    return Facet(name, values[:most], max(0, len(counts) - most))


def _chosen(name: str, filter: EngagementFilter) -> set[str]:
    given = getattr(filter, name)
    if name == "state":
        return {state.value for state in states(given)} if given else set()
    if name == "mode":
        return set(given)
    return set(canonical([word for word in given if word not in (ME, MINE) and not word.startswith("user:")], "group"))


@dataclass(frozen=True, slots=True)
class Column:
    """One state of the board: how many are in it, and the `rows` whose clocks end first."""

    state: State
    count: int
    rows: list[EngagementRow]

    @property
    def words(self) -> str:
        return spoken(self.state)

    @property
    def tone(self) -> tuple[str, str]:
        return TONES[self.state]


def board(actor: Actor, filter: EngagementFilter, now: datetime, *, cards: int = CARDS) -> list[Column]:
    """A column for each state that isn't final, in the order of an engagement's life; three statements."""
    fitting = narrow(visible(actor, Engagement.objects.all(), now), filter, actor).order_by()
    counts = dict(fitting.values_list("state").annotate(Count("pk")))
    place = Window(RowNumber(), partition_by="state", order_by=[_DUE.asc(), F("pk").asc()])
    first = fitting.annotate(place=place).filter(place__lte=cards).order_by("place")
    rows = rows_of(list(first.values_list("pk", flat=True)), now)
    return [Column(state, counts.get(state, 0), [row for row in rows if row.state == state]) for state in LIVE]
