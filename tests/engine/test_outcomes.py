"""The `outcomes` kernel against `paths` on every feature, and against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import (
    JIT,
    LONG_IN_PYTHON,
    assert_mean,
    assert_same_mean,
    book_of,
    compiled,
    days,
    deals,
    funnel,
    sized,
    stage,
    unaged,
)
from scipy import stats

from engine.entered import entered
from simfunnel.arrays import Words
from simfunnel.engine.draws.keys import entity_keys
from simfunnel.engine.draws.poisson import poisson
from simfunnel.engine.draws.streams import GOLDEN
from simfunnel.engine.outcomes.run import OutcomeRun, outcomes_can_run
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.engine.run.ledger import Ledger
from simfunnel.engine.trial.shared import trial_block

from .test_twin import BACK_TO_START, SCENARIOS

_poisson = entered(poisson)

SERVED = {name: data for name, (data, _) in SCENARIOS.items() if outcomes_can_run(compiled(data)) is None}


def outcomes(data: dict[str, Any], trials: int, seed: int = 1, **options: Any) -> Ledger:
    model = compiled(data)
    assert outcomes_can_run(model) is None
    return run_blocks(OutcomeRun.prepare(model, seed), 0, trials, **options)


@LONG_IN_PYTHON
@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in SERVED.items()])
def test_outcomes_and_paths_follow_one_law(data: dict[str, Any]) -> None:
    """At most 200 comparisons a scenario at 4.5 standard errors: a false alarm in 1 of 40 runs of all of them."""
    model = compiled(data)
    n = sized(60_000)
    paths = run_blocks(PathsRun.prepare(model, 5), 0, n)
    fast = run_blocks(OutcomeRun.prepare(model, 6), 0, n)
    for name in ("open", "new", "wins"):
        a, b = getattr(paths, name).astype(float), getattr(fast, name).astype(float)
        for g, group in enumerate(book_of(data).groups):
            for k in range(model.periods):
                assert_same_mean(b[g, k], a[g, k], what=f"{name} of {group} in period {k}")
        total_a, total_b = a[0].sum(axis=0), b[0].sum(axis=0)
        centre = total_a.mean()
        assert_same_mean((total_b - centre) ** 2, (total_a - centre) ** 2, what=f"spread of {name}")
        for q in (0.05, 0.5, 0.95):
            x = np.quantile(total_a, q)
            assert_same_mean(total_b <= x, total_a <= x, what=f"{name} at its {q} quantile")


def test_nearly_every_scenario_is_served() -> None:
    assert set(SCENARIOS) - set(SERVED) == {
        "payments", "payments on bounds", "pace and clock", "dispersed leads, forward",
        "uncertain loops, judged deals, leads",
    }  # fmt: skip


def test_a_rate_that_is_zero_in_the_mean_only_wins_in_some_trials() -> None:
    data = funnel([stage("A", {"mean": 0.4, "n": 5}, 1)], deals(20))
    model = compiled(data, [{"path": "conversion", "add": -0.5}])
    # E[max(0, c - 0.5)] of a Beta(2, 3) = integral of P(c > x) from 0.5 to 1
    x = 0.5 + (np.arange(10_000) + 0.5) / 20_000
    for run in (PathsRun, OutcomeRun):
        wins = run_blocks(run.prepare(model, 1), 0, sized(3000)).wins[0, 0]
        assert_mean(wins, 20 * float(stats.beta.sf(x, 2, 3).mean() / 2))


def test_what_the_kernel_cannot_serve_is_named() -> None:
    terms = [{"share": 1, "delay": 5}]
    assert "payment terms" in str(outcomes_can_run(compiled(funnel([stage()], deals(1), payment_terms=terms))))
    leads = [{"name": "web", "stage": "A", "rate": {"per": "week", "mean": 1}, "amount": 1}]
    assert outcomes_can_run(compiled(funnel(BACK_TO_START, deals(1)))) is None
    assert "too many ways" in str(outcomes_can_run(compiled(funnel(BACK_TO_START, deals(1), leads=leads))))


def test_identical_deals_are_binomial_in_each_period() -> None:
    data = funnel([stage("A", 0.4, {"exponential": 20})], deals(30), periods=days(length=10, count=3))
    won = outcomes(data, sized(100_000)).wins[0]
    for k in range(3):
        p = 0.4 * (np.exp(-k * 10 / 20) - np.exp(-(k + 1) * 10 / 20))
        counts = np.bincount(won[k], minlength=31)[:31]
        expected = stats.binom.pmf(np.arange(31), 30, p) * won.shape[1]
        few = expected < 5
        observed = np.append(counts[~few], counts[few].sum())
        wanted = np.append(expected[~few], expected[few].sum())
        assert stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-5


@pytest.mark.parametrize(
    "name",
    [
        "dispersed growing seasonal leads",
        "uncertain loops of smooth durations, paced",
        "uncertain loops, listed amounts",
    ],
)  # fmt: skip
def test_same_bits_for_any_threads_and_block_size(name: str) -> None:
    data = SERVED[name]
    first = outcomes(data, sized(3000) + 1)
    for options in ({"threads": 1}, {"threads": 3, "block": 64}, {"block": 1000}):
        for a, b in zip(first, outcomes(data, sized(3000) + 1, **options), strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_order_of_the_deals_does_not_matter() -> None:
    data = SERVED["correlated outcomes"]
    book = data["pipeline"]["opportunities"]
    turned = {**data, "pipeline": {**data["pipeline"], "opportunities": book[::-1]}}
    a, b = outcomes(data, sized(2000)), outcomes(turned, sized(2000))
    np.testing.assert_array_equal(a.open[0], b.open[0])
    np.testing.assert_array_equal(a.wins[0], b.wins[0])


def test_a_deal_has_the_same_outcome_in_both_kernels() -> None:
    """One uniform decides a deal in either kernel, so that over a long horizon they agree trial by trial."""
    data = funnel([stage("A", 0.4, 5)], deals(20), correlation={"market": 0.1})
    model = compiled(data)
    n = sized(3000)
    a = run_blocks(PathsRun.prepare(model, 3), 0, n)
    b = run_blocks(OutcomeRun.prepare(model, 3), 0, n)
    # the two tables of win probabilities differ by less than 1e-4: hardly a deal in 10,000 may fall between them
    assert np.mean(a.wins[0, 0] != b.wins[0, 0]) < 20 * 1e-4


@pytest.mark.parametrize("correlation", [{}, {"market": 0.1, "owner": 0.2}])
@pytest.mark.parametrize("shifts", [[], [{"path": "win_rate[owner=o1]", "odds": 0.7}]])
def test_drawn_rates_give_a_deal_the_same_outcome_in_both_kernels(
    correlation: dict[str, float], shifts: list[dict[str, Any]]
) -> None:
    """The same rates, factors and uniform decide in either kernel.

    Rates near 0 and 1 are among them.
    """
    rates = [{"mean": 0.02, "n": 30}, {"mean": 0.5, "n": 8}, {"mean": 0.97, "n": 40}]
    stages = [stage(name, rate, 5, lost_duration={"exponential": 6}) for name, rate in zip("ABC", rates, strict=True)]
    stages[1]["duration"] = {"gamma": {"mean": 6, "sd": 3}}
    book = [
        {"id": f"{s}{i}", "stage": s, "amount": 2**i, "owner": f"o{i % 3}", **({"age": 1.3 * i % 5} if i % 4 else {})}
        for s in "ABC"
        for i in range(12)
    ]
    data = funnel(stages, book, periods=days(length=400), correlation=correlation)
    model = compiled(data, shifts)
    run = OutcomeRun.prepare(model, 3)
    assert len(run.runs.deal) == 0
    n = sized(3001)
    a = run_blocks(PathsRun.prepare(model, 3), 0, n)
    b = run_blocks(run, 0, n, block=500)
    assert len(np.unique(b.open[0])) > 50
    np.testing.assert_array_equal(a.open[0, 0], b.open[0, 0])


def crowd(periods: int) -> dict[str, Any]:
    """Deals of 23 owners, from 1 to 23 each: runs of every length around whole vectors."""
    book = [
        {"id": f"{o}-{i}", "stage": "A", "age": 1.5 * i, "amount": 100 + o + 7 * i, "owner": f"o{o}"}
        for o in range(23)
        for i in range(o + 1)
    ]
    book[5]["not_before"] = "2027-01-20"
    duration = {"lognormal": {"median": 14, "p90": 40}}
    stages = [stage("A", 0.6, duration), stage("B", 0.7, duration)]
    correlation = {"market": 0.1, "owner": 0.1}
    return funnel(stages, book, periods=days(length=12, count=periods), correlation=correlation)


def mixed(x: Words) -> Words:
    """`simfunnel.engine.draws.streams.mix`, for arrays."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@pytest.mark.parametrize("periods", [1, 2, 3, 4, 5, 6, 7])
