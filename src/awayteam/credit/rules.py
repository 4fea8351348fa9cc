"""What gives credit, to whom, and how much: pure functions from what happened to entries (P11, ADR 0011).

Kinds are never added up: a day of a visit, an answer in time and a word of thanks have no common measure.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

VERSION = "1"
"""Of the rules below. A change of what is derived is a new version, and the ledger is rebuilt with it."""


class Kind(StrEnum):
    """What credit can be had for."""

    ENGAGEMENT = "engagement-completed"
    REVIEW = "review-in-time"
    HOURS = "pledged-hours"
    REUSE = "reuse"
    DOWNSTREAM = "downstream"
    THANKS = "thanks"


class Measure(StrEnum):
    """In what a kind is counted."""

    DAYS = "days"
    REVIEWS = "reviews"
    HOURS = "hours"
    CONSUMERS = "consumers"
    POINTS = "points a week"
    THANKS = "thanks"


MEASURES: dict[Kind, Measure] = {
    Kind.ENGAGEMENT: Measure.DAYS,
    Kind.REVIEW: Measure.REVIEWS,
    Kind.HOURS: Measure.HOURS,
    Kind.REUSE: Measure.CONSUMERS,
    Kind.DOWNSTREAM: Measure.POINTS,
    Kind.THANKS: Measure.THANKS,
}
LEAST = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as the rules read it. `data` is the event's own."""

    id: int
    name: str
    at: datetime
    subject_kind: str
    subject_id: int
    label: str
    person: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Guest:
    """A member of an away team: days on which they were on the list, both included; None: to the end."""

    person: int
    joins: date
    leaves: date | None
    team: int | None


@dataclass(frozen=True, slots=True)
class Visit:
    """An engagement as the rules read it. `worked` are the intervals in which it granted access, [start, end)."""

    id: int
    label: str
    home_team: int
    away_team: int
    worked: Sequence[tuple[datetime, datetime]] = ()
    guests: Sequence[Guest] = ()
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waited:
    """Somebody downstream for whom something was done: the team that waited, and what its delay cost a week."""

    team: int
    points: Decimal
    subject: tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Credit:
    """One entry of the ledger before it is written. `person` or `team` may be None, not both. See `models.Entry`.

    `served` is the team that began to use it, or waited for it.
    """

    key: str
    kind: Kind
    at: datetime
    person: int | None
    team: int | None
    subject: tuple[str, int, str]
    evidence: tuple[str, int]
    quantity: Decimal
    words: str = ""
    given_by: int | None = None
    served: int | None = None

    @property
    def measure(self) -> Measure:
        return MEASURES[self.kind]


def days(stays: Collection[Guest], worked: Iterable[tuple[datetime, datetime]]) -> int:
    """The days (UTC) on which somebody could work: on the list, and within an interval in which access was granted.

    Whoever went and came again has several stays; no day counts twice.
    """
    found: set[date] = set()
    for start, end in worked:
        for stay in stays:
            first, last = max(start.date(), stay.joins), min(end.date(), stay.leaves or end.date())
            found.update(first + timedelta(days=step) for step in range((last - first).days + 1))
    return len(found)


def completed(event: Happened, visit: Visit) -> list[Credit]:
    """A handover was accepted: each member who worked has the days, in the name of their own team."""
    stays: dict[int, list[Guest]] = {}
    for guest in visit.guests:
        stays.setdefault(guest.person, []).append(guest)
    spent = {person: days(some, visit.worked) for person, some in stays.items()}
    return [
        Credit(
            f"{Kind.ENGAGEMENT}:{visit.id}:{person}", Kind.ENGAGEMENT, event.at, person, stays[person][-1].team,
            ("engagement", visit.id, visit.label), ("event", event.id), Decimal(total),
        )
        for person, total in sorted(spent.items())
        if total
    ]  # fmt: skip


def reviewed(event: Happened, team: int | None, subject: tuple[str, int, str]) -> list[Credit]:
    """A reviewer answered; credit where their clock still ran. Clocks that ran out answer in nobody's name."""
    if event.person is None or event.data.get("on_time") is not True:
        return []
    key = f"{Kind.REVIEW}:{event.id}"
    return [Credit(key, Kind.REVIEW, event.at, event.person, team, subject, ("event", event.id), Decimal(1))]


