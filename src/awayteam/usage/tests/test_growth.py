"""Growth: what is flagged and what isn't, against plain definitions, and what no noise may turn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from awayteam.usage import growth

SCORE = 6.0


def _normal(series: int, level: float = 2_000.0, seed: int = 5) -> np.ndarray:
    chance = np.random.default_rng(seed)
    week = np.array([1.0, 1.1, 1.1, 1.0, 0.9, 0.3, 0.25])
    mean = level * np.tile(week, 12) * np.exp(chance.normal(0, 0.1, (series, growth.DAYS)))
    return chance.poisson(mean)


def test_normal_weeks_are_left_alone_and_each_kind_of_growth_is_found() -> None:
    counts = _normal(4_000)
    counts[1, -1] *= 5
    counts[2, -7:] = counts[2, -7:] * 2
    counts[3] = counts[3] * np.linspace(1, 3, growth.DAYS)
    scores = growth.score(counts)
    assert np.flatnonzero(scores.spikes(SCORE, 100)).tolist() == [1]
    assert np.flatnonzero(scores.steps(SCORE, 100)).tolist() == [2]
    assert np.flatnonzero(scores.ramps(SCORE, 100, 2.0)).tolist() == [3]


def test_a_quiet_weekend_is_usual_and_a_loud_one_is_not() -> None:
    counts = _normal(2)
    counts[1, -1] = counts[1, -3]  # the last day is a Sunday with a weekday's calls
    assert growth.score(counts).spikes(SCORE, 100).tolist() == [False, True]


def test_what_is_small_is_no_growth_whatever_its_score() -> None:
    counts = _normal(1, level=30.0)
    counts[0, -1] = 190
    scores = growth.score(counts)
    assert scores.spikes(SCORE, 100).all()
    assert not scores.spikes(SCORE, 200).any()


@given(arrays(np.int64, (3, 5 * 7), elements=st.integers(0, 10**9)))
def test_scores_are_those_of_the_plain_definition(counts: np.ndarray) -> None:
    scores = growth.score(counts)
    logs = np.log1p(counts.astype(np.float64)).reshape(3, 5, 7)
    usual = np.median(logs[:, :4], axis=1)
    mad = 1.4826 * np.median(np.abs(logs[:, :4] - usual[:, None]).reshape(3, -1), axis=1)
    scale = np.maximum(mad[:, None], 1 / np.sqrt(1 + np.expm1(usual)))
    above = (logs[:, 4] - usual) / scale
    assert np.allclose(scores.day, above[:, -1] / growth.OF_A_DAY, rtol=1e-2, atol=1e-2)
    assert np.allclose(scores.week, np.median(above, axis=1) / growth.OF_A_WEEK, rtol=1e-2, atol=1e-2)
    assert np.allclose(scores.last_week, np.median(counts[:, -7:], axis=1), rtol=1e-5)


@given(st.integers(1, 10_000), st.integers(1, 8))
def test_a_series_is_judged_by_itself_alone(seed: int, others: int) -> None:
    counts = _normal(others + 1, seed=seed)
    alone, together = growth.score(counts[:1]), growth.score(counts)
    assert alone.day[0] == together.day[0]
    assert alone.ramp[0] == together.ramp[0]


def test_a_young_installation_has_the_weeks_that_it_has() -> None:
    counts = np.zeros((2, growth.DAYS), dtype=np.int64)
    counts[:, -40:] = 7
    assert growth.whole_weeks(counts).shape == (2, 35)
    assert growth.whole_weeks(counts).min() == 7
    assert growth.whole_weeks(np.zeros((2, 84), dtype=np.int64)).shape == (2, 0)
    with pytest.raises(ValueError, match="28 days"):
        growth.score(counts[:, -28:])


def test_a_trend_says_when_a_limit_is_reached() -> None:
    days = np.arange(84)
    line = 1_000 + 10 * days
    bent = line.copy()
    bent[40] = 1_000_000
    for counts in (line, bent):
        found = growth.trend(counts)
        assert found.slope == pytest.approx(10, abs=0.01)
        assert found.level == pytest.approx(1_830, abs=1)
        assert found.days_until(2_000) == pytest.approx(17, abs=1)
    assert growth.trend(line).days_until(1_500) == 0
    assert growth.trend(line[::-1]).days_until(5_000) is None
    assert growth.trend(line).days_until(10**9) is None
    assert growth.trend(np.array([3, 4])).slope == 0
