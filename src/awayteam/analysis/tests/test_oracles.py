"""Agreement with SciPy, statsmodels and, by numbers noted from it, tea-tasting 2.0."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from awayteam.analysis import balance, corrections, quantiles, sequences
from awayteam.analysis.clusters import Cells, estimates
from awayteam.analysis.compare import Level, compare
from awayteam.analysis.estimates import Estimate, plain, proportion
from awayteam.analysis.moments import Facts, Moments, merge
from awayteam.analysis.posterior import posterior
from awayteam.analysis.tests.world import ask, csv, one, rows

TEA_TASTING = {
    "spend": (4.740498421052633, 5.8341915584415585, 1.0936931373889252, 0.36864595270766654, 1.8187403220701839,
              0.003227756410562773),
    "cuped": (4.8994629131303595, 5.63806653574826, 0.7386036226179007, 0.28613930351709405, 1.1910679417187073,
              0.0014550137028630432),
    "ctr": (0.23200859291084852, 0.26605504587155965, 0.03404645296071113, -0.013921488343619039, 0.08201439426504128,
            0.1635292239969966),
    "both": (0.9607652951935531, 1.184654611054016, 0.2238893158604628, 0.08251234891650727, 0.3652662828044183,
             0.0020008862630569823),
}  # fmt: skip
"""Control, treatment, effect, its 95% interval, p: `Mean("spend")`, `Mean("spend", "before")`, `RatioOfMeans("clicks",
"views")`, `RatioOfMeans("spend", "views", "before", "clicks")`."""


def facts(values: Any) -> Facts:
    values = np.asarray(values, dtype=float)
    return Facts(Moments(len(values), (float(values.mean()),), ((float(((values - values.mean()) ** 2).sum()),),)))


def test_tea_tasting(tmp_path: Path) -> None:
    some = [row for row in rows() if row[2] is not None and row[3] is not None and row[1] != "green"]
    result = ask(
        csv(tmp_path / "t.csv", some), "spend=mean(spend)",
        "cuped=mean(spend, cuped=before)", "ctr=ratio(clicks/views)",
        "both=ratio(spend/views, cuped=before/clicks)", method="fixed",
    )  # fmt: skip
    for name, wanted in TEA_TASTING.items():
        row = one(result, name=name)
        found = (row["control_mean"], row["mean"], row["effect"], *row["interval"], row["p"])
        assert found == pytest.approx(wanted, rel=1e-9), name


@pytest.mark.parametrize(("shift", "spread"), [(0, 1), (5, 40), (-3, 0.01)])
def test_welch_is_scipys(shift: float, spread: float) -> None:
    dice = np.random.default_rng(3)
    a, b = dice.normal(2, 1, 31), dice.gamma(2, spread, 57) + shift
    found = compare(plain(facts(a)), plain(facts(b)), Level(alpha=0.1))
    wanted = stats.ttest_ind(b, a, equal_var=False)
    assert found.p == pytest.approx(float(wanted.pvalue), rel=1e-9)
    assert found.interval == pytest.approx(tuple(wanted.confidence_interval(0.9)), rel=1e-9)


def test_proportions_are_statsmodels() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    for (k, n), (hit, m), method in (((40, 400), (70, 420), "wald"), ((0, 30), (3, 25), "newcomb")):
        a, b = (Facts(Moments(size, (hits / size,), ((0.0,),))) for hits, size in ((k, n), (hit, m)))
        found = compare(proportion(a), proportion(b), Level())
        assert found.p == pytest.approx(float(proportions_ztest([hit, k], [m, n])[1]), rel=1e-9)
        assert found.interval == pytest.approx(confint_proportions_2indep(hit, m, k, n, method=method), rel=1e-9)


def test_clusters_are_statsmodels() -> None:
    import statsmodels.api as sm

    dice = np.random.default_rng(5)
    arm, cluster = dice.integers(0, 2, 300), dice.integers(0, 25, 300)
    value = dice.normal(cluster / 10.0 + 0.3 * arm, 1)
    fit = sm.OLS(value, sm.add_constant(arm)).fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True)
    cells = []
    for each in (0, 1):
        names = np.unique(cluster[arm == each])
        mine = [value[(arm == each) & (cluster == name)] for name in names]
        units = np.array([float(len(one)) for one in mine])
        cells.append(Cells(names, units, np.array([one.sum() for one in mine]), units))
    a, b, shared = estimates(cells[0], cells[1])
    found = compare(a, b, Level(), shared=shared)
    assert (found.effect, found.error, found.p) == pytest.approx((fit.params[1], fit.bse[1], fit.pvalues[1]), rel=1e-9)
    assert found.interval == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-9)


def test_corrections_are_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    values = [*np.random.default_rng(1).uniform(0, 0.2, 12), 0.04, 0.04]
    assert corrections.adjusted(values, "holm") == pytest.approx(
        list(multipletests(values, method="holm")[1]), rel=1e-12
    )
    assert corrections.adjusted(values, "bh") == pytest.approx(
        list(multipletests(values, method="fdr_bh")[1]), rel=1e-12
    )
    assert corrections.adjusted(values, "none") == values


def test_sample_ratio_is_scipys() -> None:
    found = balance.chi_square([1000, 1100, 480], [2, 2, 1])
    assert found == pytest.approx(float(stats.chisquare([1000, 1100, 480], [1032, 1032, 516]).pvalue), rel=1e-9)


def test_sequences_are_the_papers() -> None:
    """Theorem 2.2 and the equation for rho, written again as they stand there; p and interval say the same."""
    alpha, t, planned = 0.05, 700.0, 1000.0
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned
    reach = math.sqrt(2 * (t * rho2 + 1) / (t**2 * rho2) * math.log(math.sqrt(t * rho2 + 1) / alpha)) * math.sqrt(t)
    assert sequences.critical(t, planned, alpha) == pytest.approx(reach, rel=1e-12)
    assert sequences.rho(planned, alpha) == pytest.approx(math.sqrt(rho2), rel=1e-12)
    assert sequences.p_value(reach, t, planned, alpha) == pytest.approx(alpha, rel=1e-12)
    assert sequences.p_value(0, t, planned, alpha) == 1


def test_fieller_and_the_interval_leave_zero_out_together() -> None:
    for level in (Level(), Level(planned=900.0)):
        for effect in np.linspace(-1, 1, 41):
            found = compare(Estimate(400, 5.0, 0.02, 399), Estimate(500, 5 + float(effect), 0.03, 499), level)
            assert found.interval is not None
            assert found.relative_interval is not None
            assert (found.interval[0] > 0) == (found.relative_interval[0] > 0)
            assert (found.interval[1] < 0) == (found.relative_interval[1] < 0)
            for end in (
                found.relative_interval
            ):  # at its ends the contrast is exactly as far from zero as the interval reaches
                away = abs(5 + effect - (1 + end) * 5) / math.sqrt(0.03 + (1 + end) ** 2 * 0.02)
                assert away == pytest.approx((found.interval[1] - effect) / math.sqrt(0.05), rel=1e-9)
    near = compare(Estimate(400, 0.1, 0.02, 399), Estimate(500, 5.0, 0.03, 499), Level())
    assert near.relative_interval is None
    assert "too near to zero" in near.notes[-1]


def test_the_bootstraps_draws_are_those_of_resampling() -> None:
    values = np.sort(np.random.default_rng(2).exponential(1, 301))
    for share in (0.5, 0.9, 0.123):
        at = quantiles.fractions(len(values), share)
        known = np.quantile(values, at)
        fast = quantiles.drawn(len(values), share, at, list(known), 0, draws=40_000)
        resamples = values[np.random.default_rng(7).integers(0, 301, (20_000, 301))]
        slow = np.quantile(resamples, share, axis=1)
        ends = [0.025, 0.25, 0.5, 0.75, 0.975]
        assert np.quantile(fast, ends) == pytest.approx(np.quantile(slow, ends), rel=0.02)
        assert list(fast[:50]) == list(quantiles.drawn(len(values), share, at, list(known), 0, draws=40_000)[:50])


def test_a_coarse_grid_is_near_to_all_ranks() -> None:
    values = np.sort(np.random.default_rng(2).exponential(1, 200_000))
    spread = []
    for grid in (301, 50_000):
        at = quantiles.fractions(len(values), 0.9, grid)
        spread.append(quantiles.drawn(len(values), 0.9, at, list(np.quantile(values, at)), 0).std())
    assert spread[0] == pytest.approx(spread[1], rel=1e-3)


def test_merging_parts_gives_the_whole() -> None:
    values = np.random.default_rng(4).normal(1e9, 1, (1000, 2)) @ np.array([[1, 0.5], [0, 1]])

    def moments(some: Any) -> Moments:
        apart = some - some.mean(axis=0)
        return Moments(len(some), tuple(some.mean(axis=0)), tuple(map(tuple, apart.T @ apart)))

    whole, parts = moments(values), merge((moments(values[at : at + 100]) for at in range(0, 1000, 100)), 2)
    assert parts.means == pytest.approx(whole.means, rel=1e-12)
    assert np.array(parts.sums) == pytest.approx(np.array(whole.sums), rel=1e-6)


def test_the_posterior_with_a_prior_is_conjugate() -> None:
    flat = posterior(1.0, 0.5)
    assert (flat.better, flat.interval) == (
        pytest.approx(stats.norm.cdf(2)),
        pytest.approx(stats.norm.interval(0.95, 1, 0.5)),
    )
    narrow = posterior(1.0, 0.5, prior_spread=0.5, up=False)
    assert (narrow.mean, narrow.spread) == (pytest.approx(0.5), pytest.approx(0.5 / math.sqrt(2)))
    draws = np.random.default_rng(1).normal(0.5, 0.5 / math.sqrt(2), 400_000)
    assert narrow.better == pytest.approx(float((draws < 0).mean()), abs=0.003)
    assert narrow.loss == pytest.approx(float(np.maximum(draws, 0).mean()), rel=0.01)