@dataclass(frozen=True, slots=True)
class Given:
    """Time that somebody of a home team gave to a visit, as it was booked."""

    id: int
    person: int
    team: int | None
    minutes: int
    words: str


def hours_key(booking: int) -> str:
    return f"{Kind.HOURS}:{booking}"


def gave_hours(event: Happened, given: Given, subject: tuple[str, int, str]) -> list[Credit]:
    """Somebody of the home team gave time of the pledge; in hours to two places."""
    quantity = (Decimal(given.minutes) / 60).quantize(LEAST)
    if quantity < LEAST:
        return []
    return [
        Credit(
            hours_key(given.id), Kind.HOURS, event.at, given.person, given.team, subject, ("event", event.id),
            quantity, given.words,
        )
    ]  # fmt: skip


def reused(event: Happened, *, consumer_team: int | None, visits: Iterable[Visit], within: timedelta) -> list[Credit]:
    """A team that was no party began to use what a visit built, at most `within` after the handover was accepted.

    One entry for each visit and using team, however many of its services use it; the first is the evidence.
    """
    found: list[Credit] = []
    for visit in visits:
        if consumer_team is None or consumer_team in (visit.home_team, visit.away_team):
            continue
        if visit.accepted_at is None or not visit.accepted_at < event.at <= visit.accepted_at + within:
            continue
        found.append(
            Credit(
                f"{Kind.REUSE}:{visit.id}:{consumer_team}", Kind.REUSE, event.at, None, visit.away_team,
                ("engagement", visit.id, visit.label), ("event", event.id), Decimal(1), f"used by {event.label}",
                served=consumer_team,
            )
        )  # fmt: skip
    return found


def downstream(event: Happened, *, doer: int, waited: Iterable[Waited]) -> list[Credit]:
    """Something was finished for which others had waited: `doer` has what their delay cost each week.

    Nothing for one's own, and nothing where nobody said what the delay costs.
    """
    found: dict[str, Credit] = {}
    for one in waited:
        if one.team == doer or one.points < LEAST:
            continue
        key = f"{Kind.DOWNSTREAM}:{event.id}:{doer}:{one.team}:{one.subject[0]}-{one.subject[1]}"
        found[key] = Credit(
            key, Kind.DOWNSTREAM, event.at, None, doer, one.subject, ("event", event.id), one.points.quantize(LEAST),
            served=one.team,
        )  # fmt: skip
    return list(found.values())


def thanked(event: Happened, team: int | None) -> list[Credit]:
    """Somebody thanked another person, in a comment on what it was for; once for each thing."""
    person, comment = event.data.get("person"), event.data.get("comment")
    if not isinstance(person, int) or not isinstance(comment, int) or person == event.person:
        return []
    subject = (event.subject_kind, event.subject_id, event.label)
    key = f"{Kind.THANKS}:{subject[0]}-{subject[1]}:{event.person or 0}:{person}"
    return [
        Credit(
            key, Kind.THANKS, event.at, person, team, subject, ("comment", comment), Decimal(1),
            str(event.data.get("words", "")), event.person,
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stay:
    """A person's place in a team from `starts` until `ends` (exclusive); None: since ever, still."""

    team: int
    starts: datetime | None
    ends: datetime | None


def at_that_time(stays: Iterable[Stay], at: datetime) -> list[int]:
    """The teams of stays that held at `at`, in their order, each once."""
    return list(
        dict.fromkeys(
            stay.team for stay in stays if (not stay.starts or stay.starts <= at) and (not stay.ends or at < stay.ends)
        )
    )


def team_of(stays: Iterable[Stay], at: datetime, preferred: Collection[int] = ()) -> int | None:
    """The team in whose name a person has credit: one of `preferred` where they belong to it, else their first."""
    teams = at_that_time(stays, at)
    return next((team for team in teams if team in preferred), teams[0] if teams else None)


@dataclass(frozen=True, slots=True)
class Units:
    """What stood above each team in time: `rows` by team, each (unit, starts, ends)."""

    rows: Mapping[int, Sequence[Stay]] = field(default_factory=dict)

    def above(self, team: int | None, at: datetime) -> list[int]:
        """The units above a team at that time, the nearest first; a circle of parents ends where it began."""
        found: list[int] = []
        here = team
        while here is not None:
            units = at_that_time(self.rows.get(here, ()), at)
            here = units[0] if units and units[0] not in found and units[0] != team else None
            if here is not None:
                found.append(here)
        return found
