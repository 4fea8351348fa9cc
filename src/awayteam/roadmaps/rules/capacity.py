"""How much work a team can do from today on, day by day: people, working days, and notes about more or less.

1.0 team-week in a week is the whole team as it is today for every working day of its calendar. A public holiday takes
one working day's part (0.2 of five), a member who is missing takes 1 / size.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from awayteam.kernel.businesstime import Calendar, is_working_day
from awayteam.roadmaps.rules.effort import UNITS

FAR = 36_525
"""Days from today beyond which nothing is foretold: a hundred years."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody who works in the team from `starts` (None: long since) until `ends` (exclusive; None: for good)."""

    starts: date | None = None
    ends: date | None = None

    def holds(self, day: date) -> bool:
        return (self.starts is None or self.starts <= day) and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class Note:
    """From `starts` to `ends` (both included) the team has `share` of its time, or is `people` people."""

    starts: date
    ends: date
    share: float | None = None
    people: float | None = None

    def holds(self, day: date) -> bool:
        return self.starts <= day <= self.ends


class Capacity:
    """Work that a team can have done by the end of each day from `start` on, in millionths of a team-week.

    Beyond the days that are listed their mean goes on. Days are counted from `start`, which is day 0.
    """

    __slots__ = ("_dates", "days", "done_by", "first", "last", "rate", "start")

    def __init__(self, start: date, done_by: Sequence[int]) -> None:
        self.start = start
        self.first = start.toordinal()
        self.done_by = done_by
        self.days = len(done_by)
        self.last = done_by[-1] if done_by else 0
        self.rate = self.last // self.days if done_by else 0
        self._dates: dict[int, date] = {}

    @property
    def per_week(self) -> float:
        """Mean team-weeks in a week."""
        return self.rate * 7 / UNITS

    def by(self, day: int) -> int:
        """Work that can be done by the end of that day."""
        if day < 0:
            return 0
        return self.done_by[day] if day < self.days else self.last + (day - self.days + 1) * self.rate

    def day_done(self, work: int) -> int:
        """The day on which `work` (more than 0) is done; `FAR` where that is beyond all foresight."""
        if work <= self.last:
            return bisect_left(self.done_by, work)
        if not self.rate:
            return FAR
        day = self.days - 1 - (self.last - work) // self.rate
        return day if day < FAR else FAR

    def day_after(self, work: int) -> int:
        """The day on which the next bit after `work` is done; `FAR` where there is none."""
        if work < self.last:
            return bisect_right(self.done_by, work)
        if not self.rate:
            return FAR
        day = self.days + (work - self.last) // self.rate
        return day if day < FAR else FAR

    def date(self, day: int) -> date | None:
        """The date of a day; None beyond foresight."""
        found = self._dates.get(day)
        if found is None and day < FAR:
            found = self._dates[day] = date.fromordinal(self.first + day)
        return found

    def by_week(self, weeks: int) -> list[float]:
        """Team-weeks of each of the next `weeks` weeks of seven days."""
        marks = [self.by(7 * week - 1) for week in range(weeks + 1)]
        return [(after - before) / UNITS for before, after in pairwise(marks)]


def capacity_of(
    *,
    calendar: Calendar,
    start: date,
    days: int,
    people: Sequence[Presence] | None,
    notes: Sequence[Note] = (),
) -> Capacity:
    """The capacity of a team over `days` days. `people` None: nobody knows who they are, and the team counts as whole.

    Notes that overlap: shares multiply, of numbers of people the last note in the list counts.
    """
    share = working_share(calendar.country, calendar.subdivision, calendar.weekdays, start, days)
    last = start + timedelta(days=days)
    notes = [note for note in notes if note.ends >= start and note.starts < last]
    moving = [one for one in people or () if _changes(one, start, last)]
    if not notes and not moving and (people is None or any(one.holds(start) for one in people)):
        return Capacity(start, _summed(calendar.country, calendar.subdivision, calendar.weekdays, start, days))
    size = max(sum(one.holds(start) for one in people), 1) if people is not None else 1
    done_by, total, factor = [], 0.0, 0.0
    breaks = _breaks(moving, notes, start, last)
    for number in range(days):
        if number in breaks:
            factor = _factor(start + timedelta(days=number), people, notes, size)
        total += share[number] * factor
        done_by.append(round(total * UNITS))
    return Capacity(start, done_by)


def _changes(one: Presence, start: date, last: date) -> bool:
    return bool((one.starts and one.starts > start) or (one.ends and one.ends < last))


def _breaks(people: Sequence[Presence], notes: Sequence[Note], start: date, last: date) -> set[int]:
    """Numbers of the days on which something begins or ends; the first day always."""
    dates = [day for one in people for day in (one.starts, one.ends) if day]
    dates += [day for note in notes for day in (note.starts, note.ends + timedelta(days=1))]
    return {0} | {(day - start).days for day in dates if start < day < last}


def _factor(day: date, people: Sequence[Presence] | None, notes: Sequence[Note], size: int) -> float:
    present: float = size if people is None else sum(one.holds(day) for one in people)
    share = 1.0
    for note in notes:
        if note.holds(day) and note.people is not None:
            present = note.people
        elif note.holds(day) and note.share is not None:
            share *= note.share
    return present / size * share


@lru_cache(maxsize=500)
def working_share(
    country: str, subdivision: str, weekdays: tuple[int, ...], start: date, days: int
) -> tuple[float, ...]:
    """The part of a working week that each day from `start` on is: 0 on free days."""
    calendar, part = Calendar(country=country, subdivision=subdivision, weekdays=weekdays), 1 / len(weekdays)
    return tuple(part if is_working_day(calendar, start + timedelta(days=number)) else 0.0 for number in range(days))


@lru_cache(maxsize=500)
def _summed(country: str, subdivision: str, weekdays: tuple[int, ...], start: date, days: int) -> tuple[int, ...]:
    total, done_by = 0.0, []
    for share in working_share(country, subdivision, weekdays, start, days):
        total += share
        done_by.append(round(total * UNITS))
    return tuple(done_by)
