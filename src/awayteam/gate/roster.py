"""Who belongs where, for the gate: read whole, kept in this process, and read anew once something changed it.

Whether something did is asked with two statements for each question: by the events after which the organisation may be
another, and by the newest rows of its tables. Events are looked at from a while before the last reading, since
a transaction may be committed after one that began later.
"""

import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max

from awayteam.catalog.models import Entity
from awayteam.contributions.roster import CHANGED_BY, SLUGS
from awayteam.gate.facts import Owner
from awayteam.kernel import rulebook
from awayteam.kernel.events import EventName
from awayteam.kernel.models import Event
from awayteam.organisation.models import Confidence, Identity, Membership, Person, Role, Team
from awayteam.organisation.queries.ownword import OWN_WORD, typed_addresses

CONCERNED = (*CHANGED_BY, "entity.edit")
NAMES = [name.value for name in EventName if name.value.startswith(CONCERNED)]
"""Events after which the organisation may be another."""
TABLES = (Person, Team, Membership, Identity)
OVERLAP = 5_000
"""Events before the last one seen that are counted again: those of transactions that were committed late."""
OLDEST_SECONDS = 600.0
"""A reading is never older than that, whatever the events say."""
_ORDER = {Role.DECIDER: 0, Role.TRUSTED_COMMITTER: 1, Role.LEAD: 2, Role.MEMBER: 3, Role.MANAGER: 4}


@dataclass(frozen=True, slots=True)
class Place:
    """A membership: from `starts` (inclusive) until `ends` (exclusive), None: always, still."""

    team: str
    person: str
    role: str
    starts: datetime | None
    ends: datetime | None

    def holds(self, at: datetime) -> bool:
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)


@dataclass(slots=True)
class Roster:
    """All people and teams, by reference. `left` holds those who left or will, `bosses` who reports to whom.

    `claims` are names that somebody said of themselves alone: they give nothing, and lead from a commit to its writer.
    """

    nested: bool
    numbers: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    left: dict[str, datetime] = field(default_factory=dict)
    bosses: dict[str, str] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    above: dict[str, tuple[str, ...]] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, list[Place]] = field(default_factory=dict)
    members: dict[str, list[Place]] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    moments: list[datetime] = field(default_factory=list)

    def at(self, now: datetime) -> "Organisation":
        """As it is at a moment."""
        return Organisation(self, now)

    def next_moment(self, now: datetime) -> datetime | None:
        """When somebody next joins or leaves by a date that is known already."""
        place = bisect_right(self.moments, now)
        return self.moments[place] if place < len(self.moments) else None


class Organisation:
    """`facts.Organisation` over a roster at one moment."""

    def __init__(self, roster: Roster, now: datetime) -> None:
        self._roster, self._now = roster, now
        self._teams: dict[str, frozenset[str]] = {}
        self._people: dict[str, tuple[str, ...]] = {}

    def owner(self, name: str) -> Owner:
        """A team or person by reference, handle, login or address; a name that means two leads to nobody."""
        plain = name.lower().lstrip("@")
        found = self._roster.owners.get(plain)
        if found is None and "/" in plain and ":" not in plain:
            found = self._roster.owners.get(plain.rpartition("/")[2])
            found = found if found is not None and found.team else None
        return Owner(name, found.team, found.person) if found is not None else Owner(name)

    def writer(self, name: str) -> str:
        """Who wrote under a name: also as people say of themselves, since that takes approvals away and gives none."""
        return self.owner(name).person or self._roster.claims.get(name.lower().lstrip("@"), "")

    def teams_of(self, person: str) -> frozenset[str]:
        found = self._teams.get(person)
        if found is None:
            direct = [one.team for one in self._roster.places.get(person, ()) if one.holds(self._now)]
            above = (self._roster.above.get(team, ()) for team in direct) if self._roster.nested else ()
            found = self._teams[person] = frozenset().union(direct, *above)
        return found

    def people_of(self, team: str) -> Sequence[str]:
        """Those who decide for it first; of a unit also those of the teams below, where nesting counts."""
        found = self._people.get(team)
        if found is None:
            places = [one for one in self._roster.members.get(team, ()) if one.holds(self._now)]
            if self._roster.nested:
                for lower in self._roster.below.get(team, ()):
                    places += [one for one in self._roster.members.get(lower, ()) if one.holds(self._now)]
            found = tuple(dict.fromkeys(one.person for one in places if self.is_present(one.person)))
            self._people[team] = found
        return found

    def managers_of(self, team: str) -> Sequence[str]:
        """Managers of the team, then of the units above; then those to whom its people report."""
        units = (team, *self._roster.above.get(team, ()))
        found = [
            one.person
            for unit in units
            for one in self._roster.members.get(unit, ())
            if one.role == Role.MANAGER and one.holds(self._now)
        ]
        members = (one for one in self._roster.members.get(team, ()) if one.holds(self._now))
        found += [boss for one in members if (boss := self._roster.bosses.get(one.person))]
        return [one for one in dict.fromkeys(found) if self.is_present(one)]

    def label(self, ref: str) -> str:
        return self._roster.names.get(ref, ref)

    def is_present(self, person: str) -> bool:
        left = self._roster.left.get(person)
        return person in self._roster.numbers and (left is None or left > self._now)

    def number(self, person: str) -> int | None:
        """The number by which the database knows somebody."""
        return self._roster.numbers.get(person)

    def team_number(self, team: str) -> int | None:
        return self._roster.teams.get(team)


