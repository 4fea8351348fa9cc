"""Working time against a reference that walks minute by minute, around every kind of clock change."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awayteam.kernel import businesstime
from awayteam.kernel.businesstime import Calendar

MINUTE = timedelta(minutes=1)
CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
    ("America/Havana", datetime(2025, 11, 2, 5, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 1, 1, tzinfo=UTC)),
    ("UTC", datetime(2024, 2, 28, tzinfo=UTC)),
]
HOURS = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 20, 30)] + ["24:00"]


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and a moment (a whole minute) within three days of a change of its clock."""
    zone, change = draw(st.sampled_from(CHANGES))
    opening, closing = sorted(draw(st.lists(st.sampled_from(HOURS), min_size=2, max_size=2, unique=True)))
    calendar = Calendar(
        time_zone=zone,
        country=draw(st.sampled_from(["", "DE", "US"])),
        weekdays=tuple(draw(st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True))),
        hours=(opening, closing),
    )
    return calendar, change + draw(st.integers(-72 * 60, 72 * 60)) * MINUTE


def reference(calendar: Calendar, begin: datetime) -> Iterator[tuple[datetime, bool]]:
    """Each minute from `begin` and whether it is worked; what counts is the latest time that the wall has shown."""
    zone, moment = ZoneInfo(calendar.time_zone), begin - timedelta(days=3)
    free = holidays.country_holidays(calendar.country) if calendar.country else ()
    latest = datetime.min  # noqa: DTZ901 - a wall clock has no zone
    while True:
        latest = max(latest, moment.astimezone(zone).replace(tzinfo=None))
        shown = f"{latest:%H:%M}"
        worked = latest.weekday() in calendar.weekdays and latest.date() not in free
        if moment >= begin:
            yield moment, worked and calendar.hours[0] <= shown < calendar.hours[1]
        moment += MINUTE


@settings(max_examples=150, deadline=None)
@given(calendars(), st.integers(0, 6 * 24 * 60))
def test_time_between_is_what_a_walk_minute_by_minute_counts(case: tuple[Calendar, datetime], minutes: int) -> None:
    calendar, begin = case
    walk = reference(calendar, begin)
    expected = sum(worked for _moment, worked in (next(walk) for _ in range(minutes)))
    assert businesstime.between(calendar, begin, begin + minutes * MINUTE) == expected


@settings(max_examples=150, deadline=None)
@given(calendars(), st.integers(1, 900))
def test_adding_ends_where_the_walk_has_counted_enough(case: tuple[Calendar, datetime], minutes: int) -> None:
    calendar, begin = case
    end = businesstime.add(calendar, begin, minutes)
    if end - begin > timedelta(days=15):  # a long walk says no more than the inverse below
        assert businesstime.between(calendar, begin, end) == minutes
        return
    left = minutes
    for moment, worked in reference(calendar, begin):
        left -= worked
        if left == 0:
            assert end == moment + MINUTE
            return


@settings(deadline=None)
@given(calendars(), st.integers(0, 100_000), st.integers(0, 59))
@example((Calendar("Pacific/Apia", hours=("00:00", "24:00")), datetime(2011, 12, 29, tzinfo=UTC)), 10_000, 0)
def test_between_undoes_add(case: tuple[Calendar, datetime], minutes: int, seconds: int) -> None:
    calendar, begin = case
    begin += timedelta(seconds=seconds)
    end = businesstime.add(calendar, begin, minutes)
    assert businesstime.between(calendar, begin, end) == minutes
    if minutes:
        assert businesstime.between(calendar, begin, end - timedelta(seconds=1)) == minutes - 1


@settings(deadline=None)
@given(calendars(), st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 50_000))
def test_more_time_ends_later_and_a_later_start_never_ends_earlier(
    case: tuple[Calendar, datetime], first: int, second: int, delay: int
) -> None:
    calendar, begin = case
    assert (businesstime.add(calendar, begin, first) < businesstime.add(calendar, begin, second)) == (first < second)
    later = begin + delay * MINUTE
    assert businesstime.add(calendar, begin, first) <= businesstime.add(calendar, later, first)
    whole = businesstime.seconds_between(calendar, begin, later)
    middle = begin + (later - begin) / 2
    parts = [(begin, middle), (middle, later)]
    assert abs(sum(businesstime.seconds_between(calendar, *part) for part in parts) - whole) <= 1


