"""Where the exact engine could go wrong unseen: frequencies left out, judged deals, atoms between buckets."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import CENTS, JIT, assert_mean, built, deals, funnel, sized, stage
from scipy import stats

from simfunnel import exact_forecast, simulate
from simfunnel.engine.exact.grid import grid
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE

TWO_RATES = {
    (n, mean): funnel(
        [stage("A", {"mean": mean, "n": 8}), stage("B", {"mean": mean, "n": 8})],
        [{"id": str(i), "stage": "AB"[i % 2], "age": 0, "amount": 100} for i in range(n)],
    )
    for n, mean in ((200, 0.03), (200, 0.3), (400, 0.9))
}


@pytest.mark.skipif(not JIT, reason="every frequency at every node needs compiled kernels")
@pytest.mark.parametrize("key", TWO_RATES)
@pytest.mark.parametrize("correlation", [{}, {"market": 0.5}])
def test_frequencies_that_are_left_out_do_not_matter(
    key: tuple[int, float], correlation: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes of few wins keep every frequency, wherever among the nodes they stand."""
    data = {**TWO_RATES[key], "correlation": correlation}
    found = exact_forecast(data, groups=(), points=64).solved[0, 0, BOOKINGS].distribution
    monkeypatch.setattr(grid, "NEGLIGIBLE", 1e-300)
    whole = exact_forecast(data, groups=(), points=64).solved[0, 0, BOOKINGS].distribution
    assert found.buckets == whole.buckets
    values = found.buckets.width * np.arange(found.buckets.size)
    np.testing.assert_allclose(found.below(values), whole.below(values), atol=1e-9)


def test_judged_deals_take_their_timing_from_the_rates() -> None:
    loop = [{"name": "A", "n": 12, "transitions": [
        {"to": "Won", "probability": 0.4, "duration": {"exponential": 5}},
        {"to": "A", "probability": 0.4, "duration": {"exponential": 5}},
        {"to": "Lost", "probability": 0.2, "duration": {"exponential": 5}},
    ]}]  # fmt: skip
    book = [{"id": str(i), "stage": "A", "age": 0, "amount": 100, "win_rate": 0.6} for i in range(20)]
    data = funnel(loop, book, periods={"unit": "days", "length": 10, "count": 2})
    exact = exact_forecast(data, groups=())
    for seed, kernel in enumerate(("paths", "outcomes")):
        wins = simulate(data, groups=(), kernel=kernel, trials=sized(20_000), seed=seed).samples.wins[0]
        for k in range(2):
            solved = exact.solved[0, k, WINS]
            assert_mean(wins[k], float(solved.combine(solved.open)[0]))


@pytest.mark.parametrize("level_sd", [1.0, 2.0])
def test_a_heavy_level_of_leads_is_within_reach(level_sd: float) -> None:
    """A lognormal of sd 2 leaves 1 in 10,000 beyond 14 standard deviations of the sum."""
    rate = {"per": "day", "mean": 1, "level_sd": level_sd}
    lead = {"name": "web", "stage": "A", "amount": 100, "rate": rate}
    forecast = exact_forecast(funnel([stage("A", 0.5, 0)], [], leads=[lead]), groups=())
    sigma = np.sqrt(np.log(1 + level_sd**2))
    z = np.linspace(-9, 9, 20_001)
    weight, mean = stats.norm.pdf(z) * (z[1] - z[0]), 15 * np.exp(sigma * z - sigma**2 / 2)
    for wins in (1, 2, 5, 10, 20, 50, 100, 200, 400, 1_000):
        truth = stats.poisson.sf(wins - 1, mean) @ weight
        assert forecast.p_attain(100.0 * wins).probability == pytest.approx(truth, abs=1e-7)
    assert not forecast.warnings


@pytest.mark.parametrize("dispersion", [100, 1_000, 5_000])
def test_a_heavy_gamma_factor_is_within_reach(dispersion: float) -> None:
    rate = {"per": "week", "mean": 14, "dispersion": dispersion}
    lead = {"name": "web", "stage": "A", "amount": 100, "rate": rate}
    week = {"unit": "days", "length": 7, "count": 1}
    forecast = exact_forecast(funnel([stage("A", 0.25, 0)], [], leads=[lead], periods=week), groups=())
    shape = 14 / (dispersion - 1)
    for wins in (1, 2, 5, 10, 20, 50, 100, 200, 400, 1_000):
        truth = stats.nbinom.sf(wins - 1, shape, shape / (shape + 3.5))
        assert forecast.p_attain(100.0 * wins).probability == pytest.approx(truth, abs=1e-7)
    assert not forecast.warnings


