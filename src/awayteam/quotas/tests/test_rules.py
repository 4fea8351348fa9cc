"""Rates, previews and spikes, by hand and by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.quotas.rules import (
    STEPS,
    Rate,
    State,
    Unit,
    Verb,
    after_change,
    burst_of,
    over,
    preview,
    ready_limit,
    spike,
    wrong_with,
)

rates = st.builds(Rate, st.integers(1, 10**6), st.sampled_from(Unit), st.integers(1, 10**6))
counts = st.dictionaries(st.integers(0, 400), st.integers(0, 10**7)).map(lambda rows: list(rows.items()))


def test_nothing_is_enforced_that_was_not_in_shadow() -> None:
    assert {source for (source, _), target in STEPS.items() if target is State.ENFORCED} == {State.SHADOW}
    assert (State.OFF, Verb.ENFORCE) not in STEPS


@given(rates, rates, st.sampled_from(State))
def test_what_becomes_tighter_goes_back_to_shadow(old: Rate, new: Rate, state: State) -> None:
    after = after_change(state, old, new)
    tighter = new.per_second < old.per_second or new.burst < old.burst
    assert after is (State.SHADOW if state is State.ENFORCED and tighter else state)


@given(rates, counts, st.floats(1, 3600))
def test_a_preview_lies_between_even_and_bunched(rate: Rate, rows: list[tuple[int, int]], peak: float) -> None:
    told = preview(rate, rows, peak_factor=peak)
    assert told.calls == sum(calls for _, calls in rows)
    assert 0 <= told.least <= told.most <= told.calls
    assert told.hours_over <= len(told.hours)
    assert preview(rate, rows, peak_factor=1).most == told.least


@given(rates, st.integers(0, 10**7))
def test_a_wider_limit_limits_no_more(rate: Rate, calls: int) -> None:
    wider = Rate(rate.requests + 1, rate.unit, rate.burst + 1)
    assert over(wider, calls, 6) <= over(rate, calls, 6)


def test_a_preview_by_hand() -> None:
    """10 a minute are 600 an hour, 100 in ten minutes; 50 at once."""
    told = preview(Rate(10, Unit.MINUTE, 50), [(3, 600), (1, 1000), (2, 0)], peak_factor=6)
    assert [(one.hour, one.calls, one.least, one.most) for one in told.hours] == [(1, 1000, 350, 850), (3, 600, 0, 450)]
    assert told.hours_over == 2


def test_bursts_and_numbers_that_are_none() -> None:
    assert (burst_of(100, Unit.SECOND, 10), burst_of(1, Unit.DAY, 10)) == (1000, 1)
    assert set(wrong_with(0, 10**9)) == {"requests", "burst"}
    assert Rate(2, Unit.MINUTE, 1).wait_seconds == 30
    assert Rate(500, Unit.SECOND, 1).wait_seconds == 1


STEADY = dict.fromkeys(range(24 * 14), 1000.0)
NOW = 24 * 14


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        (STEADY | {NOW: 20_000}, 20.0),
        (STEADY | {NOW: 4_000}, None),
        (dict.fromkeys(range(NOW), 1.0) | {NOW: 900}, None),
        ({NOW: 50_000}, None),
        (dict.fromkeys(range(2, NOW, 24), 50000.0) | {NOW + 2: 50_000}, None),
    ],
    ids=["twenty times", "four times", "few calls", "a new consumer", "a daily job at its hour"],
)
def test_spikes(counts: dict[int, float], found: float | None) -> None:
    hour = max(counts)
    seen = spike(counts, hour=hour, days=14, factor=5, calls_min=1000)
    assert (seen and seen.factor) == found


def test_the_ready_limit_leaves_room_over_the_busiest_hour() -> None:
    made = ready_limit(STEADY | {5: 72_000.0, NOW: 10**7}, hour=NOW, room=1.5, burst_seconds=10)
    assert made == Rate(30, Unit.SECOND, 300)
    assert ready_limit({NOW: 9000.0}, hour=NOW, room=1.5, burst_seconds=10).unit is Unit.HOUR


@given(st.dictionaries(st.integers(0, 300), st.integers(0, 10**6)), st.floats(1, 5))
def test_the_ready_limit_never_cuts_what_was_usual(rows: dict[int, int], room: float) -> None:
    made = ready_limit(rows, hour=400, room=room, burst_seconds=10)  # type: ignore[arg-type]
    assert all(over(made, calls, 1) == 0 for calls in rows.values())
