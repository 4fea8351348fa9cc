"""Who may change which paths, from when until when, because an engagement grants it. Source: specs/engagements.md.

Nothing here is stored: rights follow from plain values (`loading` reads them) and end by themselves. Somebody has
access by an engagement at a moment where all of this holds then:

- the engagement grants (it is active or handing over), within the time that it was given;
- they are on its list, on one of their days (by the calendar of the away team's time zone), and haven't left it;
- their manager agreed, and the home side did: by signing a text with them in it, or by its word;
- they belong here, and they aren't of the home side;
- the contract then in force names the path.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from awayteam.engagements.paths import Scope, repository_path

FOREVER = datetime.max.replace(tzinfo=UTC)
ALWAYS = datetime.min.replace(tzinfo=UTC)


class Interval(NamedTuple):
    """From `start` (inclusive) until `end` (exclusive), both with a time zone."""

    start: datetime
    end: datetime


WHOLE_TIME = Interval(ALWAYS, FOREVER)


Patterns = tuple[tuple[frozenset[str], str], ...]
"""What may be changed: (names under which the repository is known, pattern)."""


class Term(NamedTuple):
    """What the contract in force during `during` lets be changed."""

    during: Interval
    patterns: Patterns


@dataclass(frozen=True, slots=True)
class Visit:
    """One engagement: `grantings` are the times in which it grants, each ended by its limit at the latest.

    `signed` pairs when each text in force was written with when the second side signed it.
    """

    id: int
    title: str
    zone: str
    grantings: tuple[Interval, ...] = ()
    terms: tuple[Term, ...] = ()
    signed: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """One person on the list of one engagement. `at_home` are the times in which they are of the home side.

    `joins_on` and `leaves_on` are days that belong to it (None: to the end); the moments are None where it hasn't
    happened. `gone_at`: when they left the organisation.
    """

    engagement: int
    person: int
    joins_on: date
    joined_at: datetime
    leaves_on: date | None = None
    agreed_at: datetime | None = None
    home_agreed_at: datetime | None = None
    left_at: datetime | None = None
    gone_at: datetime | None = None
    at_home: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """The answer: `engagement` is the one that grants it (or explains best why not), `until` when it ends."""

    allowed: bool
    reason: str
    engagement: int | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold: `during` which times it does, and a sentence for each of the two cases."""

    rule: str
    during: tuple[Interval, ...]
    yes: str
    no: str

    def holds(self, at: datetime) -> bool:
        for start, end in self.during:  # noqa: SIM110 - asked often; a generator takes longer than the answer
            if start <= at < end:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition as it stood at the moment asked about."""

    rule: str
    holds: bool
    says: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one engagement lets somebody change a path, or doesn't: every condition, whether or not it decides."""

    engagement: int
    title: str
    findings: tuple[Finding, ...]

    @property
    def allowed(self) -> bool:
        return all(one.holds for one in self.findings)


NO_PATH = Access(False, "This is no path of a file in a repository; write it as git does, without .. or //.")
NOT_INVITED = Access(False, "They are on the list of no engagement.")
NOT_NAMED = Access(False, "No engagement that they are in names this path.")


class _Right(NamedTuple):
    """A time in which one person may change what one scope names."""

    start: datetime
    end: datetime
    scope: Scope
    visit: Visit


class _Place(NamedTuple):
    """One person's place in one engagement: what must hold, and what each contract in force names or named."""

    visit: Visit
    conditions: tuple[Condition, ...]
    scopes: tuple[tuple[Interval, Scope], ...]
    ends: datetime | None
    """When the last of its rights ends; None where it gives none."""


def midnight(day: date, zone: str) -> datetime:
    """The first moment of a day in a time zone, also where clocks are changed at midnight (PEP 495, `fold=0`)."""
    return datetime.combine(day, time(), _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=700)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def conditions(visit: Visit, joined: Joined) -> tuple[Condition, ...]:
    """Everything that must hold for somebody's access by an engagement, but for the path."""
    days = _days(joined, visit.zone)
    agreed = _since(joined.agreed_at)
    home = _since(home_agreed(visit, joined))
    return (
        Condition("granting", visit.grantings, "The engagement grants access.",
                  "The engagement doesn't grant access then: it is not active, or its time is over."),
        Condition("member", (days,), "It is one of their days in it.",
                  f"Their days in it are {_said(joined)} ({visit.zone})."),
        Condition("manager-agreed", agreed, "Their manager agreed.", "Their manager hasn't agreed by then."),
        Condition("home-agreed", home, "The home side agreed to them.", "The home side hasn't agreed to them by then."),
        Condition("present", (Interval(ALWAYS, joined.gone_at or FOREVER),), "They work here.", "They left."),
        Condition("not-home", _without(joined.at_home), "They are not of the home side.",
                  "They are of the home side; nobody is on both sides."),
    )  # fmt: skip


