"""Deals of unknown age: found in steady state, or since their creation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import (
    assert_counts,
    assert_periods,
    assert_probability,
    built,
    compiled,
    days,
    deals,
    funnel,
    simulate_ledger,
    sized,
    stage,
    unaged,
    wins,
    won_deals,
)
from scipy import integrate

TRIALS = sized(60_000)
WINNERS: Any = {"lognormal": {"median": 10, "p90": 30}}
LOSERS: Any = {"gamma": {"mean": 25, "sd": 10}}


def test_win_probability_is_weighted_by_mean_durations() -> None:
    data = funnel(
        [stage("A", 0.4, WINNERS, lost_duration=LOSERS), stage("B", 0.5, 1)],
        unaged(6),
        periods=days(length=4000),
    )
    won, lost = 0.4 * built(WINNERS).mean, 0.6 * built(LOSERS).mean
    expected = 0.5 * won / (won + lost)
    assert compiled(data).win_rate == pytest.approx(expected)
    assert_probability(won_deals(data, TRIALS).ravel(), expected)


@pytest.mark.parametrize(
    "duration",
    [WINNERS, {"uniform": {"low": 2, "high": 20}}, 12, {"empirical": [3, 9, 12, 30]}, {"exponential": 6}],
)
def test_remaining_time_has_density_of_survival_over_mean(duration: Any) -> None:
    d = built(duration)
    data = funnel([stage("A", 0.6, duration)], unaged(5), periods=days(length=1, count=40))
    assert_periods(simulate_ledger(data, sized(20_000)), d.integrated_sf(np.arange(41.0)) / d.mean)


@pytest.mark.parametrize("duration", [WINNERS, 20, {"empirical": [3, 9, 12, 30]}, {"gamma": {"shape": 3, "scale": 5}}])
def test_age_is_cut_at_the_creation_date(duration: Any) -> None:
    """P(remaining <= r) is the integral over ages up to 8 days of S(a) - S(a + r), over that of S(a)."""
    d = built(duration)
    data = funnel([stage("A", 0.6, duration)], unaged(5, created="2026-12-24"), periods=days(length=1, count=40))
    r = np.arange(41.0)
    mass = d.integrated_sf(np.array(8.0))
    cdf = 1 - (d.integrated_sf(8 + r) - d.integrated_sf(r)) / mass
    assert_periods(simulate_ledger(data, sized(20_000)), np.maximum.accumulate(np.round(cdf, 12)))


def test_win_probability_is_weighted_by_cut_means() -> None:
    data = funnel(
        [stage("A", 0.4, WINNERS, lost_duration=LOSERS)],
        unaged(6, created="2026-12-12"),
        periods=days(length=4000),
    )

    def mean_within(spelling: Any) -> float:
        return float(integrate.quad(lambda x: float(built(spelling).sf(np.array(x))), 0, 20)[0])

    cut = [mean_within(WINNERS), mean_within(LOSERS)]
    expected = 0.4 * cut[0] / (0.4 * cut[0] + 0.6 * cut[1])
    assert compiled(data).win_rate == pytest.approx(expected, rel=1e-6)
    assert_probability(won_deals(data, TRIALS).ravel(), expected)


def test_deal_just_created_is_a_fresh_one() -> None:
    data = funnel([stage("A", 0.4, WINNERS, lost_duration=LOSERS)], unaged(3, created="2026-12-31T23:59:00"))
    assert compiled(data).win_rate == pytest.approx(0.4, rel=1e-3)


def test_instant_durations_mean_a_fresh_deal() -> None:
    data = funnel(
        [stage("A", 0.4, 0), stage("B", 0.5, {"exponential": 5})], unaged(3), periods=days(length=1, count=20)
    )
    model = compiled(data)
    assert (model.deals.age == 0).all()
    assert model.win_rate == pytest.approx(0.2)
    assert_periods(simulate_ledger(data, sized(20_000)), 1 - np.exp(-np.arange(21) / 5))


def test_winners_that_take_no_time_are_never_found_waiting() -> None:
    data = funnel([stage("A", 0.4, 0, lost_duration=5)], unaged(4))
    assert not wins(data, 500).any()


def test_deals_of_unknown_age_that_may_stay_for_good_are_those_that_do() -> None:
    stages = [{"name": "A", "transitions": [
        {"to": "Won", "probability": 0.5, "duration": 5}, {"to": "Lost", "probability": 0.4, "duration": 5},
        {"to": "A", "probability": 0.1, "duration": "never"}]}]  # fmt: skip
    assert not wins(funnel(stages, unaged(4)), 300).any()
    created = funnel(stages, unaged(4, created="2026-12-22"), periods=days(length=40))
    weight = np.array([0.5 * 5, 0.4 * 5, 0.1 * 10])
    assert compiled(created).win_rate == pytest.approx(weight[0] / weight.sum())


def test_outcome_and_remaining_time_are_of_one_piece() -> None:
    """A loop: the exit is chosen in proportion to p m w, and only then the rest of the path."""
    stages = [
        {"name": "A", "transitions": [
            {"to": "Won", "probability": 0.3, "duration": 4}, {"to": "B", "probability": 0.3, "duration": 20},
            {"to": "Lost", "probability": 0.4, "duration": 1}]},
        stage("B", 0.5, 0),
    ]  # fmt: skip
    data = funnel(stages, unaged(1), periods=days(length=4, count=5))
    ledger = simulate_ledger(data, TRIALS)
    period = np.where(ledger.wins[0].any(axis=0), ledger.wins[0].argmax(axis=0), 5)
    total = 0.3 * 4 + 0.3 * 20 + 0.4
    by_b = 0.3 * 20 * 0.5 / total / 5  # uniform over five periods
    assert_counts(period, [0.3 * 4 / total + by_b, *[by_b] * 4])


def test_unknown_age_of_exponential_stays_is_no_news() -> None:
    known = funnel([stage("A", 0.4, {"exponential": 9})], deals(4), periods=days(length=5, count=4))
    hidden = funnel([stage("A", 0.4, {"exponential": 9})], unaged(4), periods=days(length=5, count=4))
    for data in (known, hidden):
        assert_periods(simulate_ledger(data, TRIALS), 1 - np.exp(-np.arange(5) * 5 / 9))
        assert_probability(won_deals(data, TRIALS)[0], 0.4 * (1 - np.exp(-20 / 9)))


def test_an_impossible_never_exit_does_not_count() -> None:
    data = funnel([stage("A", 1.0, 20, lost_duration="never")], unaged(1))
    assert np.isnan(compiled(data).deals.age).all()
