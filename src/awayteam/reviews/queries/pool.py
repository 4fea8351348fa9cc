"""The pool of bar raisers: who, in which field, with how much room."""

from dataclasses import dataclass
from datetime import date, datetime

from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor, ActorKind
from awayteam.organisation.models import Person, Team
from awayteam.reviews.models import Absence, BarRaiser
from awayteam.reviews.pool import loads_of, places_of


@dataclass(frozen=True, slots=True)
class PoolRow:
    """Somebody in the pool. `ready` says in a word why nothing is assigned to them now; "" where something can be."""

    raiser: BarRaiser
    person: Person
    teams: tuple[Team, ...]
    load: int
    load_max: int
    last: date | None
    absences: tuple[Absence, ...]
    ready: str


def pool(actor: Actor, now: datetime, *, field: str = "", person: Person | None = None) -> list[PoolRow]:
    """Everybody in the pool, by field and name; five statements."""
    if actor.kind is ActorKind.ANONYMOUS:
        return []
    found = BarRaiser.objects.filter(ended_at__isnull=True).select_related("person", "person__primary_team")
    if field:
        found = found.filter(field=field)
    if person is not None:
        found = found.filter(person=person)
    rows = sorted(found, key=lambda row: (row.field, str(row.person).casefold(), row.pk))
    if not rows:
        return []
    ids = {row.person_id for row in rows}
    places = places_of(ids, now)
    teams = Team.objects.in_bulk({team for some in places.values() for team in some})
    loads, last = loads_of(ids)
    away: dict[int, list[Absence]] = {}
    for one in Absence.objects.filter(person__in=list(ids), ends_on__gte=now.date()):
        away.setdefault(one.person_id, []).append(one)
    usual = rulebook.current().reviews.load_max
    return [
        PoolRow(
            row, row.person, tuple(sorted((teams[pk] for pk in places.get(row.person_id, ())), key=str)),
            loads.get(row.person_id, 0), row.load_max or usual, last.get(row.person_id),
            tuple(away.get(row.person_id, ())),
            _ready(row, loads.get(row.person_id, 0), row.load_max or usual, away.get(row.person_id, []), now),
        )
        for row in rows
    ]  # fmt: skip


def _ready(row: BarRaiser, load: int, most: int, away: list[Absence], now: datetime) -> str:
    today = now.date()
    if row.person.left_at is not None and row.person.left_at <= now:
        return "has left"
    if row.trained_on is None or row.trained_on > today:
        return "not trained yet"
    if row.since > today:
        return "begins later"
    if row.term_until is not None and row.term_until < today:
        return "term is over"
    if any(one.starts_on <= today for one in away):
        return "away"
    return "full" if load >= most else ""
