"""Independent deals: binomial and Poisson-binomial wins, and the period of a win."""

from __future__ import annotations

import numpy as np
from helpers import (
    CENTS,
    assert_counts,
    assert_periods,
    assert_probability,
    days,
    deals,
    funnel,
    simulate_ledger,
    sized,
    stage,
    wins,
    won_deals,
)
from scipy import stats

TRIALS = sized(100_000)


def test_identical_deals_win_a_binomial_number() -> None:
    data = funnel([stage(conversion=0.3)], deals(12))
    assert_counts(wins(data, TRIALS), stats.binom(12, 0.3).pmf(np.arange(13)))


def test_deals_of_different_stages_win_a_poisson_binomial_number() -> None:
    stages = [stage("A", 0.5), stage("B", 0.6), stage("C", 0.7)]
    book = [*deals(3, "a"), *deals(4, "b", stage="B"), *deals(2, "c", stage="C")]
    pmf = np.array([1.0])
    for w in [0.21] * 3 + [0.42] * 4 + [0.7] * 2:
        pmf = np.convolve(pmf, [1 - w, w])
    assert_counts(wins(funnel(stages, book), TRIALS), pmf)


def test_bookings_have_the_exact_law_of_independent_amounts() -> None:
    stages = [stage("A", 0.25), stage("B", 0.8)]
    book = [
        {"id": "p", "stage": "A", "age": 0, "amount": 1}, {"id": "q", "stage": "A", "age": 0, "amount": 2},
        {"id": "r", "stage": "B", "age": 0, "amount": 3}, {"id": "s", "stage": "B", "age": 0, "amount": 5},
    ]  # fmt: skip
    pmf = np.array([1.0])
    for w, amount in ((0.2, 1), (0.2, 2), (0.8, 3), (0.8, 5)):
        pmf = np.convolve(pmf, [1 - w, *[0.0] * (amount - 1), w])
    assert_counts(simulate_ledger(funnel(stages, book), TRIALS).open[0, 0] // CENTS, pmf)


def test_deals_are_independent_without_factors() -> None:
    won = won_deals(funnel([stage("A", 0.3), stage("B", 0.7)], [*deals(3), *deals(3, "b", stage="B")]), TRIALS)
    for i in range(6):
        assert_probability(won[i], 0.21 if i < 3 else 0.7)
        for j in range(i):
            together = (0.21 if i < 3 else 0.7) * (0.21 if j < 3 else 0.7)
            assert_probability(won[i] & won[j], together)


def test_certain_rates_win_always_and_never() -> None:
    assert (wins(funnel([stage(conversion=1)], deals(3)), 200) == 3).all()
    assert (wins(funnel([stage(conversion=0)], deals(3)), 200) == 0).all()


def test_no_deals_and_no_leads_book_nothing() -> None:
    ledger = simulate_ledger(funnel([stage()]), 50)
    assert ledger.open.shape == (1, 1, 50)
    assert not ledger.open.any()


def test_win_exactly_on_a_boundary_counts_in_the_later_period() -> None:
    data = funnel([stage("A", 1, 4), stage("B", 1, 6)], deals(1), periods=days(length=10, count=2))
    assert (simulate_ledger(data, 50).wins[0, :, 0] == [0, 1]).all()


def test_fractions_that_add_up_to_a_boundary_are_on_it() -> None:
    stages = [stage(name, 1, 0.1) for name in "ABCDEFGHIJ"]  # ten times 0.1 is 0.9999999999999999
    data = funnel(stages, deals(1), periods=days(length=1, count=2))
    assert (simulate_ledger(data, 50).wins[0, :, 0] == [0, 1]).all()


def test_win_after_the_last_period_is_not_counted() -> None:
    assert not wins(funnel([stage("A", 1, 30)], deals(3)), 50).any()
    assert (wins(funnel([stage("A", 1, 29.9)], deals(3)), 50) == 3).all()


def test_periods_follow_the_law_of_a_sum_of_durations() -> None:
    stages = [
        stage("A", 0.5, {"gamma": {"shape": 1.5, "scale": 4}}),
        stage("B", 0.5, {"gamma": {"shape": 2, "scale": 4}}),
    ]
    data = funnel(stages, deals(4), periods=days(length=1, count=60))
    cdf = stats.gamma(3.5, scale=4).cdf(np.arange(61))
    ledger = simulate_ledger(data, TRIALS)
    assert_periods(ledger, cdf)
    assert_probability(won_deals(data, TRIALS)[0], 0.25 * cdf[-1])


def test_losers_duration_says_nothing_of_fresh_winners() -> None:
    slow = funnel([stage("A", 0.5, {"exponential": 8}, lost_duration=500)], deals(2), periods=days(length=2, count=10))
    quick = funnel([stage("A", 0.5, {"exponential": 8}, lost_duration=0)], deals(2), periods=days(length=2, count=10))
    assert np.array_equal(simulate_ledger(slow, 2000).open, simulate_ledger(quick, 2000).open)
