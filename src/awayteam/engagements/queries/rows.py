"""What the lists of engagements answer with: plain frozen rows, cheap to make and safe to hand to any interface."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from awayteam.engagements.machine import State
from awayteam.engagements.models import Engagement
from awayteam.engagements.words import TODO_WORDS, TONES, spoken
from awayteam.kernel import clockface
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.models import Clock
from awayteam.requests.queries.rows import EntityLink, Link
from awayteam.requests.words import short_clock


@dataclass(frozen=True, slots=True)
class EngagementRow:
    """One line of a list. `turn` is the person who must act (None: anybody of `turn_team`), `face` their clock.

    `home` owns what is changed, `away` visits. `starts_on` and `ends_on` are the time-box, both days in it.
    """

    id: int
    title: str
    state: str
    starts_on: date | None
    ends_on: date | None
    review_mode: str
    pledged_hours: int
    warranty_days: int
    created_at: datetime
    changed_at: datetime
    entered_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    production_at: datetime | None
    paused_until: date | None
    version: int
    request_id: int | None
    home: Link
    away: Link
    turn_team: Link | None
    turn: Link | None
    service: EntityLink | None
    face: ClockFace | None

    @property
    def words(self) -> str:
        """The state in people's words: "handing over"."""
        return spoken(self.state)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def label(self) -> str:
        return self.title

    @property
    def tone(self) -> tuple[str, str]:
        """The state's tone and shape on pages."""
        return TONES[self.state]

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
    *("pk", "title", "state", "starts_on", "ends_on", "review_mode", "pledged_hours", "warranty_days", "created_at"),
    *("changed_at", "entered_at", "closed_at", "due_at", "production_at", "paused_until", "version", "request_id"),
)
TEAMS = ("home_team", "away_team", "turn_team")
ENTITY = tuple(f"service__{name}" for name in ("id", "ref", "kind", "title", "name"))
CLOCK = tuple(f"clock__{name}" for name in ("state", "due_at", "allowance_minutes", "remaining_minutes", "calendar"))
COLUMNS = (
    *OWN,
    *(f"{team}__{name}" for team in TEAMS for name in ("id", "ref", "title", "name", "is_unit")),
    *(f"turn_person__{name}" for name in ("id", "ref", "display_name", "name")),
    *ENTITY,
    *CLOCK,
)


def rows_of(ids: Sequence[int], now: datetime) -> list[EngagementRow]:
    """Rows for these ids, in their order; one statement. The caller has checked what may be seen."""
    values = Engagement.objects.filter(pk__in=ids).values_list(*COLUMNS) if ids else []
    found = {row[0]: _row(row, now) for row in values}
    return [found[id] for id in ids if id in found]


def row_of(engagement: Engagement, now: datetime) -> EngagementRow:
    """The row of an engagement that was read with its teams, service, person and clock: no statement."""
    return _row(tuple(_deep(engagement, name) for name in COLUMNS), now)


def _deep(row: Any, name: str) -> Any:
    """What `values_list` would give under that name."""
    for part in name.split("__"):
        row = getattr(row, part) if row is not None else None
    return row


def _row(values: tuple[Any, ...], now: datetime) -> EngagementRow:
    own, rest = values[: len(OWN)], iter(values[len(OWN) :])
    teams = [_team(_take(rest, 5)) for _ in TEAMS]
    person = _person(_take(rest, 4))
    id, ref, kind, title, name = _take(rest, len(ENTITY))
    service = None if id is None else EntityLink(id, ref, kind, title or name)
    links: list[Any] = [*teams, person, service, _face(_take(rest, len(CLOCK)), now)]
    return EngagementRow(*own, *links)


def _take(values: Iterator[Any], count: int) -> list[Any]:
    return list(islice(values, count))


def _team(values: Sequence[Any]) -> Link | None:
    id, ref, title, name, is_unit = values
    return None if id is None else Link(id, ref, title or name, is_unit)


def _person(values: Sequence[Any]) -> Link | None:
    id, ref, display_name, name = values
    return None if id is None else Link(id, ref, display_name or name)


def _face(values: Sequence[Any], now: datetime) -> ClockFace | None:
    if values[0] is None:
        return None
    names = ("state", "due_at", "allowance_minutes", "remaining_minutes", "calendar")
    return clockface.describe(Clock(**dict(zip(names, values, strict=True))), now)
