"""Who belongs to which team, with roles and dates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from awayteam.organisation.models import Membership, Person, Role, Team
from awayteam.organisation.queries.dates import dated

ROLE_ORDER = [Role.LEAD, Role.MANAGER, Role.DECIDER, Role.TRUSTED_COMMITTER, Role.MEMBER]
"""How the roles of a team are listed."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody's place in a team. `roles` are all they hold there, `starts` the earliest (None: before any record)."""

    person: Person
    roles: tuple[str, ...]
    starts: datetime | None
    ends: datetime | None
    is_primary: bool
    sources: tuple[str, ...]


def members(team: Team, *, at: datetime | None = None) -> list[MemberRow]:
    """People of the team now or at a moment, leads first, then by name; one statement."""
    rows = Membership.objects.filter(dated(at), team=team).select_related("person", "source")
    held: dict[int, list[Membership]] = defaultdict(list)
    for row in rows:
        held[row.person_id].append(row)
    found = [_member(rows, team) for rows in held.values()]
    found.sort(key=lambda row: (ROLE_ORDER.index(Role(row.roles[0])), str(row.person).casefold()))
    return found


def _member(rows: Sequence[Membership], team: Team) -> MemberRow:
    person = rows[0].person
    starts, ends = [row.starts for row in rows], [row.ends for row in rows]
    return MemberRow(
        person=person,
        roles=tuple(sorted({row.role for row in rows}, key=lambda role: ROLE_ORDER.index(Role(role)))),
        starts=None if None in starts else min(start for start in starts if start),
        ends=None if None in ends else max(end for end in ends if end),
        is_primary=person.primary_team_id == team.pk,
        sources=tuple(sorted({row.source.name for row in rows if row.source})),
    )


@dataclass(frozen=True, slots=True)
class TeamPlace:
    """A team or unit that somebody belongs to, with all roles there."""

    team: Team
    roles: tuple[str, ...]
    starts: datetime | None
    ends: datetime | None
    is_primary: bool


def teams_of(person: Person, *, at: datetime | None = None) -> list[TeamPlace]:
    """Teams of the person now or at a moment, the primary one first; one statement."""
    return _places(person, Membership.objects.filter(dated(at), person=person))


def former_teams_of(person: Person) -> list[TeamPlace]:
    """Teams that the person has left, the latest first; one statement."""
    left = _places(person, Membership.objects.filter(person=person, ends__isnull=False))
    return sorted(left, key=lambda place: place.ends.timestamp() if place.ends else 0.0, reverse=True)


def _places(person: Person, rows: "QuerySet[Membership]") -> list[TeamPlace]:
    held: dict[int, list[Membership]] = defaultdict(list)
    for row in rows.select_related("team"):
        held[row.team_id].append(row)
    found = []
    for memberships in held.values():
        starts, ends = [row.starts for row in memberships], [row.ends for row in memberships]
        found.append(
            TeamPlace(
                team=memberships[0].team,
                roles=tuple(sorted({row.role for row in memberships}, key=lambda role: ROLE_ORDER.index(Role(role)))),
                starts=None if None in starts else min(start for start in starts if start),
                ends=None if None in ends else max(end for end in ends if end),
                is_primary=person.primary_team_id == memberships[0].team_id,
            )
        )
    found.sort(key=lambda place: (not place.is_primary, str(place.team).casefold()))
    return found


def membership_history(team: Team, *, limit: int = 200) -> list[Membership]:
    """Memberships of the team that have ended, the latest first, with their people; one statement."""
    ended = Membership.objects.filter(team=team, ends__isnull=False).select_related("person", "source")
    return list(ended.order_by("-ends", "-pk")[:limit])
