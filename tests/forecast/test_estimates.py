"""Estimates against other libraries and their own promises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simfunnel.forecast.estimates import attainment, estimate, order_interval, quantile_rank, summarise, wilson_interval
from simfunnel.forecast.implied import indicator_correlation


@pytest.mark.parametrize(("hits", "n"), [(0, 50), (1, 1000), (37, 100), (999, 1000), (1000, 1000)])
def test_wilson_interval_is_that_of_scipy(hits: int, n: int) -> None:
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    low, high = wilson_interval(hits, n)
    assert low == pytest.approx(0.0 if hits == 0 else expected.low, abs=1e-12)
    assert high == pytest.approx(1.0 if hits == n else expected.high, abs=1e-12)


def test_a_quantile_is_the_smallest_value_with_enough_mass() -> None:
    values = np.array([5, 1, 3, 3, 9, 7, 7, 7, 8, 2], dtype=np.int64)
    result = summarise(values, 1.0, (0.1, 0.5, 0.9, 0.95))
    for q, x in result.quantiles.items():
        assert np.mean(values <= x) >= q
        smaller = values[values < x]
        assert not len(smaller) or np.mean(values <= smaller.max()) < q


def test_quantile_rank_does_not_slip_by_rounding() -> None:
    assert quantile_rank(100_000, 0.1) == 9_999
    assert quantile_rank(10, 0.7) == 6


def test_order_statistic_intervals_cover_the_true_quantile() -> None:
    # 95 % intervals in 2,000 repetitions: 4.5 standard errors are 2.2 points, false alarm 7e-6
    rng = np.random.default_rng(4)
    for q in (0.05, 0.5, 0.9):
        low, high = order_interval(400, q)
        samples = np.sort(rng.random((2000, 400)), axis=1)
        covered = np.mean((samples[:, low] <= q) & (q <= samples[:, high]))
        assert 0.95 - 0.022 <= covered <= 1.0


def test_means_do_not_overflow_where_the_sum_of_all_trials_would() -> None:
    samples = np.full(1_000_000, 10**13, dtype=np.int64)
    samples[::2] += 3
    assert int(samples.astype(object).sum()) > 2**63
    assert estimate(samples, 100.0).mean == (10**13 + 1.5) / 100
    reached = attainment(samples, 2e11, 100.0)
    assert reached.mean_ratio == pytest.approx(0.5)
    assert reached.mean_shortfall == pytest.approx(1e11, rel=1e-9)


def test_a_target_beyond_all_whole_numbers_is_missed_by_nearly_all_of_it() -> None:
    reached = attainment(np.array([1_00, 3_00]), 1e18, 100.0)
    assert reached.probability == 0.0
    assert reached.mean_shortfall == pytest.approx(1e18 - 2)
    assert attainment(np.array([1_00, 3_00]), 9e16, 100.0).mean_shortfall == pytest.approx(9e16 - 2)


def test_attainment_counts_money_that_reaches_the_target_exactly() -> None:
    result = attainment(np.array([99_99, 100_00, 100_01, 250_00], dtype=np.int64), 100.0, 100.0)
    assert result.probability == 0.75
    assert result.mean_shortfall == pytest.approx(0.01 / 4)
    assert result.mean_ratio == pytest.approx((99.99 + 100 + 100.01 + 250) / 4 / 100)


@pytest.mark.parametrize(("w", "rho"), [(0.3, 0.1), (0.05, 0.2), (0.7, 0.6), (0.5, 0.999)])
def test_indicator_correlation_is_that_of_the_bivariate_normal(w: float, rho: float) -> None:
    z = stats.norm.ppf(w)
    both = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([z, z])
    assert indicator_correlation(w, rho) == pytest.approx((both - w * w) / (w * (1 - w)), abs=2e-5)


def test_the_rule_of_thumb_of_the_documentation_holds() -> None:
    assert indicator_correlation(0.3, 0.10) == pytest.approx(0.06, abs=0.005)


@pytest.mark.parametrize("target", [10.0, 14.0])
def test_errors_of_shortfall_and_ratio_are_the_spread_over_repetitions(target: float) -> None:
    rng = np.random.default_rng(8)
    found = [attainment(rng.poisson(1_000, 400), target, 100.0) for _ in range(400)]
    for name in ("mean_shortfall", "mean_ratio"):
        spread = np.std([getattr(a, name) for a in found])
        stated = np.mean([getattr(a, f"{name}_stderr") for a in found])
        assert stated == pytest.approx(spread, rel=0.15)


def test_a_target_always_reached_leaves_no_shortfall_to_err_in() -> None:
    reached = attainment(np.array([500, 600]), 5.0, 100.0)
    assert (reached.mean_shortfall, reached.mean_shortfall_stderr) == (0.0, 0.0)
