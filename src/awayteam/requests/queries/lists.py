"""Lists of requests: filtered, sorted, page by page; the queue of a team; what somebody waits for; and loading one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import DateTimeField, Expression, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower

from awayteam.catalog.queries.keyset import Beyond
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.paging import Page, decode_cursor, page_of
from awayteam.organisation.models import Team
from awayteam.requests.machine import HOME_TURN, State
from awayteam.requests.models import Asker, Request
from awayteam.requests.permissions import visible, visible_at_once
from awayteam.requests.queries.facets import facets_among, total_of
from awayteam.requests.queries.filters import RequestFilter, narrow, narrowing
from awayteam.requests.queries.rows import Facet, RequestRow, rows_of
from awayteam.requests.stepping import RELATED
from awayteam.requests.words import points

LARGEST_PAGE = 1_000
QUEUE_MOST = 100
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
DEFAULT_SORT = "-value"


@dataclass(frozen=True, slots=True)
class _Sort:
    """`key` besides the id; `type` of its part in a cursor, and how that becomes a value of the database again."""

    key: str | Expression
    type: type
    read: Callable[[Any], Any] = lambda part: part
    flipped: bool = False


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInput("The cursor is not one that this list gave.", "Start from the first page.") from None


_DUE = Coalesce("due_at", Value(NEVER, output_field=DateTimeField()))
_SORTS = {
    "age": _Sort("created_at", datetime, flipped=True),
    "changed": _Sort("changed_at", datetime),
    "created": _Sort("created_at", datetime),
    "due": _Sort(_DUE, datetime),
    "title": _Sort(Lower("title"), str),
    "value": _Sort("value_per_week", str, _decimal),
}
SORTS = tuple(_SORTS)
"""Each also with "-" before it, for the other direction. "age" has the youngest first."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the page of the list shows: a page of rows, how many there are in all, and the facets."""

    page: Page[RequestRow]
    total: int
    facets: list[Facet]


def listing(
    actor: Actor, filter: RequestFilter, *, sort: str, cursor: str | None, limit: int, most: int, now: datetime
) -> Listing:
    """`list_requests` and `facets` at once: who sees what, the names in the filter and its words are looked up once.

    Nine statements, one for words, and one for each field that names teams, people or entities.
    """
    among, wanted = narrowing(filter, actor, now).among(visible_at_once(actor, now))
    page = _page(wanted.of(among), sort, cursor, limit, now)
    counted = facets_among(among, wanted, filter, most)
    return Listing(page, total_of(counted, filter), counted)


def list_requests(
    actor: Actor,
    filter: RequestFilter,
    *,
    sort: str = DEFAULT_SORT,
    cursor: str | None = None,
    limit: int = 50,
    now: datetime,
) -> Page[RequestRow]:
    """A page of the requests that the actor may see, sorted by one of `SORTS` (descending with "-" before it).

    `limit` is 1 to `LARGEST_PAGE`. Two statements, and one for each field that names teams, people or entities. Raises
    `InvalidInput` for an unknown sort, a foreign cursor or an impossible filter.
    """
    fitting = narrow(visible(actor, Request.objects.all(), now), filter, actor, now)
    return _page(fitting, sort, cursor, limit, now)


def _page(requests: "QuerySet[Request]", sort: str, cursor: str | None, limit: int, now: datetime) -> Page[RequestRow]:
    chosen = _SORTS.get(sort.removeprefix("-"))
    if chosen is None:
        what = f"There is no sort {sort[:40]!r}."
        raise InvalidInput(what, f"Use one of {', '.join(SORTS)}, with - before it to turn it round.", {"sort": what})
    descending, limit = sort.startswith("-") != chosen.flipped, max(1, min(limit, LARGEST_PAGE))
    if cursor:
        part, pk = decode_cursor(cursor, chosen.type, int)
        requests = requests.filter(Beyond([chosen.key, "pk"], (chosen.read(part), pk), descending=descending))
    key = F(chosen.key) if isinstance(chosen.key, str) else chosen.key
    order = (key.desc(), "-pk") if descending else (key.asc(), "pk")
    found = list(requests.annotate(_key=key).order_by(*order).values_list("_key", "pk")[: limit + 1])
    page = page_of(found, limit, lambda row: (str(row[0]) if isinstance(row[0], Decimal) else row[0], row[1]))
    return Page(rows_of([pk for _, pk in page.items], now), page.next_cursor)


