"""Reads what the choice of a bar raiser needs, in a bounded number of statements, and makes it.

`assign_reviewer` is what other apps call for an independent person: it writes nothing.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, Max, Q
from django.db.models.functions import Cast, Substr

from awayteam.kernel import businesstime, rulebook
from awayteam.kernel.clocks import calendar_of
from awayteam.kernel.registries import Registry
from awayteam.organisation.models import Membership, Team
from awayteam.organisation.queries import dated
from awayteam.reviews import assignment, chain
from awayteam.reviews.assignment import Candidate, Choice, Need
from awayteam.reviews.models import Absence, BarRaiser, Review

Recent = Callable[[Collection[int], Collection[int], datetime], Iterable[tuple[int, int, str]]]
"""(persons, teams, since) -> (person, team, words) for each who worked with one of these teams since then."""

_recent: Registry[str, Recent] = Registry()


def register_recent(key: str, recent: Recent) -> None:
    """Let an upper app say who lately worked with a team; called in `App.register()`. One or two statements."""
    _recent[key] = recent


@dataclass(frozen=True)
class Wanted:
    """What somebody is sought for: `people` ask and decide (their lines are closed), `barred` never review this."""

    field: str
    teams: Sequence[Team]
    people: Mapping[int, str]
    barred: Mapping[int, str]
    minutes: int


def assign_reviewer(
    field: str,
    *,
    teams: Sequence[Team],
    people: Collection[int] = (),
    without: Collection[int] = (),
    now: datetime,
) -> Choice:
    """An independent bar raiser of `field` for something between `teams`, with the reasons; `person` None: nobody can.

    `people` (ids) ask or decide: they and their management lines are passed over, as is everybody in `without`. Writes
    nothing; some ten statements.
    """
    asking = dict.fromkeys(people, "Asks or decides here.")
    barred = {**dict.fromkeys(without, "Was asked before, or takes part."), **asking}
    minutes = rulebook.current().reviews.review_minutes
    return find(Wanted(field, teams, asking, barred, minutes), now)


def find(wanted: Wanted, now: datetime) -> Choice:
    """The choice for what is wanted."""
    need, candidates = load(wanted, now)
    return assignment.choose(candidates, need)


def load(wanted: Wanted, now: datetime) -> tuple[Need, list[Candidate]]:
    """What is needed, and everybody in the pool of the field as they are now."""
    book = rulebook.current().reviews
    units = chain.Units.load()
    lines = chain.lines_of(set(wanted.people), units, wanted.field, now)
    teams = frozenset(team.pk for team in wanted.teams)
    today = now.date()
    need = Need(
        field=wanted.field, today=today, until=businesstime.add(calendar_of(), now, wanted.minutes).date(),
        houses=units.houses(teams, book.near_units), teams=teams, names=units.names, barred=wanted.barred,
        asking=frozenset(wanted.people), above=lines.above,
    )  # fmt: skip
    return need, _candidates(wanted.field, need, units, lines, now)


NAMES = ("person__display_name", "person__name", "person__manager", "person__left_at")
FACTS = ("person_id", "trained_on", "since", "term_until", "load_max")


def _candidates(field: str, need: Need, units: chain.Units, lines: chain.Lines, now: datetime) -> list[Candidate]:
    book = rulebook.current().reviews
    rows = BarRaiser.objects.filter(field=field, ended_at__isnull=True).order_by().values_list(*FACTS, *NAMES)
    found = list(rows)  # plain values: a pool of thousands is read as fast as it is judged
    ids = [row[0] for row in found]
    places = places_of(ids, now)
    loads, last = loads_of(ids)
    away = absences_of(ids, need.today)
    recent = _lately(ids, need.teams, now - timedelta(days=book.recent_days)) if book.recent_days else {}

    @functools.cache
    def around(some: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
        """Colleagues share their houses and the heads of these."""
        return units.houses(some, book.near_units), lines.heads(some, units)

    candidates = []
    for person, trained_on, since, term_until, load_max, shown, name, manager, left_at in found:
        houses, heads = around(frozenset(places.get(person, ())))
        candidates.append(Candidate(
            person=person, name=shown or name, field=field, houses=houses, above=lines.bosses(person, manager, heads),
            trained=trained_on is not None and trained_on <= need.today, since=since, term_until=term_until,
            left=left_at is not None and left_at <= now, absences=tuple(away.get(person, ())),
            recent=tuple(recent.get(person, ())), load=loads.get(person, 0), load_max=load_max or book.load_max,
            last=last.get(person),
        ))  # fmt: skip
    return candidates


def places_of(persons: Collection[int], now: datetime) -> dict[int, set[int]]:
    """The teams and units of each person; one statement."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Membership.objects.filter(dated(now), person__in=_many(persons)).values_list("person_id", "team_id")
    for person, team in rows:
        found[person].add(team)
    return found


def _many(persons: Collection[int]) -> Any:
    """Few ids as they are; of many, everybody in the pool as a subquery, which no database refuses."""
    return persons if len(persons) <= 500 else BarRaiser.objects.filter(ended_at__isnull=True).values("person")


def loads_of(persons: Collection[int]) -> tuple[dict[int, int], dict[int, date]]:
    """How many reviews each has open, and the day of the last assignment; one statement."""
    rows = Review.objects.filter(bar_raiser__in=_many(persons)).order_by().values("bar_raiser")
    # both databases write a moment as its day first (in UTC): thousands of moments take longer to read than to find
    day = Substr(Cast(Max("assigned_at"), CharField()), 1, 10)
    counted = rows.annotate(number=Count("pk", filter=Q(closed_at__isnull=True, state="assigned")), last=day)
    found = list(counted.values_list("bar_raiser", "number", "last"))
    return {who: n for who, n, _ in found}, {who: date.fromisoformat(last) for who, _, last in found if last}


def absences_of(persons: Collection[int], today: date) -> dict[int, list[tuple[date, date]]]:
    """Absences that aren't over, by person; one statement."""
    found: dict[int, list[tuple[date, date]]] = defaultdict(list)
    rows = Absence.objects.filter(person__in=_many(persons), ends_on__gte=today)
    for person, first, last in rows.values_list("person_id", "starts_on", "ends_on"):
        found[person].append((first, last))
    return found


def _lately(persons: Collection[int], teams: Collection[int], since: datetime) -> dict[int, list[tuple[int, str]]]:
    """Where each of them lately reviewed or worked, as far as it is one of `teams`."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = Review.objects.filter(bar_raiser__in=_many(persons), teams__in=teams, assigned_at__gte=since)
    rows = rows.annotate(involved=F("teams")).exclude(state="withdrawn")
    for person, team, at in rows.values_list("bar_raiser_id", "involved", "assigned_at"):
        found[person].append((team, f"Reviewed with an involved team on {at:%Y-%m-%d}."))
    for recent in _recent.values():
        for person, team, words in recent(persons, teams, since):
            found[person].append((team, words))
    return found
