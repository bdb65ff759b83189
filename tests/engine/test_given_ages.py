"""Deals of unknown age in a stage that says how old such deals are."""

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
    won_deals,
)

from simfunnel.arrays import Floats
from simfunnel.engine.law.timing import Law
from simfunnel.errors import InputError
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.scenario import parse_scenario

WINNERS: Any = {"lognormal": {"median": 10, "p90": 30}}
LOSERS: Any = {"gamma": {"mean": 25, "sd": 10}}
P = 0.4
BOUNDS = 5.0 * np.arange(7)
AGES: dict[str, Any] = {
    "smooth": {"lognormal": {"median": 12, "p90": 50}},
    "bounded": {"uniform": {"low": 0, "high": 10}},
    "listed": {"empirical": [1, 4, 9, 9, 30]},
    "gaps and atoms": {"empirical": {"quantiles": [[0, 0], [0.3, 2], [0.5, 10], [0.5, 20], [0.8, 20], [1, 60]]}},
    "an atom within smooth ages": {"mixture": [{"weight": 1, "fixed": 3}, {"weight": 2, "exponential": 9}]},
}
DURATIONS: dict[str, tuple[Any, Any]] = {
    "smooth": (WINNERS, LOSERS),
    "fixed": (20, 12),
    "listed": ({"empirical": [3, 9, 12, 30, 44]}, {"uniform": {"low": 5, "high": 50}}),
    "losers that stay": (WINNERS, "never"),
}


def scenario(age: Any, durations: tuple[Any, Any], **deal: Any) -> dict[str, Any]:
    winners, losers = durations
    one = {**stage("A", P, winners, lost_duration=losers), "age": age}
    return funnel([one], unaged(5, **deal), periods=days(length=5, count=6))


def by_hand(
    age: Any, durations: tuple[Any, Any], oldest: float = np.inf, points: int = 400_000
) -> tuple[float, Floats]:
    """Win probability and P(won before each bound | won): the mean over ages of what it is at each."""
    winners, losers = (built(d) for d in durations)
    ages = built(age).isf((np.arange(points) + 0.5) / points)
    ages = ages[ages <= oldest]
    at = np.maximum(ages - BOUNDARY_TOLERANCE, 0.0)
    still = P * winners.sf(at) + (1 - P) * losers.sf(at)
    within = still >= 0.001  # pipeline.tail: the others are beyond support, and lost
    at, ages, still = at[within], ages[within], still[within]
    won = float(np.mean(P * winners.sf(at) / still))
    later = [np.mean(P * winners.sf(ages + x - BOUNDARY_TOLERANCE) / still) for x in BOUNDS[1:]]
    return won * float(within.mean()), np.concatenate([[0.0], 1 - np.array(later) / won])


@pytest.mark.parametrize("durations", DURATIONS)
@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("created", [None, "2026-12-12"])
def test_law_is_the_mean_over_the_ages(age: str, durations: str, created: str | None) -> None:
    given = {} if created is None else {"created": created}
    model = compiled(scenario(AGES[age], DURATIONS[durations], **given))
    won, before = by_hand(AGES[age], DURATIONS[durations], np.inf if created is None else 20.0)
    assert model.win_rate == pytest.approx(won, abs=1e-4)
    found = Law(model, float(BOUNDS[-1])).deals_before(model.grid.bound[1:]).deals
    assert found == pytest.approx(np.broadcast_to(before[1:], found.shape), abs=2e-4)


@pytest.mark.parametrize("durations", ["smooth", "listed"])
@pytest.mark.parametrize("age", AGES)
def test_paths_draw_age_exit_and_remaining_time_of_one_piece(age: str, durations: str) -> None:
    data = scenario(AGES[age], DURATIONS[durations])
    won, before = by_hand(AGES[age], DURATIONS[durations])
    ledger = simulate_ledger(data, sized(30_000))
    assert_periods(ledger, before)
    assert_probability(ledger.wins[0].sum(axis=0) / 5, won * before[-1])


def test_a_single_age_is_a_known_one() -> None:
    for age in (0, 7.5):
        hidden, known = (
            compiled(scenario(age, (WINNERS, LOSERS))),
            compiled(
                funnel(
                    [stage("A", P, WINNERS, lost_duration=LOSERS)], deals(5, age=age), periods=days(length=5, count=6)
                )
            ),
        )
        assert np.array_equal(hidden.deals.age, known.deals.age)
        assert np.array_equal(hidden.win_rate, known.win_rate)


