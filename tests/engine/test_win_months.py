"""Wins by month of the quarter: the density of the win time is times a factor, in every way of computing it."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from helpers import (
    LONG_IN_PYTHON,
    assert_mean,
    assert_probability,
    assert_same_mean,
    compiled,
    deals,
    funnel,
    sized,
    stage,
)

from simfunnel import InputError, exact_forecast, simulate
from simfunnel.diagnosis.health.law import entering, won_by
from simfunnel.engine.exact.chances import chances_by_period
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.paths.lead_runs import critical_multipliers
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.funnel.calendar import fiscal_periods, month_of_quarter
from simfunnel.scenario import parse_scenario

TRIALS = sized(60_000)
QUARTERS = {"unit": "quarter", "count": 2}
FACTORS = [0.6, 1.0, 1.3]
LEADS = [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 2}, "amount": 1}]


def book(factors: list[float] | None, **more: Any) -> dict[str, Any]:
    data = funnel(
        [stage("A", 0.5, {"exponential": 40}), stage("B", 0.6, {"gamma": {"mean": 20, "sd": 12}})],
        deals(3, age=5), as_of="2027-01-18", periods=QUARTERS, amount=1, **more,
    )  # fmt: skip
    return data if factors is None else {**data, "wins_by_month_of_quarter": factors}


def one_stage(w: float, factors: list[float], periods: dict[str, Any], **more: Any) -> dict[str, Any]:
    return funnel(
        [stage("A", w, {"exponential": 40})], deals(1), as_of="2027-01-18", periods=periods,
        wins_by_month_of_quarter=factors, **more,
    )  # fmt: skip


def closed_form(w: float, factors: list[float], data: dict[str, Any]) -> list[float]:
    """Of one exponential stage, day by day."""
    scenario = parse_scenario(data).scenario
    chances = []
    for period in fiscal_periods(scenario.periods, scenario.as_of):
        total, day = 0.0, max(period.start, scenario.as_of)
        while day < period.end:
            at = (day - scenario.as_of).days
            inside = math.exp(-at / 40) - math.exp(-(at + 1) / 40)
            total += min(1.0, w * factors[month_of_quarter(day, scenario.periods)]) * inside
            day += dt.timedelta(days=1)
        chances.append(total)
    return chances


def wins_by(kernel: str, data: dict[str, Any], trials: int, seed: int = 1) -> Any:
    """(K, n) wins."""
    model = compiled(data)
    run = (PathsRun if kernel == "paths" else OutcomeRun).prepare(model, seed)
    return run_blocks(run, 0, trials, threads=1).wins[0]


def brute_force(factors: list[float], number: int = 400_000) -> tuple[Any, Any]:
    """(K, 2) mean wins of three open deals and of leads, weighed by the factor of the day, and their errors.

    The chain as it is, nothing conditioned: two stages, won with 0.5 x 0.6; the first is without memory.
    """
    rng = np.random.default_rng(7)
    first, days = dt.date(2027, 1, 18), 164
    in_month = np.array([factors[((first + dt.timedelta(days=d)).month - 1) % 3] for d in range(days)])
    period = np.array([(first + dt.timedelta(days=d)).month > 3 for d in range(days)])
    won = rng.random((2, number)) < 0.3
    entered = np.stack([np.zeros(number), rng.random(number) * days])
    day = entered + rng.exponential(40, (2, number)) + rng.gamma((20 / 12) ** 2, 144 / 20, (2, number))
    inside = won & (day < days)
    at = np.where(inside, day, 0).astype(int)
    size = np.array([3.0, 2 / 7 * days])
    each = np.stack([inside * in_month[at] * (period[at] == k) for k in range(2)])
    return each.mean(axis=2) * size, each.std(axis=2) / math.sqrt(number) * size


PERIODS = [
    QUARTERS,
    {"unit": "quarter", "count": 2, "fiscal_year_start": 2},
    {"unit": "year", "count": 1},
    {"unit": "month", "count": 4},
    {"unit": "week", "count": 9},
    {"unit": "days", "length": 25, "count": 4},
    {"unit": "quarter", "count": 2, "weeks": "4-4-5", "year_end": {"weekday": "saturday", "month": 1, "rule": "last"}},
]


@pytest.mark.parametrize("periods", PERIODS)
@pytest.mark.parametrize(("w", "factors"), [(0.4, [0.5, 1.0, 1.5]), (0.4, [0, 2, 1]), (0.8, [0.7, 1.1, 1.4])])
def test_one_exponential_stage_has_a_closed_form(w: float, factors: list[float], periods: dict[str, Any]) -> None:
    data = one_stage(w, factors, periods)
    expected = closed_form(w, factors, data)
    model = compiled(data)
    assert chances_by_period(model)[:, 0] == pytest.approx(expected, abs=1e-7)
    for kernel in ("paths", "outcomes"):
        won = wins_by(kernel, data, TRIALS)
        for k, p in enumerate(expected):
            assert_probability(won[k] == 1, p)


def test_a_common_market_leaves_the_means() -> None:
    factors = [0.7, 1.1, 1.4]
    data = one_stage(0.8, factors, QUARTERS, correlation={"market": 0.3})
    expected = closed_form(0.8, factors, data)
    for kernel in ("paths", "outcomes"):
        won = wins_by(kernel, data, TRIALS)
        for k, p in enumerate(expected):
            assert_probability(won[k] == 1, p)


@pytest.mark.parametrize("kernel", ["paths", "outcomes"])
def test_factors_of_1_give_the_same_bits_as_none(kernel: str) -> None:
    data = book(None, leads=LEADS)
    assert np.array_equal(wins_by(kernel, book([1, 1, 1], leads=LEADS), 500), wins_by(kernel, data, 500))


def test_one_factor_for_all_months_is_the_anchor() -> None:
    same, anchored = book([0.8, 0.8, 0.8], leads=LEADS), book(None, leads=LEADS, anchor={"factor": 0.8})
    a, b = (simulate(data, trials=500, kernel="paths", threads=1).bookings("2027-Q1") for data in (same, anchored))
    assert np.array_equal(a, b)


def test_the_law_is_that_of_a_brute_force() -> None:
    expected, error = brute_force(FACTORS)
    data = book(FACTORS, leads=LEADS)
    open_deals = chances_by_period(compiled(data)).sum(axis=1)
    assert np.all(np.abs(open_deals - expected[:, 0]) < 4.5 * error[:, 0])
    summary = exact_forecast(data, groups=()).to_dict()
    for k, period in enumerate(summary["periods"]):
        assert abs(period["wins"]["mean"] - expected[k].sum()) < 4.5 * np.hypot(*error[k])


RICH: list[dict[str, Any]] = [
    {},
    {"correlation": {"market": 0.15}, "pace": {"sd": 0.2}},
    {"clock": {"weekdays": [1, 1, 1, 1, 1, 0, 0], "month_of_quarter": [0.8, 1, 1.3]}},
    {"leads_level": {"sd": 0.3}, "payment_terms": [{"share": 0.4, "delay": 0}, {"share": 0.6, "delay": 30}]},
]


@pytest.mark.parametrize("more", [RICH[0], *(pytest.param(more, marks=LONG_IN_PYTHON) for more in RICH[1:])])
def test_kernels_and_the_exact_law_agree(more: dict[str, Any]) -> None:
    data = book(FACTORS, leads=LEADS, **more)
    exact = exact_forecast(data, groups=()).to_dict()["periods"]
    kernels = ["paths"] if "payment_terms" in more else ["paths", "outcomes"]
    for kernel in kernels:
        won = wins_by(kernel, data, TRIALS)
        for k in range(2):
            assert_mean(won[k], exact[k]["wins"]["mean"])
    if "payment_terms" in more:
        paid = run_blocks(PathsRun.prepare(compiled(data), 1), 0, TRIALS, threads=1).cash[0] / 100
        for k in range(2):  # the exact method states the error of its cash as up to 2e-3 of a win
            known, error = exact[k]["cash"]["mean"], paid[k].std() / math.sqrt(TRIALS)
            assert abs(paid[k].mean() - known) < 4.5 * error + 2e-3 * known


MOVING = [
    {"name": "A", "n": 30, "transitions": [
        {"to": "Won", "probability": 0.2, "duration": {"exponential": 60}},
        {"to": "B", "probability": 0.5, "duration": {"exponential": 20}},
        {"to": "Lost", "probability": 0.3, "duration": {"exponential": 30}}]},
    {"name": "B", "conversion": {"mean": 0.6, "n": 20}, "duration": {"gamma": {"mean": 20, "sd": 12}}},
]  # fmt: skip


def test_a_timing_that_moves_with_the_rates_is_thinned_too() -> None:
    data = {**book(FACTORS, leads=LEADS), "stages": MOVING}
    paths, outcomes = (wins_by(kernel, data, TRIALS, seed) for kernel, seed in (("paths", 1), ("outcomes", 2)))
    for k in range(2):
        assert_same_mean(paths[k], outcomes[k])
        assert_same_mean(paths[k].astype(float) ** 2, outcomes[k].astype(float) ** 2)


def test_health_knows_the_months() -> None:
    model = compiled(book(FACTORS))
    end = np.full(3, 163.0)  # the last day of June
    assert won_by(model, end) == pytest.approx(chances_by_period(model).sum(axis=0), abs=1e-4)
    fresh = compiled({**book(FACTORS), "pipeline": {"opportunities": [
        {"id": "1", "stage": "A", "age": 0, "amount": 1}]}})  # fmt: skip
    assert entering(model)[0, 0] == pytest.approx(chances_by_period(fresh).sum(), abs=1e-4)


def test_leads_needed_count_the_months() -> None:
    """One source, no open deals: the mean of wins times the multiplier is what the multiplier brings."""
    data = {**book(FACTORS, leads=LEADS), "pipeline": {"opportunities": []}}
    model = compiled(data)
    n = sized(20_000)
    gap = np.full(n, 300, dtype=np.int64)
    critical = critical_multipliers(model, gap, seed=1, used=[True], period=1, highest=5.0, threads=1)
    reached = wins_by("outcomes", {**data, "leads": [{**LEADS[0], "rate": {"per": "week", "mean": 3}}]}, n, 3)[1] >= 3
    assert_same_mean((critical <= 1.5).astype(float), reached.astype(float))


def test_a_factor_that_would_pass_certainty_is_told() -> None:
    data = one_stage(0.8, [1, 1, 1.5], QUARTERS)
    assert any("wins_by_month_of_quarter" in text for text in simulate(data, trials=100).warnings)
    fine = one_stage(0.6, [1, 1, 1.5], QUARTERS)
    assert not any("wins_by_month_of_quarter" in text for text in simulate(fine, trials=100).warnings)


@pytest.mark.parametrize(("written", "says"), [
    ([1, 2], "expected a list of 3 numbers, found 2 of them"),
    (1.2, "expected a list of 3 numbers"),
    ([0, 0, 0], "at least one factor must be above 0"),
    ([1, -1, 1], "wins_by_month_of_quarter"),
    ([1, 1, 500], "expected factors up to 100"),
    ([1, 1, ".inf"], "wins_by_month_of_quarter"),
])  # fmt: skip
def test_bad_factors_are_refused(written: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_scenario({**book(None), "wins_by_month_of_quarter": written})
