"""What a backtest says of forecasts of known quality.

``python -m pytest -o addopts= -m slow -s tests/studies/test_backtest.py``. Figures stand in `docs/validation.md`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from estimation.made import START, made_history
from scipy import optimize, stats

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


def crps(x: np.ndarray, mean: float = 0.0, sd: float = 1.0) -> np.ndarray:
    """Of a normal forecast (Gneiting & Raftery 2007)."""
    z = (x - mean) / sd
    return np.asarray(sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)))


def expected(sd: float) -> float:
    """Expected CRPS of a forecast of mean 0 where the truth is standard normal."""
    return float((np.sqrt(2 * (1 + sd**2)) - sd) / np.sqrt(np.pi))


AS_GOOD = float(optimize.brentq(lambda sd: expected(sd) - expected(0.5), 1.0, 10.0))
"""Spread of a forecast too wide that is as good as one of half the spread."""


@pytest.mark.parametrize(
    "memory", [0.0, 0.5, 0.9], ids=["independent days", "days that remember", "days that remember weeks"]
)
@pytest.mark.parametrize("windows", [2, 5, 10, 20])
def test_size_of_regions_and_tests(windows: int, memory: float) -> None:
    """A right forecast of each window alone: how often it falls outside its regions, and is rejected by its PITs.

    And how often the mean of the windows, that of their CRPS, and that of the difference from another forecast that is
    as good, lie outside their 95 % intervals. Where days resemble those of weeks before, windows side by side are no
    longer independent: how long news lasts is told by the PITs themselves.
    """
    origins = np.arange(0, (windows - 1) * LENGTH + 1, EVERY)
    rng = np.random.default_rng(windows)
    days = int(origins[-1]) + LENGTH
    spread = float(np.std([sums(daily(rng, days, memory), origins)[0] for _ in range(4_000)]))
    found: dict[str, float] = {}
    for _ in range(SERIES):
        x = sums(daily(rng, days, memory), origins) / spread
        pits = stats.norm.cdf(x)
        right = right_forecasts(tuple(origins.tolist()), LENGTH, pits)
        missed = {"PITs": right.p_value(pits) < 0.05}
        for level in (0.5, 0.8, 0.9):
            low, high = right.coverage_region(level)
            missed[f"{level:.0%}"] = not low <= float(np.mean(np.abs(pits - 0.5) <= level / 2)) <= high
        scores = crps(x) - 1 / np.sqrt(np.pi), crps(x, sd=0.5) - crps(x, sd=AS_GOOD), crps(x, 0.5) - crps(x, -0.5)
        for name, values in zip(("mean", "CRPS", "spreads", "sides"), (x, *scores), strict=True):
            mean = mean_of_windows(values, windows, level=0.95, alike=right.alike)
            missed[name] = mean is not None and mean.apart_from_zero
        for name, one in missed.items():
            found[name] = found.get(name, 0.0) + one / SERIES
    print(f"\n{windows} windows, memory {memory}: " + ", ".join(f"{name} {of:.1%}" for name, of in found.items()))
    for name in ("80%", "PITs", "mean"):
        assert 0.03 <= found[name] <= 0.08  # 4 to 8 %, and the luck of 2,000


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
