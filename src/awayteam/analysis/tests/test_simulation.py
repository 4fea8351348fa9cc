"""What the intervals promise, by simulation with fixed seeds: false alarms, power, coverage."""

import numpy as np
import pytest

from awayteam.analysis import balance, power, sequences
from awayteam.analysis.compare import Level, compare
from awayteam.analysis.estimates import Estimate, pair, plain, proportion
from awayteam.analysis.moments import Facts, Moments

LOOKS = 100


def paths(tests: int, effect: float, units: int = 20_000, seed: int = 1) -> np.ndarray:
    """z at each of 100 looks, for skewed values (exponential) in two arms of growing size; shape (tests, looks)."""
    dice = np.random.default_rng(seed)
    each = units // 2 // LOOKS
    # Sums of `each` exponential values are gamma variables; sums of their squares come from the values' own variance.
    first = dice.gamma(each, 1, (tests, LOOKS)).cumsum(axis=1)
    second = dice.gamma(each, 1, (tests, LOOKS)).cumsum(axis=1)
    n = each * np.arange(1, LOOKS + 1)
    mean, other = first / n, second / n + effect
    error = np.sqrt((mean**2 + (second / n) ** 2) / n)
    return np.asarray((other - mean) / error)


def test_a_hundred_looks_raise_at_most_five_false_alarms_in_a_hundred() -> None:
    z = paths(4_000, 0.0)
    shares = np.arange(1, LOOKS + 1) / LOOKS
    planned = np.array([sequences.critical(share, 1.0, 0.05) for share in shares])
    assert (np.abs(z) > planned).any(axis=1).mean() <= 0.05
    seen_so_far = sequences.critical(1.0, 1.0, 0.05)  # without a plan, each look is tuned to its own units
    assert (np.abs(z) > seen_so_far).any(axis=1).mean() <= 0.05
    assert (np.abs(z) > 1.96).any(axis=1).mean() > 0.3  # what peeking at fixed tests does


def test_sequential_power_and_early_stops() -> None:
    """The planned effect of the sample that `power` asks for is found in at least 80%, before the end on average."""
    design = power.Design(1.0, 1.0)
    units = power.units_for(0.8, design, 0.05)
    z = paths(4_000, 0.05, units - units % 200)
    shares = np.arange(1, LOOKS + 1) / LOOKS
    crossed = np.abs(z) > np.array([sequences.critical(share, 1.0, 0.05) for share in shares])
    found = crossed.any(axis=1)
    assert found.mean() >= 0.79
    stop = np.where(found, (crossed.argmax(axis=1) + 1) / LOOKS, 1.0).mean()
    assert stop == pytest.approx(power.power(design, 0.05, units).stop, abs=0.02)
    assert stop < 0.7


def test_the_sample_ratio_alarm_rings_at_its_level() -> None:
    counts = np.random.default_rng(2).binomial(10_000, 0.1, 20_000)
    values = [balance.chi_square([10_000 - int(one), int(one)], [9, 1]) for one in counts]
    assert 0.0003 < np.mean([one is not None and one < balance.LIMIT for one in values]) < 0.002
    assert balance.judge({"a": 8_700, "b": 1_300}, {"a": 9, "b": 1}).blocked


def moments(values: np.ndarray) -> Moments:
    """Of values in columns, shape (n, columns)."""
    apart = values - values.mean(axis=0)
    return Moments(len(values), tuple(values.mean(axis=0)), tuple(map(tuple, apart.T @ apart)))


def share(truths: list[bool]) -> float:
    return float(np.mean(truths))


def holds(interval: tuple[float, float] | None, truth: float) -> bool:
    assert interval is not None
    return interval[0] <= truth <= interval[1]


@pytest.mark.parametrize("kind", ["mean", "proportion", "ratio", "cuped"])
def test_fixed_intervals_cover_in_95_of_100(kind: str) -> None:
    dice = np.random.default_rng(11)
    hits, relative = [], []
    for _ in range(2_500):
        before = dice.normal(5, 2, (2, 300))
        if kind == "proportion":
            counts = dice.binomial(300, (0.3, 0.36))
            a, b = (proportion(Facts(Moments(300, (k / 300,), ((0.0,),)))) for k in counts)
            truth, base = 0.06, 0.3
        elif kind == "ratio":
            below = 1 + dice.poisson(4, (2, 300))
            above = dice.binomial(below, np.array([[0.2], [0.25]]))
            a, b = (plain(Facts(moments(np.column_stack(one)), None, 2)) for one in zip(above, below, strict=True))
            truth, base = 0.05, 0.2
        else:
            value = before * 0.8 + dice.normal(4, 1.5, (2, 300)) + np.array([[0.0], [0.2]])
            both = [Facts(moments(np.column_stack(one))) for one in zip(value, before, strict=True)]
            a, b, _ = pair(both[0], both[1], 1 if kind == "cuped" else 0)
            truth, base = 0.2, 8.0
        found = compare(a, b, Level())
        hits.append(holds(found.interval, truth))
        relative.append(holds(found.relative_interval, truth / base))
    assert 0.94 <= share(hits) <= 0.96
    assert 0.94 <= share(relative) <= 0.96


def test_bootstrapped_quantiles_cover_in_95_of_100() -> None:
    from awayteam.analysis import quantiles

    dice = np.random.default_rng(4)
    hits = []
    for _ in range(1_500):
        draws = []
        for stream, scale in enumerate((1.0, 1.2)):
            values = dice.exponential(scale, 400)
            at = quantiles.fractions(400, 0.5)
            drawn = quantiles.drawn(400, 0.5, at, list(np.quantile(values, at)), stream, draws=1_000)
            draws.append((Estimate(400, float(np.median(values)), float(drawn.var()), 399), drawn))
        found = quantiles.compare(draws[0], draws[1], Level(), compare)
        hits.append(holds(found.interval, 0.2 * float(np.log(2))))
    assert 0.94 <= share(hits) <= 0.96


def test_sequential_intervals_hold_at_all_looks_together() -> None:
    """The truth stays inside at every one of the looks in at least 95 of 100 runs, with a true effect."""
    z = paths(3_000, 0.0, seed=8)  # the distance of the estimate to the truth, in errors, whatever the effect is
    reach = np.array([sequences.critical(look, 60.0, 0.05) for look in range(1, LOOKS + 1)])
    assert (np.abs(z) <= reach).all(axis=1).mean() >= 0.95
