"""Arrivals: counts, their spread, their timing. Leads that are won at once make every arrival visible."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from helpers import (
    ALPHA,
    CENTS,
    LONG_IN_PYTHON,
    assert_counts,
    assert_mean,
    assert_periods,
    assert_same_mean,
    assert_variance,
    book_of,
    days,
    funnel,
    simulate_ledger,
    sized,
    stage,
    wins,
)
from scipy import stats

TRIALS = sized(40_000)
INSTANT = [stage("A", 1, 0)]


def leads(amount: Any = 1, **rate: Any) -> list[dict[str, Any]]:
    return [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 1, **rate}, "amount": amount}]


def book(source: list[dict[str, Any]], length: int = 10, count: int = 1, **rest: Any) -> dict[str, Any]:
    return funnel(rest.pop("stages", INSTANT), leads=source, periods=days(length=length, count=count), **rest)


def test_counts_are_poisson() -> None:
    assert_counts(wins(book(leads(mean=0.7)), TRIALS), stats.poisson(7).pmf(np.arange(30)))


def test_wins_of_a_fraction_are_poisson_too() -> None:
    won = wins(book(leads(mean=2), stages=[stage("A", 0.3, 0), stage("B", 0.5, 0)]), TRIALS)
    assert_counts(won, stats.poisson(3).pmf(np.arange(20)))


def test_bookings_are_compound_poisson() -> None:
    ledger = simulate_ledger(
        book(leads({"lognormal": {"mean": 40, "sd": 30}}, mean=2), stages=[stage("A", 0.25, 0)]), TRIALS
    )
    booked = ledger.new[0, 0] / CENTS
    assert_mean(booked, 5 * 40)
    assert_variance(booked, 5 * (40**2 + 30**2))
    assert not ledger.open.any()


@pytest.mark.parametrize(
    ("per", "unit"),
    [("day", 1), ("week", 7), ("month", 365.25 / 12), ("quarter", 365.25 / 4), ("year", 365.25)],
)
def test_units_have_their_length(per: str, unit: float) -> None:
    assert_mean(wins(book(leads(mean=unit / 2, per=per)), TRIALS), 5)


def test_arrivals_are_spread_evenly_over_time() -> None:
    assert_periods(simulate_ledger(book(leads(mean=2), length=1, count=20), TRIALS), np.arange(21) / 20)


def test_counts_of_disjoint_days_are_independent() -> None:
    ledger = simulate_ledger(book(leads(mean=1.5), length=5, count=4), TRIALS)
    correlation = np.corrcoef(ledger.wins[0])
    assert np.abs(correlation - np.eye(4)).max() < 4.5 / math.sqrt(TRIALS)


def test_dispersed_counts_are_negative_binomial() -> None:
    """A week with mean 8 and variance / mean 3: NB(8 / 2, 1 / 3)."""
    won = wins(book(leads(per="week", mean=8, dispersion=3), length=7), TRIALS)
    assert_counts(won, stats.nbinom(4, 1 / 3).pmf(np.arange(60)))


@pytest.mark.parametrize("dispersion", [1.05, 1.8, 12.0, 60.0])
def test_variance_over_mean_is_the_dispersion(dispersion: float) -> None:
    won = wins(book(leads(per="week", mean=20, dispersion=dispersion), length=7), TRIALS)
    assert_mean(won, 20)
    assert_variance(won, 20 * dispersion)


def test_units_have_factors_of_their_own() -> None:
    ledger = simulate_ledger(book(leads(per="week", mean=8, dispersion=3), length=7, count=3), TRIALS)
    for k in range(3):
        assert_counts(ledger.wins[0, k], stats.nbinom(4, 1 / 3).pmf(np.arange(60)))
    assert np.abs(np.corrcoef(ledger.wins[0]) - np.eye(3)).max() < 4.5 / math.sqrt(TRIALS)


def test_days_of_one_unit_share_its_factor() -> None:
    """Days 0-4 and 5-9: the second half is two days of week one and three of week two."""
    ledger = simulate_ledger(book(leads(per="week", mean=14, dispersion=8), length=5, count=2), TRIALS)
    first, second = ledger.wins[0].astype(float)
    var = 7 / 14  # of the gamma factor: (d - 1) / mean
    assert_mean((first - 10) * (second - 10), 10 * 4 * var)
    assert_variance(second, 10 + (4**2 + 6**2) * var)


def test_a_cut_unit_keeps_its_factor() -> None:
    """Three days of a week: a rate of 3 x 8 / 7 with the gamma factor of the whole week."""
    won = wins(book(leads(per="week", mean=8, dispersion=3), length=3), TRIALS)
    mean = 8 * 3 / 7
    assert_counts(won, stats.nbinom(4, 4 / (4 + mean)).pmf(np.arange(60)))


def test_units_that_end_within_a_day_count_from_as_of() -> None:
    """Months of 30.4375 days: the factor changes 0.4375 days into day 30."""
    ledger = simulate_ledger(book(leads(per="month", mean=60, dispersion=16), length=31, count=1), TRIALS)
    second = 60 * (31 - 365.25 / 12) / (365.25 / 12)
    assert_mean(ledger.wins[0, 0], 60 + second)
    assert_variance(ledger.wins[0, 0], 60 + second + (60**2 + second**2) * 15 / 60)


@LONG_IN_PYTHON
def test_dispersion_rests_on_the_expected_count_of_its_unit() -> None:
    """Season makes the second month twice as busy: its factor varies half as much."""
    source = leads(per="day", mean=5, seasonality={2: 2})
    source[0]["rate"]["dispersion"] = 4
    ledger = simulate_ledger(book(source, length=31, count=2), TRIALS)
    assert_variance(ledger.wins[0, 0], 31 * 5 * 4)
    assert_mean(ledger.wins[0, 1], 28 * 10 + 3 * 5)
    assert_variance(ledger.wins[0, 1], (28 * 10 + 3 * 5) * 4)


def test_level_is_one_factor_for_the_whole_source() -> None:
    sd = 0.35
    ledger = simulate_ledger(book(leads(mean=4, level_sd=sd), length=10, count=2), TRIALS)
    total = ledger.wins[0].sum(axis=0)
    assert_mean(total, 80)
    assert_variance(total, 80 + 80**2 * sd**2)
    first, second = ledger.wins[0].astype(float)
    assert_mean((first - 40) * (second - 40), 40**2 * sd**2)


@LONG_IN_PYTHON
def test_growth_and_season_are_constant_within_a_day() -> None:
    season = {1: 0.5, 2: 1.7, 3: 0.0}
    data = book(leads(mean=3, growth_per_year=0.8, seasonality=season), length=10, count=10)
    ledger = simulate_ledger(data, TRIALS)
    start = dt.date(2027, 1, 1)
    daily = [3 * 1.8 ** (d / 365.25) * season.get((start + dt.timedelta(d)).month, 1.0) for d in range(100)]
    for k in range(10):
        assert_mean(ledger.wins[0, k], sum(daily[10 * k : 10 * k + 10]))


@LONG_IN_PYTHON
def test_shrinking_rates_are_possible() -> None:
    assert_mean(
        wins(book(leads(mean=3, growth_per_year=-0.9), length=30), TRIALS),
        sum(3 * 0.1 ** (d / 365.25) for d in range(30)),
    )


def test_season_of_zero_stops_arrivals() -> None:
    assert not wins(book(leads(mean=50, seasonality={1: 0}), length=31), 100).any()


def test_rate_of_zero_has_no_leads() -> None:
    assert not wins(book(leads(mean=0)), 100).any()
    assert not wins(book(leads(mean=0, dispersion=3, level_sd=0.3)), 100).any()


def test_owners_split_the_leads_by_their_shares() -> None:
    source = [{**leads(mean=2)[0], "owner": {"x": 0.2, "y": 0.8}}]
    ledger = simulate_ledger(book(source), TRIALS)
    groups = {name: i for i, name in enumerate(book_of(book(source)).groups)}
    x, y = (ledger.wins[groups["owner", name], 0] for name in "xy")
    assert_counts(x, stats.poisson(4).pmf(np.arange(30)))
    assert_counts(y, stats.poisson(16).pmf(np.arange(60)))
    assert abs(np.corrcoef(x, y)[0, 1]) < 4.5 / math.sqrt(TRIALS)


def test_owners_of_a_source_share_its_good_weeks() -> None:
    source = [{**leads(per="week", mean=40, dispersion=9)[0], "owner": {"x": 0.5, "y": 0.5}}]
    ledger = simulate_ledger(book(source, length=7), TRIALS)
    groups = {name: i for i, name in enumerate(book_of(book(source, length=7)).groups)}
    x, y = (ledger.wins[groups["owner", name], 0].astype(float) for name in "xy")
    assert_mean((x - 20) * (y - 20), 400 * 8 / 40)
    assert_variance(x + y, 40 * 9)


def test_sources_are_independent() -> None:
    source = [*leads(mean=2), {**leads(mean=3)[0], "name": "ads"}]
    ledger = simulate_ledger(book(source), TRIALS)
    groups = {name: i for i, name in enumerate(book_of(book(source)).groups)}
    assert_counts(ledger.wins[groups["source", "web"], 0], stats.poisson(20).pmf(np.arange(60)))
    assert abs(np.corrcoef(ledger.wins[1:3, 0])[0, 1]) < 4.5 / math.sqrt(TRIALS)


def test_leads_take_the_time_of_their_stages() -> None:
    """Arrived by t and won by t: the integral of the distribution function of the duration."""
    d = stats.gamma(2, scale=5)
    data = book(leads(mean=3), length=4, count=10, stages=[stage("A", 0.5, {"gamma": {"shape": 2, "scale": 5}})])
    ledger = simulate_ledger(data, TRIALS)
    t = np.linspace(0, 40, 40_001)
    expected = np.append(0.0, np.cumsum(0.5 * (d.cdf(t[1:]) + d.cdf(t[:-1])) * 0.001))[::4000] * 1.5
    for k in range(10):
        assert_mean(ledger.wins[0, k], expected[k + 1] - expected[k])
        assert_variance(ledger.wins[0, k], expected[k + 1] - expected[k])


def test_leads_may_enter_any_stage() -> None:
    source = [{**leads(mean=2)[0], "stage": "B"}]
    assert_mean(wins(book(source, stages=[stage("A", 0, 0), stage("B", 0.4, 0)]), TRIALS), 8)


def test_leads_of_a_dispersed_source_never_fall_when_the_rate_rises() -> None:
    source = leads(per="week", mean=5, dispersion=3, level_sd=0.2)
    base = wins(book(source, length=30), 2000)
    more = wins(book(source, length=30), 2000, shifts=[{"path": "leads.rate", "scale": 1.3}])
    assert (more >= base).all()
    assert_same_mean(more, base * 1.3)


@LONG_IN_PYTHON
def test_gaps_between_arrivals_are_exponential() -> None:
    ledger = simulate_ledger(book(leads(mean=0.5), length=1, count=60), TRIALS)
    first = np.where(ledger.wins[0].any(axis=0), (ledger.wins[0] > 0).argmax(axis=0), 60)
    pmf = np.diff(1 - np.exp(-0.5 * np.arange(30)))
    assert_counts(np.minimum(first, 29), pmf)
    assert ALPHA == 1e-5
