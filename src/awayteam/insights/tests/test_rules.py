"""The rules of figures: spreads, shares, buckets, what is notable, and values of the past."""

from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.insights.rules import (
    Figure,
    Queue,
    Share,
    Spread,
    buckets,
    largest_change,
    spread,
    value_at_edges,
    worst_queue,
)

VALUES = st.lists(st.integers(0, 10_000), max_size=60)


@given(VALUES)
def test_a_spread_is_of_values_that_occur(values: list[int]) -> None:
    found = spread(Counter(values), few_below=5)
    if not values:
        assert found == Spread()
        return
    ordered = sorted(values)
    assert found == Spread(
        len(values), ordered[ceil(len(values) * 0.5) - 1], ordered[ceil(len(values) * 0.85) - 1], len(values) < 5
    )


def test_three_cases_are_few() -> None:
    assert spread({10: 1, 20: 1, 900: 1}, few_below=5) == Spread(3, 20, 900, few=True)


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_within_its_doubt(pair: tuple[int, int]) -> None:
    one = Share(*pair)
    if not one.n:
        assert (one.share, one.low, one.high, one.is_below(0.5)) == (None, None, None, None)
        return
    assert one.share is not None
    assert one.low is not None
    assert one.high is not None
    assert 0 <= one.low <= one.share + 1e-9
    assert one.share <= one.high + 1e-9 <= 1 + 1e-9


def test_the_doubt_is_wilsons() -> None:
    one = Share(14, 22)
    assert one.low == pytest.approx(0.4295, abs=5e-4)
    assert one.high == pytest.approx(0.8027, abs=5e-4)
    assert one.is_below(0.85) is True
    assert Share(17, 20).is_below(0.85) is None
    assert Share(400, 400).is_below(0.85) is False


@given(VALUES, st.lists(st.integers(0, 10_000), min_size=1, max_size=6, unique=True).map(sorted))
def test_every_value_lies_in_one_bucket(values: list[int], edges: list[int]) -> None:
    found = buckets(Counter(values), edges)
    assert len(found) == len(edges) + 1
    assert sum(found) == len(values)
    assert found[0] == sum(value <= edges[0] for value in values)
    assert found[-1] == sum(value > edges[-1] for value in values)


def figure(key: str, now: float | None, before: float | None, n: int = 20, worse: str = "up") -> Figure:
    return Figure(key, now, before, n, n, worse)


def test_the_largest_change_is_of_enough_cases() -> None:
    figures = [
        figure("few", 100, 1, n=4),
        figure("small", 110, 100),
        figure("twice", 200, 100),
        figure("none", None, 3),
    ]
    found = largest_change(figures, few_below=5)
    assert found is not None
    assert (found.figure.key, found.ratio, found.is_worse) == ("twice", 2, True)
    assert largest_change(figures[:2], few_below=5) is None


def test_a_change_may_be_good_news() -> None:
    faster = largest_change([figure("decided", 100, 200)], few_below=5)
    kept = largest_change([figure("promised", 0.9, 0.5, worse="down")], few_below=5)
    assert faster is not None
    assert kept is not None
    assert (faster.is_worse, kept.is_worse) == (False, False)


def test_many_cases_weigh_more_than_a_large_ratio() -> None:
    found = largest_change([figure("small", 30, 10, n=6), figure("large", 20, 10, n=200)], few_below=5)
    assert found is not None
    assert found.figure.key == "large"


def test_the_worst_queue_costs_most_and_is_older() -> None:
    queues = [Queue("a", 3, 10, 5), Queue("b", 1, 90, 2), Queue("c", 9, 90, 40), Queue("d", 0, 0, 0)]
    found = worst_queue(queues)
    assert found is not None
    assert found.key == "c"
    assert worst_queue([Queue("d", 0, 0, 0)]) is None


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=20), st.integers(0, 999))
def test_values_of_the_past_follow_from_what_came_and_went(flows: list[tuple[int, int]], now: int) -> None:
    found = value_at_edges(now, flows)
    assert len(found) == len(flows)
    if flows:
        assert found[-1] == now
    for index in range(1, len(flows)):
        came, went = flows[index]
        assert found[index] == found[index - 1] + came - went
