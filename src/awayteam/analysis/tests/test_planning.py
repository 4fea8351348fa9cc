"""Sample sizes against statsmodels, against each other, and against what a sequence does."""

from pathlib import Path
from typing import Any

import pytest

from awayteam.analysis import history, power
from awayteam.analysis.planning import Plan, linearised, plan
from awayteam.analysis.spec import parse
from awayteam.analysis.tables import opened
from awayteam.analysis.tests.world import csv, rows
from awayteam.kernel.errors import InvalidInput


def fixed(**more: Any) -> dict[str, Any]:
    return plan(Plan(sequential=False, **more))


def test_a_mean_is_statsmodels() -> None:
    from statsmodels.stats.power import NormalIndPower

    found = fixed(baseline=20.0, spread=5.0, effect=0.4, wanted=0.9)
    wanted = NormalIndPower().solve_power(effect_size=0.4 / 5, power=0.9, alpha=0.05)
    assert found["units_per_arm"][0] == pytest.approx(wanted, abs=1)
    assert found["relative"] == pytest.approx(0.02)
    uneven = fixed(baseline=20.0, spread=5.0, effect=0.4, units=10_000, ratio=(9, 1))
    wanted = NormalIndPower().power(effect_size=0.4 / 5, nobs1=9_000, ratio=1 / 9, alpha=0.05)
    assert uneven["power"] == pytest.approx(wanted, rel=1e-9)


def test_a_proportion_is_statsmodels() -> None:
    from statsmodels.stats.proportion import power_proportions_2indep

    found = fixed(kind="proportion", baseline=0.12, effect=0.01, units=20_000)
    wanted = power_proportions_2indep(0.01, 0.12, 10_000, ratio=1, alpha=0.05, return_results=False)
    assert found["power"] == pytest.approx(float(wanted), rel=1e-4)  # it leaves the far tail out
    classic = fixed(kind="proportion", baseline=0.2, effect=0.05)
    assert classic["units_per_arm"][0] == pytest.approx(1094, abs=1)  # Fleiss, Levin and Paik's formula: 1,093.7


@pytest.mark.parametrize("sequential", [True, False])
@pytest.mark.parametrize("kind", ["mean", "proportion"])
def test_units_effect_and_power_agree(kind: Any, sequential: bool) -> None:
    base = {"kind": kind, "baseline": 0.3, "spread": 0.5, "sequential": sequential, "ratio": (2, 1, 1)}
    first = plan(Plan(relative=0.05, wanted=0.85, **base))
    assert (first["solved"], first["power"]) == ("units", pytest.approx(0.85, abs=1e-4))
    back = plan(Plan(units=first["units"], wanted=0.85, **base))
    assert (back["solved"], back["relative"]) == ("effect", pytest.approx(0.05, rel=1e-4))
    third = plan(Plan(units=first["units"], effect=first["effect"], **base))
    assert (third["solved"], third["power"]) == ("power", pytest.approx(0.85, abs=1e-4))
    assert first["units_per_arm"][0] == pytest.approx(2 * first["units_per_arm"][1], abs=1)


def test_looking_costs_units_and_saves_them_on_average() -> None:
    often = plan(Plan(spread=1.0, effect=0.05))
    once = plan(Plan(spread=1.0, effect=0.05, sequential=False))
    assert 1.5 < often["units"] / once["units"] < 1.8
    assert often["expected_units"] < 1.1 * once["units"]
    assert power.crossing(0.0, 0.05).power <= 0.05


def test_runtime_comes_from_traffic() -> None:
    found = fixed(spread=5.0, effect=0.4, traffic=300.0)
    assert found["days"] == -(-found["units"] // 300)
    back = fixed(spread=5.0, traffic=300.0, days=14.0)
    assert (back["units"], back["days"], back["solved"]) == (4_200, 14, "effect")


def test_spread_is_read_from_past_rows(tmp_path: Path) -> None:
    import numpy as np

    data = [row for row in rows() if row[2] is not None and row[3] is not None]
    with opened(str(csv(tmp_path / "t.csv", data))) as source:
        kind, value, spread = history.spread(source, parse("mean(spend)"), None)
        spend, before = np.array([row[2] for row in data]), np.array([row[3] for row in data])
        assert (kind, value, spread) == ("mean", pytest.approx(spend.mean()), pytest.approx(spend.std(ddof=1)))
        _, _, left = history.spread(source, parse("mean(spend, cuped=before)"), None)
        correlation = np.corrcoef(spend, before)[0, 1]
        assert left == pytest.approx(spread * np.sqrt(1 - correlation**2), rel=1e-9)
        kind, value, spread = history.spread(source, parse("ratio(clicks/views)"), None)
        clicks, views = (np.array([float(row[at]) for row in data]) for at in (5, 4))
        r = np.corrcoef(clicks, views)[0, 1]
        wanted = linearised(clicks.mean(), clicks.std(ddof=1), views.mean(), views.std(ddof=1), r)
        assert (value, spread) == (pytest.approx(wanted[0]), pytest.approx(wanted[1]))
        assert history.spread(source, parse("proportion(kept)"), None)[0] == "proportion"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "standard deviation"),
        ({"spread": 1.0}, "Too little"),
        ({"spread": 1.0, "effect": 0.0}, "other than zero"),
        ({"spread": 1.0, "relative": 0.1}, "control's value"),
        ({"spread": 1.0, "effect": 1.0, "relative": 0.1}, "Leave one"),
        ({"spread": 1.0, "units": 2}, "four units"),
        ({"spread": 1.0, "days": 3.0}, "wants --traffic"),
        ({"spread": 1.0, "effect": 1.0, "wanted": 0.01}, "between alpha and 1"),
        ({"spread": 1.0, "alpha": 0.9}, "alpha"),
        ({"spread": 1.0, "effect": 1.0, "ratio": (1.0,)}, "two or more"),
        ({"kind": "proportion", "baseline": 1.2}, "between 0 and 1"),
        ({"kind": "proportion", "baseline": 0.9, "effect": 0.2}, "can't change"),
        ({"spread": 1.0, "effect": 1.0, "looks": 0}, "--looks"),
        ({"kind": "proportion", "baseline": 0.9, "units": 10}, "can't show"),
        ({"spread": 1.0, "effect": 1.0, "traffic": 0.0}, "above zero"),
    ],
)
def test_designs_that_are_none(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as error:
        plan(Plan(**asked))
    assert said in str(error.value)
