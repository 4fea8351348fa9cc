"""Arithmetic over working time: pure functions over a calendar, in minutes, right across holidays and clock changes.

A working day lasts from the first moment at which the wall clock of the calendar's time zone shows the first hour (or
later, where the clock jumps over it) until the first moment at which it shows the last. On a day whose clock changes a
calendar that works around the clock therefore has 23 or 25 hours. Moments are aware datetimes; spans are counted in
whole seconds and given in minutes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MINUTE = 60
LONGEST_WAIT = 3660
"""Days without a working hour after which a calendar is given up: nobody works."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a team works: `weekdays` 0 (Monday) to 6, `hours` start and end as "HH:MM" (the end may be "24:00").

    `country` and `subdivision` (ISO 3166) name the public holidays that are free; empty for none. Raises `ValueError`
    for values with which nobody would ever work, `ZoneInfoNotFoundError` (a `KeyError`) for an unknown time zone.
    """

    time_zone: str = "UTC"
    country: str = ""
    subdivision: str = ""
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    hours: tuple[str, str] = ("09:00", "17:00")

    def __post_init__(self) -> None:
        ZoneInfo(self.time_zone)
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise ValueError(f"weekdays must be some of 0 (Monday) to 6 (Sunday), not {self.weekdays!r}")
        if len(self.hours) != 2 or not minute_of_day(self.hours[0]) < minute_of_day(self.hours[1]):
            raise ValueError(f'hours must be start and end as ("09:00", "17:00"), not {self.hours!r}')

    @property
    def minutes_per_day(self) -> int:
        """Minutes of an ordinary working day."""
        return minute_of_day(self.hours[1]) - minute_of_day(self.hours[0])

    def to_data(self) -> dict[str, Any]:
        """A JSON value from which `from_data` makes the same calendar."""
        return asdict(self) | {"weekdays": list(self.weekdays), "hours": list(self.hours)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Calendar":
        """The calendar of `to_data`; raises as the class does."""
        first, last = data["hours"][0], data["hours"][1]
        place = data["time_zone"], data["country"], data["subdivision"]
        return _calendar(*place, tuple(data["weekdays"]), (first, last))


@lru_cache(maxsize=2_000)
def _calendar(zone: str, country: str, subdivision: str, weekdays: tuple[int, ...], hours: tuple[str, str]) -> Calendar:
    """One object for equal values: a page has few calendars on many clocks, and each is looked up day by day."""
    return Calendar(zone, country, subdivision, weekdays, hours)


def minute_of_day(text: str) -> int:
    """Minutes from midnight to "HH:MM"; "24:00" is 1440. Raises `ValueError`."""
    hour, separator, minute = text.partition(":")
    if not separator or not (hour + minute).isdecimal() or len(hour) != 2 or len(minute) != 2:
        raise ValueError(f"{text!r} is not an hour such as 09:00")
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > 1440:
        raise ValueError(f"{text!r} is not an hour of the day")
    return minutes


def add(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """The first moment (UTC) by which `minutes` working minutes have passed since `start`; for 0 that is `start`.

    Raises `ValueError` where the calendar has no working hour for ten years on end.
    """
    if minutes < 0:
        raise ValueError("minutes must not be negative")
    begin, left = _seconds(start), minutes * MINUTE
    if left == 0:
        return start.astimezone(UTC)
    for opening, closing in _days_from(calendar, begin):
        opening = max(opening, begin)
        if closing - opening >= left:
            return datetime.fromtimestamp(opening + left, UTC)
        left -= max(closing - opening, 0)
    raise AssertionError("unreachable")


def between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Whole working minutes from `start` to `end`; 0 where `end` is not after `start`."""
    return seconds_between(calendar, start, end) // MINUTE


def seconds_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Working seconds from `start` to `end` (parts of a second don't count); 0 where `end` is not after `start`."""
    begin, finish, passed = _seconds(start), _seconds(end), 0
    if finish <= begin:
        return 0
    for opening, closing in _days_from(calendar, begin, finish):
        if opening >= finish:
            break
        passed += max(min(closing, finish) - max(opening, begin), 0)
    return passed


def is_working(calendar: Calendar, moment: datetime) -> bool:
    """Whether people work at `moment`."""
    begin = _seconds(moment)
    return any(opening <= begin < closing for opening, closing in _days_from(calendar, begin, begin + 1))


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether people work on that day at all: one of the weekdays, and no public holiday."""
    holidays = _holidays(calendar.country, calendar.subdivision, day.year)
    return day.weekday() in calendar.weekdays and day not in holidays


def spoken(minutes: int, per_day: int) -> str:
    """A span of working time in words: "25 min", "4 h", "1 working day 3 h"; minutes are left out from a day on.

    `per_day` is the calendar's `minutes_per_day`.
    """
    days, rest = divmod(minutes, per_day)
    hours, rest_minutes = divmod(rest, 60)
    parts = [f"{days} working day{'s' if days > 1 else ''}"] if days else []
    if hours:
        parts.append(f"{hours} h")
    if rest_minutes and not days:
        parts.append(f"{rest_minutes} min")
    return " ".join(parts) or "0 min"


def _seconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("the time has no time zone")
    return int(moment.timestamp())


def _days_from(calendar: Calendar, begin: int, finish: int | None = None) -> Iterator[tuple[int, int]]:
    """Working spans (seconds since 1970) in order, from the one that may hold `begin`; endless without `finish`."""
    day = datetime.fromtimestamp(begin, ZoneInfo(calendar.time_zone)).date() - DAY
    idle = 0
    while True:
        span = _span(calendar, day)
        if span is not None:
            idle = 0
            if span[1] > begin:
                yield span
        elif idle > LONGEST_WAIT:
            raise ValueError("this calendar has no working hour for ten years")
        if finish is not None and _midnight(calendar, day) >= finish:
            return
        idle += 1
        day += DAY


@lru_cache(maxsize=50_000)
def _span(calendar: Calendar, day: date) -> tuple[int, int] | None:
    if day.weekday() not in calendar.weekdays or day in _holidays(calendar.country, calendar.subdivision, day.year):
        return None
    zone = ZoneInfo(calendar.time_zone)
    opening, closing = (first_shown(zone, day, minute_of_day(hour)) for hour in calendar.hours)
    return (opening, closing) if opening < closing else None


@lru_cache(maxsize=50_000)
def _midnight(calendar: Calendar, day: date) -> int:
    return first_shown(ZoneInfo(calendar.time_zone), day, 0)


def first_shown(zone: ZoneInfo, day: date, minute: int) -> int:
    """The first second (since 1970) at which the wall clock shows `minute` of `day`, or more where it jumps over."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    early, late = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (1, 0))
    if early >= late:  # an ordinary minute, or one that is shown twice: `late` is the first time
        return late
    while late - early > 1:  # a minute that is jumped over: find the jump
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, zone).replace(tzinfo=None) >= wall:
            late = middle
        else:
            early = middle
    return late


@lru_cache(maxsize=2_000)
def _holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    from holidays import country_holidays

    try:
        return frozenset(country_holidays(country, subdiv=subdivision or None, years=year))
    except NotImplementedError as error:
        raise ValueError(f"no public holidays are known for {country} {subdivision}".rstrip()) from error