def _days(joined: Joined, zone: str) -> Interval:
    start = max(midnight(joined.joins_on, zone), joined.joined_at)
    end = FOREVER if joined.leaves_on is None else midnight(joined.leaves_on + timedelta(days=1), zone)
    return Interval(start, end if joined.left_at is None else min(end, joined.left_at))


def _said(joined: Joined) -> str:
    until = "the end" if joined.leaves_on is None else f"{joined.leaves_on}"
    left = f", and they left on {joined.left_at:%Y-%m-%d}" if joined.left_at is not None else ""
    return f"{joined.joins_on} to {until}{left}"


def _since(moment: datetime | None) -> tuple[Interval, ...]:
    return () if moment is None else (Interval(moment, FOREVER),)


def home_agreed(visit: Visit, joined: Joined) -> datetime | None:
    """When the home side agreed: the first signed text that was written with them on the list, or its word."""
    signed = [in_force for written, in_force in visit.signed if written >= joined.joined_at]
    return min((*signed, *([joined.home_agreed_at] if joined.home_agreed_at else [])), default=None)


def _without(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The times outside of all of these."""
    free, at = [], ALWAYS
    for start, end in sorted(intervals):
        if start > at:
            free.append(Interval(at, start))
        at = max(at, end)
    return (*free, Interval(at, FOREVER)) if at < FOREVER else tuple(free)


def _meet(ones: Iterable[Interval], others: Sequence[Interval]) -> list[Interval]:
    """The times that are in one of both; overlapping ones of a side are kept apart, which changes no answer."""
    pairs = ((max(a, c), min(b, d)) for a, b in ones for c, d in others)
    return [Interval(start, end) for start, end in pairs if start < end]


@dataclass(frozen=True)
class Grants:
    """All that is needed to answer, built once; asking changes nothing. Safe to share between threads."""

    rights: Mapping[int, tuple[_Right, ...]] = field(repr=False)
    places: Mapping[int, tuple[_Place, ...]] = field(repr=False)

    @classmethod
    def of(cls, visits: Iterable[Visit], people: Iterable[Joined]) -> "Grants":
        """Patterns are compiled here, once for each list of them; one that can't be read names no path."""
        known = {visit.id: visit for visit in visits}
        compiled: dict[Patterns, Scope] = {}
        rights: dict[int, list[_Right]] = defaultdict(list)
        places: dict[int, list[_Place]] = defaultdict(list)
        for joined in people:
            visit = known[joined.engagement]
            asked = conditions(visit, joined)
            times: Sequence[Interval] = (WHOLE_TIME,)
            for condition in asked:
                times = _meet(times, condition.during)
            scopes = tuple((term.during, _scope(term.patterns, compiled)) for term in visit.terms)
            own = [_Right(*one, scope, visit) for during, scope in scopes for one in _meet(times, (during,))]
            rights[joined.person] += own
            ends = max((one.end for one in own), default=None)
            places[joined.person].append(_Place(visit, asked, scopes, ends))
        return cls(
            {person: tuple(sorted(some, key=lambda one: one.end, reverse=True)) for person, some in rights.items()},
            {person: tuple(sorted(some, key=lambda one: -one.visit.id)) for person, some in places.items()},
        )

    def may(self, person: int, path: str, at: datetime, repository: str | None = None) -> Access:
        """Whether somebody may change a path at a moment, and until when without a break.

        `repository` is a name under which a scope knows it; None asks about the path in any repository. Raises
        `ValueError` for a moment without time zone.
        """
        _require_zone(at)
        place = repository_path(path)
        if place is None:
            return NO_PATH
        rights = self.rights.get(person, ())
        for right in rights:  # the one that ends last comes first
            if right.start <= at < right.end and right.scope.covers(place, repository):
                return _granted(right, _until(rights, right.end, place, repository))
        return self._refusals(person, [place], at, repository)[0]

    def may_many(self, person: int, paths: Iterable[str], at: datetime, repository: str | None = None) -> list[Access]:
        """`may` for each of many paths; equal answers are one object."""
        _require_zone(at)
        asked = list(map(repository_path, paths))
        found: list[Access | None] = [NO_PATH if place is None else None for place in asked]
        rights = self.rights.get(person, ())
        for right in rights:
            if not right.start <= at < right.end:
                continue
            left = [number for number, answer in enumerate(found) if answer is None]
            places = [place for number in left if (place := asked[number]) is not None]
            later = any(one.start <= right.end < one.end for one in rights)
            answer = _granted(right, right.end)
            for number, place, covered in zip(left, places, right.scope.covers_many(places, repository), strict=True):
                if covered:
                    found[number] = self.may(person, place, at, repository) if later else answer
        left = [number for number, answer in enumerate(found) if answer is None]
        rest = [place for number in left if (place := asked[number]) is not None]
        for number, answer in zip(left, self._refusals(person, rest, at, repository), strict=True):
            found[number] = answer
        return [answer for answer in found if answer is not None]

    def explain(self, person: int, path: str, at: datetime, repository: str | None = None) -> list[Explanation]:
        """Every engagement that somebody is on the list of, the newest first, with all that must hold."""
        _require_zone(at)
        place = repository_path(path)
        return [
            Explanation(
                one.visit.id,
                one.visit.title,
                (
                    *(Finding(each.rule, *_answer(each, at)) for each in one.conditions),
                    _path_finding(one, place, at, repository),
                ),
            )
            for one in self.places.get(person, ())
        ]

    def ending(self, after: datetime, until: datetime) -> list[tuple[int, Visit, datetime]]:
        """Whose access by an engagement, running at `after`, ends by `until`, and when: (person, engagement, end)."""
        found = []
        for person, rights in self.rights.items():
            for visit in {right.visit.id: right.visit for right in rights if right.start <= after < right.end}.values():
                own = [right for right in rights if right.visit.id == visit.id]
                end = max(right.end for right in own if right.start <= after < right.end)
                while later := [right.end for right in own if right.start <= end < right.end]:
                    end = max(later)
                if end <= until:
                    found.append((person, visit, end))
        return sorted(found, key=lambda one: (one[2], one[1].id, one[0]))

    def _refusals(self, person: int, paths: Sequence[str], at: datetime, repository: str | None) -> list[Access]:
        """Why not, for paths that nothing grants: by the newest engagement that names the path."""
        places = self.places.get(person, ())
        if not places:
            return [NOT_INVITED] * len(paths)
        found = [NOT_NAMED] * len(paths)
        left = list(range(len(paths)))
        for place in places:
            scope = _scope_at(place, at)
            if scope is None or not left:
                continue
            covered = scope.covers_many([paths[number] for number in left], repository)
            if True not in covered:
                continue
            answer = Access(False, _why_not(place, at), place.visit.id)
            for number, here in zip(left, covered, strict=True):
                if here:
                    found[number] = answer
            left = [number for number, here in zip(left, covered, strict=True) if not here]
        return found


def _require_zone(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone; access is asked about moments, not wall clocks")


def _scope(patterns: Patterns, compiled: dict[Patterns, Scope]) -> Scope:
    scope = compiled.get(patterns)
    if scope is None:
        scope = compiled[patterns] = Scope(patterns)
    return scope


def _scope_at(place: _Place, at: datetime) -> Scope | None:
    """What the contract in force then names; before the first one and where there is none, the nearest."""
    now = [scope for during, scope in place.scopes if during.start <= at < during.end]
    return now[0] if now else place.scopes[0][1] if place.scopes else None


def _answer(condition: Condition, at: datetime) -> tuple[bool, str]:
    holds = condition.holds(at)
    return holds, condition.yes if holds else condition.no


def _path_finding(place: _Place, path: str | None, at: datetime, repository: str | None) -> Finding:
    scope = _scope_at(place, at)
    named = path is not None and scope is not None and scope.covers(path, repository)
    return Finding("scope", named, "Its contract names the path." if named else "Its contract names other paths.")


def _why_not(place: _Place, at: datetime) -> str:
    visit = f"Engagement {place.visit.id} ({place.visit.title})"
    why = next((one.no for one in place.conditions if not one.holds(at)), "Its contract isn't in force then.")
    if place.ends is not None and place.ends <= at:
        return f"{visit} let them change it until {place.ends:%Y-%m-%d %H:%M} UTC: {why}"
    return f"{visit} names it, but: {why}"


def _granted(right: _Right, end: datetime) -> Access:
    visit = right.visit
    reason = f"Engagement {visit.id} ({visit.title}) lets them change it."
    return Access(True, reason, visit.id, None if end == FOREVER else end)


def _until(rights: Sequence[_Right], end: datetime, place: str, repository: str | None) -> datetime:
    """When access to a path first ends, where one right follows another without a break."""
    while True:
        later = [one.end for one in rights if one.start <= end < one.end and one.scope.covers(place, repository)]
        if not later:
            return end
        end = max(later)
