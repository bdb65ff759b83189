"""The exact engine against closed forms, and against brute force, to at least six digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import deals, funnel, stage
from numpy.polynomial.legendre import leggauss
from scipy import stats

from simfunnel import InputError, exact_forecast
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.forecast.forecast import Forecast

DIGITS = 1e-7
NORMAL = stats.norm


def exact(data: dict[str, Any], **options: Any) -> Forecast:
    return exact_forecast(data, groups=(), **options)


def reaches(forecast: Forecast, target: float) -> float:
    return forecast.p_attain(target).probability


def factor_integral(values: Any, intervals: int = 360) -> Any:
    """Integral of a function of a standard normal score, by Gauss-Legendre on many small intervals."""
    x, w = leggauss(20)
    edges = np.linspace(-9, 9, intervals + 1)
    z = (0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * np.diff(edges)[:, None] * x).ravel()
    weights = (0.5 * np.diff(edges)[:, None] * w).ravel() * NORMAL.pdf(z)
    return values(z) @ weights


def test_equal_deals_are_binomial() -> None:
    forecast = exact(funnel([stage("A", 0.3)], deals(200, amount=100)))
    for wins in (0, 40, 60, 61, 90):
        assert reaches(forecast, max(100 * wins, 1)) == pytest.approx(
            stats.binom.sf(max(wins, 1) - 1, 200, 0.3), abs=1e-13
        )
    assert forecast.quantile(0.05) == 100 * stats.binom.ppf(0.05, 200, 0.3)


def test_unequal_deals_are_poisson_binomial() -> None:
    rates = np.linspace(0.05, 0.95, 19)
    book = [{"id": str(i), "stage": "A", "age": 0, "amount": 100, "win_rate": float(w)} for i, w in enumerate(rates)]
    pmf = np.ones(1)
    for w in rates:
        pmf = np.convolve(pmf, [1 - w, w])
    forecast = exact(funnel([stage("A", 0.5)], book))
    for wins in range(1, 20):
        assert reaches(forecast, 100 * wins) == pytest.approx(pmf[wins:].sum(), abs=1e-13)


@pytest.mark.parametrize("count", [10, 100, 1_000, 10_000])
def test_a_market_factor_against_quadrature_of_binomials(count: int) -> None:
    """Gauss-Hermite with 64 nodes is 1.4e-2 off at 1,000 deals; this is not."""
    rho, w = 0.15, 0.3
    forecast = exact(funnel([stage("A", w)], deals(count, amount=100), correlation={"market": rho}))
    for share in (0.1, 0.3, 0.5, 0.8):
        wins = round(share * count)
        truth = factor_integral(
            lambda z, wins=wins: stats.binom.sf(
                wins - 1, count, NORMAL.cdf((NORMAL.ppf(w) + np.sqrt(rho) * z) / np.sqrt(1 - rho))
            )
        )
        assert forecast.solved[0, 0, WINS].distribution.reaches(wins)[0] == pytest.approx(truth, abs=DIGITS)
        bookings = forecast.solved[0, 0, BOOKINGS]  # of 10,000 deals on coarser buckets, with a larger stated error
        assert reaches(forecast, 100 * wins) == pytest.approx(truth, abs=DIGITS + bookings.grid_error)
        assert count > 1_000 or bookings.grid_error == 0


def test_two_segments_against_a_double_integral() -> None:
    book = [{**d, "segment": "st"[i % 2]} for i, d in enumerate(deals(30, amount=100))]
    data = funnel([stage("A", 0.4)], book, correlation={"market": 0.1, "segment": 0.2}, segments={"s": {}, "t": {}})
    forecast = exact(data)

    def given_market(market: Any) -> Any:
        def wins(z: Any) -> Any:  # distribution of the wins of one segment, at scores of its factor
            p = NORMAL.cdf((NORMAL.ppf(0.4) + np.sqrt(0.1) * market + np.sqrt(0.2) * z) / np.sqrt(0.7))
            return stats.binom.pmf(np.arange(16)[:, None], 15, p)

        one = factor_integral(wins, 36)
        return np.convolve(one, one)[18:].sum()

    truth = factor_integral(lambda z: np.array([given_market(m) if abs(m) < 7 else 0.0 for m in z]), 36)
    assert "2 segment factors inside" in forecast.summary.overall.total.bookings.exact.how
    assert reaches(forecast, 1800) == pytest.approx(truth, abs=DIGITS)


def test_an_uncertain_rate_is_beta_binomial() -> None:
    forecast = exact(funnel([stage("A", {"mean": 0.3, "n": 10})], deals(200, amount=100)))
    for wins in (10, 60, 150):
        assert reaches(forecast, 100 * wins) == pytest.approx(stats.betabinom.sf(wins - 1, 200, 3, 7), abs=DIGITS)


def test_leads_of_fixed_amount_are_poisson() -> None:
    lead = {"name": "web", "stage": "A", "amount": 100, "rate": {"per": "day", "mean": 2}}
    forecast = exact(funnel([stage("A", 0.25, 0)], [], leads=[lead]))
    for wins in (1, 10, 15, 30):
        assert reaches(forecast, 100 * wins) == pytest.approx(stats.poisson.sf(wins - 1, 15), abs=DIGITS)


@pytest.mark.parametrize("sd", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("mean", [1.0, 12.0])
def test_a_fixed_amount_under_a_level(mean: float, sd: float) -> None:
    """Poisson wins of 100 each, all times one lognormal level: a rule over the level would leave a comb."""
    lead = {"name": "web", "stage": "A", "amount": 100, "rate": {"per": "day", "mean": mean / 30}}
    forecast = exact(funnel([stage("A", 1, 0)], [], leads=[lead], amount_level={"sd": sd}))
    sigma, wins = np.sqrt(np.log(1 + sd**2)), np.arange(1, 200)
    found = forecast.solved[0, 0, BOOKINGS]
    assert "amount level in closed form" in found.how
    assert found.check < 1e-8
    assert found.grid_error < 2e-4
    for target in np.round(np.geomspace(20, 400 * mean, 30), 2):
        level = stats.norm.sf((np.log(target / (100 * wins)) + sigma**2 / 2) / sigma)
        truth = stats.poisson.pmf(wins, mean) @ level
        assert abs(reaches(forecast, float(target)) - truth) <= DIGITS * 3 + found.grid_error


def test_levels_of_two_segments_under_a_market_factor() -> None:
    """Deals of fixed amounts, a level for each segment: against a double sum over wins, and quadrature."""
    book = [{"id": str(i), "stage": "A", "age": 0, "segment": "st"[i % 2]} for i in range(6)]
    segments = {"s": {"amount": 100}, "t": {"amount": {"empirical": [50, 250]}}}
    data = funnel([stage("A", 0.4)], book, segments=segments, amount_level={"sd": 0.2}, correlation={"market": 0.2})
    forecast = exact(data)
    found = forecast.solved[0, 0, BOOKINGS]
    assert "2 amount levels in closed form" in found.how
    assert found.grid_error < 2e-5
    z = np.linspace(-8, 8, 161)
    w = NORMAL.pdf(z) / NORMAL.pdf(z).sum()
    p = NORMAL.cdf((NORMAL.ppf(0.4) + np.sqrt(0.2) * z) / np.sqrt(0.8))
    sigma = np.sqrt(np.log(1.04))
    u, v = leggauss(400)
    level, weight = np.exp(7 * sigma * u - sigma**2 / 2), 7 * v * NORMAL.pdf(7 * u)
    of_t: dict[float, Any] = {}
    for n in range(4):
        for high in range(n + 1):
            y = 50.0 * (n - high) + 250.0 * high
            of_t[y] = of_t.get(y, 0.0) + stats.binom.pmf(n, 3, p) * stats.binom.pmf(high, n, 0.5)

    def exceeds(x: Any) -> Any:
        return NORMAL.sf((np.log(x) + sigma**2 / 2) / sigma)

    for target in (60.0, 120.0, 333.0, 700.0):
        truth = 0.0
        for wins in range(4):
            for y, chance in of_t.items():
                both = float((stats.binom.pmf(wins, 3, p) * chance) @ w)
                if y == 0.0:
                    truth += both * (exceeds(target / (100.0 * wins)) if wins else 0.0)
                    continue
                left = np.maximum(target - 100.0 * wins * level, 1e-300)
                truth += both * float(exceeds(left / y) @ weight)
        assert abs(reaches(forecast, target) - truth) <= DIGITS + found.grid_error


def test_dispersed_leads_are_negative_binomial() -> None:
    """The unit is the period: one gamma factor of shape 60 / (d - 1) for all of it."""
    lead = {"name": "web", "stage": "A", "amount": 100, "rate": {"per": "week", "mean": 14, "dispersion": 3}}
    data = funnel([stage("A", 0.25, 0)], [], leads=[lead], periods={"unit": "days", "length": 7, "count": 1})
    forecast = exact(data)
    shape = 14 / 2
    for wins in (1, 4, 9):
        truth = stats.nbinom.sf(wins - 1, shape, shape / (shape + 3.5))
        assert reaches(forecast, 100 * wins) == pytest.approx(truth, abs=DIGITS)


def test_compound_poisson_of_drawn_amounts_by_the_recursion_of_panjer() -> None:
    lead = {"name": "web", "stage": "A", "amount": {"empirical": [10, 20, 20, 50]}, "rate": {"per": "day", "mean": 1}}
    forecast = exact(funnel([stage("A", 0.4, 0)], [], leads=[lead]))
    severity = {1: 0.25, 2: 0.5, 5: 0.25}
    pmf = np.zeros(200)
    pmf[0] = np.exp(-12.0)
    for s in range(1, 200):
        pmf[s] = 12.0 / s * sum(j * f * pmf[s - j] for j, f in severity.items() if j <= s)
    for amount in (10, 100, 300, 700):
        assert reaches(forecast, amount) == pytest.approx(1 - pmf[: amount // 10].sum(), abs=DIGITS)


def test_far_probabilities_keep_their_digits() -> None:
    forecast = exact(funnel([stage("A", 0.3)], deals(100, amount=100)))
    truth = stats.binom.sf(64, 100, 0.3)  # 8e-13
    assert reaches(forecast, 6500) == pytest.approx(truth, rel=1e-2)


def test_cash_on_fixed_delays_is_bookings_shifted() -> None:
    terms = [{"share": 0.5, "delay": 0}, {"share": 0.5, "delay": 10}]
    data = funnel([stage("A", 0.4, 15)], deals(20, amount=100), payment_terms=terms,
                  periods={"unit": "days", "length": 20, "count": 2})  # fmt: skip
    forecast = exact(data)
    for k in (0, 1):  # half at the win, on day 15; half on day 25
        cash = forecast.solved[0, k, CASH].distribution
        assert cash.reaches(8 * 5000)[0] == pytest.approx(stats.binom.sf(7, 20, 0.4), abs=1e-12)
    assert forecast.solved[0, 1, WINS].distribution.reaches(1)[0] == pytest.approx(0.0, abs=1e-12)


def test_too_many_instalments_are_refused_with_a_way_out() -> None:
    terms = [{"share": 0.1, "delay": 30 * i} for i in range(9)]
    with pytest.raises(InputError, match="at most 5 instalments, payment_terms has 9; use the simulation"):
        exact(funnel([stage("A", 0.4)], deals(2), payment_terms=terms))


def test_the_self_check_notices_a_wrong_transform(monkeypatch: pytest.MonkeyPatch) -> None:
    from simfunnel.engine.exact.grid.spectrum import Spectrum

    right = Spectrum.__call__
    monkeypatch.setattr(Spectrum, "__call__", lambda self, *a, **k: tuple(x**1.01 for x in right(self, *a, **k)))
    forecast = exact(funnel([stage("A", 0.3)], deals(100, amount=100)))
    assert any("off its closed form: do not rely on it" in warning for warning in forecast.warnings)


def test_a_coarse_factor_rule_is_noticed_where_mean_and_sd_are_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    from simfunnel.engine.exact.nodes import scheme

    monkeypatch.setattr(scheme, "MOST", 6)
    monkeypatch.setattr(scheme, "FEWEST", 6)
    forecast = exact(funnel([stage("A", 0.3)], deals(1000, amount=100), correlation={"market": 0.1}))
    detail = forecast.solved[0, 0, BOOKINGS]
    assert detail.check < 1e-3
    assert any("half as many nodes move a probability" in warning for warning in forecast.warnings)
