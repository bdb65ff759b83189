"""A few deals whose amounts lie on no common grid: every sum is listed, so that atoms are exact to the cent."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import funnel, stage
from scipy import stats

from simfunnel import exact_forecast
from simfunnel.engine.exact import layout
from simfunnel.engine.exact.kinds import BOOKINGS, CASH
from simfunnel.forecast.forecast import Forecast

DIGITS = 1e-7
ODD = (10_000.01, 7_777.77, 1e7 + 0.01, 100.37, 33.33, 4_321.09)


def book(amounts: Any, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": str(i), "stage": "A", "age": 0, "amount": float(a), **fields} for i, a in enumerate(amounts)]


def exact(data: dict[str, Any]) -> Forecast:
    return exact_forecast(data, groups=())


def check_sums(forecast: Forecast, amounts: tuple[float, ...], chance: Callable[[int], float]) -> None:
    """Compare P(attain) at every sum and a cent above it; `chance` is that of one set of so many wins."""
    subsets = [c for r in range(len(amounts) + 1) for c in itertools.combinations(amounts, r)]
    sums = np.array([round(sum(c), 2) for c in subsets])
    chances = np.array([chance(len(c)) for c in subsets])
    assert forecast.solved[0, 0, BOOKINGS].grid_error < 1e-12
    for target in sums[sums > 0]:
        for at in (float(target), round(float(target) + 0.01, 2)):
            truth = chances[sums >= at - 0.005].sum()
            assert forecast.p_attain(at).probability == pytest.approx(truth, abs=1e-9)


def test_every_sum_of_independent_deals() -> None:
    check_sums(exact(funnel([stage("A", 0.3)], book(ODD))), ODD, lambda wins: 0.3**wins * 0.7 ** (len(ODD) - wins))


def test_every_sum_under_an_uncertain_rate() -> None:
    forecast = exact(funnel([stage("A", {"mean": 0.3, "n": 10})], book(ODD)))
    n = len(ODD)
    of_count = stats.betabinom.pmf(np.arange(n + 1), n, 3, 7)
    ways = [len(list(itertools.combinations(range(n), r))) for r in range(n + 1)]
    check_sums(forecast, ODD, lambda wins: of_count[wins] / ways[wins])


def test_owners_are_followed_one_by_one() -> None:
    """Two owners with a factor each, inside the market factor: against all sums on a double grid of factors."""
    amounts = ODD[:4]
    deals = [{**d, "owner": "xy"[i % 2]} for i, d in enumerate(book(amounts))]
    forecast = exact(funnel([stage("A", 0.3)], deals, correlation={"market": 0.1, "owner": 0.15}))
    z = np.linspace(-8, 8, 161)
    w = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    p = stats.norm.cdf((stats.norm.ppf(0.3) + np.sqrt(0.1) * z[:, None] + np.sqrt(0.15) * z) / np.sqrt(0.75))

    def of_owner(won: tuple[bool, ...]) -> Any:
        return np.prod([p if x else 1 - p for x in won], axis=0) @ w

    for target in (33.33, 7_777.78, 10_000.01, 10_100.38, 1e7 + 0.01):
        truth = 0.0
        for won in itertools.product((False, True), repeat=4):
            if sum(a for a, x in zip(amounts, won, strict=True) if x) >= target - 0.005:
                truth += float((of_owner(won[::2]) * of_owner(won[1::2])) @ w)
        assert forecast.p_attain(target).probability == pytest.approx(truth, abs=1e-9)
    assert "2 owner factors inside" in forecast.summary.overall.total.bookings.exact.how


def test_leads_of_smooth_amounts_on_top() -> None:
    lead = {"name": "web", "stage": "A", "amount": {"exponential": 300}, "rate": {"per": "day", "mean": 0.1}}
    amounts = (1_000.01, 777.77)
    forecast = exact(funnel([stage("A", 0.4, 0)], book(amounts), leads=[lead]))
    counts = np.arange(1, 60)
    chances = stats.poisson.pmf(counts, 1.2)

    def reaches(target: float) -> float:
        result = 0.0
        for won in itertools.product((0, 1), repeat=2):
            rest = target - sum(a * x for a, x in zip(amounts, won, strict=True))
            above = chances @ stats.gamma.sf(rest, counts, scale=300) if rest > 1e-9 else 1.0
            result += 0.4 ** sum(won) * 0.6 ** (2 - sum(won)) * float(above)
        return result

    stated = forecast.solved[0, 0, BOOKINGS].grid_error
    assert stated < 2e-4
    for target in (1.0, 500.0, 777.77, 777.78, 1_000.01, 1_000.02, 1_777.78, 1_777.79, 3_000.0):
        assert abs(forecast.p_attain(target).probability - reaches(target)) <= stated
    assert forecast.quantile(0.5) == 1_000.01  # an atom


@pytest.mark.parametrize("dispersion", [1.0, 20.0])
def test_leads_of_a_fixed_amount_on_top(dispersion: float) -> None:
    rate = {"per": "week", "mean": 14, "dispersion": dispersion}
    lead = {"name": "web", "stage": "A", "amount": 5_000, "rate": rate}
    week = {"unit": "days", "length": 7, "count": 1}
    forecast = exact(funnel([stage("A", 0.4, 0)], book([777.77]), leads=[lead], periods=week))
    counts = np.arange(400)
    shape = 14 / max(dispersion - 1, 1e-9)
    chances = (
        stats.nbinom.pmf(counts, shape, shape / (shape + 5.6)) if dispersion > 1 else stats.poisson.pmf(counts, 5.6)
    )
    for target in (777.77, 777.78, 5_000.0, 5_777.77, 5_777.78, 20_000.0, 60_000.0):
        truth = sum(p * chances[5_000.0 * counts + 777.77 * x >= target - 0.005].sum() for x, p in ((0, 0.6), (1, 0.4)))
        assert forecast.p_attain(target).probability == pytest.approx(truth, abs=DIGITS)


def test_amounts_of_a_few_values_are_rounded_to_the_cent() -> None:
    """A realization of 0.9 on odd cents: what a win adds is a whole number of cents, as the simulation has it."""
    data = funnel([stage("A", 0.5)], book([333.33]), pipeline={"realization": 0.9})
    forecast = exact(data)  # 299.997
    assert forecast.p_attain(300.0).probability == pytest.approx(0.5, abs=1e-12)
    assert forecast.p_attain(300.01).probability == pytest.approx(0.0, abs=1e-12)


def test_drawn_amounts_of_a_few_values() -> None:
    data = funnel([stage("A", 0.5)], [{"id": "1", "stage": "A", "age": 0}], amount={"empirical": [1_234.56, 77.77]})
    forecast = exact(data)
    for target, truth in ((77.77, 0.5), (77.78, 0.25), (1_234.56, 0.25), (1_234.57, 0.0)):
        assert forecast.p_attain(target).probability == pytest.approx(truth, abs=1e-12)


def test_a_list_and_a_grid_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    amounts = 100 * np.arange(1, 13)
    data = funnel([stage("A", 0.4)], book(amounts), correlation={"market": 0.2})
    listed = exact(data).solved[0, 0, BOOKINGS].distribution
    monkeypatch.setattr(layout, "listed_sums", lambda *a: None)
    on_grid = exact(data).solved[0, 0, BOOKINGS].distribution
    at = 100.0 * np.arange(0, 7_900, 50)
    np.testing.assert_allclose(listed.below(at), on_grid.below(at), atol=1e-12)
    q = np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(listed.quantiles(q), on_grid.quantiles(q), atol=1e-6)


@pytest.mark.parametrize("market", [0.0, 0.2])
@pytest.mark.parametrize("rate", [0.06, 0.4])
def test_more_deals_than_can_be_listed_own_up_to_their_error(market: float, rate: float) -> None:
    D = 26
    cents = np.random.Generator(np.random.Philox(5)).integers(2_000, 12_000, D)
    forecast = exact(funnel([stage("A", rate)], book(cents / 100), correlation={"market": market}))
    assert "bucket" not in str(forecast.warnings) or forecast.solved[0, 0, BOOKINGS].grid_error > 1e-3
    subsets = np.zeros((D + 1, cents.sum() + 1))  # how many sets of so many deals add up to so many cents
    subsets[0, 0] = 1
    for c in cents:
        subsets[1:, c:] += subsets[:-1, :-c].copy()
    z = np.linspace(-8, 8, 161)
    w = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    p = stats.norm.cdf((stats.norm.ppf(rate) + np.sqrt(market) * z) / np.sqrt(1 - market))
    wins = np.arange(D + 1)[:, None]
    pmf = ((p**wins * (1 - p) ** (D - wins)) @ w) @ subsets
    stated = forecast.solved[0, 0, BOOKINGS].grid_error
    for target in (*np.sort(cents)[[0, 13, 25]], *np.quantile(np.arange(len(pmf)), [0.05, 0.1, 0.3, 0.5]).astype(int)):
        assert abs(forecast.p_attain(float(target) / 100).probability - pmf[target:].sum()) <= stated + 1e-9


def test_instalments_add_up_to_the_cent() -> None:
    """Of 291.37 x 0.9 = 262.23, 40 % is 104.89 and the rest 157.34: rounding makes or loses no cent."""
    terms = [{"share": 0.4, "delay": 0}, {"share": 0.6, "delay": 20}]
    data = funnel(
        [stage("A", 0.5, 15)], book([291.37]), pipeline={"realization": {"empirical": [0.9, 0.9, 0.5]}},
        payment_terms=terms, periods={"unit": "days", "length": 30, "count": 2},
    )  # fmt: skip
    forecast = exact(data)
    for k, cents in ((0, 10_489), (1, 15_734), (2, 26_223)):
        cash = forecast.solved[0, k, CASH].distribution
        assert cash.reaches(cents)[0] == pytest.approx(1 / 3, abs=1e-12)
        assert cash.reaches(cents + 1)[0] == pytest.approx(0.0, abs=1e-12)
