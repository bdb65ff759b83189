"""Scores of a sample: against closed forms, brute force, and another library."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scoringrules
from scipy import stats

from simfunnel.backtesting.scores import crps, crps_of_quantiles, pinball, pit
from simfunnel.estimation.window_scores import normal_crps


def crps_of_normal(mean: float, sd: float, y: float) -> float:
    """Gneiting & Raftery (2007), equation 5."""
    z = (y - mean) / sd
    return sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))


@pytest.mark.parametrize("y", [-3.0, 0.0, 0.4, 5.0])
def test_a_normal_sample_has_the_crps_of_the_normal(y: float) -> None:
    n = 20_000
    sample = 2.0 * stats.norm.ppf((np.arange(n) + 0.5) / n) + 1.0
    assert crps(sample, y) == pytest.approx(crps_of_normal(1.0, 2.0, y), abs=1e-4)


def test_it_is_the_mean_over_all_pairs_and_another_librarys() -> None:
    rng = np.random.default_rng(3)
    sample, y = rng.gamma(2.0, 3.0, 60), 4.2
    pairs = [abs(a - b) for i, a in enumerate(sample) for j, b in enumerate(sample) if i != j]
    assert crps(sample, y) == pytest.approx(np.abs(sample - y).mean() - np.mean(pairs) / 2, rel=1e-12)
    assert crps(sample, y) == pytest.approx(float(scoringrules.crps_ensemble(y, sample, estimator="fair")), rel=1e-9)


def test_small_samples_are_not_penalised() -> None:
    """The mean score of samples of 5 is that of the distribution they come from."""
    rng = np.random.default_rng(8)
    y = 0.7
    scores = [crps(x, y) for x in rng.standard_normal((20_000, 5))]
    wanted = crps_of_normal(0.0, 1.0, y)
    assert abs(np.mean(scores) - wanted) < 4 * np.std(scores) / math.sqrt(len(scores))


def test_of_a_point_it_is_the_absolute_error() -> None:
    assert crps(np.array([3.0]), 5.5) == 2.5
    assert crps(np.full(50, 3.0), 5.5) == 2.5


def test_quantiles_score_as_the_sample_they_come_from() -> None:
    levels = (np.arange(999) + 1) / 1000
    values = stats.norm.ppf(levels)
    assert crps_of_quantiles(levels, values, 0.3) == pytest.approx(crps_of_normal(0, 1, 0.3), abs=2e-3)
    found = pinball(np.array([0.1, 0.9]), np.array([1.0, 2.0]), 3.0)
    assert found.tolist() == pytest.approx([0.2, 0.9])
    assert float(scoringrules.quantile_score(3.0, 1.0, 0.1)) == pytest.approx(found[0])
    assert float(scoringrules.quantile_score(3.0, 4.0, 0.9)) == pytest.approx(
        pinball(np.array([0.9]), np.array([4.0]), 3.0)[0]
    )


def test_the_pit_of_a_right_forecast_of_counts_is_uniform_when_randomised() -> None:
    rng = np.random.default_rng(5)
    sample = rng.poisson(2.0, 4_000).astype(float)
    came = rng.poisson(2.0, 4_000)
    values = [pit(sample, float(y), float(u)) for y, u in zip(came, rng.random(4_000), strict=True)]
    assert stats.kstest(values, "uniform").pvalue > 0.01
    assert pit(np.arange(10.0), -1.0) == 0.0
    assert pit(np.arange(10.0), 10.0) == 1.0


@pytest.mark.filterwarnings("error")
def test_a_window_of_which_nothing_was_expected_scores_what_came() -> None:
    """Without spread the score is the distance, and no square of it overflows."""
    mean, sd, actual = np.array([0.0, 5.0, 1e6]), np.array([0.0, 0.0, 1e-9]), np.array([3.0, 5.0, 0.0])
    assert normal_crps(mean, sd, actual) == pytest.approx([3.0, 0.0, 1e6], rel=1e-9, abs=1e-12)
