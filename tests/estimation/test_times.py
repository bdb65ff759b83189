"""Intervals of the days to an exit: order statistics by hand, and many histories of one process."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.transitions import order_interval, stage_exits

from .made import DAYS_ON, made_history


@pytest.mark.parametrize("n", [30, 68, 400])
@pytest.mark.parametrize("q", [0.5, 0.9])
def test_ends_are_order_statistics(n: int, q: float) -> None:
    """The whole number next to each end is the least that errs in at most 5 % of samples."""
    low, high = order_interval(q, n)
    k = math.floor(low * n)
    assert stats.binom.sf(k - 1, n, q) >= 0.95 > stats.binom.sf(k, n, q)
    assert high is not None
    k = math.ceil(high * n)
    assert stats.binom.sf(k - 1, n, q) <= 0.05 < stats.binom.sf(k - 2, n, q)


def test_few_know_no_upper_end() -> None:
    assert order_interval(0.9, 28)[1] is None  # 0.9^28 > 0.05
    assert order_interval(0.9, 29)[1] is not None
    low, high = order_interval(0.5, 1)
    assert high is None
    assert low < 0.2


def test_the_spread_of_medians_is_the_stated_one() -> None:
    stated, share = [], []
    for seed in range(60):
        risk = risk_of(made_history(days=300, per_day=3, seed=seed))
        exits = stage_exits(risk, np.ones(len(risk.age)), 0, times=True)
        stated.append(exits.n_times[1])
        share.append([1 - math.exp(-(exits.age_at(1, q) or 0) / DAYS_ON) for q in (0.5, 0.9)])
    spread = np.var(share, axis=0, ddof=1)
    worth = np.array([0.25, 0.09]) / spread
    np.testing.assert_allclose(np.median(stated, axis=0), worth, rtol=0.5)


def test_times_are_told_only_where_asked() -> None:
    risk = risk_of(made_history(days=200))
    plain, timed = (stage_exits(risk, np.ones(len(risk.age)), 0, times=times) for times in (False, True))
    assert timed.n_effective.tolist() == plain.n_effective.tolist()
    assert timed.age_interval(2, 0) is None  # nobody goes from Demo to Won
    for which, q in ((0, 0.5), (1, 0.9)):
        low, high = timed.age_interval(1, which) or (0.0, 0.0)
        assert high is not None
        assert low < (timed.age_at(1, q) or 0) < high


def test_whoever_is_undecided_may_yet_leave() -> None:
    """The upper end of a median is read where half of those who left and of all that are undecided have left."""
    risk = risk_of(made_history(days=40, per_day=20))
    exits = stage_exits(risk, np.ones(len(risk.age)), 1, times=True)
    assert exits.undecided > 0.05
    low, high = order_interval(0.5, float(exits.n_times[2, 0]))
    assert high is not None
    interval = exits.age_interval(2, 0)
    assert interval is not None
    p = float(exits.probability[2])
    assert interval == (exits.age_at(2, low), exits.age_at(2, high * (p + exits.undecided) / p))
    assert (interval[1] or 0) > (exits.age_at(2, high) or 0)


def test_no_spread_of_weeks_is_below_that_of_independent_deals() -> None:
    """Deals one by one: the bootstrap of the share that has left by the P90."""
    risk = risk_of(made_history(days=150, per_day=2, seed=5))
    exits = stage_exits(risk, np.ones(len(risk.age)), 1, times=True)
    rng, share = np.random.default_rng(3), []
    mine = risk.of(risk.stage == 1)
    at = exits.age_at(2, 0.9) or 0.0
    for _ in range(300):
        found = stage_exits(mine.of(rng.integers(0, len(mine.age), len(mine.age))), np.ones(len(mine.age)), 1)
        curve = found.incidence.incidence[2]
        share.append(curve[np.searchsorted(found.incidence.age, at, side="right") - 1] / curve[-1])
    assert float(exits.n_times[2, 1]) < 1.15 * 0.09 / np.var(share)
