"""The rows that access follows from, read in few statements and made into plain values for `access.Grants`."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from awayteam.contributions.models import Repository
from awayteam.engagements import contracts
from awayteam.engagements.access import ALWAYS, FOREVER, WHOLE_TIME, Grants, Interval, Joined, Patterns, Term, Visit
from awayteam.engagements.machine import ContractState
from awayteam.engagements.models import Contract, Engagement, Granting, Member, Scope
from awayteam.kernel.clocks import calendar_of
from awayteam.organisation.models import Membership

HOME_PEOPLE = ("home_decider_id", "home_contact_id", "home_deputy_id")


class _Signed(NamedTuple):
    """A contract that both sides signed."""

    pk: int
    written: datetime
    in_force: datetime


def grants(*, persons: Collection[int] | None = None, engagements: Collection[int] | None = None) -> Grants:
    """Access by all engagements, by these, or by those that these people are on the list of: some six statements."""
    return Grants.of(*visits(persons=persons, engagements=engagements))


def visits(
    *, persons: Collection[int] | None = None, engagements: Collection[int] | None = None
) -> tuple[list[Visit], list[Joined]]:
    """What `grants` follows from: engagements, and everybody on their lists."""
    members = Member.objects.all()
    if persons is not None:
        members = members.filter(person__in=persons)
    if engagements is not None:
        members = members.filter(engagement__in=engagements)
    wanted = members.order_by().values("engagement")
    rows = {row.pk: row for row in _engagements().filter(pk__in=wanted)}
    granted, signed = _grantings(wanted), _signed(wanted)
    patterns = _patterns(wanted)
    terms = _terms(signed, patterns)
    found = [
        Visit(
            pk,
            row.title,
            calendar_of(row.away_team.calendar, row.away_team.time_zone).time_zone,
            tuple(granted[pk]),
            terms.get(pk, ()),
            tuple((one.written, one.in_force) for one in signed[pk]),
        )
        for pk, row in rows.items()
    ]
    return found, _joined(members.select_related("person").order_by("pk"), rows)


def _engagements() -> Any:
    fields = ("title", "home_team_id", "away_team__calendar", "away_team__time_zone", *HOME_PEOPLE)
    return Engagement.objects.select_related("away_team").only(*fields)


def _grantings(wanted: Any) -> dict[int, list[Interval]]:
    """The times in which each grants, ended by what was planned where nothing ended them before."""
    found: dict[int, list[Interval]] = defaultdict(list)
    rows = Granting.objects.filter(engagement__in=wanted).order_by("pk")
    for pk, start, end, latest in rows.values_list("engagement", "starts_at", "ends_at", "latest_at"):
        found[pk].append(Interval(start, latest if end is None else min(end, latest)))
    return found


def _signed(wanted: Any) -> dict[int, list[_Signed]]:
    found: dict[int, list[_Signed]] = defaultdict(list)
    rows = Contract.objects.filter(engagement__in=wanted, state=ContractState.IN_FORCE.value).order_by("number")
    for engagement, pk, written, in_force in rows.values_list("engagement", "pk", "created_at", "in_force_at"):
        assert in_force is not None  # the database keeps it so
        found[engagement].append(_Signed(pk, written, in_force))
    return found


def _patterns(wanted: Any) -> dict[int, Patterns]:
    """What each engagement's contract now in force names."""
    found: dict[int, list[tuple[frozenset[str], str]]] = defaultdict(list)
    names = ("repository", "followed__name", "followed__location", "followed__slug")
    rows = Scope.objects.filter(engagement__in=wanted).order_by("pk")
    for engagement, pattern, *known in rows.values_list("engagement", "pattern", *names):
        found[engagement].append((frozenset(filter(None, known)), pattern))
    return {pk: tuple(some) for pk, some in found.items()}


def _terms(signed: dict[int, list[_Signed]], patterns: dict[int, Patterns]) -> dict[int, tuple[Term, ...]]:
    """What each contract named while it was in force; older ones are read from their texts."""
    older = [one.pk for some in signed.values() for one in some[:-1]]
    texts = dict(Contract.objects.filter(pk__in=older).values_list("pk", "text")) if older else {}
    scopes = {pk: contracts.parse(text).scope for pk, text in texts.items()}
    names = _names(line.repository for lines in scopes.values() for line in lines)
    found: dict[int, tuple[Term, ...]] = {}
    for engagement, some in signed.items():
        ends = [*(one.in_force for one in some[1:]), FOREVER]
        found[engagement] = tuple(
            Term(
                Interval(one.in_force, end),
                tuple((names[line.repository], line.pattern) for line in scopes[one.pk])
                if one.pk in scopes
                else patterns.get(engagement, ()),
            )
            for one, end in zip(some, ends, strict=True)
        )
    return found


def _names(repositories: Iterable[str]) -> dict[str, frozenset[str]]:
    """Every name of each repository that a text names by one of them."""
    wanted = set(repositories)
    found = {name: {name} for name in wanted}
    rows = Repository.objects.values_list("name", "location", "slug") if wanted else ()
    for names in rows:
        for name in wanted.intersection(names):
            found[name].update(filter(None, names))
    return {name: frozenset(names) for name, names in found.items()}


def _joined(members: Any, rows: dict[int, Engagement]) -> list[Joined]:
    home = _at_home(members, rows)
    found = []
    for one in members:
        engagement = rows[one.engagement_id]
        named = one.person_id in {getattr(engagement, name) for name in HOME_PEOPLE}
        at_home = (WHOLE_TIME,) if named else tuple(home.get((engagement.home_team_id, one.person_id), ()))
        found.append(
            Joined(
                one.engagement_id, one.person_id, one.joins_on, one.joined_at, one.leaves_on, one.agreed_at,
                one.home_agreed_at, one.left_at, one.person.left_at, at_home,
            )
        )  # fmt: skip
    return found


def _at_home(members: Any, rows: dict[int, Engagement]) -> dict[tuple[int, int], list[Interval]]:
    """When members belong to home teams: (team, person) to times."""
    teams = {row.home_team_id for row in rows.values()}
    found: dict[tuple[int, int], list[Interval]] = defaultdict(list)
    persons = members.order_by().values("person")
    places = Membership.objects.filter(person__in=persons).values_list("team", "person", "starts", "ends")
    for team, person, starts, ends in places:
        if team in teams:
            found[team, person].append(Interval(starts or ALWAYS, ends or FOREVER))
    return found
