"""Stress tests against the exact engine; stated errors against what other seeds give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from simfunnel import exact_forecast, stress
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.pairs.by_deal import by_deal
from simfunnel.planning.pairs.differences import difference, moved_from
from simfunnel.planning.pairs.goal import resolve_goal
from simfunnel.planning.pairs.paired import PairedForecasts
from simfunnel.planning.stress.variance import PARTS, VarianceSplit
from simfunnel.scenario.schema import Shift
from tests.helpers import JIT, K, deals, funnel, sized, stage
from tests.planning.test_stress import LEADS, PERIOD, TARGET, book


def spread_out(scores: list[float]) -> None:
    """Scores of differences over their stated errors: neither too wide nor too narrow; fails once in 10,000 runs."""
    total, n = float(np.square(scores).sum()), len(scores)
    assert 5e-5 < stats.chi2.sf(total, n) < 1 - 5e-5, (total, n)


@pytest.mark.parametrize(
    ("kind", "paths"),
    [("scale", ["win_rate", "conversion[stage=B]", "duration", "amount", "leads.rate", "correlation.market"]),
     ("odds", ["conversion", "win_rate[owner=Ann]"]), ("add", ["conversion[stage=A]"])],
)  # fmt: skip
def test_both_ends_of_a_bar_are_those_of_the_exact_engine(kind: str, paths: list[str]) -> None:
    # known rates and one factor: the exact engine integrates over that alone
    data = {
        **book(correlation={"market": 0.1}),
        "stages": [stage("A", 0.5, {"exponential": 6}), stage("B", 0.8, {"exponential": 4})],
    }
    result = stress(data, trials=sized(20_000), assumptions=paths, kind=kind, grid=None)
    base = exact_forecast(data, groups=())
    assert result.p_attain is not None
    for bar in result.tornado:
        ends = ((bar.assumption.low, bar.low, bar.mean_low_estimate, bar.p_low_estimate),
                (bar.assumption.high, bar.high, bar.mean_high_estimate, bar.p_high_estimate))  # fmt: skip
        for value, moved, mean, p in ends:
            operation = {bar.assumption.operation: value}
            exact = exact_forecast(data, shifts=[Shift.model_validate({"path": bar.assumption.path, **operation})],
                                   groups=())  # fmt: skip
            gap = exact.mean(0) - base.mean(0)
            # 1e-3 of the change: the exact engine's own error, and the knots between which a simulation reads w
            assert abs(moved.mean.mean - gap) <= K * moved.mean.stderr + 1e-3 * abs(gap) + 1e-6, bar.assumption.path
            assert moved.p_attain is not None
            gap = exact.p_attain().probability - base.p_attain().probability
            assert abs(moved.p_attain.mean - gap) <= K * moved.p_attain.stderr + 1e-4, bar.assumption.path
            # an end by itself, read with the base as control variate, against the exact engine by itself
            assert abs(mean.mean - exact.mean(0)) <= K * mean.stderr + 1e-3 * exact.mean(0), bar.assumption.path
            assert abs(p.mean - exact.p_attain().probability) <= K * p.stderr + 1e-3, bar.assumption.path


def test_how_leads_and_amounts_vary_is_in_the_tornado_where_the_scenario_says_so() -> None:
    rate = {**LEADS[0]["rate"], "level_sd": 0.2, "dispersion": 2, "growth_per_year": 0.5}
    data = book(leads=[{**LEADS[0], "rate": rate}], amount_level={"sd": 0.1})
    found = {bar.assumption.path: bar for bar in stress(data, trials=sized(4000), grid=None).tornado}
    more = {"leads.level_sd", "leads.dispersion", "leads.growth_per_year", "amount_level.sd"}
    assert more <= set(found)
    assert found["leads.growth_per_year"].mean_high > found["leads.growth_per_year"].mean_low
    plain = {bar.assumption.path for bar in stress(book(), trials=200, grid=None).tornado}
    assert not more & plain


def test_shares_are_of_the_bookings_to_come_in_every_dimension() -> None:
    data = book(closed=[{"period": PERIOD, "amount": 500, "wins": 5, "owner": "Ann"}],
                targets=[{"period": PERIOD, "amount": 650}])  # fmt: skip
    found = stress(data, trials=500, grid=None, assumptions=["amount"])
    for dimension, shares in found.concentration.items():
        assert sum(share.mean for share in shares) == pytest.approx(found.mean.mean - 500), dimension
        assert sum(share.share for share in shares) == pytest.approx(1), dimension


def test_the_errors_of_what_a_deal_is_worth_are_what_other_seeds_give() -> None:
    ready = prepare(book(leads=[]))
    goal = resolve_goal(ready)
    found: dict[str, list[tuple[float, float]]] = {"pivotal": [], "mean": []}
    seeds = 60 if JIT else 4
    for seed in range(seeds):
        pairs = PairedForecasts(ready, trials=sized(1500), seed=seed)
        of = by_deal(pairs.prepared.model((), ()), pairs.base, goal)
        found["pivotal"].append((float(of.pivotal[0]), float(of.pivotal_stderr[0])))
        found["mean"].append((float(of.mean[0]), float(of.mean_stderr[0])))
    for values in found.values():
        centre = float(np.mean([v for v, _ in values]))
        total = sum(((v - centre) / e) ** 2 for v, e in values)
        assert 5e-5 < stats.chi2.sf(total, seeds - 1) < 1 - 5e-5


@pytest.mark.parametrize("target", [None, 1.2])
def test_the_error_of_a_short_pair_corrected_by_a_long_base_is_right(target: float | None) -> None:
    # bookings X and 0.8 X + noise in hundredths; 2,000 pairs correct themselves by 8,000 trials of X alone
    rng = np.random.default_rng(7)
    n, whole_n = 2000, 8000
    mean, reached = 0.8, stats.norm.sf(1.2, 0.8, np.hypot(0.8 * 0.5, 0.2))
    scores, plain = [], []
    for _ in range(300):
        x = rng.normal(1.0, 0.5, whole_n)
        moved = 0.8 * x[:n] + rng.normal(0, 0.2, n)
        cents = [np.rint(1e6 * values).astype(np.int64) for values in (x, x[:n], moved)]
        e = moved_from(cents[0], cents[1], cents[2], 1e6, target)
        truth = mean if target is None else reached
        scores.append((e.mean - truth) / e.stderr)
        plain.append((np.mean(moved if target is None else moved >= target) - truth) / e.stderr)
    spread_out(scores)
    # the correction is worth something: without it the same errors would be too small
    assert np.std(plain) > 1.15


def test_the_errors_of_differences_of_smooth_samples_are_right() -> None:
    # 400 pairs: the sd of their scores is known to 3.5 %, so a fifth more or less is six standard errors away
    rng = np.random.default_rng(3)
    scores: dict[float, list[float]] = {0.1: [], 0.5: [], 0.9: []}
    means = []
    for _ in range(400):
        x = rng.normal(10.0, 2.0, 4000)
        y = 1.1 * x + rng.normal(0, 0.5, 4000)
        a, b = (np.rint(1e6 * values).astype(np.int64) for values in (x, y))
        d = difference(a, b, 1e6)
        means.append((d.mean.mean - 1.0) / d.mean.stderr)
        for q, e in d.quantiles.items():
            truth = stats.norm.ppf(q, 11, np.hypot(2.2, 0.5)) - stats.norm.ppf(q, 10, 2)
            scores[q].append((e.mean - truth) / e.stderr)
    spread_out(means)
    for q, values in scores.items():
        assert 0.8 < np.std(values) < 1.2, q


def test_a_part_of_nothing_does_not_add_to_the_variance() -> None:
    # an uncertain rate that hardly matters: over many shifts of the points the total is right in the mean
    data = funnel([stage("A", {"mean": 0.4, "n": 5000}, 1)], deals(30, amount=10), targets=TARGET,
                  correlation={"market": 0.2})  # fmt: skip
    from simfunnel.planning.stress.variance import variance_split

    ready = prepare(data)
    found: list[VarianceSplit] = [
        variance_split(ready.compiled((), ()), resolve_goal(ready), seed, points=32) for seed in range(24)
    ]
    best = variance_split(ready.compiled((), ()), resolve_goal(ready), 1, points=2048)
    for split in found:
        assert split.total == pytest.approx(sum(split.parts[name].mean for name in PARTS))
    totals = [split.total for split in found]
    error = float(np.std(totals)) / len(totals) ** 0.5
    assert abs(np.mean(totals) - best.total) < K * error


def test_common_random_numbers_lower_the_variance_as_documented() -> None:
    # docs/validation.md: win_rate x 0.9 on the sample; means 55 times, P(attain) 4.5 times, with 8,000 trials
    from simfunnel.planning.pairs.differences import bookings
    from simfunnel.planning.pairs.paired import shift

    ready = prepare("scenarios/b2b_software/scenario.yaml")
    pairs = PairedForecasts(ready, trials=sized(8000), periods=1)
    base, weak = (bookings(f, 0) for f in pairs.pair((shift("win_rate", scale=0.9),)))
    other = bookings(PairedForecasts(ready, trials=sized(8000), periods=1, seed=7).base, 0)
    ratio = np.var(weak - other) / np.var(weak - base)
    hits: list[Any] = [(x >= 220_000_000).astype(int) for x in (base, weak, other)]
    of_p = np.var(hits[1] - hits[2]) / np.var(hits[1] - hits[0])
    print(f"variance of the difference, independent / paired: means {ratio:.1f}, P(attain) {of_p:.2f}")
    if JIT:
        assert ratio == pytest.approx(55, rel=0.1) and of_p == pytest.approx(4.5, rel=0.1)
