"""Pace and clock: what makes a trial slow, and what makes a day long."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers import (
    LONG_IN_PYTHON,
    assert_mean,
    assert_probability,
    days,
    deals,
    funnel,
    simulate_ledger,
    sized,
    stage,
    wins,
)
from scipy import stats

TRIALS = sized(60_000)


def pace_cdf(sd: float, x: float) -> float:
    sigma = math.sqrt(math.log1p(sd * sd))
    return float(stats.norm.cdf((math.log(x) + sigma**2 / 2) / sigma))


@pytest.mark.parametrize("sd", [0.05, 0.2, 0.8])
def test_pace_moves_all_deals_of_a_trial_together(sd: float) -> None:
    """Fixed durations of 20 days and 19 days to go: all are won in time, or none."""
    won = wins(funnel([stage("A", 1, 20)], deals(5), periods=days(length=19), pace={"sd": sd}), TRIALS)
    assert set(np.unique(won)) <= {0.0, 5.0}
    assert_probability(won == 5, pace_cdf(sd, 19 / 20))


def test_pace_has_mean_1() -> None:
    data = funnel([stage("A", 1, 10)], deals(1), periods=days(length=1, count=120), pace={"sd": 0.4})
    period = simulate_ledger(data, TRIALS).wins[0].argmax(axis=0)
    sigma = math.sqrt(math.log1p(0.16))
    bound = np.arange(121) / 10
    p = np.diff(stats.lognorm(sigma, scale=math.exp(-(sigma**2) / 2)).cdf(bound))
    assert_mean(period, float(p @ np.arange(120)))


def test_pace_stretches_the_remaining_time_of_aged_deals() -> None:
    won = wins(funnel([stage("A", 1, 50)], deals(3, age=30), periods=days(length=19), pace={"sd": 0.3}), TRIALS)
    assert_probability(won == 3, pace_cdf(0.3, 19 / 20))


@LONG_IN_PYTHON
def test_pace_does_not_move_arrivals() -> None:
    leads = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 3}, "amount": 1}]
    slow = funnel([stage("A", 1, 0)], leads=leads, pace={"sd": 0.9})
    assert np.array_equal(simulate_ledger(slow, 300).new, simulate_ledger({**slow, "pace": None}, 300).new)


def test_pace_changes_no_outcome() -> None:
    data = funnel([stage("A", 0.4, {"exponential": 5})], deals(6), periods=days(length=9000))
    assert np.array_equal(wins(data, 1000), wins({**data, "pace": {"sd": 0.5}}, 1000))


def test_business_days_skip_the_weekend() -> None:
    """As of Friday 1 January 2027, three business days end with Tuesday."""
    data = funnel(
        [stage("A", 1, 2.5)],
        deals(1),
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        periods=days(length=1, count=7),
    )
    assert simulate_ledger(data, 10).wins[0, :, 0].tolist() == [0, 0, 0, 0, 1, 0, 0]


def test_nothing_is_won_on_a_holiday() -> None:
    """As of Friday 1 January 2027, a stay of 2.5 business days ends on Tuesday, after a holiday on Wednesday."""
    one = funnel(
        [stage("A", 1, 2.5)],
        deals(1),
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0], "holidays": {"2027-01-05": 0}},
        periods=days(length=1, count=7),
    )
    assert simulate_ledger(one, 10).wins[0, :, 0].tolist() == [0, 0, 0, 0, 0, 1, 0]


def test_ages_pass_over_holidays() -> None:
    """Of seven calendar days one was a holiday: six of a stay of eight are over, two are left."""
    data = funnel(
        [stage("A", 1, 8)], deals(1, age=7), clock={"holidays": {"2026-12-25": 0}}, periods=days(length=1, count=4)
    )
    assert simulate_ledger(data, 10).wins[0, :, 0].tolist() == [0, 0, 1, 0]


@LONG_IN_PYTHON
def test_arrivals_do_not_rest_on_holidays() -> None:
    leads = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 3}, "amount": 1}]
    plain = funnel([stage("A", 1, 0)], leads=leads)
    rested = {**plain, "clock": {"holidays": {"2027-01-05": 0}}}
    assert np.array_equal(simulate_ledger(plain, 300).new.sum(axis=(1)), simulate_ledger(rested, 300).new.sum(axis=1))


def test_win_at_the_close_of_friday_is_booked_on_monday_morning() -> None:
    """Friday midnight, Saturday and Monday morning are one moment of the operational clock; the last day it
    shows counts.
    """
    data = funnel(
        [stage("A", 1, 1)],
        deals(1),
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        periods=days(length=1, count=7),
    )
    assert simulate_ledger(data, 10).wins[0, :, 0].tolist() == [0, 0, 0, 1, 0, 0, 0]


def test_ages_go_through_the_clock() -> None:
    """Seven calendar days are five business days; two more are left of seven."""
    data = funnel(
        [stage("A", 1, 7)],
        deals(1, age=7),
        as_of="2027-01-04",
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        periods=days(length=1, count=5),
    )
    assert simulate_ledger(data, 10).wins[0, :, 0].tolist() == [0, 0, 1, 0, 0]


def test_the_last_month_of_a_quarter_may_run_faster() -> None:
    data = funnel([stage("A", 1, 40)], deals(1), as_of="2027-02-01", clock={"month_of_quarter": [1, 1, 2]},
                  periods=days(length=1, count=40))  # fmt: skip
    # 28 days of February, then 12 of the clock's days in 6 of March
    assert simulate_ledger(data, 10).wins[0, 34].all()


def test_quarters_of_the_clock_follow_the_fiscal_year() -> None:
    data = funnel([stage("A", 1, 10)], deals(1), as_of="2027-02-01", clock={"month_of_quarter": [2, 1, 1]},
                  periods={"unit": "month", "count": 1, "fiscal_year_start": 2})  # fmt: skip
    assert wins(data, 10).all()
    slow = {**data, "clock": {"month_of_quarter": [0.3, 1, 1]}}
    assert not wins(slow, 10).any()


def test_leads_arrive_on_weekends_but_move_on_business_days() -> None:
    leads = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 4}, "amount": 1}]
    data = funnel(
        [stage("A", 1, 0.5)],
        leads=leads,
        as_of="2027-01-02",
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        periods=days(length=1, count=4),
    )
    ledger = simulate_ledger(data, TRIALS)
    assert not ledger.wins[0, :2].any()
    assert_mean(ledger.wins[0, 2], 8 + 2)
    assert_mean(ledger.wins[0, 3], 4)


def test_a_uniform_speed_is_a_change_of_unit() -> None:
    data = funnel([stage("A", 0.6, {"exponential": 10})], deals(4, age=6), periods=days(length=10, count=2))
    quick = funnel([stage("A", 0.6, {"exponential": 20})], deals(4, age=6), periods=days(length=10, count=2),
                   clock={"weekdays": [2] * 7})  # fmt: skip
    assert np.array_equal(simulate_ledger(data, 1000).wins, simulate_ledger(quick, 1000).wins)
