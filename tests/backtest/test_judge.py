"""Regions of a right forecast over overlapping windows: how often it falls outside, how often a wrong one does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from simfunnel.backtesting.judge import RightForecasts, acceptance, right_forecasts
from simfunnel.backtesting.news import covariance

LENGTH = 30


def pits(rng: np.random.Generator, days: np.ndarray, *, narrow: float = 1.0) -> np.ndarray:
    """PITs of forecasts of sums of daily news whose spread is stated `narrow` times too small."""
    news = np.concatenate([[0.0], np.cumsum(rng.standard_normal(int(days[-1]) + LENGTH))])
    return np.asarray(stats.norm.cdf((news[days + LENGTH] - news[days]) / np.sqrt(LENGTH) / narrow))


def test_windows_of_lasting_news_are_alike_as_the_sum_over_their_days_says() -> None:
    """Against the double sum over the days of both windows."""
    lags, days = np.array([0, 3, 40]), np.arange(LENGTH)
    for memory in (0.0, 0.9):
        naive = [sum(memory ** abs(lag + a - b) for a in days for b in days) for lag in lags]
        assert covariance(lags, LENGTH, memory) == pytest.approx(naive)


def test_news_that_lasts_for_weeks_widens_regions() -> None:
    """A right forecast over such news is outside as often as stated, where independent news would be told wrong."""
    days = np.arange(0, 9 * LENGTH + 1, 3)
    rng = np.random.default_rng(3)
    apart = RightForecasts.at(days, LENGTH)
    spread = np.sqrt(covariance(np.zeros(1, dtype=np.int64), LENGTH, 0.95)[0])
    n, found, unaware = 400, 0, 0
    for _ in range(n):
        news = rng.standard_normal(int(days[-1]) + LENGTH)
        for i in range(1, len(news)):
            news[i] = 0.95 * news[i - 1] + np.sqrt(1 - 0.95**2) * news[i]
        summed = np.concatenate([[0.0], np.cumsum(news)])
        values = np.asarray(stats.norm.cdf((summed[days + LENGTH] - summed[days]) / spread))
        found += right_forecasts(tuple(days.tolist()), LENGTH, values).p_value(values) < 0.05
        unaware += apart.p_value(values) < 0.05
    assert found / n < 0.08 < unaware / n


@pytest.mark.parametrize("windows", [5, 20])
def test_a_right_forecast_falls_outside_as_often_as_stated(windows: int) -> None:
    days = np.arange(0, (windows - 1) * LENGTH + 1, 5)
    right = RightForecasts.at(days, LENGTH)
    low, high = right.coverage_region(0.8)
    rng = np.random.default_rng(40 + windows)
    n, outside, rejected = 1_000, 0, 0
    for _ in range(n):
        values = pits(rng, days)
        inside = np.mean(np.abs(values - 0.5) <= 0.4)
        outside += not low <= inside <= high
        rejected += right.p_value(values) < 0.05
    assert outside / n <= 0.08
    assert 0.03 < rejected / n < 0.08


def test_a_forecast_with_ranges_a_third_as_wide_is_caught_four_times_of_five() -> None:
    days = np.arange(0, 19 * LENGTH + 1, 5)
    right = RightForecasts.at(days, LENGTH)
    rng = np.random.default_rng(7)
    caught = [right.p_value(pits(rng, days, narrow=1 / 3)) < 0.05 for _ in range(200)]
    assert np.mean(caught) > 0.8
    low, _ = right.coverage_region(0.8)
    short = [np.mean(np.abs(pits(rng, days, narrow=1 / 3) - 0.5) <= 0.4) < low for _ in range(200)]
    assert np.mean(short) > 0.9


@pytest.mark.parametrize("counts", [(1, 2, 3, 44, 50), (3, 1, 90, 1, 5), (50, 50), (100,), (2, 0, 96, 2), (6, 88, 6)])
def test_what_is_left_out_is_as_near_to_the_size_as_steps_allow(counts: tuple[int, ...]) -> None:
    """Against all pairs of ends: none leaves out less likely tails whose mid-p comes to no more than 5 %."""
    shares = np.repeat(np.arange(len(counts)) / 10, counts)
    low, high = acceptance(shares)
    value, n = np.unique(shares), len(shares)

    def tail(x: float) -> int:
        return min(int(np.sum(shares <= x)), int(np.sum(shares >= x)))

    best = None
    for a, b in itertools.combinations_with_replacement(value.tolist(), 2):
        out = [x for x in value.tolist() if not a <= x <= b]
        kept = [x for x in value.tolist() if a <= x <= b]
        if any(tail(x) >= tail(y) for x in out for y in kept):
            continue
        last = max((tail(x) for x in out), default=0)
        mid = sum(int(np.sum(shares == x)) * (0.5 if tail(x) == last else 1.0) for x in out)
        if mid <= 0.05 * n and (best is None or len(kept) < best[0]):
            best = (len(kept), a, b)
    assert best is not None
    assert (low, high) == best[1:]


def test_windows_that_do_not_overlap_have_a_binomial_coverage() -> None:
    days = np.arange(0, 20 * LENGTH, LENGTH)
    low, high = RightForecasts.at(days, LENGTH).coverage_region(0.8)
    assert low == pytest.approx(stats.binom.ppf(0.025, 20, 0.8) / 20, abs=0.051)
    assert high == pytest.approx(stats.binom.ppf(0.975, 20, 0.8) / 20, abs=0.051)


def test_intervals_of_few_wins_are_not_called_too_wide() -> None:
    """Right forecasts of a Poisson number: both ends belong to the interval, so that it holds more than its level."""
    n = 60
    right = RightForecasts.at(np.arange(n) * LENGTH, LENGTH)
    law = stats.poisson(2.0)
    low, high = law.ppf(0.1), law.ppf(0.9)
    within = np.tile([law.cdf(low - 1), law.cdf(high)], (n, 1))
    came = np.random.default_rng(5).poisson(2.0, (2_000, n))
    inside = np.mean((came >= low) & (came <= high), axis=1)

    def outside(region: tuple[float, float]) -> float:
        return float(np.mean((inside < region[0]) | (inside > region[1])))

    assert outside(right.coverage_region(0.8, within)) <= 0.06
    assert outside(right.coverage_region(0.8)) > 0.3
    assert right.coverage_region(0.8, np.tile([0.1, 0.9], (n, 1))) == right.coverage_region(0.8)
