"""Windows and periods: days of the organisation's zone, across clock changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.insights.windows import Every, WindowError, begin, following, window

DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(DAYS, st.integers(1, 700), st.sampled_from(list(Every)), st.sampled_from(["UTC", "America/New_York"]))
def test_periods_fill_the_window_without_gap(last: date, days: int, every: Every, zone: str) -> None:
    first = last - timedelta(days=days - 1)
    try:
        found = window(last, zone, since=first.isoformat(), every=every.value)
    except WindowError as error:
        refused = error.field
    else:
        refused = ""
    if refused:
        assert (refused, days > 400) == ("every", True)
        return
    periods = found.periods
    assert (periods[0].start, periods[-1].end) == (found.start, found.end)
    assert all(one.end == other.start for one, other in pairwise(periods))
    assert all(one.start < one.end for one in periods)
    assert not any(one.running for one in periods[:-1])
    assert found.first - found.first_before == found.last - found.first + timedelta(days=1)


@given(DAYS, st.sampled_from(list(Every)))
def test_a_day_lies_in_its_period(day: date, every: Every) -> None:
    assert begin(day, every) <= day < following(day, every)
    assert begin(following(day, every), every) == following(day, every)


def test_three_months_back_begin_with_a_whole_week() -> None:
    found = window(date(2026, 11, 23), "UTC")
    assert (found.first, found.last, found.every) == (date(2026, 8, 24), date(2026, 11, 23), Every.WEEK)
    assert found.first.weekday() == 0
    assert found.periods[-1].running
    assert found.words == "24 August to 23 November 2026"


def test_days_are_those_of_the_zone_across_a_clock_change() -> None:
    found = window(date(2026, 11, 30), "America/New_York", since="2026-11-01", every="month")
    assert found.start == datetime(2026, 11, 1, 4, tzinfo=UTC)  # summer time ends at two in the morning of that day
    assert found.end == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert [one.label for one in found.periods] == ["Nov 2026"]
    assert not found.periods[0].running


def test_quarters_begin_where_years_are_cut() -> None:
    found = window(date(2026, 11, 23), "UTC", span="12mo", every="quarter")
    assert [one.label for one in found.periods] == ["Q4 2025", "Q1 2026", "Q2 2026", "Q3 2026", "Q4 2026"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-02-30"}, "until"),
        ({"span": "many"}, "span"),
        ({"since": "2026-12-01"}, "since"),
        ({"since": "1990-01-01"}, "since"),
        ({"every": "day"}, "every"),
        ({"span": "9999y"}, "span"),
        ({"since": "2020-01-01", "every": "week"}, "every"),
    ],
)
def test_an_impossible_window_names_what_is_wrong(words: dict[str, Any], field: str) -> None:
    with pytest.raises(WindowError) as refused:
        window(date(2026, 11, 23), "UTC", **words)
    assert refused.value.field == field
