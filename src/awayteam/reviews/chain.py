"""Who is above whom: management lines by person and by unit, read in a bounded number of statements."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from awayteam.accounts.models import User
from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries import above, dated

DEEPEST = 50


def managers_above(person: int | None, team: Team, now: datetime) -> list[int]:
    """People above somebody who decides for `team`, the nearest first: their own line, then managers of the units.

    Four statements. Left out are people who left, and the person.
    """
    units = [team, *above(team)]
    here = Q(person__left_at__isnull=True) | Q(person__left_at__gt=now)
    rows = Membership.objects.filter(dated(now), here, team__in=[one.pk for one in units], role=Role.MANAGER)
    place = {one.pk: number for number, one in enumerate(units)}
    held = sorted((place[unit], who) for unit, who in rows.values_list("team_id", "person_id"))
    line = _present(_line([person]).get(person, []), now) if person is not None else []
    return [one for one in dict.fromkeys([*line, *(who for _place, who in held)]) if one != person]


def keepers(without: Collection[int | None] = (), now: datetime | None = None) -> list[int]:
    """The people who keep the pool: administrators, then managers of units at the top; two statements.

    Where all of them are among `without` they have the turn all the same: they may put somebody into the pool.
    """
    here = Q(person__left_at__isnull=True) | Q(person__left_at__gt=now) if now else Q(person__left_at__isnull=True)
    rows = User.objects.filter(here, is_superuser=True, is_active=True, person__isnull=False)
    top = Membership.objects.filter(dated(now), here, role=Role.MANAGER, team__parent__isnull=True, team__is_unit=True)
    found = [
        *rows.order_by("person_id").values_list("person_id", flat=True),
        *top.order_by("person_id").values_list("person_id", flat=True),
    ]
    persons = [one for one in dict.fromkeys(found) if one is not None]
    return [one for one in persons if one not in without] or persons


def _present(persons: list[int], now: datetime) -> list[int]:
    here = Q(left_at__isnull=True) | Q(left_at__gt=now)
    alive = set(Person.objects.filter(here, pk__in=persons).values_list("pk", flat=True))
    return [one for one in persons if one in alive]


UP_SQL = """
WITH RECURSIVE up(start, id, steps) AS (
  SELECT id, manager_id, 1 FROM organisation_person WHERE id IN ({ids}) AND manager_id IS NOT NULL
  UNION SELECT up.start, p.manager_id, up.steps + 1 FROM organisation_person p JOIN up ON p.id = up.id
  WHERE p.manager_id IS NOT NULL AND up.steps < {deepest})
SELECT start, id, MIN(steps) FROM up GROUP BY start, id ORDER BY 3, 2
"""
POOL_SQL = """
WITH RECURSIVE up(id) AS (
  SELECT p.manager_id FROM reviews_barraiser b JOIN organisation_person p ON p.id = b.person_id
  WHERE b.field = %s AND b.ended_at IS NULL AND p.manager_id IS NOT NULL
  UNION SELECT p.manager_id FROM up JOIN organisation_person p ON p.id = up.id WHERE p.manager_id IS NOT NULL)
