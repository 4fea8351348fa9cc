"""What the queries of requests answer with: plain frozen rows, cheap to make and safe to hand to any interface."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from awayteam.kernel import clockface
from awayteam.kernel.clockface import ClockFace, ClockValues
from awayteam.organisation.models import Person, Team
from awayteam.requests.machine import State
from awayteam.requests.models import Request
from awayteam.requests.rules import spoken
from awayteam.requests.words import SHORT_WORDS, TODO_WORDS, TONES, points, short_clock


@dataclass(frozen=True, slots=True)
class Link:
    """As much of a team, unit or person as a link to it needs; `ref` says which it is ("group:...", "user:...")."""

    id: int
    ref: str
    label: str
    is_unit: bool = False

    @property
    def address(self) -> tuple[str, str]:
        """Namespace and name, of which addresses are made."""
        namespace, _, name = self.ref.partition(":")[2].partition("/")
        return namespace, name


@dataclass(frozen=True, slots=True)
class EntityLink:
    """As much of a service, API or other entity as a link to it needs."""

    id: int
    ref: str
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One line of a list. `turn` is the person who must act (None: anybody of `turn_team`), `face` their clock.

    `home` is the team that answers, `offered` the one that was asked to take it, `asking` the first of those who ask.
    `lost_refusal`: the home team can't refuse an away team any more. Values are points for each week of delay.
    """

    id: int
    title: str
    kind: str
    state: str
    value_per_week: Decimal
    askers_count: int
    wanted_by: date | None
    created_at: datetime
    changed_at: datetime
    entered_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    lost_refusal: bool
    expected_from: date | None
    expected_until: date | None
    version: int
    merged_into: int | None
    home: Link
    offered: Link | None
    asking: Link
    turn_team: Link | None
    asker: Link
    turn: Link | None
    entity: EntityLink | None
    face: ClockFace | None

    @property
    def words(self) -> str:
        """The state in people's words: "needs information"."""
        return spoken(State(self.state))

    @property
    def short_words(self) -> str:
        """The state for a cell of a list."""
        return SHORT_WORDS.get(State(self.state), self.words)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def label(self) -> str:
        return f"#{self.id} {self.title}"

    @property
    def tone(self) -> tuple[str, str]:
        """The state's tone and shape on pages."""
        return TONES[State(self.state)]

    @property
    def value(self) -> str:
        return points(self.value_per_week)

    @property
    def clock(self) -> str:
        """The clock in few words; "" where none runs."""
        return short_clock(self.face) if self.face else ""

    @property
    def clock_tone(self) -> str:
        """How the clock is drawn: running, late in its last quarter, overdue."""
        face = self.face
        return "" if face is None else "overdue" if face.overdue else "late" if face.last_quarter else "running"

    @property
    def todo(self) -> str:
        """What whoever has the turn must do; "" in a final state."""
        return TODO_WORDS.get(State(self.state), "")


OWN = (
    *("pk", "title", "kind", "state", "value_per_week", "askers_count", "wanted_by", "created_at", "changed_at"),
    *("entered_at", "closed_at", "due_at", "lost_refusal_at", "expected_from", "expected_until", "version"),
    "merged_into_id",
)
TEAMS = ("home_team", "offered_team", "asking_team", "turn_team")
PEOPLE = ("asker", "turn_person")
ENTITY = tuple(f"entity__{name}" for name in ("id", "ref", "kind", "title", "name"))
CLOCK = tuple(f"clock__{name}" for name in clockface.COLUMNS)
COLUMNS = (
    *OWN,
    *(f"{team}__{name}" for team in TEAMS for name in ("id", "ref", "title", "name", "is_unit")),
    *(f"{person}__{name}" for person in PEOPLE for name in ("id", "ref", "display_name", "name")),
    *ENTITY,
    *CLOCK,
)


def rows_of(ids: Sequence[int], now: datetime) -> list[RequestRow]:
    """Rows for these ids, in their order; one statement. The caller has checked what may be seen."""
    values = Request.objects.filter(pk__in=ids).values_list(*COLUMNS) if ids else []
    found = {row[0]: _row(row, now) for row in values}
    return [found[id] for id in ids if id in found]


def _row(values: tuple[Any, ...], now: datetime) -> RequestRow:
    rest = iter(values[len(OWN) :])
    own = list(values[: len(OWN)])
    own[OWN.index("lost_refusal_at")] = own[OWN.index("lost_refusal_at")] is not None
    links: list[Any] = [*(_team(_take(rest, 5)) for _ in TEAMS), *(_person(_take(rest, 4)) for _ in PEOPLE)]
    id, ref, kind, title, name = _take(rest, len(ENTITY))
    entity = None if id is None else EntityLink(id, ref, kind, title or name)
    return RequestRow(*[*own, *links, entity, _face(_take(rest, len(CLOCK)), now)])


def _take(values: Iterator[Any], count: int) -> list[Any]:
    return list(islice(values, count))


def _team(values: Sequence[Any]) -> Link | None:
    id, ref, title, name, is_unit = values
    return None if id is None else Link(id, ref, title or name, is_unit)


def _person(values: Sequence[Any]) -> Link | None:
    id, ref, display_name, name = values
    return None if id is None else Link(id, ref, display_name or name)


def _face(values: Sequence[Any], now: datetime) -> ClockFace | None:
    return None if values[0] is None else clockface.describe(ClockValues(*values), now)


def team_link(team: Team) -> Link:
    """The link to a team that is loaded already."""
    return Link(team.pk, team.ref, str(team), team.is_unit)


def person_link(person: Person) -> Link:
    """The link to a person who is loaded already."""
    return Link(person.pk, person.ref, str(person))


@dataclass(frozen=True, slots=True)
class FacetValue:
    """`value` is what a filter takes ("" means: has none), `label` what people read."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one property with how many requests have each; `more` tells how many further values there are."""

    name: str
    values: list[FacetValue] = field(default_factory=list)
    more: int = 0