SUNDAYS = Calendar("Europe/Berlin", weekdays=(6,), hours=("00:00", "24:00"))


@pytest.mark.parametrize(
    ("calendar", "begin", "minutes", "end"),
    [
        (Calendar(), "2026-03-02T09:00+00:00", 480, "2026-03-02T17:00+00:00"),
        (Calendar(), "2026-03-02T09:00+00:00", 481, "2026-03-03T09:01+00:00"),
        (Calendar(), "2026-03-06T16:30+00:00", 60, "2026-03-09T09:30+00:00"),
        (Calendar(), "2026-03-07T12:00+00:00", 1, "2026-03-09T09:01+00:00"),
        (Calendar("Europe/Berlin", "DE", "BE"), "2026-04-02T15:00+02:00", 180, "2026-04-07T10:00+02:00"),  # Easter
        (Calendar("Europe/Berlin", "DE", "BY"), "2026-01-05T16:00+01:00", 120, "2026-01-07T10:00+01:00"),  # Epiphany
        (Calendar("Europe/Berlin", "DE", "BE"), "2026-01-05T16:00+01:00", 120, "2026-01-06T10:00+01:00"),
        (SUNDAYS, "2026-03-29T00:00+01:00", 23 * 60, "2026-03-30T00:00+02:00"),
        (SUNDAYS, "2026-10-25T00:00+02:00", 25 * 60, "2026-10-26T00:00+01:00"),
    ],
)  # fmt: skip
def test_known_spans(calendar: Calendar, begin: str, minutes: int, end: str) -> None:
    assert businesstime.add(calendar, datetime.fromisoformat(begin), minutes) == datetime.fromisoformat(end)


def test_hours_that_the_clock_jumps_over_are_not_worked() -> None:
    calendar = Calendar("Europe/Berlin", weekdays=(6,), hours=("02:00", "02:30"))
    begin = datetime(2026, 3, 28, tzinfo=UTC)
    assert businesstime.between(calendar, begin, begin + timedelta(days=2)) == 0
    assert businesstime.add(calendar, begin, 1) == datetime(2026, 4, 5, 0, 1, tzinfo=UTC)


def test_no_time_passes_backwards_or_without_a_zone() -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert businesstime.between(Calendar(), now, now - timedelta(days=3)) == 0
    assert businesstime.add(Calendar(), now, 0) == now
    with pytest.raises(ValueError, match="negative"):
        businesstime.add(Calendar(), now, -1)
    with pytest.raises(ValueError, match="time zone"):
        businesstime.add(Calendar(), now.replace(tzinfo=None), 5)


def test_whether_people_work_now() -> None:
    calendar = Calendar("Asia/Tokyo", "JP")
    assert businesstime.is_working(calendar, datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
    assert not businesstime.is_working(calendar, datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    assert not businesstime.is_working(calendar, datetime(2026, 1, 1, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "bad",
    [
        {"weekdays": ()},
        {"weekdays": (7,)},
        {"hours": ("17:00", "09:00")},
        {"hours": ("09:00", "09:00")},
        {"hours": ("9", "17:00")},
        {"hours": ("09:60", "17:00")},
        {"hours": ("09:00", "24:01")},
        {"time_zone": "Europe/Nowhere"},
    ],
)
def test_calendars_in_which_nobody_works_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Calendar(**bad)  # type: ignore[arg-type]


def test_a_calendar_survives_as_data() -> None:
    calendar = Calendar("Europe/Berlin", "DE", "BE", (0, 2), ("08:30", "24:00"))
    assert Calendar.from_data(calendar.to_data()) == calendar
    assert calendar.minutes_per_day == 930


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (25, "25 min"),
        (60, "1 h"),
        (239, "3 h 59 min"),
        (480, "1 working day"),
        (490, "1 working day"),
        (665, "1 working day 3 h"),
        (960, "2 working days"),
    ],
)
def test_spans_in_words(minutes: int, text: str) -> None:
    assert businesstime.spoken(minutes, 480) == text
