"""The board: open requests by state, with the most valuable ones of each."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Sum, Window
from django.db.models.functions import RowNumber

from awayteam.kernel.actor import Actor
from awayteam.requests.machine import OPEN, State
from awayteam.requests.models import Request
from awayteam.requests.permissions import visible
from awayteam.requests.queries.filters import RequestFilter, narrow
from awayteam.requests.queries.rows import RequestRow, rows_of
from awayteam.requests.rules import spoken
from awayteam.requests.words import TONES, points

CARDS = 8


@dataclass(frozen=True, slots=True)
class Column:
    """One state: all that are in it by number and value a week, and the `rows` of the highest value."""

    state: State
    count: int
    value_per_week: Decimal
    rows: list[RequestRow]

    @property
    def words(self) -> str:
        return spoken(self.state)

    @property
    def tone(self) -> tuple[str, str]:
        return TONES[self.state]

    @property
    def value(self) -> str:
        return points(self.value_per_week)


def board(actor: Actor, filter: RequestFilter, now: datetime, *, cards: int = CARDS) -> list[Column]:
    """A column for each open state, in the order of a request's life; three statements and those of the filter's names.

    Raises `InvalidInput` for an impossible filter.
    """
    fitting = narrow(visible(actor, Request.objects.all(), now), filter, actor, now).order_by()
    sums = {
        state: (count, value or Decimal(0))
        for state, count, value in fitting.values_list("state").annotate(Count("pk"), Sum("value_per_week"))
    }
    place = Window(RowNumber(), partition_by="state", order_by=[F("value_per_week").desc(), F("pk").desc()])
    best = fitting.annotate(place=place).filter(place__lte=cards).order_by("place")
    rows = rows_of(list(best.values_list("pk", flat=True)), now)
    return [
        Column(state, *sums.get(state, (0, Decimal(0))), [row for row in rows if row.state == state]) for state in OPEN
    ]
