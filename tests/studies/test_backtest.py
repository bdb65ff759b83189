"""What a backtest says of forecasts of known quality.

``python -m pytest -o addopts= -m slow -s tests/studies/test_backtest.py``. Figures stand in `docs/validation.md`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from estimation.made import START, made_history
from scipy import stats

from simfunnel.backtesting import backtest
from simfunnel.backtesting.judge import right_forecasts
from simfunnel.estimation.long_run import mean_of_windows

pytestmark = pytest.mark.slow
LENGTH, EVERY, SERIES = 30, 3, 2_000


def daily(rng: np.random.Generator, days: int, memory: float) -> np.ndarray:
    """News of each day, of variance 1, each day remembering a share of the day before."""
    news = rng.standard_normal(days)
    found = np.empty(days)
    found[0] = news[0]
    for i in range(1, days):
        found[i] = memory * found[i - 1] + np.sqrt(1 - memory**2) * news[i]
    return found


def sums(news: np.ndarray, origins: np.ndarray) -> np.ndarray:
    summed = np.concatenate([[0.0], np.cumsum(news)])
    return summed[origins + LENGTH] - summed[origins]


@pytest.mark.parametrize(
    "memory", [0.0, 0.5, 0.9], ids=["independent days", "days that remember", "days that remember weeks"]
)
@pytest.mark.parametrize("windows", [2, 5, 10, 20])
def test_size_of_regions_and_tests(windows: int, memory: float) -> None:
    """A right forecast of each window alone: how often it falls outside its region, and is rejected by its PITs.

    Where days resemble those of weeks before, windows side by side are no longer independent: how long news lasts is
    told by the PITs themselves. Regions of few windows are wide since shares inside them have steps.
    """
    origins = np.arange(0, (windows - 1) * LENGTH + 1, EVERY)
    rng = np.random.default_rng(windows)
    days = int(origins[-1]) + LENGTH
    spread = float(np.std([sums(daily(rng, days, memory), origins)[0] for _ in range(4_000)]))
    outside = rejected = apart = 0
    for _ in range(SERIES):
        x = sums(daily(rng, days, memory), origins) / spread
        pits = stats.norm.cdf(x)
        right = right_forecasts(tuple(origins.tolist()), LENGTH, pits)
        low, high = right.coverage_region(0.8)
        inside = float(np.mean(np.abs(pits - 0.5) <= 0.4))
        outside += not low <= inside <= high
        rejected += right.p_value(pits) < 0.05
        mean = mean_of_windows(x, windows, level=0.95)
        apart += mean is not None and mean.apart_from_zero
    found = [count / SERIES for count in (outside, rejected, apart)]
    print(f"\n{windows} windows, memory {memory}: outside, PIT rejected, mean apart: {found}")
    assert found[0] <= 0.08
    assert 0.03 <= found[1] <= 0.08
    if windows >= 5:
        assert 0.03 <= found[2] <= 0.08


def test_a_right_forecaster_has_uniform_pits_and_one_of_independent_deals_does_not() -> None:
    """One window of each of 150 simulated histories: their PITs are independent."""
    pits, inside, alone = [], 0, 0
    n = 150
    for seed in range(n):
        history = made_history(days=300, per_day=4, seed=seed)
        first = START + dt.timedelta(days=180)
        result = backtest(history, horizon=30, every=35, first=first, trials=1_000, threads=2)
        last = result.whole[-1]
        pits.append(last.pit)
        inside += last.quantiles[0.1] <= last.actual <= last.quantiles[0.9]
        q = last.rivals["independent"].quantiles
        assert q is not None
        alone += q[0.1] <= last.actual <= q[0.9]
    p = stats.kstest(pits, "uniform").pvalue
    print(f"\n{n} histories: KS p = {p:.2f}; inside 80 %: {inside / n:.3f}, of independent deals {alone / n:.3f}")
    assert p > 0.01
    assert 0.72 <= inside / n <= 0.92


def test_noise_is_not_called_skill() -> None:
    """Outcomes at constant hazards: how often ours is called better than two dates with a factor."""
    better, n = 0, 40
    for seed in range(n):
        history = made_history(days=330, per_day=4, seed=1_000 + seed)
        first = START + dt.timedelta(days=150)
        result = backtest(history, horizon=30, every=10, first=first, value="count", trials=1_000, threads=2)
        found = result.summary.rivals["two_dates_factor"].difference
        better += found is not None and found.high < 0
    print(f"\n{n} histories: called better in {better / n:.3f}")
    assert better / n <= 0.15
