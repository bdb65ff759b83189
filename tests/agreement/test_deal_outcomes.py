"""Outcomes of single deals against the law: chi-square over days, Kolmogorov-Smirnov over the time to the win.

Tests of fit fail below 1e-5; seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import pytest
from engine.test_twin import GENERAL, LINEAR
from helpers import ALPHA, days, funnel, sized
from scipy import stats

from simfunnel import simulate
from simfunnel.engine.exact.book import WINS
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare

DAYS = 40


@pytest.mark.parametrize("kernel", ["paths", "outcomes"])
@pytest.mark.parametrize("stages", [LINEAR, GENERAL], ids=["linear", "general"])
@pytest.mark.parametrize("age", [0.0, 6.5, None])
def test_the_day_of_a_win_follows_the_law(kernel: str, stages: list, age: float | None) -> None:
    deal = {"id": "one", "stage": "B", "amount": 100, **({} if age is None else {"age": age})}
    ready = prepare(funnel(stages, [deal], periods=days(length=1, count=DAYS)))
    exact = exact_forecast(ready, groups=())
    law = np.array([exact.solved[0, k, WINS].distribution.reaches(1)[0] for k in range(DAYS)])
    trials = sized(50_000)
    wins = simulate(ready, groups=(), kernel=kernel, trials=trials, seed=3).samples.wins[0]
    assert wins.sum(axis=0).max() <= 1
    seen = np.append(wins.sum(axis=1), trials - wins.sum())
    expected = trials * np.append(law, 1 - law.sum())
    often = expected >= 5  # days of fewer are put together
    pooled = [np.append(x[often], x[~often].sum()) for x in (seen, expected)]
    keep = pooled[1] > 0
    assert stats.chisquare(pooled[0][keep], pooled[1][keep]).pvalue > ALPHA
    # Kolmogorov-Smirnov of the day, given a win: on whole days the test is conservative
    count = int(wins.sum())
    distance = np.max(np.abs(np.cumsum(wins.sum(axis=1)) / count - np.cumsum(law) / law.sum()))
    assert stats.kstwo.sf(distance, count) > ALPHA