def test_packed_runs_add_up_what_arrays_of_deals_and_trials_do(periods: int) -> None:
    model = compiled(crowd(periods))
    n = sized(501)
    run = OutcomeRun.prepare(model, 9)
    assert run.walked is None
    with np.errstate(over="ignore"):
        block = trial_block(model, run.keys, 0, n)
    ledger = run_blocks(run, 0, n, block=333)
    assert ledger.wins[0].any()
    keys = entity_keys(model.keys, 9).deals
    booked, won = np.zeros_like(ledger.open), np.zeros_like(ledger.wins)
    for i, d in enumerate(run.runs.deal.tolist()):
        if d < 0:
            continue
        c = int(model.deals.combination[d])
        at = (block.factor[c] + run.runs.reach[c]) * run.runs.per_unit[c]
        knot = np.clip(at.astype(np.int64), 0, len(run.runs.knots) - 2)
        low, high = run.runs.knots[knot, i], run.runs.knots[knot + 1, i]
        w = low + (at - knot) * (high - low)
        words = mixed(keys[d] + np.arange(n, dtype=np.uint64) * GOLDEN)
        u = ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
        hits = np.array([u < w * run.timings.deals[0, k, i] for k in range(periods)])
        hits[1:] &= ~hits[:-1]
        for g in model.deals.group[model.deals.group_start[d] : model.deals.group_start[d + 1]]:
            booked[g] += hits * model.deals.amount[d]
            won[g] += hits
    np.testing.assert_array_equal(ledger.open, booked)
    np.testing.assert_array_equal(ledger.wins, won)