SELECT p.id, p.manager_id FROM up JOIN organisation_person p ON p.id = up.id
"""


def _line(persons: Collection[int | None]) -> dict[int, list[int]]:
    """The people above each of `persons` by who reports to whom, the nearest first; one statement."""
    ids = sorted(one for one in persons if one is not None)
    found: dict[int, list[int]] = {}
    if not ids:
        return found
    with connection.cursor() as cursor:
        # place holders and a constant only
        cursor.execute(UP_SQL.format(ids=", ".join(["%s"] * len(ids)), deepest=DEEPEST), ids)
        for start, person, _steps in cursor.fetchall():
            found.setdefault(start, []).append(person)
    return found


def managers_over(field: str) -> dict[int, int | None]:
    """Everybody above somebody in the pool of `field`, each with their own manager; one statement.

    Read from the pool upwards: of the thousands who may report to whoever asks, most are in no pool.
    """
    with connection.cursor() as cursor:
        cursor.execute(POOL_SQL, [field])
        return dict(cursor.fetchall())


def below(persons: Iterable[int], managers: Mapping[int, int | None]) -> dict[int, set[int]]:
    """For each who reports to one of `persons`, directly or not, by who manages whom: to which of them."""
    reports: dict[int | None, list[int]] = {}
    for one, manager in managers.items():
        reports.setdefault(manager, []).append(one)
    found: dict[int, set[int]] = {}
    for boss in persons:
        waiting = list(reports.get(boss, ()))
        while waiting:
            one = waiting.pop()
            bosses = found.setdefault(one, set())
            if boss not in bosses:
                bosses.add(boss)
                waiting += reports.get(one, ())
    return found


@dataclass(frozen=True)
class Units:
    """All teams as a forest: `parents` by id, `names` for people."""

    parents: Mapping[int, int | None]
    names: Mapping[int, str]

    @classmethod
    def load(cls) -> "Units":
        """One statement."""
        rows = list(Team.objects.values_list("pk", "parent_id", "title", "name"))
        return cls({pk: parent for pk, parent, *_ in rows}, {pk: title or name for pk, _, title, name in rows})

    def above(self, team: int) -> list[int]:
        """The units above, the nearest first; a circle ends where it closes."""
        found: list[int] = []
        at = self.parents.get(team)
        while at is not None and at != team and at not in found:
            found.append(at)
            at = self.parents.get(at)
        return found

    def houses(self, teams: Iterable[int], near: int) -> frozenset[int]:
        """These teams and the units `near` levels above them, without any at the very top."""
        found: set[int] = set()
        for team in teams:
            found.add(team)
            found |= {one for one in self.above(team)[:near] if self.parents.get(one) is not None}
        return frozenset(found)


@dataclass(frozen=True)
class Lines:
    """The management lines of those who ask and decide (`asking`).

    `above` are all people above them. `teams` are the units that they manage, with who: whoever belongs to one of
    these or below reports to them. `reports` as of `below`, of managers above one pool.
    """

    asking: frozenset[int]
    above: frozenset[int]
    managed: Mapping[int, frozenset[int]]
    reports: Mapping[int, set[int]]

    def heads(self, places: Iterable[int], units: Units) -> frozenset[int]:
        """Which of those who ask or decide manage one of `places`, or a unit above it."""
        if not self.managed:
            return frozenset()
        around = {unit for place in places for unit in (place, *units.above(place))}
        return frozenset().union(*(self.managed[unit] for unit in around & self.managed.keys()))

    def bosses(self, person: int, manager: int | None, heads: frozenset[int]) -> frozenset[int]:
        """Which of those who ask or decide are above a person of the pool, given the `heads` of where they belong."""
        found = heads
        if manager is not None:
            found = found.union({manager} & self.asking, self.reports.get(manager, ()))
        return found - {person}


def lines_of(people: Collection[int], units: Units, field: str, now: datetime) -> Lines:
    """The lines as far as they reach the pool of `field`; four statements, however many people."""
    if not people:
        return Lines(frozenset(), frozenset(), {}, {})
    held = Membership.objects.filter(dated(now), person__in=people).values_list("person_id", "team_id", "role")
    managed: dict[int, frozenset[int]] = {}
    around: set[int] = set()
    for person, team, role in held:
        around |= {team, *units.above(team)}
        if role == Role.MANAGER:
            managed[team] = managed.get(team, frozenset()) | {person}
    bosses = Membership.objects.filter(dated(now), team__in=around, role=Role.MANAGER)
    line = {one for found in _line(people).values() for one in found}
    line |= set(bosses.values_list("person_id", flat=True))
    return Lines(frozenset(people), frozenset(line - set(people)), managed, below(people, managers_over(field)))