def total(actor: Actor, filter: RequestFilter, now: datetime) -> int:
    """How many requests a list with this filter has in all; one statement more than the names in it take."""
    return narrow(visible(actor, Request.objects.all(), now), filter, actor, now).order_by().count()


@dataclass(frozen=True, slots=True)
class Queue:
    """What one team has to do with requests of others, each part by value. `left_out` are open ones beyond the limit.

    `decide`: the team must answer now. `offered`: it is asked to take them over. `promised`: on its roadmap.
    `elsewhere`: asked of it, and somebody else has the turn (the asker, a manager, an away team).
    """

    team: Team
    decide: list[RequestRow]
    offered: list[RequestRow]
    promised: list[RequestRow]
    elsewhere: list[RequestRow]
    left_out: int

    @property
    def rows(self) -> list[RequestRow]:
        return [*self.decide, *self.offered, *self.promised, *self.elsewhere]

    @property
    def value_per_week(self) -> Decimal:
        """What delay costs all who wait for this team's answer, in points a week."""
        return sum((row.value_per_week for row in self.decide), Decimal(0))

    @property
    def value(self) -> str:
        return points(self.value_per_week)


def queue(actor: Actor, team: Team, now: datetime, *, by: str = "value", limit: int = QUEUE_MOST) -> Queue:
    """The open requests that a team answers, is offered or has promised; three statements.

    `by` is "value" (the highest first, then the shortest time left) or "clock" (the other way round).
    """
    ours = Q(home_team=team) | Q(offered_team=team)
    open_ones = visible(actor, Request.objects.filter(ours, closed_at__isnull=True), now, few=True)
    order = ("due_at", "-value_per_week", "pk") if by == "clock" else ("-value_per_week", "due_at", "pk")
    ids = list(open_ones.order_by(*order).values_list("pk", flat=True)[: limit + 1])
    left_out = open_ones.order_by().count() - limit if len(ids) > limit else 0
    rows = rows_of(ids[:limit], now)

    def part(*states: State) -> list[RequestRow]:
        return [row for row in rows if row.state in states and (row.home.id == team.pk or State.OFFERED in states)]

    offered = [row for row in part(State.OFFERED) if row.offered and row.offered.id == team.pk]
    ours_now = {row.id for row in [*part(*HOME_TURN), *offered]}
    return Queue(
        team=team,
        decide=part(State.ASKED),
        offered=offered,
        promised=part(State.ACCEPTED),
        elsewhere=[row for row in rows if row.id not in ours_now],
        left_out=left_out,
    )


def waiting_for(actor: Actor, now: datetime, *, limit: int = 50) -> list[RequestRow]:
    """Open requests in which the actor or a team of theirs asks and somebody else must act, the most urgent first.

    Two statements.
    """
    who = Q(team__in=sorted(actor.teams)) if actor.teams else Q(pk__in=[])
    if actor.person_id is not None:
        who |= Q(person=actor.person_id)
    asked = Asker.objects.filter(who, left_at__isnull=True, request__closed_at__isnull=True).values("request_id")
    waiting = visible(actor, Request.objects.filter(pk__in=asked, closed_at__isnull=True), now)
    waiting = waiting.exclude(_own_turn(actor))
    return rows_of(list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:limit]), now)


def _own_turn(actor: Actor) -> Q:
    """Turns that are this person's, or nobody's of one of their teams."""
    condition = Q(turn_person__isnull=True, turn_team__in=sorted(actor.teams)) if actor.teams else Q(pk__in=[])
    return condition | Q(turn_person=actor.person_id) if actor.person_id is not None else condition


def load(actor: Actor, pk: int, now: datetime) -> Request:
    """The request with this number, with its teams, people, entity and clock; one statement. Raises `NotFound`."""
    seen = visible(actor, Request.objects.filter(pk=pk), now, few=True) if 0 < pk < 2**63 else Request.objects.none()
    found = seen.select_related(*RELATED, "turn_person", "turn_team", "decider", "merged_into").first()
    if found is None:
        raise NotFound(f"There is no request #{pk}.", "Look at the list of requests.")
    return found


def row_of(request: Request, now: datetime) -> RequestRow:
    """The row of one request; one statement. The caller has checked that it may be seen."""
    return rows_of([request.pk], now)[0]
