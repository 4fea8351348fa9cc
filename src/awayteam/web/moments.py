"""Times as people read them: how long ago, the exact time on hover, and the words of clocks.

The server writes UTC; `awayteam.js` turns the exact times into the reader's zone.
"""

from datetime import UTC, date, datetime
from functools import lru_cache

from django.utils import timezone
from markupsafe import Markup

from awayteam.kernel.clockface import ClockFace

MINUTE, HOUR, DAY = 60, 3600, 86400


def distance(seconds: float) -> str:
    """How long, in the unit that says most: "40 s", "12 min", "3 h", "5 days", "7 months", "2 years"."""
    size = abs(seconds)
    for limit, unit, word in (
        (MINUTE, 1, "s"),
        (HOUR, MINUTE, "min"),
        (2 * DAY, HOUR, "h"),
        (60 * DAY, DAY, "days"),
        (730 * DAY, 30.44 * DAY, "months"),
    ):
        if size < limit:
            return _counted(int(size // unit), word)
    return _counted(int(size // (365.25 * DAY)), "years")


def _counted(count: int, word: str) -> str:
    return f"{count} {word.removesuffix('s') if count == 1 and len(word) > 1 else word}"


def relative(at: datetime, now: datetime) -> str:
    seconds = (now - at).total_seconds()
    if abs(seconds) < 45:
        return "just now" if seconds >= 0 else "in a moment"
    return f"{distance(seconds)} ago" if seconds > 0 else f"in {distance(seconds)}"


def exact(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def ago(at: datetime | None, never: str = "never") -> Markup | str:
    """How long ago (or in how long), with the exact time on hover; `never` where there is no time."""
    if at is None:
        return never
    return _time(at, exact(at), "relative", relative(at, timezone.now()))


def moment(at: datetime | None, never: str = "—") -> Markup | str:
    """The exact time to the minute, with how long ago on hover."""
    if at is None:
        return never
    return _time(at, relative(at, timezone.now()), "exact", exact(at))


def day(at: datetime | date | None, never: str = "—") -> Markup | str:
    """The date alone, with the exact time on hover."""
    if at is None:
        return never
    return _time(at, exact(at), "day", f"{at.astimezone(UTC):%Y-%m-%d}") if isinstance(at, datetime) else _plain(at)


@lru_cache(maxsize=4_096)
def _plain(at: date) -> Markup:
    """A plan of hundreds of items shows the same days over and over."""
    return Markup(f'<time datetime="{at.isoformat()}">{at.isoformat()}</time>')  # noqa: S704 - digits only


def _time(at: datetime, title: str, shown_as: str, text: str) -> Markup:
    """`title` and `text` are digits and words of this module, so nothing needs to be escaped: lists have hundreds."""
    stamp = at.astimezone(UTC).isoformat(timespec="seconds")
    return Markup(f'<time datetime="{stamp}" title="{title}" data-time="{shown_as}">{text}</time>')  # noqa: S704 - as said


def clock(face: ClockFace) -> Markup:
    """A clock: "4 h left of 2 working days"; its last quarter is amber, and overdue it is red and says since when."""
    tone = "overdue" if face.overdue else "late" if face.last_quarter else "running"
    return Markup('<span class="clock clock-{}"><time datetime="{}" title="{}">{}</time></span>').format(
        tone, face.due_at.astimezone(UTC).isoformat(timespec="seconds"), f"due {exact(face.due_at)}", face.text
    )
