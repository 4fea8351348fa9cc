"""Who stands for each side of a duplicate, and which manager is above both."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from awayteam.duplicates.models import Duplicate
from awayteam.kernel.businesstime import Calendar
from awayteam.kernel.clocks import calendar_of
from awayteam.organisation.models import Membership, Role, Team
from awayteam.organisation.queries import above, dated

ORDER = (Role.DECIDER, Role.LEAD)


@dataclass(frozen=True, slots=True)
class Level:
    """The unit whose manager decides and who that is (both None: administrators); `at_top`: nobody is above them."""

    unit: Team | None
    manager: int | None
    at_top: bool


def speaker(team: Team, now: datetime, barred: Collection[int] = ()) -> int | None:
    """The person whose turn it is for a team: its decider, else its lead; None: everybody's in the team."""
    roles = _roles([team.pk], now)
    for role in ORDER:
        for person, _, held in roles:
            if held == role and person not in barred:
                return person
    return None


def _roles(teams: Sequence[int], now: datetime) -> list[tuple[int, int, str]]:
    here = Q(person__left_at__isnull=True) | Q(person__left_at__gt=now)
    rows = Membership.objects.filter(dated(now), here, team__in=teams).order_by("person_id")
    return list(rows.values_list("person_id", "team_id", "role"))


def level(duplicate: Duplicate, now: datetime, *, after: int | None = None) -> Level:
    """The lowest unit above both teams that has a manager; `after` skips all up to and including that unit.

    Where the thing is nobody's, or nothing is above both, the units above the own team count.
    """
    units = common_units(duplicate)
    ids = [unit.pk for unit in units]
    rest = units[ids.index(after) + 1 :] if after in ids else units
    roles = _roles([unit.pk for unit in rest], now)
    managed = [(unit, person) for unit in rest if (person := _manager(unit, roles)) is not None]
    if not managed:
        return Level(None, None, True)
    return Level(managed[0][0], managed[0][1], len(managed) == 1)


def _manager(unit: Team, roles: Sequence[tuple[int, int, str]]) -> int | None:
    for wanted in (Role.MANAGER, Role.LEAD):
        for person, team, held in roles:
            if team == unit.pk and held == wanted:
                return person
    return None


def common_units(duplicate: Duplicate) -> list[Team]:
    """The units above both teams, the lowest first."""
    mine = above(duplicate.team)
    if duplicate.home_team is None:
        return mine
    theirs = {duplicate.home_team_id, *(unit.pk for unit in above(duplicate.home_team))}
    shared = [unit for unit in [duplicate.team, *mine] if unit.pk in theirs and unit.pk != duplicate.team_id]
    return shared or mine


def team_calendar(team: Team) -> Calendar:
    """When the team works."""
    return calendar_of(team.calendar, team.time_zone)


def round_the_clock(team: Team) -> Calendar:
    """For dates, which come whether people work or not; in the team's time zone."""
    zone = team_calendar(team).time_zone
    return Calendar(zone, weekdays=(0, 1, 2, 3, 4, 5, 6), hours=("00:00", "24:00"))
