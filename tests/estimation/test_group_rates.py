"""Rates of one group: closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simfunnel.diagnosis.times import days_in_stage
from simfunnel.diagnosis.trend import slope
from simfunnel.estimation.group_rates import absorbed, completed, funnel_of, onward_or_not
from simfunnel.estimation.incidence import CENSORED, cumulative_incidence
from simfunnel.estimation.risk import Risk, risk_of
from simfunnel.estimation.transitions import stage_exits
from tests.estimation.made import made_history


def risk(stage: list[int], age: list[float], cause: list[int], stages: int = 3) -> Risk:
    n = len(stage)
    return Risk(
        np.arange(n), np.array(stage), np.zeros(n), np.array(age), np.full(n, -np.inf), np.array(cause), stages, 100.0,
        -np.inf,
    )  # fmt: skip


def test_going_on_is_any_later_stage_or_a_win_and_going_back_is_neither() -> None:
    mine = risk([1] * 8, [1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 0, 4, 2, CENSORED, CENSORED, CENSORED])
    found = stage_exits(onward_or_not(mine, 1), np.ones(8), 1)
    # five of eight exits before any deal is censored: to the third stage, Won, back, Lost, to the third stage
    assert found.probability[3] == pytest.approx(3 / 8)
    assert found.undecided == pytest.approx(3 / 8)
    assert found.probability[4] == pytest.approx(1 / 8)


def test_chained_rates_are_those_of_the_chain() -> None:
    # of stage 1 .6 go on and .2 are won at once; of stage 2 .5 go back to stage 1 and .25 are won
    p = np.array([[0.0, 0.6, 0.2, 0.2], [0.5, 0.0, 0.25, 0.25]])
    won = (0.2 + 0.6 * 0.25) / (1 - 0.6 * 0.5)
    assert absorbed(p)[0] == pytest.approx([won, 1 - won])


def test_what_a_young_group_has_not_seen_is_completed_by_the_pool() -> None:
    """The pool itself, seen only to the age of five days, is completed to the pool."""
    everything = risk_of(made_history(400, 5.0, seed=2))
    pool = stage_exits(everything, np.ones(len(everything.age)), 0)
    young = replace(
        everything, age=np.minimum(everything.age, 5.0), cause=np.where(everything.age > 5, CENSORED, everything.cause)
    )
    own = stage_exits(young, np.ones(len(young.age)), 0)
    assert own.undecided > 0.4
    np.testing.assert_allclose(completed(own, pool), pool.probability, atol=1e-12)


def test_a_group_that_never_entered_a_stage_is_as_the_pool_there() -> None:
    everything = risk_of(made_history(200, 5.0, seed=2))
    decided = np.ones(everything.deal.max() + 1, dtype=np.bool_)
    pool = funnel_of(everything, np.ones(len(everything.age)), decided)
    early = everything.of(everything.stage == 0)
    own = funnel_of(early, np.ones(len(early.age)), decided, pool.exits)
    np.testing.assert_allclose(own.chances[1], pool.chances[1])
    assert own.conversion(1)[0] is None and own.conversion(1)[2] == 0


def test_days_of_winners_weigh_each_exit_by_what_becomes_of_it() -> None:
    # exits to the second stage on days 1 and 2, to Lost on days 3 and 4; of the second stage half are won, half lost
    found = cumulative_incidence(np.array([1.0, 2, 3, 4]), np.array([1, 1, 3, 3]), 4)
    final = np.array([[0.25, 0.75], [0.5, 0.5]])
    of_all, won, lost = days_in_stage(found, final)
    assert (of_all.median, of_all.p90) == (2.0, 4.0)
    assert (won.median, won.p90) == (1.0, 2.0)
    # lost: .125, .125, .25, .25 of all: half is reached on day 3
    assert (lost.median, lost.p90) == (3.0, 4.0)


def test_a_slope_is_the_line_through_rates_on_a_line() -> None:
    x, n = np.arange(8) / 4, np.array([50.0, 80, 20, 60, 90, 40, 70, 30])
    found, interval = slope(x, 0.3 + 0.1 * x, n)
    assert found == pytest.approx(0.1)
    p = float((0.3 + 0.1 * x) @ n + 0.5) / (n.sum() + 1)
    spread = float(n @ (x - n @ x / n.sum()) ** 2) / (p * (1 - p))
    assert interval == pytest.approx((0.1 - 1.6449 / spread**0.5, 0.1 + 1.6449 / spread**0.5), rel=1e-4)


def test_no_slope_from_two_periods() -> None:
    assert slope(np.array([0.0, 1.0]), np.array([0.2, 0.4]), np.array([50.0, 50.0])) == (None, None)


def test_the_interval_of_a_slope_holds_none_nine_times_in_ten() -> None:
    rng = np.random.default_rng(2)
    x, inside = np.arange(10) / 4, 0
    for _ in range(500):
        n = rng.integers(20, 200, 10)
        _, interval = slope(x, rng.binomial(n, 0.3) / n, n.astype(float))
        assert interval is not None
        inside += interval[0] <= 0 <= interval[1]
    assert 0.87 <= inside / 500 <= 0.98  # never narrower than the scatter: a little wide
