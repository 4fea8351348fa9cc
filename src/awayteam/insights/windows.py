"""The window that insights look at: days of the organisation's time zone, cut into weeks, months or quarters. Pure."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

SPANS: dict[str, str] = {
    "4w": "4 weeks",
    "3mo": "3 months",
    "6mo": "6 months",
    "12mo": "12 months",
    "24mo": "24 months",
}
DEFAULT_SPAN = "3mo"
LONGEST_DAYS = 3_700
MOST_PERIODS = 60
_SPAN = re.compile(r"^(\d{1,4})(d|w|mo|y)$")


class Every(StrEnum):
    """How long one point of a chart is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Period:
    """One point of a chart: [start, end), in UTC. `running` where the window ends before the period does."""

    label: str
    start: datetime
    end: datetime
    running: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both inclusive, in `zone`; `before` is the start of the window to compare with,
    which has as many days. `start` and `end` are the moments, in UTC: [start, end)."""

    first: date
    last: date
    every: Every
    zone: str

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        return moment(self.first, self.zone)

    @property
    def end(self) -> datetime:
        return moment(self.last + timedelta(days=1), self.zone)

    @property
    def first_before(self) -> date:
        return self.first - timedelta(days=self.days)

    @property
    def before(self) -> datetime:
        return moment(self.first_before, self.zone)

    @property
    def periods(self) -> list[Period]:
        """The weeks, months or quarters of the window; the first and last are cut off where the window is."""
        edges = [self.first]
        while (edge := following(edges[-1], self.every)) <= self.last:
            edges.append(edge)
        whole = following(edges[-1], self.every) == self.last + timedelta(days=1)
        edges.append(self.last + timedelta(days=1))
        ends = edges[-1]
        moments = [(first, moment(first, self.zone), moment(end, self.zone), end) for first, end in pairwise(edges)]
        return [
            Period(label(first, self.every), start, stop, end == ends and not whole)
            for first, start, stop, end in moments
        ]

    @property
    def words(self) -> str:
        """ "1 September to 23 November 2026"."""
        year = f" {self.first.year}" if self.first.year != self.last.year else ""
        return f"{spoken(self.first)}{year} to {spoken(self.last)} {self.last.year}"


def spoken(day: date) -> str:
    return f"{day.day} {day:%B}"


def moment(day: date, zone: str) -> datetime:
    """The moment (UTC) at which `day` begins in `zone`; where clocks jump over midnight, the first that there is."""
    local = datetime.combine(day, time(), ZoneInfo(zone))
    return local.astimezone(UTC)


def label(start: date, every: Every) -> str:
    """What a period is called: "24 Aug 2026", "Aug 2026", "Q3 2026"."""
    if every is Every.QUARTER:
        return f"Q{(start.month + 2) // 3} {start.year}"
    return f"{start:%b %Y}" if every is Every.MONTH else f"{start.day} {start:%b %Y}"


def following(day: date, every: Every) -> date:
    """The first day of the period after the one in which `day` lies; weeks begin on Monday."""
    if every is Every.WEEK:
        return day + timedelta(days=7 - day.weekday())
    months = 1 if every is Every.MONTH else 3 - (day.month - 1) % 3
    return _plus_months(day.replace(day=1), months)


def begin(day: date, every: Every) -> date:
    """The first day of the period in which `day` lies."""
    if every is Every.WEEK:
        return day - timedelta(days=day.weekday())
    month = day.month if every is Every.MONTH else day.month - (day.month - 1) % 3
    return day.replace(month=month, day=1)


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class WindowError(ValueError):
    """A window that can't be used; `field` is the part that is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field, self.problem = field, problem


def window(today: date, zone: str, *, span: str = "", since: str = "", until: str = "", every: str = "") -> Window:
    """The window that words mean: from `since` (a day, or a span such as 6mo) to the day `until` (default: `today`).

    `span` counts back from `until`; a window that is counted back begins with a whole period. Raises `WindowError`.
    """
    last = _checked("until", lambda: date.fromisoformat(until)) if until else today
    given = since or span or DEFAULT_SPAN
    field = "since" if since else "span"
    counted = _SPAN.match(given)
    if counted:
        first = _checked(field, lambda: _back(last, int(counted[1]), counted[2]))
    elif since:
        first = _checked("since", lambda: date.fromisoformat(since))
    else:
        raise WindowError("span", f"{given[:20]!r} is no span; write 4w, 90d, 6mo or 2y")
    if every and every not in set(Every):
        raise WindowError("every", f"choose from {', '.join(Every)}")
    if not first <= last or (last - first).days >= LONGEST_DAYS or first.year < 1971 or last.year > 8999:
        raise WindowError(
            "since" if since else "until", f"from {first} to {last} is no window of 1 to {LONGEST_DAYS:,} days"
        )
    chosen = Every(every) if every else usual((last - first).days)
    found = Window(begin(first, chosen) if counted else first, last, chosen, zone)
    if len(found.periods) > MOST_PERIODS:
        raise WindowError("every", f"more than {MOST_PERIODS} points; choose a longer period or a shorter window")
    return found


def usual(days: int) -> Every:
    """How long the points of a chart over so many days are, where nobody says."""
    return Every.WEEK if days <= 125 else Every.MONTH if days <= 800 else Every.QUARTER


def _back(last: date, count: int, unit: str) -> date:
    following_day = last + timedelta(days=1)
    if unit in "dw":
        return following_day - timedelta(days=count * (7 if unit == "w" else 1))
    return _plus_months(following_day, -count * (12 if unit == "y" else 1))


def _checked(field: str, read: Callable[[], date]) -> date:
    try:
        return read()
    except (ValueError, OverflowError):
        raise WindowError(field, "is no date or span; write 2026-01-31, 4w or 6mo") from None
