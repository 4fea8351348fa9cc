"""Who has a turn: reads the organisation and says which people may answer for a team, a unit, or those who ask.

The order is a rule of ours (ADR 0010): deciders, leads, members, managers of the unit and of those above,
administrators.
Somebody who asks never decides; somebody who belongs to a team that asks only where nobody else can.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q

from awayteam.accounts.models import User
from awayteam.organisation.models import Membership, Role, Team
from awayteam.organisation.queries.dates import dated
from awayteam.organisation.queries.tree import above
from awayteam.requests.models import Request

TIERS = ("decider", "lead", "member", "manager", "administrator")
BECAUSE = {
    "decider": "They decide for the team.",
    "lead": "The team has no decider who can; its leads decide.",
    "member": "The team has no decider or lead who can; its members decide.",
    "manager": "Nobody of the team can; the manager above decides.",
    "administrator": "Nobody of the team, and no manager above it, can; administrators decide.",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The people who may act, the one whose turn it is first; `tier` and `because` say why they. Empty: nobody can."""

    persons: tuple[int, ...]
    tier: str
    because: str

    @property
    def first(self) -> int | None:
        return self.persons[0] if self.persons else None


class _Place(NamedTuple):
    person: int
    team: int
    role: str


NOBODY = Chosen((), "nobody", "Nobody of the team, no manager and no administrator is known here.")


def deciders(team: Team, *, askers: Collection[int], asking_teams: Collection[int], now: datetime) -> Chosen:
    """Who answers for `team` where the people `askers` of `asking_teams` ask."""
    chain = [team, *above(team)]
    places = _places([one.pk for one in chain], now)
    conflicted = _members(asking_teams, now)
    for barred in ({*askers, *conflicted}, set(askers)):
        for tier, persons in _tiers(team, chain, places):
            free = [person for person in persons if person not in barred]
            if free:
                return Chosen(_least_busy_first(free), tier, BECAUSE[tier])
    return _administrators(askers)


def _tiers(team: Team, chain: Sequence[Team], places: Sequence[_Place]) -> Iterable[tuple[str, list[int]]]:
    def of(ids: Collection[int], *roles: str) -> list[int]:
        return sorted({place.person for place in places if place.team in ids and place.role in roles})

    own = {team.pk}
    yield "decider", of(own, Role.DECIDER)
    yield "lead", of(own, Role.LEAD)
    if not team.is_unit:
        yield "member", of(own, Role.MEMBER, Role.TRUSTED_COMMITTER)
    yield from (("manager", persons) for persons in _managers(chain, places))


def _managers(chain: Sequence[Team], places: Sequence[_Place]) -> Iterable[list[int]]:
    for unit in chain:
        for role in (Role.MANAGER, Role.LEAD) if unit.is_unit else (Role.MANAGER,):
            yield sorted({place.person for place in places if place.team == unit.pk and place.role == role})


def _places(teams: Collection[int], now: datetime) -> list[_Place]:
    """Everybody's roles now in these teams; people who left hold none."""
    here = Q(person__left_at__isnull=True) | Q(person__left_at__gt=now)
    rows = Membership.objects.filter(dated(now), here, team__in=teams)
    return [_Place(*row) for row in rows.values_list("person_id", "team_id", "role")]


def _members(teams: Collection[int], now: datetime) -> set[int]:
    if not teams:
        return set()
    rows = Membership.objects.filter(dated(now), team__in=teams)
    return set(rows.values_list("person_id", flat=True))


def _least_busy_first(persons: Sequence[int]) -> tuple[int, ...]:
    """Whoever has the fewest open turns comes first, so that a team without decider shares the work."""
    if len(persons) == 1:
        return tuple(persons)
    open_turns = Request.objects.filter(turn_person__in=persons).values("turn_person")
    busy = dict(open_turns.annotate(number=Count("pk")).values_list("turn_person", "number"))
    return tuple(sorted(persons, key=lambda person: (busy.get(person, 0), person)))


def _administrators(without: Collection[int]) -> Chosen:
    rows = User.objects.filter(is_superuser=True, is_active=True, person__isnull=False).exclude(person__in=without)
    persons = tuple(rows.order_by("person_id").values_list("person_id", flat=True))
    return Chosen(persons, "administrator", BECAUSE["administrator"]) if persons else NOBODY


def common_units(team: Team, other: Team) -> list[Team]:
    """The units above both, the lowest first; where nothing is above both, those above `team`."""
    mine = [team, *above(team)]
    theirs = {other.pk, *(unit.pk for unit in above(other))}
    shared = [unit for unit in mine if unit.pk in theirs]
    return shared or mine[1:]


@dataclass(frozen=True, slots=True)
class Level:
    """The unit whose manager decides, and who that is; `at_top` where nobody above it could decide instead.

    `unit` is None where only administrators can.
    """

    unit: Team | None
    chosen: Chosen
    at_top: bool


def level(
    units: Sequence[Team], *, after: int | None, askers: Collection[int], decided: Collection[int], now: datetime
) -> Level:
    """The lowest of `units` with a manager who may decide; `after` skips all up to and including that unit.

    Whoever asks never decides, nor whoever `decided` for the home team where somebody else can.
    """
    rest = _after(units, after)
    places = _places([unit.pk for unit in rest], now)
    for barred in ({*askers, *decided}, set(askers)):
        found = [(unit, free) for unit in rest if (free := _free_managers(unit, places, barred))]
        if found:
            unit, free = found[0]
            return Level(unit, Chosen(_least_busy_first(free), "manager", BECAUSE["manager"]), len(found) == 1)
    return Level(None, _administrators(askers), True)


def _after(units: Sequence[Team], after: int | None) -> Sequence[Team]:
    ids = [unit.pk for unit in units]
    return units[ids.index(after) + 1 :] if after in ids else units


def _free_managers(unit: Team, places: Sequence[_Place], barred: Collection[int]) -> list[int]:
    tiers = [[one for one in persons if one not in barred] for persons in _managers([unit], places)]
    return next((free for free in tiers if free), [])
