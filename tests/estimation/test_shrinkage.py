"""Rates of groups: shrunk to the pool as far as the groups themselves say, and never ranked by luck."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln

from simfunnel.estimation.shrinkage import Pool, learn_pool


def test_with_one_pool_the_posterior_is_the_beta_of_the_textbook() -> None:
    pool = Pool(np.array([0.4]), np.array([10.0]), np.array([0.4]), np.array([1.0]))
    found = pool.posterior(0.7, 20.0)  # Beta(4 + 14, 6 + 6)
    assert found.mean == pytest.approx(18 / 30)
    assert found.interval() == pytest.approx(tuple(stats.beta.ppf([0.05, 0.95], 18, 12)))
    assert found.below(0.9) == pytest.approx(stats.beta.cdf(0.36, 18, 12))


def test_groups_of_one_truth_shrink_to_the_pool() -> None:
    rng = np.random.default_rng(3)
    n = np.full(30, 60.0)
    rates = rng.binomial(60, 0.3, 30) / 60
    pool = learn_pool(float(rates.mean()), n.sum(), rates, n)
    shrunk = np.array([pool.posterior(p, 60.0).mean for p in rates])
    assert shrunk.std() < 0.4 * rates.std()
    assert abs(shrunk.mean() - rates.mean()) < 0.005


def test_groups_far_apart_keep_their_own_rates() -> None:
    rates, n = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), np.full(5, 200.0)
    pool = learn_pool(0.5, 1000.0, rates, n)
    shrunk = np.array([pool.posterior(p, 200.0).mean for p in rates])
    np.testing.assert_allclose(shrunk, rates, atol=0.02)


def test_of_a_group_without_deals_nothing_is_known_but_the_pool() -> None:
    rates, n = np.array([0.2, 0.4, 0.6, 0.0]), np.array([100.0, 100.0, 100.0, 0.0])
    found = learn_pool(0.4, 300.0, rates, n).posterior(0.0, 0.0)
    low, high = found.interval()
    assert found.mean == pytest.approx(0.4, abs=0.01)
    assert low < 0.25 and high > 0.55


def test_a_thin_pool_is_not_made_certain_by_groups_that_agree() -> None:
    rates, n = np.array([0.5, 0.5, 0.5]), np.array([4.0, 4.0, 4.0])
    low, high = learn_pool(0.5, 12.0, rates, n).posterior(0.5, 4.0).interval()
    pool_low, pool_high = stats.beta.ppf([0.05, 0.95], 6, 6)
    assert high - low > 0.9 * (pool_high - pool_low)


def test_intervals_hold_the_truth_as_often_as_they_say_and_probabilities_come_true() -> None:
    """Groups drawn from a known pool, of very different sizes."""
    rng = np.random.default_rng(7)
    inside, said, true = [], [], []
    for _ in range(60):
        truth = rng.beta(0.4 * 25, 0.6 * 25, 16)
        n = rng.choice([3, 10, 30, 120], 16)
        rates = rng.binomial(n, truth) / n
        total = float(rates @ n / n.sum())
        pool = learn_pool(total, float(n.sum()), rates, n.astype(float))
        true_pool = float(truth @ n / n.sum())
        for p, m, t in zip(rates, n, truth, strict=True):
            found = pool.posterior(float(p), float(m))
            low, high = found.interval()
            inside.append(low <= t <= high)
            said.append(found.below(0.9))
            true.append(t < 0.9 * true_pool)
    assert 0.86 <= np.mean(inside) <= 0.94
    p, came = np.array(said), np.array(true)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        of = (p >= low) & (p < high + 1e-9)
        assert of.sum() > 50
        assert abs(p[of].mean() - came[of].mean()) < 0.09


def test_the_pool_of_large_groups_far_apart_is_the_integral_over_its_precision() -> None:
    """Every precision from .05 to 1e9 deals, by quadrature on a fine grid of its logarithm, at the mean of the pool."""
    rates, n = np.array([0.1, 0.3, 0.6, 0.9]), np.full(4, 20_000.0)
    pool = learn_pool(0.475, 80_000.0, rates, n)
    log_v = np.linspace(np.log(0.05), np.log(1e9), 20_001)
    v = np.exp(log_v)
    density = n[0] / (v + n[0]) ** 2 * v  # uniform in v / (v + n0), in terms of log v
    of_mean = 1 / 80_000 + 0.25 / (v + 1)
    m = 0.475
    log_l = sum(betaln(m * v + p * k, (1 - m) * v + (1 - p) * k) - betaln(m * v, (1 - m) * v)
                for p, k in zip(rates, n, strict=True)) + 0.5 * np.log(of_mean)  # fmt: skip
    weight = density * np.exp(log_l - log_l.max())
    expected = float((weight * (v * m + 16) / (v + 20)).sum() / weight.sum())  # 16 won of 20
    assert pool.posterior(0.8, 20.0).mean == pytest.approx(expected, abs=0.01)
    assert expected > 0.74  # groups that have nothing in common are no reason to doubt one of 20 deals
