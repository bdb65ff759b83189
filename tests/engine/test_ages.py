"""Deals of known age: win probability and remaining time given that the stay has lasted so long."""

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
    won_deals,
)

TRIALS = sized(60_000)
DURATIONS: dict[str, Any] = {
    "lognormal": {"lognormal": {"median": 10, "p90": 30}},
    "weibull": {"weibull": {"shape": 0.7, "scale": 12}},
    "gamma": {"gamma": {"shape": 3, "scale": 5}},
    "uniform": {"uniform": {"low": 0, "high": 40}},
    "quantiles": {"empirical": {"quantiles": {0.3: 5, 0.5: 14, 0.9: 30}}},
    "quantiles with gaps": {"empirical": {"quantiles": [[0.2, 0], [0.5, 8], [0.5, 14], [0.7, 14], [0.9, 30]]}},
}


@pytest.mark.parametrize("age", [0.0, 3.3, 14.0, 29.5])
@pytest.mark.parametrize("family", list(DURATIONS))
def test_remaining_time_is_the_duration_given_the_age(family: str, age: float) -> None:
    d = built(DURATIONS[family])
    data = funnel([stage("A", 0.7, DURATIONS[family])], deals(5, age=age), periods=days(length=1, count=45))
    cdf = 1 - d.sf(age + np.arange(46.0)) / d.sf(np.array(age))
    assert_periods(simulate_ledger(data, sized(20_000)), cdf)


@pytest.mark.parametrize("age", [0.0, 5.0, 20.0, 45.0])
def test_win_probability_weighs_winners_and_losers_by_their_survival(age: float) -> None:
    wins, losses = DURATIONS["lognormal"], {"gamma": {"mean": 25, "sd": 10}}
    data = funnel(
        [stage("A", 0.4, wins, lost_duration=losses), stage("B", 0.5, 1)],
        deals(6, age=age),
        periods=days(length=4000),
    )
    won, lost = (float(built(d).sf(np.array(age))) for d in (wins, losses))
    p = 0.5 * 0.4 * won / (0.4 * won + 0.6 * lost)
    assert compiled(data).win_rate == pytest.approx(p)
    assert_probability(won_deals(data, TRIALS).ravel(), p)


def _win_rate(age: float, duration: Any, lost_duration: Any) -> float:
    data = funnel([stage("A", 0.4, duration, lost_duration=lost_duration)], deals(1, age=age))
    return float(compiled(data).win_rate[0])