def read(*, nested: bool) -> Roster:
    """Everything, in seven statements."""
    roster = Roster(nested)
    refs: dict[int, str] = {}
    named: dict[str, set[str]] = defaultdict(set)
    bosses: list[tuple[str, int]] = []
    moments: set[datetime] = set()
    typed, claims = typed_addresses(), {}
    columns = ("pk", "ref", "name", "display_name", "email", "left_at", "manager_id")
    for pk, ref, name, display, email, left, manager in Person.objects.values_list(*columns):
        refs[pk] = ref
        roster.numbers[ref], roster.names[ref] = pk, display or name
        named[ref.lower()].add(ref)
        named[ref.rpartition("/")[2].lower()].add(ref)
        if pk in typed:
            claims[email.lower()] = ref
        if address := typed.get(pk, email):
            named[address.lower()].add(ref)
        if left is not None:
            roster.left[ref] = left
            moments.add(left)
        if manager is not None:
            bosses.append((ref, manager))
    roster.bosses = {ref: refs[manager] for ref, manager in bosses if manager in refs}
    handles = _read_teams(roster)
    _read_places(roster, refs, moments)
    known, said = _identities(refs)
    roster.claims = claims | said
    roster.owners = _owners(handles, named, known)
    roster.moments = sorted(moments)
    return roster


def _identities(refs: Mapping[int, str]) -> tuple[dict[str, set[str]], dict[str, str]]:
    """What people are called elsewhere, by files, sign-ins and administrators; and what they only say of themselves.

    No right may rest on a guess, nor on one's own word: whoever took the name of an owner would own.
    """
    found: dict[str, set[str]] = defaultdict(set)
    rows = Identity.objects.exclude(confidence=Confidence.GUESS).values_list("person_id", "value_key")
    own = rows.filter(OWN_WORD)
    for person, value in rows.exclude(OWN_WORD):
        found[value.lower()].add(refs[person])
    return found, {value.lower(): refs[person] for person, value in own.order_by("pk")}


def _read_teams(roster: Roster) -> dict[str, set[str]]:
    """Teams with those above and below; returns the names by which rules may mean each that isn't dissolved."""
    rows = list(Team.objects.order_by("pk").values_list("pk", "ref", "name", "title", "parent_id", "dissolved_at"))
    refs = {row[0]: row[1] for row in rows}
    parents = {ref: refs[parent] for _, ref, _, _, parent, _ in rows if parent in refs}
    handles: dict[str, set[str]] = defaultdict(set)
    alive = set()
    for pk, ref, name, title, _, dissolved in rows:
        roster.teams[ref], roster.names[ref] = pk, title or name
        roster.above[ref] = above = _chain(ref, parents)
        for unit in above:
            roster.below.setdefault(unit, []).append(ref)
        if dissolved is None:
            alive.add(ref)
            for handle in {ref.lower(), ref.rpartition("/")[2].lower(), name.lower()}:
                handles[handle].add(ref)
    annotated = Entity.objects.filter(team__isnull=False).values_list("team_id", "document__metadata__annotations")
    for team, annotations in annotated:
        if isinstance(annotations, dict) and refs[team] in alive:
            for slug in (annotations.get(key) for key in SLUGS):
                if isinstance(slug, str) and slug:
                    handles[slug.lower()].add(refs[team])
                    handles[slug.lower().rpartition("/")[2]].add(refs[team])
    return handles