def test_amounts_too_large_to_pack_are_summed_exactly() -> None:
    amounts = [1_000_000 + i for i in range(30)]
    book = [{"id": f"d{i}", "stage": "A", "age": 0, "amount": a} for i, a in enumerate(amounts)]
    data = funnel([stage("A", 0.5, 20)], book)
    large = {**data, "pipeline": {"opportunities": [{**d, "amount": d["amount"] * 1_000_000} for d in book]}}
    assert OutcomeRun.prepare(compiled(data), 1).walked is None
    assert len(OutcomeRun.prepare(compiled(large), 1).runs.deal) == 0
    a, b = outcomes(data, sized(2000)), outcomes(large, sized(2000))
    np.testing.assert_array_equal(a.open * 1_000_000, b.open)
    np.testing.assert_array_equal(a.wins, b.wins)


def test_deals_are_walked_as_by_paths_where_they_are_not_plain() -> None:
    """Of a funnel with drawn rates, a pace, realization and judged deals, both kernels give the same bits."""
    stages = [stage("A", {"mean": 0.5, "n": 8}, {"gamma": {"mean": 9, "sd": 4}}), stage("B", 0.7, {"exponential": 9})]
    book = [*deals(12, owner="x"), *deals(5, "j", win_rate=0.4), *deals(3, "n", amount=None), *unaged(4, "u")]
    shared: dict[str, Any] = {"correlation": {"market": 0.1, "owner": 0.2}, "pace": {"sd": 0.4}, "amount": 7}
    data = funnel(stages, book, periods=days(length=12, count=3), **shared)
    data["pipeline"]["realization"] = {"triangular": {"low": 0.7, "mode": 1, "high": 1.1}}
    model = compiled(data)
    n = sized(2000)
    a, b = run_blocks(PathsRun.prepare(model, 3), 0, n), run_blocks(OutcomeRun.prepare(model, 3), 0, n, block=700)
    assert a.wins[0].any()
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.skipif(not JIT, reason="a million scalar draws are too slow as plain Python")
@pytest.mark.parametrize("mean", [0.02, 0.7, 4.0, 16.0, 16.5, 75.3])
def test_poisson_counts_have_the_poisson_distribution(mean: float) -> None:
    import numba

    @numba.njit
    def sample(mean: float, n: int) -> np.ndarray:  # type: ignore[type-arg]
        out = np.empty(n, dtype=np.int64)
        for i in range(n):
            out[i] = _poisson(mean, np.uint64(i) * np.uint64(0x9E3779B97F4A7C15), np.uint64(7))
        return out

    counts = np.bincount(sample(mean, 200_000))
    x = np.arange(len(counts))
    expected = 200_000 * stats.poisson.pmf(x, mean)
    few = expected < 8
    observed = np.append(counts[~few], counts[few].sum())
    wanted = np.append(expected[~few], 200_000 - expected[~few].sum())
    assert stats.chisquare(observed, wanted).pvalue > 1e-5


def test_poisson_counts_grow_with_their_mean() -> None:
    state, at = np.uint64(12345), np.uint64(9)
    with np.errstate(over="ignore"):
        counts = [_poisson(float(mean), state, at) for mean in np.linspace(0, 60, 301)]
    assert counts == sorted(counts)