def test_ages_of_a_steady_flow_change_nothing() -> None:
    """Of exponential stays a steady flow leaves exponential ages: said or not, everything is as it was."""
    flow: Any = {"exponential": 9}
    for rate in (P, {"mean": P, "n": 20}):
        rest = {"pipeline": {"tail": 0}}  # nobody is too old
        plain = funnel([stage("A", rate, flow), stage("B", 0.5, WINNERS)], unaged(3), **rest)
        said = funnel([{**stage("A", rate, flow), "age": flow}, stage("B", 0.5, WINNERS)], unaged(3), **rest)
        a, b = compiled(plain), compiled(said)
        assert b.win_rate == pytest.approx(a.win_rate, abs=1e-6)
        assert b.deals.weight / b.deals.weight[0] == pytest.approx(a.deals.weight / a.deals.weight[0], abs=1e-6)
        x = np.array([3.0, 10.0, 25.0])
        laws = [Law(m, 30.0).deals_before(x).deals for m in (a, b)]
        assert laws[0] == pytest.approx(laws[1], abs=1e-5)


def test_winners_are_expected_where_some_never_leave() -> None:
    """In steady state only those who stay for good would be left."""
    one = {**stage("A", 0.5, 10, lost_duration="never"), "age": {"uniform": {"low": 0, "high": 8}}}
    data = funnel([one], unaged(4), periods=days(length=2, count=5))
    assert compiled(data).win_rate == pytest.approx(0.5)
    assert_periods(simulate_ledger(data, sized(20_000)), [0, 0, 0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize("fate", ["lost", "restart"])
def test_ages_beyond_support(fate: str) -> None:
    """Half of the ages are beyond the 12 days that all stay: lost, or as if they had just come in."""
    one = {**stage("A", P, 12), "age": {"empirical": [2, 20]}}
    data = funnel([one], unaged(4), periods=days(length=6, count=3), pipeline={"beyond_support": fate})
    model = compiled(data)
    assert model.win_rate == pytest.approx(P / 2 if fate == "lost" else P)
    assert not model.beyond_support.any()
    won = won_deals(data, sized(40_000))
    assert_probability(won.ravel(), P / 2 if fate == "lost" else P)
    counts = simulate_ledger(data, sized(20_000)).wins[0].sum(axis=1)
    if fate == "lost":  # ten days are left, twelve of those who begin again
        assert (counts > 0).tolist() == [False, True, False]
    else:
        assert_counts(np.repeat([1, 2], counts[1:]) - 1, [0.5])


def test_all_ages_beyond_support() -> None:
    one = {**stage("A", P, 12), "age": {"uniform": {"low": 20, "high": 30}}}
    lost = compiled(funnel([one], unaged(2)))
    assert lost.beyond_support.all()
    assert (lost.win_rate == 0).all()
    again = compiled(funnel([one], unaged(2), pipeline={"beyond_support": "restart"}))
    assert again.win_rate == pytest.approx(P)
    judged = compiled(funnel([one], unaged(2, win_rate=0.3)))
    assert judged.win_rate == pytest.approx(0.3)
    assert (judged.deals.age == 0).all()


def test_a_judged_chance_is_not_cut_by_ages_beyond_support() -> None:
    one = {**stage("A", P, 12), "age": {"empirical": [2, 20]}}
    assert compiled(funnel([one], unaged(2, win_rate=0.3))).win_rate == pytest.approx(0.3)


def test_created_after_all_ages_is_as_old_as_its_creation() -> None:
    one = {**stage("A", P, WINNERS, lost_duration=LOSERS), "age": {"uniform": {"low": 20, "high": 30}}}
    model = compiled(funnel([one], unaged(2, created="2026-12-22")))
    assert model.deals.age == pytest.approx(10.0)


def test_known_entries_do_not_ask_for_the_ages() -> None:
    plain = funnel([stage("A", P, WINNERS, lost_duration=LOSERS)], deals(3, age=4))
    said = funnel([{**stage("A", P, WINNERS, lost_duration=LOSERS), "age": 30}], deals(3, age=4))
    assert np.array_equal(compiled(plain).win_rate, compiled(said).win_rate)
    assert not compiled(said).inflows


def test_an_age_keeps_the_transitions_that_a_segment_does_not_change() -> None:
    stages = [{"name": "A", "transitions": [{"to": "Won", "probability": 1.0, "duration": WINNERS}]}]
    data = funnel(stages, unaged(1, segment="s"), segments={"s": {"stages": {"A": {"age": 4}}}})
    assert compiled(data).deals.age == pytest.approx(4.0)


def test_an_age_is_never_without_end() -> None:
    with pytest.raises(InputError, match="`never` is for durations only"):
        parse_scenario(funnel([{**stage("A", P, 12), "age": "never"}]))