def _chain(ref: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """What a team is part of, the nearest first; teams that own each other end here."""
    found: list[str] = []
    at = parents.get(ref)
    while at is not None and at != ref and at not in found:
        found.append(at)
        at = parents.get(at)
    return tuple(found)


def _read_places(roster: Roster, refs: Mapping[int, str], moments: set[datetime]) -> None:
    teams = {pk: ref for ref, pk in roster.teams.items()}
    columns = ("team_id", "person_id", "role", "starts", "ends")
    for team, person, role, starts, ends in Membership.objects.order_by("pk").values_list(*columns):
        one = Place(teams[team], refs[person], role, starts, ends)
        roster.places.setdefault(one.person, []).append(one)
        roster.members.setdefault(one.team, []).append(one)
        moments.update(moment for moment in (starts, ends) if moment is not None)
    for places in roster.members.values():
        places.sort(key=lambda one: _ORDER.get(Role(one.role), 9))


def _owners(
    handles: Mapping[str, set[str]], named: Mapping[str, set[str]], identities: Mapping[str, set[str]]
) -> dict[str, Owner]:  # fmt: skip
    """Whom each name means: a team before a person, a declared identity before the name in a reference.

    A name of several teams, or of several people, means nobody: whoever writes it has to say which.
    """
    found: dict[str, Owner] = {}
    for names in (named, identities):
        found |= {name: Owner(name, person=next(iter(refs))) for name, refs in names.items() if len(refs) == 1}
        found |= {name: Owner(name) for name, refs in names.items() if len(refs) > 1}
    found |= {name: Owner(name, team=next(iter(refs))) for name, refs in handles.items() if len(refs) == 1}
    return found | {name: Owner(name) for name, refs in handles.items() if len(refs) > 1}


Stamp = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A reading, with what told that it is still right: `stamp` of the events after `floor`, taken before it."""

    roster: Roster
    floor: int
    stamp: Stamp
    read_at: float


_lock = threading.Lock()
_kept: _Kept | None = None


def current() -> Roster:
    """The organisation as the database has it: from memory where nothing changed it since, at two statements."""
    known = _kept
    if known is not None and _is_good(known):
        return known.roster
    return _read()


def forget() -> None:
    """Read anew at the next question; for tests."""
    global _kept
    _kept = None


def _read() -> Roster:
    global _kept
    with _lock:
        floor = max(int(Event.objects.aggregate(last=Max("pk"))["last"] or 0) - OVERLAP, 0)
        stamp = _stamp(floor)
        roster = read(nested=rulebook.current().contributions.nested_teams)
        _kept = _Kept(roster, floor, stamp, time.monotonic())
    return roster


def _is_good(known: _Kept) -> bool:
    return (
        known.roster.nested == rulebook.current().contributions.nested_teams
        and time.monotonic() - known.read_at < OLDEST_SECONDS
        and known.stamp == _stamp(known.floor)
    )


def _stamp(floor: int) -> Stamp:
    """What is another once the organisation may be: the events that could change it, and the newest rows."""
    events = Event.objects.filter(pk__gt=floor, name__in=NAMES).order_by()
    told = events.aggregate(count=Count("pk"), newest=Max("pk"), at=Max("at"))
    asked = ", ".join(f"(SELECT MAX(id) FROM {table._meta.db_table})" for table in TABLES)  # noqa: S608 - our names
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}")
        newest: tuple[int | None, ...] = cursor.fetchone()
    return (told["count"], told["newest"], told["at"], *newest)