def test_lingering_deal_is_worth_less_where_losers_linger() -> None:
    rates = [_win_rate(a, {"exponential": 10}, {"exponential": 30}) for a in (0, 5, 10, 20, 40)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 0.4
    assert rates[-1] < 0.1


def test_lingering_deal_is_worth_more_where_winners_linger() -> None:
    rates = [_win_rate(a, {"exponential": 30}, {"exponential": 10}) for a in (0, 5, 10, 20, 40)]
    assert rates == sorted(rates)
    assert rates[-1] > 0.8


def test_age_does_not_matter_where_both_take_as_long() -> None:
    assert [_win_rate(a, {"exponential": 30}, {"exponential": 30}) for a in (0, 10, 60)] == pytest.approx([0.4] * 3)


def test_deal_older_than_any_loser_is_a_certain_win() -> None:
    data = funnel([stage("A", 0.4, {"exponential": 30}, lost_duration={"uniform": {"low": 1, "high": 9}})],
                  deals(4, age=9.5), periods=days(length=3000))  # fmt: skip
    assert won_deals(data, 500).all()


def test_deal_older_than_any_winner_is_a_certain_loss() -> None:
    data = funnel([stage("A", 0.4, {"uniform": {"low": 1, "high": 9}}, lost_duration={"exponential": 30})],
                  deals(4, age=9.5), periods=days(length=3000))  # fmt: skip
    assert not won_deals(data, 500).any()
    assert not compiled(data).beyond_support.any()


def test_age_equal_to_a_fixed_duration_is_still_possible() -> None:
    data = funnel([stage("A", 0.5, 7, lost_duration=3)], deals(2, age=7), periods=days(length=1, count=3))
    assert (simulate_ledger(data, 200).wins[0, :, :] == np.array([[2], [0], [0]])).all()


def test_whole_day_ages_meet_whole_day_durations() -> None:
    observed = {"empirical": [3, 9, 9, 12, 30]}
    data = funnel([stage("A", 0.5, observed)], deals(1, age=9), periods=days(length=1, count=30))
    ledger = simulate_ledger(data, TRIALS)
    day = ledger.wins[0].argmax(axis=0)[ledger.wins[0].any(axis=0)]
    pmf = np.zeros(30)
    pmf[[0, 3, 21]] = [0.5, 0.25, 0.25]
    assert_counts(day, pmf)
    assert compiled(data).win_rate[0] == pytest.approx(0.5)


def test_atoms_of_winners_and_losers_at_the_age_itself_count() -> None:
    data = funnel(
        [stage("A", 0.5, {"empirical": [5, 10]}, lost_duration={"empirical": [10, 10, 4, 4]})],
        deals(1, age=10),
    )
    assert compiled(data).win_rate[0] == pytest.approx(0.5)
    older = funnel(
        [stage("A", 0.5, {"empirical": [5, 11]}, lost_duration={"empirical": [10, 10, 4, 4]})],
        deals(1, age=10.5),
    )
    assert compiled(older).win_rate[0] == pytest.approx(1.0)


def test_ages_may_be_hours() -> None:
    entered = {"stage_entered": "2026-12-31T18:00:00", "id": "d0", "stage": "A", "amount": 1}
    data = funnel([stage("A", 1, {"uniform": {"low": 0, "high": 1}})], [entered], periods=days(length=1, count=2))
    model = compiled(data)
    assert model.deals.age[0] == pytest.approx(0.25)
    aged = funnel(
        [stage("A", 1, {"uniform": {"low": 0, "high": 1}})],
        deals(1, age=0.25),
        periods=days(length=1, count=2),
    )
    assert np.array_equal(simulate_ledger(data, 500).open, simulate_ledger(aged, 500).open)


def test_date_of_entry_and_age_say_the_same() -> None:
    stages = [stage("A", 0.5, DURATIONS["lognormal"])]
    dated = funnel(stages, [{"id": "d0", "stage": "A", "amount": 1, "stage_entered": "2026-12-20"}])
    aged = funnel(stages, deals(1, age=12))
    assert np.array_equal(simulate_ledger(dated, 2000).open, simulate_ledger(aged, 2000).open)


def test_only_the_first_stage_knows_the_age() -> None:
    stages = [stage("A", 1, 20), stage("B", 1, {"exponential": 6})]
    data = funnel(stages, deals(3, age=15), periods=days(length=1, count=40))
    cdf = np.where(np.arange(41) < 5, 0.0, 1 - np.exp(-(np.arange(41) - 5.0) / 6))
    assert_periods(simulate_ledger(data, sized(20_000)), cdf)


def test_age_shifts_the_choice_among_skips_and_advances() -> None:
    stages = [
        {"name": "A", "transitions": [
            {"to": "B", "probability": 0.5, "duration": {"exponential": 5}},
            {"to": "Won", "probability": 0.2, "duration": {"exponential": 20}},
            {"to": "Lost", "probability": 0.3, "duration": {"exponential": 10}}]},
        stage("B", 0.25, 1),
    ]  # fmt: skip
    data = funnel(stages, deals(4, age=12), periods=days(length=3000))
    weight = np.array([0.5, 0.2, 0.3]) * np.exp(-12 / np.array([5, 20, 10]))
    expected = (weight[0] * 0.25 + weight[1]) / weight.sum()
    assert_probability(won_deals(data, TRIALS).ravel(), expected)
