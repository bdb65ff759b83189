"""Critical values of means of overlapping windows, against Student's, a closed form and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from simfunnel.estimation.overlap import cosines_of, critical_value, evenly_spaced, outside


@pytest.mark.parametrize("number", [1, 2, 5, 40])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_windows_that_share_nothing_have_that_of_student(number: int, level: float) -> None:
    n = 3 * number + 2
    found = critical_value(cosines_of(n, number), evenly_spaced(n, n), level)
    assert found == pytest.approx(stats.t.ppf((1 + level) / 2, number), rel=1e-9)
    assert critical_value(cosines_of(n, number), np.eye(n), level) == pytest.approx(found, rel=1e-12)


@pytest.mark.parametrize(("spread", "c"), [(1.0, 2.0), (0.3, 1.0), (4.0, 30.0)])
@pytest.mark.parametrize("correlation", [0.0, 0.6, -0.95])
def test_two_normals_have_an_angle(spread: float, c: float, correlation: float) -> None:
    """The ratio of two normals is Cauchy, about correlation x spread, of scale spread x sqrt(1 - correlation^2)."""
    found = outside(spread**2, np.array([correlation * spread]), np.array([1.0]), c)
    ratio = stats.cauchy(correlation * spread, spread * math.sqrt(1 - correlation**2))
    assert found == pytest.approx(ratio.cdf(-c) + ratio.sf(c), rel=1e-8)


def test_any_covariance_is_outside_as_often_as_its_eigenvalues_say() -> None:
    """Against the integral over the eigenvalues of the form themselves."""
    rng = np.random.default_rng(4)
    for number in (2, 5, 9):
        root = rng.standard_normal((number + 1, number + 1))
        covariance, c = root @ root.T, 3.0
        values = np.linalg.eigvalsh((root.T * np.array([1.0] + number * [-(c**2) / number])) @ root)
        others = -values[:-1] / values[-1]

        def height(u: float, others: np.ndarray = others) -> float:
            return math.sqrt(np.prod((1 - u * u) / (1 - u * u + others)) / (1 - u * u))

        naive = integrate.quad(height, 0, 1)
        spread, turn = np.linalg.eigh(covariance[1:, 1:])
        found = outside(float(covariance[0, 0]), covariance[0, 1:] @ turn, spread, c)
        assert found == pytest.approx(2 / math.pi * naive[0], rel=1e-6)


def test_evenly_spaced_windows_are_alike_as_the_days_that_they_share() -> None:
    days, length, every = 41, 10, 3
    windows = np.array([[first <= day < first + length for day in range(days)] for first in range(0, 31, every)])
    shared = windows @ windows.T.astype(float) / length
    assert evenly_spaced(len(windows), 40 / length) == pytest.approx(shared[0])


@pytest.mark.parametrize(("windows", "every"), [(2, 3), (3, 10), (6, 6)])
def test_a_mean_of_overlapping_sums_is_outside_as_often_as_stated(windows: int, every: int) -> None:
    """Sums over 30 days each, 40,000 series: five standard errors."""
    length, n = 30, 40_000
    first = np.arange(0, (windows - 1) * length + 1, every)
    news = np.random.default_rng(windows).standard_normal((n, int(first[-1]) + length))
    summed = np.concatenate([np.zeros((n, 1)), np.cumsum(news, axis=1)], axis=1)
    values = summed[:, first + length] - summed[:, first]
    cosines = cosines_of(len(first), 2)
    stderr = np.sqrt(np.mean((values @ cosines.T) ** 2, axis=1) / len(first))
    for level in (0.8, 0.95):
        critical = critical_value(cosines, evenly_spaced(len(first), windows), level)
        assert critical is not None
        away = np.mean(np.abs(values.mean(axis=1)) > critical * stderr)
        assert away == pytest.approx(1 - level, abs=5 * math.sqrt(level * (1 - level) / n))


def test_what_windows_share_can_be_told_by_their_lags_or_one_by_one() -> None:
    n, independent = 12, 2.4
    by_lag, lag = evenly_spaced(n, independent), np.abs(np.arange(n)[:, None] - np.arange(n))
    cosines = cosines_of(n, 2)
    assert critical_value(cosines, by_lag[lag], 0.9) == pytest.approx(critical_value(cosines, by_lag, 0.9), rel=1e-9)


def test_windows_that_are_all_the_same_tell_no_spread() -> None:
    assert critical_value(cosines_of(20, 2), evenly_spaced(20, 1.0), 0.9) is None
    near = critical_value(cosines_of(20, 2), evenly_spaced(20, 1.05), 0.9)
    assert near is not None
    assert near > 20
