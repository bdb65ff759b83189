"""Pairs of forecasts under common random numbers: exact zeros, small errors, honest errors."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel import InputError, simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.pairs.differences import bookings, compare_forecasts, difference
from simfunnel.planning.pairs.paired import PairedForecasts, bookings_only, shift
from tests.helpers import K, deals, funnel, sized, stage

SAMPLE = "scenarios/b2b_software/scenario.yaml"


def book(**rest: object) -> dict[str, object]:
    leads = [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 5}, "amount": {"exponential": 10}}]
    return funnel([stage("A", 0.4, {"exponential": 10})], deals(30, amount=10), leads=leads, **rest)


def test_a_forecast_differs_from_itself_by_exactly_nothing() -> None:
    pairs = PairedForecasts(prepare(book()), trials=500)
    d = compare_forecasts(pairs.base, pairs.shifted([shift("win_rate", scale=1.0)]), 0, 150)
    assert (d.mean.mean, d.mean.stderr) == (0, 0)
    assert d.p_attain is not None and (d.p_attain.mean, d.p_attain.stderr) == (0, 0)
    assert all((e.mean, e.stderr) == (0, 0) for e in d.quantiles.values())


def test_the_error_of_a_difference_covers_what_other_seeds_give() -> None:
    # 60 seeds: each difference over its own stated error is a standard score; the sum of their squares is chi-square
    from scipy import stats

    scores: dict[str, list[float]] = {"mean": [], "p": []}
    found = []
    for seed in range(60):
        pairs = PairedForecasts(prepare(book()), trials=sized(2000), seed=seed)
        found.append(compare_forecasts(pairs.base, pairs.shifted([shift("win_rate", scale=0.8)]), 0, 150))
    for name, values in {
        "mean": [d.mean for d in found],
        "p": [d.p_attain for d in found if d.p_attain is not None],
    }.items():
        centre = np.mean([v.mean for v in values])
        scores[name] = [(v.mean - centre) / v.stderr for v in values]
    for name in ("mean", "p"):
        assert stats.chi2.sf(np.square(scores[name]).sum(), 59) > 1e-4
        assert stats.chi2.cdf(np.square(scores[name]).sum(), 59) > 1e-4


def test_common_random_numbers_lower_the_variance_of_a_difference_of_means_tenfold_on_the_sample() -> None:
    pairs = PairedForecasts(prepare(SAMPLE), trials=4000, periods=1)
    base, weak = (bookings(f, 0) for f in (pairs.base, pairs.shifted([shift("win_rate", scale=0.9)])))
    other = bookings(PairedForecasts(prepare(SAMPLE), trials=4000, periods=1, seed=7).base, 0)
    paired, independent = np.var(weak - base), np.var(weak - other)
    assert independent > 10 * paired
    # of P(attain) the indicators change in few trials only: the gain is smaller, but a gain
    hits = [sample >= 220_000_000 for sample in (base, weak, other)]
    assert np.var(hits[1].astype(int) - hits[2]) > 2 * np.var(hits[1].astype(int) - hits[0])


def test_forecasts_of_different_lengths_have_independent_errors() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 100, 400), rng.integers(0, 100, 900)
    d = difference(a, b)
    assert not d.paired
    assert d.mean.stderr == pytest.approx(np.hypot(a.std(ddof=1) / 20, b.std(ddof=1) / 30))


def test_leaving_out_later_periods_and_payments_leaves_the_bookings_as_they_were() -> None:
    data = book(periods={"unit": "days", "length": 30, "count": 3}, payment_terms=[{"share": 1, "delay": 5}],
                targets=[{"period": "total", "amount": 5}], correlation={"market": 0.1})  # fmt: skip
    whole = simulate(data, trials=200, kernel="paths")
    first = simulate(bookings_only(prepare(data), 1), trials=200, kernel="paths")
    np.testing.assert_array_equal(whole.bookings(0), first.bookings(0))
    assert len(first.periods) == 1 and not first.targets


def test_a_pair_is_always_of_one_kernel() -> None:
    pairs = PairedForecasts(prepare(book(pace={"sd": 0.1})), trials=300)
    assert pairs.base.provenance.kernel == "outcomes"
    base, shifted = pairs.pair([shift("pace.sd", add=0.5)])
    assert base.provenance.kernel == shifted.provenance.kernel == "paths"


def test_a_shift_moves_the_mean_by_what_it_says() -> None:
    pairs = PairedForecasts(prepare(funnel([stage("A", 0.5, 1)], deals(40, amount=10))), trials=sized(20_000))
    d = compare_forecasts(pairs.base, pairs.shifted([shift("win_rate", scale=0.8)]), 0)
    assert abs(d.mean.mean - -40) < K * d.mean.stderr  # 40 deals x 10 x 0.5 x -0.2


@pytest.mark.parametrize("trials", [0, 1])
def test_one_trial_is_not_enough_for_an_error(trials: int) -> None:
    with pytest.raises(InputError, match=f"trials: expected at least 2, found {trials}"):
        PairedForecasts(prepare(book()), trials=trials)
