"""What an analyst states about single deals, and deals older than the history knows."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import (
    assert_periods,
    assert_probability,
    compiled,
    compiled_whole,
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

from simfunnel.errors import InputError

TRIALS = sized(60_000)
FAST = stage("A", 0.3, {"exponential": 5})
LONG = {"periods": days(length=3, count=10)}


def test_age_0_written_in_the_scenario_is_a_deal_that_has_just_entered() -> None:
    data = funnel([stage("A", 1, 3)], periods=days(length=3, count=2))
    data["pipeline"]["opportunities"] = [{"id": "1", "stage": "A", "age": 0, "amount": 1}]
    assert not compiled_whole(data).quality.excluded
    assert (simulate_ledger(data, 20).wins[0, :, 0] == [0, 1]).all()


def test_judged_win_rate_replaces_the_funnels() -> None:
    data = funnel(
        [FAST],
        [*deals(2, win_rate=0.9), *deals(1, "z"), *unaged(1, "u", win_rate=0.2)],
        periods=days(length=3000),
    )
    won = won_deals(data, TRIALS)
    for i, w in enumerate([0.9, 0.9, 0.3, 0.2]):
        assert_probability(won[i], w)


def test_judged_win_rate_keeps_the_timing() -> None:
    data = funnel([FAST], deals(3, age=4, win_rate=0.8), **LONG)
    assert_periods(simulate_ledger(data, TRIALS), 1 - np.exp(-np.arange(11) * 3 / 5))


def test_judged_win_rate_is_the_mean_over_the_factors() -> None:
    data = funnel([FAST], deals(2, win_rate=0.7), periods=days(length=3000), correlation={"market": 0.4})
    won = won_deals(data, TRIALS)
    assert_probability(won[0], 0.7)
    assert (won[0] & won[1]).mean() > 0.53


def test_judged_win_rate_is_certain_even_where_rates_are_uncertain() -> None:
    data = funnel([stage("A", {"mean": 0.3, "n": 2}, 1)], deals(2, win_rate=0.6))
    won = won_deals(data, TRIALS)
    assert_probability(won[0] & won[1], 0.36)


@pytest.mark.parametrize("rate", [0, 1])
def test_judged_0_and_1_are_certain(rate: int) -> None:
    data = funnel([FAST], deals(2, win_rate=rate), periods=days(length=3000), correlation={"market": 0.3})
    assert (wins(data, 300) == 2 * rate).all()


def test_a_judgement_where_nothing_can_be_won_is_refused_with_the_deals_and_the_stage() -> None:
    data = funnel([stage("A", 0), stage("B", 1)], [*deals(2, win_rate=0.5), *deals(1, "z", win_rate=0)])
    with pytest.raises(InputError) as caught:
        compiled(data)
    assert [str(p).split(":")[0] for p in caught.value.problems] == ["row 1 (d0)", "row 2 (d1)"]
    assert "a win rate of 0.5 is judged, but from A nothing is ever won" in str(caught.value)


def test_a_shift_that_closes_the_way_to_won_closes_it_for_judged_deals_too() -> None:
    data = funnel([stage("A", 0.5), stage("B", 1)], deals(2, win_rate=0.5))
    assert not simulate_ledger(data, 300, shifts=[{"path": "conversion", "scale": 0}]).wins.any()


def test_win_before_the_day_stated_waits_for_it() -> None:
    """Won by day 12 (not before the 13th of January): booked on it, in the period of days 12 to 14."""
    data = funnel([stage("A", 1, {"exponential": 5})], deals(2, not_before="2027-01-13"), **LONG)
    cdf = np.where(np.arange(11) < 5, 0.0, 1 - np.exp(-np.arange(11) * 3 / 5))
    assert_periods(simulate_ledger(data, TRIALS), cdf)


def test_not_before_in_the_past_or_beyond_the_horizon() -> None:
    past = funnel([FAST], deals(2, not_before="2026-01-01"), **LONG)
    assert np.array_equal(simulate_ledger(past, 500).open, simulate_ledger(funnel([FAST], deals(2), **LONG), 500).open)
    assert not wins(funnel([FAST], deals(2, not_before="2027-06-01"), **LONG), 300).any()


def test_not_before_is_a_day_of_the_calendar_under_any_clock() -> None:
    data = funnel(
        [stage("A", 1, 0)],
        deals(1, not_before="2027-01-13"),
        clock={"weekdays": [1, 1, 1, 1, 1, 0, 0]},
        **LONG,
    )
    assert simulate_ledger(data, 20).wins[0, 4].all()


OLD = deals(2, age=200)


def test_deal_beyond_support_is_lost_and_reported() -> None:
    found = compiled_whole(funnel([FAST], [*OLD, *deals(1, "z")], **LONG))
    model, warnings = found.model, [f.sentence for f in found.findings]
    assert model.beyond_support.tolist() == [True, True, False]
    assert len(warnings) == 1
    assert "2 open deals in A" in warnings[0]
    assert model.win_rate.tolist() == pytest.approx([0, 0, 0.3])
    assert (wins(funnel([FAST], OLD, **LONG), 300) == 0).all()


def test_deal_beyond_support_may_start_again() -> None:
    again = funnel([FAST], OLD, **LONG, pipeline={"beyond_support": "restart"})
    fresh = funnel([FAST], deals(2), **LONG)
    assert np.array_equal(simulate_ledger(again, 1000).open, simulate_ledger(fresh, 1000).open)


def test_judged_deal_beyond_support_starts_again_with_its_judgement() -> None:
    data = funnel([FAST], deals(2, age=200, win_rate=0.5), periods=days(length=3000))
    assert_probability(won_deals(data, TRIALS).ravel(), 0.5)
    timed = funnel([FAST], deals(2, age=200, win_rate=0.5), **LONG)
    assert_periods(simulate_ledger(timed, TRIALS), 1 - np.exp(-np.arange(11) * 3 / 5))


def test_tail_says_where_support_ends() -> None:
    age = 5 * np.log(20)  # survival 0.05
    for tail, beyond in ((0.049, False), (0.051, True)):
        model = compiled(funnel([FAST], deals(1, age=float(age)), pipeline={"tail": tail}))
        assert model.beyond_support[0] == beyond
    assert not compiled(funnel([FAST], deals(1, age=60), pipeline={"tail": 0})).beyond_support[0]


def test_deal_older_than_every_fixed_duration_is_beyond_support_at_any_tail() -> None:
    assert compiled(funnel([stage("A", 0.5, 7)], deals(1, age=8), pipeline={"tail": 0})).beyond_support[0]


def test_ignored_deals_are_left_out() -> None:
    data = funnel([stage("A", 1, 1)], [*deals(2), *deals(1, "z", ignore=True)])
    assert (wins(data, 20) == 2).all()


def test_a_judgement_outweighs_an_age_after_which_nothing_is_won() -> None:
    """In the long run a stage with a `never` exit holds only deals that never leave it: a judged one is not of them."""
    ways = [
        {"to": "Won", "probability": 0.5, "duration": 5},
        {"to": "Lost", "probability": 0.3, "duration": 2},
        {"to": "Lost", "probability": 0.2, "duration": "never"},
    ]
    for judged in ([*deals(1, age=30, win_rate=0.7)], [*unaged(1, win_rate=0.7)]):
        data = funnel([{"name": "A", "transitions": ways}], judged, **LONG)
        assert_probability(wins(data, TRIALS) > 0, 0.7)
        unjudged = [{k: v for k, v in deal.items() if k != "win_rate"} for deal in judged]
        assert not wins({**data, "pipeline": {"opportunities": unjudged}}, 300).any()
