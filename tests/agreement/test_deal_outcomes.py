"""Outcomes of single deals against the law: chi-square over days, Kolmogorov-Smirnov over the time to the win.

Tests of fit fail below 1e-5; seeds are fixed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from engine.test_twin import GENERAL, LINEAR, UNCERTAIN, UNCERTAIN_LOOPS
from helpers import ALPHA, JIT, Floats, days, funnel, sized
from scipy import stats

from simfunnel import simulate
from simfunnel.engine.exact.kinds import WINS
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare

DAYS = 40
TRIALS = 50_000


@pytest.mark.parametrize("kernel", ["paths", "outcomes"])
@pytest.mark.parametrize("stages", [LINEAR, GENERAL], ids=["linear", "general"])
@pytest.mark.parametrize("age", [0.0, 6.5, None])
def test_the_day_of_a_win_follows_the_law(kernel: str, stages: list, age: float | None) -> None:
    deal = {"id": "one", "stage": "B", "amount": 100, **({} if age is None else {"age": age})}
    ready = prepare(funnel(stages, [deal], periods=days(length=1, count=DAYS)))
    exact = exact_forecast(ready, groups=())
    law = np.array([exact.solved[0, k, WINS].distribution.reaches(1)[0] for k in range(DAYS)])
    trials = sized(TRIALS)
    wins = simulate(ready, groups=(), kernel=kernel, trials=trials, seed=3).samples.wins[0]
    assert wins.sum(axis=0).max() <= 1
    assert_days(wins.sum(axis=1), law, trials)


CORRELATION = {"market": 0.15, "segment": 0.2, "owner": 0.25}


@pytest.mark.skipif(not JIT, reason="as plain Python there are too few trials to see anything")
@pytest.mark.parametrize(
    "stages", [LINEAR, UNCERTAIN, UNCERTAIN_LOOPS], ids=["certain rates", "uncertain rates", "uncertain loops"]
)
def test_drawn_rates_and_factors_leave_the_day_of_each_win_its_law(stages: list) -> None:
    """Of three deals that share rates, a market, a segment and an owner, each by itself.

    Its law is the mean over the rates; the mean over the factors is what it is without them.
    """
    book = [
        {"id": "0", "stage": "A", "age": 0, "owner": "x", "segment": "s", "team": "0", "amount": 100},
        {"id": "1", "stage": "B", "age": 6.5, "owner": "x", "team": "1", "amount": 100},
        {"id": "2", "stage": "C", "age": 9, "owner": "y", "segment": "s", "team": "2", "amount": 100},
    ]
    data = funnel(stages, book, periods=days(length=1, count=DAYS))
    exact = exact_forecast(data, groups=("team",), points=256)
    laws = []
    for g in (1, 2, 3):
        solved = [exact.solved[g, k, WINS] for k in range(DAYS + 1)]
        law, error = np.array([s.combine(s.open + s.new) for s in solved], dtype=np.float64).T
        # the quasi-random draws of the rates are no part of what is compared: they may not show
        assert np.all(error <= 0.1 * np.sqrt(law / TRIALS) + 1e-9)
        laws.append(law[:DAYS])
    for correlation in ({}, CORRELATION):
        ready = prepare({**data, "correlation": correlation})
        for kernel in ("paths", "outcomes"):
            wins = simulate(ready, groups=("team",), kernel=kernel, trials=TRIALS, seed=4).samples.wins
            for g, law in enumerate(laws, start=1):
                assert wins[g].sum(axis=0).max() == 1
                assert_days(wins[g].sum(axis=1), law, TRIALS)


def assert_days(wins: npt.NDArray[np.int64], law: Floats, trials: int) -> None:
    """Wins of a deal by day, chi-square; and Kolmogorov-Smirnov of the day given a win, conservative on whole days."""
    seen = np.append(wins, trials - wins.sum())
    expected = trials * np.append(law, 1 - law.sum())
    often = expected >= 5  # days of fewer are put together
    pooled = [np.append(x[often], x[~often].sum()) for x in (seen, expected)]
    keep = pooled[1] > 0
    assert stats.chisquare(pooled[0][keep], pooled[1][keep]).pvalue > ALPHA
    count = int(wins.sum())
    distance = np.max(np.abs(np.cumsum(wins) / count - np.cumsum(law) / law.sum()))
    assert stats.kstwo.sf(distance, count) > ALPHA
