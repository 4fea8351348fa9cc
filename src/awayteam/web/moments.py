"""Times as people read them: how long ago, the exact time on hover, and the words of clocks.

The server writes UTC; `awayteam.js` turns the exact times into the reader's zone.
"""

from datetime import UTC, date, datetime

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
            return f"{int(size // unit)} {word}"
    return f"{int(size // (365.25 * DAY))} years"


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
    return Markup('<time datetime="{}" title="{}" data-time="relative">{}</time>').format(
        at.astimezone(UTC).isoformat(timespec="seconds"), exact(at), relative(at, timezone.now())
    )


def moment(at: datetime | None, never: str = "—") -> Markup | str:
    """The exact time to the minute, with how long ago on hover."""
    if at is None:
        return never
    return Markup('<time datetime="{}" title="{}" data-time="exact">{}</time>').format(
        at.astimezone(UTC).isoformat(timespec="seconds"), relative(at, timezone.now()), exact(at)
    )


def day(at: datetime | date | None, never: str = "—") -> Markup | str:
    """The date alone, with the exact time on hover."""
    if at is None:
        return never
    if not isinstance(at, datetime):
        return Markup('<time datetime="{0}">{0}</time>').format(at.isoformat())
    return Markup('<time datetime="{}" title="{}" data-time="day">{}</time>').format(
        at.astimezone(UTC).isoformat(timespec="seconds"), exact(at), f"{at.astimezone(UTC):%Y-%m-%d}"
    )


def clock(face: ClockFace) -> Markup:
    """A clock: "4 h left of 2 working days"; its last quarter is amber, and overdue it is red and says since when."""
    tone = "overdue" if face.overdue else "late" if face.last_quarter else "running"
    return Markup('<span class="clock clock-{}"><time datetime="{}" title="{}">{}</time></span>').format(
        tone, face.due_at.astimezone(UTC).isoformat(timespec="seconds"), f"due {exact(face.due_at)}", face.text
    )
