"""The mean of overlapping windows: how often its interval misses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simfunnel.estimation.long_run import mean_of_windows


def overlapping(rng: np.random.Generator, windows: float, length: int) -> np.ndarray:
    """Sums over all windows of so many days of independent news, of variance 1."""
    news = np.concatenate([[0.0], np.cumsum(rng.standard_normal(round((windows - 1) * length) + length))])
    return (news[length:] - news[:-length]) / np.sqrt(length)


@pytest.mark.parametrize("windows", [2, 5, 20])
def test_a_right_mean_is_rejected_about_as_often_as_stated(windows: int) -> None:
    rng = np.random.default_rng(windows)
    n, missed = 2_000, 0
    for _ in range(n):
        found = mean_of_windows(overlapping(rng, windows, 20), windows, level=0.95)
        assert found is not None
        missed += found.apart_from_zero
    assert missed / n == pytest.approx(0.05, abs=0.025)  # five standard errors


def test_independent_terms_give_an_interval_of_the_usual_width() -> None:
    x = np.random.default_rng(2).standard_normal(1_000)
    found = mean_of_windows(x, 1_000)
    assert found is not None
    assert found.stderr == pytest.approx(1 / np.sqrt(1_000), rel=0.1)
    assert found.mean == pytest.approx(x.mean())


def test_two_values_tell_no_spread() -> None:
    assert mean_of_windows(np.array([1.0, 2.0]), 2.0) is None
    assert mean_of_windows(np.array([1.0, 2.0, 3.0]), 1.0) is None  # nor do windows that are the same
    found = mean_of_windows(np.array([1.0, 2.0, 3.0]), 3.0)
    assert found is not None
    assert found.low < 2.0 < found.high


def test_one_cosine_is_found_by_its_own_term() -> None:
    """Of y_t = cos(pi k (t - 1/2) / n) the k-th load is sqrt(n / 2), all others are 0."""
    n, k = 40, 3
    y = 5 + np.cos(np.pi * k * (np.arange(n) + 0.5) / n)
    for terms, variance in ((2, 0.0), (3, n / 2 / 3), (8, n / 2 / 8)):
        found = mean_of_windows(y, terms / 0.4 + 0.01)
        assert found is not None
        assert found.stderr**2 * n == pytest.approx(variance, abs=1e-12)


def test_with_all_terms_it_is_the_usual_interval() -> None:
    """The cosines are an orthonormal basis of what is left beside the mean."""
    y = np.random.default_rng(4).standard_normal(11)
    found = mean_of_windows(y, 1000.0, level=0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 10, loc=y.mean(), scale=stats.sem(y)))


@pytest.mark.slow
@pytest.mark.parametrize(("origins", "length", "every"), [
    (31, 30, 1), (61, 30, 1), (78, 30, 1), (150, 30, 1), (60, 30, 3), (60, 91, 7), (300, 30, 3), (400, 7, 1),
])  # fmt: skip
def test_size_over_designs(origins: int, length: int, every: int) -> None:
    """40,000 series a design of windows some days apart: how often a nominal 5 % rejects what is true."""
    rng = np.random.default_rng(origins + length)
    span, missed, n = (origins - 1) * every + length, 0, 40_000
    for _ in range(n):
        total = np.concatenate([[0.0], np.cumsum(rng.standard_normal(span))])
        first = np.arange(origins) * every
        found = mean_of_windows(total[first + length] - total[first], span / length, level=0.95)
        assert found is not None
        missed += found.apart_from_zero
    print(f"{origins} origins {every} days apart, windows of {length} days: {missed / n:.2%}")
    assert missed / n == pytest.approx(0.05, abs=0.0055)  # five standard errors
