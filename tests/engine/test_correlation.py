"""Factors: Vasicek's law, correlations of win indicators, and means that stay where they were."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from helpers import (
    ALPHA,
    LONG_IN_PYTHON,
    assert_counts,
    assert_mean,
    assert_probability,
    assert_same_mean,
    assert_variance,
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
from scipy import special, stats

from engine.entered import entered
from simfunnel import exact_forecast, simulate
from simfunnel.engine.draws.normal import given_factors, normal_cdf, normal_quantile
from simfunnel.scenario.schema import Shift

_normal_quantile, _normal_cdf, _given_factors = entered(normal_quantile), entered(normal_cdf), entered(given_factors)

TRIALS = sized(100_000)


def together(w1: float, w2: float, rho: float) -> float:
    """P(both won) of two deals of latent correlation rho."""
    z = special.ndtri([w1, w2])
    return float(stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf(z))


def vasicek(n: int, w: float, rho: float) -> np.ndarray:
    """Distribution of the wins among n deals: the binomial, averaged over the factor by Gauss-Hermite."""
    x, weight = np.polynomial.hermite_e.hermegauss(200)
    given = special.ndtr((special.ndtri(w) + math.sqrt(rho) * x) / math.sqrt(1 - rho))
    return stats.binom.pmf(np.arange(n + 1)[:, None], n, given) @ weight / math.sqrt(2 * math.pi)


@pytest.mark.parametrize(("w", "rho"), [(0.3, 0.2), (0.05, 0.1), (0.8, 0.5)])
def test_wins_of_a_one_factor_book_follow_vasicek(w: float, rho: float) -> None:
    n = 40
    won = wins(funnel([stage(conversion=w)], deals(n), correlation={"market": rho}), TRIALS, seed=5)
    assert_mean(won, n * w)
    assert_variance(won, n * w * (1 - w) + n * (n - 1) * (together(w, w, rho) - w * w))
    assert_counts(won, vasicek(n, w, rho))


def test_large_book_keeps_the_whole_spread_of_the_factor() -> None:
    won = wins(funnel([stage(conversion=0.3)], deals(400), correlation={"market": 0.1}), sized(20_000)) / 400
    for q in (0.05, 0.25, 0.5, 0.75, 0.95):
        given = special.ndtr((special.ndtri(0.3) + math.sqrt(0.1) * special.ndtri(q)) / math.sqrt(0.9))
        assert_probability(won <= given, vasicek(400, 0.3, 0.1)[: int(given * 400 + 1e-9) + 1].sum())


def test_pairs_are_correlated_by_what_they_share() -> None:
    book = [
        {"owner": "x", "segment": "s"}, {"owner": "x", "segment": "s"}, {"owner": "x", "segment": "t"},
        {"owner": "y", "segment": "s"}, {"owner": "y"}, {},
        {"owner": "x", "segment": "s", "stage": "B"},
    ]  # fmt: skip
    book = [{"id": str(i), "stage": "A", "age": 0, **fields} for i, fields in enumerate(book)]
    share = {"market": 0.1, "segment": 0.2, "owner": 0.3}
    won = won_deals(funnel([stage("A", 0.4), stage("B", 0.6)], book, correlation=share), TRIALS, seed=3)
    w = [0.24] * 6 + [0.6]
    for i, a in enumerate(book):
        assert_probability(won[i], w[i])
        for j in range(i):
            b = book[j]
            rho = share["market"] + sum(share[k] for k in ("segment", "owner") if a.get(k) and a.get(k) == b.get(k))
            assert_probability(won[i] & won[j], together(w[i], w[j], rho))


STAGES = [
    stage("A", 0.5, {"lognormal": {"median": 5, "p90": 15}}, lost_duration={"exponential": 20}),
    stage("B", 0.6, {"gamma": {"mean": 6, "sd": 4}}, lost_duration={"exponential": 2}),
]
MIXED = [
    {"id": "1", "stage": "A", "age": 0},
    {"id": "2", "stage": "A", "age": 9},
    {"id": "3", "stage": "A"},
    {"id": "4", "stage": "B", "age": 0},
    {"id": "5", "stage": "B", "age": 5},
    {"id": "6", "stage": "B", "created": "2026-12-25"},
]
LEADS = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 2}, "amount": 10}]


@LONG_IN_PYTHON
def test_correlation_leaves_every_mean_where_it_was() -> None:
    """Each stage, age and origin, each period: the same seed, so the gap is only that of the deals that
    differ.
    """
    labelled = [{**d, "owner": "x", "segment": "s"} for d in MIXED]
    data = funnel(STAGES, labelled, leads=[{**LEADS[0], "owner": "x"}], periods=days(length=10, count=3))
    strong = {**data, "correlation": {"market": 0.2, "segment": 0.2, "owner": 0.3}}
    for a, b in zip(won_deals(data, TRIALS), won_deals(strong, TRIALS, seed=2), strict=True):
        assert_same_mean(a, b)
    plain, moved = simulate_ledger(data, TRIALS), simulate_ledger(strong, TRIALS, seed=2)
    for k in range(3):
        assert_same_mean(plain.new[0, k], moved.new[0, k], what=f"new in period {k}")
        assert_same_mean(plain.wins[0, k], moved.wins[0, k], what=f"wins in period {k}")
    assert moved.wins[0].sum(axis=0).var() > 1.5 * plain.wins[0].sum(axis=0).var()


def test_open_deals_and_leads_share_the_market() -> None:
    data = funnel(
        [stage(conversion=0.4, duration=0)],
        deals(20),
        leads=[{**LEADS[0], "rate": {"per": "day", "mean": 1}}],
    )
    ledger = simulate_ledger({**data, "correlation": {"market": 0.3}}, TRIALS)
    a, b = ledger.open[0, 0] / 100, ledger.new[0, 0] / 1000
    product = (a - a.mean()) * (b - b.mean())
    assert_mean(product, 20 * 30 * (together(0.4, 0.4, 0.3) - 0.16))


def test_certain_wins_and_losses_stay_certain() -> None:
    data = funnel([stage("A", 0), stage("B", 1)], [*deals(3), *deals(4, "b", stage="B")], correlation={"market": 0.5})
    assert (wins(data, 500) == 4).all()


def test_timing_does_not_depend_on_the_factors() -> None:
    data = funnel(STAGES, deals(20), periods=days(length=5, count=6), correlation={"market": 0.4})
    won = simulate_ledger(data, TRIALS).wins[0]
    total = won.sum(axis=0)
    good = total > np.median(total)
    assert stats.chi2_contingency(np.stack([won[:, good].sum(axis=1), won[:, ~good].sum(axis=1)])).pvalue > ALPHA


def test_drawn_and_certain_probabilities_agree() -> None:
    """A rate of a billion observations is drawn in every trial: the same wins as of a certain one."""
    book: list[dict[str, Any]] = [*deals(10), *unaged(5, "u")]
    share = {"correlation": {"market": 0.2}}
    certain = won_deals(funnel([stage(conversion=0.4)], book, **share), sized(20_000))
    drawn = won_deals(funnel([stage(conversion={"mean": 0.4, "n": 1e9})], book, **share), sized(20_000))
    assert (certain != drawn).mean() < 2e-4


def test_normal_functions_agree_with_scipy() -> None:
    p = np.concatenate([np.logspace(-300, -1, 60), np.linspace(0.1, 0.9, 33), 1 - np.logspace(-15, -1, 30)])
    np.testing.assert_allclose([_normal_quantile(x) for x in p], special.ndtri(p), rtol=2e-14, atol=1e-15)
    z = np.linspace(-37, 8, 91)
    np.testing.assert_allclose([_normal_cdf(x) for x in z], special.ndtr(z), rtol=1e-13)


def test_mean_over_the_factor_is_the_win_probability() -> None:
    z, weight = np.polynomial.hermite_e.hermegauss(120)
    for w in (0.001, 0.2, 0.7):
        for rho in (0.05, 0.4):
            given = np.array([_given_factors(w, math.sqrt(rho) * x, rho) for x in z])
            assert given @ weight / math.sqrt(2 * math.pi) == pytest.approx(w, rel=1e-6)


def test_zero_shares_draw_no_factors() -> None:
    data = funnel([stage(conversion=0.4)], deals(6, owner="x", segment="s"))
    same = {**data, "correlation": {"market": 0, "segment": 0, "owner": 0}}
    assert np.array_equal(simulate_ledger(data, 3000).open, simulate_ledger(same, 3000).open)


@pytest.mark.parametrize("shares", [{"market": 0.2}, {"market": 0.1, "segment": 0.1}, {"segment": 0.2}])
def test_a_given_market_factor_agrees_between_both_kernels_and_the_exact_engine(shares: dict[str, float]) -> None:
    data = funnel([stage("A", 0.4, 1)], [*deals(30, segment="s"), *deals(20, "e", segment="t")], correlation=shares,
                  targets=[{"period": "2027-01-01+30d", "amount": 14}])  # fmt: skip
    shift = [Shift.model_validate({"path": "market_factor", "set": -1.3})]
    exact = exact_forecast(data, shifts=shift)
    rho = shares.get("market", 0.0)
    w = stats.norm.cdf((stats.norm.ppf(0.4) - 1.3 * rho**0.5) / (1 - rho) ** 0.5)
    assert exact.mean(0) == pytest.approx(50 * w, rel=1e-6)  # the given market aside, the other factors move no mean
    for kernel in ("paths", "outcomes"):
        run = simulate(data, trials=sized(20_000), kernel=kernel, shifts=shift)
        assert_mean(run.bookings(0), 50 * w)
        assert_probability(run.bookings(0) >= 14, exact.p_attain().probability)