def test_what_lies_beyond_the_grid_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums beyond the grid are counted from 0 again: a bound of their probability is told from the mean they take."""
    data = funnel([stage("A", 0.55)], deals(200, amount=100))
    whole = exact_forecast(data, groups=()).solved[0, 0, BOOKINGS]
    monkeypatch.setattr(grid, "power_of_two", lambda x: 128)
    cut = exact_forecast(data, groups=()).solved[0, 0, BOOKINGS]
    values = 10_000.0 * np.arange(1, 128)
    off = max(abs(float(whole.distribution.reaches(v)[0] - cut.distribution.reaches(v)[0])) for v in values)
    beyond = stats.binom.sf(127, 200, 0.55)
    assert off == pytest.approx(beyond, rel=1e-6)
    assert whole.grid_error == 0
    assert cut.grid_error == pytest.approx(beyond, rel=1e-6)  # every sum beyond comes round once


def test_amounts_drawn_from_a_list_reach_above_their_means() -> None:
    """Two deals of 10 or, one time in four, 90: the sums of their means, 60, is no bound."""
    data = funnel([stage("A", 0.5)], [{"id": str(i), "stage": "A", "age": 0} for i in range(2)],
                  amount={"empirical": [10, 10, 10, 90]})  # fmt: skip
    forecast = exact_forecast(data, groups=())
    one = {0: 0.5, 10: 0.375, 90: 0.125}
    for target in (20, 90, 100, 180):
        truth = sum(p * q for a, p in one.items() for b, q in one.items() if a + b >= target)
        assert forecast.p_attain(target).probability == pytest.approx(truth, abs=1e-12)


@pytest.mark.parametrize(("shape", "sd"), [(16.0, 0.1), (16.0, 0.3)])
def test_cash_under_a_pace_is_that_of_every_pace(shape: float, sd: float) -> None:
    """Won at the pace times a gamma time, paid three days later: an integral over the pace."""
    data = funnel(
        [stage("A", 0.9, {"gamma": {"shape": shape, "scale": 20 / shape}})],
        [{"id": "1", "stage": "A", "age": 0, "amount": 100}],
        periods={"unit": "days", "length": 15, "count": 2},
        pace={"sd": sd},
        payment_terms=[{"share": 1.0, "delay": 3}],
    )
    forecast = exact_forecast(data, groups=())
    sigma = np.sqrt(np.log(1 + sd**2))
    z, w = np.polynomial.hermite_e.hermegauss(80)
    pace = np.exp(sigma * z - sigma**2 / 2)
    within = stats.gamma.cdf(12 / pace, shape, scale=20 / shape) @ w / w.sum()
    found = forecast.solved[0, 0, CASH]
    # win days are told to a day, taken at its middle
    assert float(found.combine(found.open)[0]) / 100 == pytest.approx(90 * within, abs=0.5)


@pytest.mark.parametrize("count", [1, 100])
@pytest.mark.parametrize("sd", [0.1, 0.3, 0.5])
def test_fixed_durations_jump_with_the_pace(count: int, sd: float) -> None:
    """Twelve days times the pace: all deals are won by day 15 at paces below 15 / 12, or none is."""
    data = funnel(
        [stage("A", 0.9, 12)],
        deals(count, amount=100),
        periods={"unit": "days", "length": 15, "count": 2},
        pace={"sd": sd},
        payment_terms=[{"share": 1.0, "delay": 3}],
    )
    forecast = exact_forecast(data, groups=())
    sigma = np.sqrt(np.log(1 + sd**2))
    wins = max(1, int(0.85 * count))
    enough = stats.binom.sf(wins - 1, count, 0.9)

    def by(day: float) -> float:
        return float(stats.norm.cdf((np.log(day / 12) + sigma**2 / 2) / sigma)) * enough

    truth = {(0, BOOKINGS): by(15), (1, BOOKINGS): by(30) - by(15), (0, CASH): by(12), (1, CASH): by(27) - by(12)}
    for (k, kind), p in truth.items():
        found = forecast.solved[0, k, kind]
        off = abs(found.distribution.reaches(wins * 10_000)[0] - p)
        assert off <= found.integration_error + 1e-6
        assert found.integration_error < 1e-6


@pytest.mark.parametrize("sd", [0.1, 0.5])
def test_the_mean_of_deals_that_jump_with_the_pace(sd: float) -> None:
    """Bounds lie a millionth of a day early: beside that closed form nothing but the law of the pace is left."""
    stages = [stage("A", 0.9, 5), stage("B", 0.8, 7)]
    book = [
        {"id": "1", "stage": "A", "age": 2, "amount": 100},
        {"id": "2", "stage": "B", "age": 1, "amount": 70},
    ]
    data = funnel(stages, book, periods={"unit": "days", "length": 15, "count": 2}, pace={"sd": sd})
    forecast = exact_forecast(data, groups=())
    sigma = np.sqrt(np.log(1 + sd**2))

    def by(day: float) -> float:
        scores = (np.log((day - BOUNDARY_TOLERANCE) / np.array([10.0, 6.0])) + sigma**2 / 2) / sigma
        return float(np.array([72.0, 56.0]) @ stats.norm.cdf(scores))

    for k, mean in ((0, by(15)), (1, by(30) - by(15))):
        found = forecast.solved[0, k, BOOKINGS]
        assert float(found.combine(found.open)[0]) / 100 == pytest.approx(mean, abs=1e-7)
        assert "Fejér" in found.how


@pytest.mark.parametrize("age", [0, 2.5, 0.3])
def test_wins_on_one_day_and_drawn_delays(age: float) -> None:
    """Won on day 12 - age, paid after a lognormal delay: whole days lie at the edge of a cell, others do not."""
    data = funnel(
        [stage("A", 0.9, 12)],
        [{"id": "1", "stage": "A", "age": age, "amount": 100}],
        payment_terms=[{"share": 1.0, "delay": {"lognormal": {"median": 10, "p90": 30}}}],
    )
    forecast = exact_forecast(data, groups=())
    sigma = np.log(3) / stats.norm.ppf(0.9)
    truth = 0.9 * stats.lognorm.cdf(30 - 12 + age, sigma, scale=10)
    off = abs(forecast.solved[0, 0, CASH].distribution.reaches(10_000)[0] - truth)
    assert off <= forecast.provenance.law_error
    assert forecast.provenance.law_error < (3e-3 if age == 0.3 else 3e-5)


def test_rough_cash_says_so() -> None:
    delay = {"lognormal": {"median": 10, "p90": 30}}
    data = funnel(
        [stage("A", 0.9, 12)], deals(10), pace={"sd": 0.1}, payment_terms=[{"share": 1.0, "delay": delay}]
    )  # fmt: skip
    forecast = exact_forecast(data, groups=())
    assert any(f"is known to {forecast.provenance.law_error:.1g} of a win only" in w for w in forecast.warnings)


def test_the_grid_error_owns_up_to_what_lies_beyond_the_grid() -> None:
    """200 deals, each once in 10^8 so large that the grid ends before it: out of sight, but not out of the error."""
    rare, huge = 9e-9, 200_000
    body = {"gamma": {"mean": 100, "sd": 50}}
    data = funnel(
        [stage("A", 0.5)], [{"id": str(i), "stage": "A", "age": 0} for i in range(200)],
        amount={"mixture": [{"weight": 1 - rare, **body}, {"weight": rare, "fixed": huge}]},
    )  # fmt: skip
    forecast = exact_forecast(data, groups=())
    stated = forecast.solved[0, 0, BOOKINGS].grid_error
    truth = -np.expm1(200 * np.log1p(-0.5 * rare))
    assert forecast.p_attain(huge).probability < 0.1 * truth  # or nothing would be missing
    assert abs(forecast.p_attain(huge).probability - truth) <= stated < 1e-5


@pytest.mark.parametrize("amount", [{"lognormal": {"median": 10_000, "p90": 40_000}}, {"exponential": 9_000}])
def test_a_target_inside_a_bucket_cuts_the_mass_where_it_stands(amount: dict[str, object]) -> None:
    data = funnel([stage("A", 0.5)], [{"id": "1", "stage": "A", "age": 0}], amount=amount)
    forecast = exact_forecast(data, groups=(), work=1e5)
    width = forecast.solved[0, 0, BOOKINGS].distribution.buckets.width / CENTS
    law = built(amount)
    for bucket in np.rint(np.array([5_000, 10_000, 20_000]) / width):
        for part in (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9):
            target = round((bucket + part) * width, 2)
            here, there = -0.5 * np.diff(law.sf(target + width * np.array([-1.0, 0.0, 1.0])))
            # a bucket's mass is spread evenly: off by a sixth, at most, of what it differs by from its neighbour
            off = forecast.p_attain(target).probability - 0.5 * float(law.sf(target))
            assert abs(off) < 0.2 * abs(here - there)
