"""`paths`, `outcomes` and `exact` say the same, on every scenario of the grid, of the whole and of every group.

Each comparison allows as many standard errors of the difference as make a false alarm happen in 1 of 400 runs of all
`COMPARISONS` of them. Seeds are fixed, so what passes once passes always.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from helpers import JIT, sized
from scipy import stats

from agreement.grid import GRID
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.engine.exact.solve import SolvedDistribution
from simfunnel.engine.outcomes.run import outcomes_can_run
from simfunnel.forecast import Forecast, simulate
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.groups import DIMENSIONS
from simfunnel.funnel.model import NONE_LABEL, Model

TRIALS = 40_000
QUANTILES = (0.05, 0.5, 0.95)
EACH = 2 + len(QUANTILES) + 1
"""Comparisons of a distribution: mean, variance, quantiles, P(attain)."""
COMPARISONS = 39_000
RUNS = 400
ALLOWED = float(stats.norm.isf(0.5 / (RUNS * COMPARISONS)))
"""Standard errors: 5.4."""
BLIND, MOST_BLIND = 0.01, 1 / 6
"""An error stated by `exact` that hides four standard errors of the simulation; share of such distributions."""
SCENARIOS_WITH_GROUPS = {"owner": 35, "segment": 35, "team": 15, "source": 15}


def kernels_of(model: Model) -> list[str]:
    return ["paths"] + (["outcomes"] if outcomes_can_run(model) is None else [])


def samples(forecast: Forecast, g: int, k: int, kind: str) -> npt.NDArray[np.float64]:
    """What each trial adds to what is closed."""
    s = forecast.samples
    parts = {BOOKINGS: (s.open, s.new), WINS: (s.wins,), CASH: (s.cash,)}[kind]
    ks = slice(k, k + 1) if k < len(forecast.periods) else slice(None)
    return np.sum([part[g, ks].sum(axis=0, dtype=np.int64) for part in parts if part is not None], axis=0) * 1.0


def check(x: npt.NDArray[np.float64], exact: SolvedDistribution, goal: float | None, what: str) -> None:
    n = len(x)
    mean, mean_error = (float(v) for v in exact.combine(exact.open + exact.new))
    variance, variance_error = (float(v) for v in exact.combine(exact.variance))
    allowed = ALLOWED * np.sqrt(variance / n + mean_error**2) + 1e-9 * abs(mean)
    assert abs(x.mean() - mean) <= allowed, f"mean of {what}: {x.mean()} and {mean}"
    if not x.any():  # nothing won in any trial: that this was to be expected is compared below
        variance = 0.0
    centred = (x - mean * bool(x.any())) ** 2
    # of rare wins the spread of the sample is a poor guide: at least as if there were ten more of them
    error = np.sqrt(centred.var() / n + variance_error**2) + 10 * centred.max(initial=0.0) / n
    assert abs(centred.mean() - variance) <= ALLOWED * error + 2e-3 * variance, f"variance of {what}"
    points = [float(np.quantile(x, q, method="inverted_cdf")) for q in QUANTILES]
    for at in points:
        p, p_error = (float(v[0]) for v in exact.combine(exact.distribution.below(np.array([at]))))
        compare(float(np.mean(x <= at)), p, n, p_error + exact.grid_error, f"P({what} <= {at})")
    if goal is not None and goal > 0:
        p, p_error = (float(v) for v in exact.combine(exact.distribution.reaches(goal)))
        compare(float(np.mean(x >= goal)), p, n, p_error + exact.grid_error, f"P(attain) of {what}")


def compare(seen: float, p: float, n: int, error: float, what: str) -> None:
    allowed = ALLOWED * np.sqrt(p * (1 - p) / n + error**2) + 3 / n
    assert abs(seen - p) <= allowed, f"{what}: {seen} and {p}, allowed {allowed}"


LONG = {
    "market and owners with leads",
    "scaled win rates and durations",
    "uncertain loops, judged deals, leads",
    "odds of a segment and an owner, with leads",
    "cash of teams under a pace",
}
"""Whose parts are in others too, and which the exact engine takes long for."""


@pytest.mark.skipif(not JIT, reason="40,000 trials need compiled kernels")
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in GRID])
def test_three_engines_agree(name: str) -> None:
    data, variant = GRID[name]
    ready = prepare(data)
    exact: Forecast = exact_forecast(ready, variant=variant, points=32, work=2e7)
    kernels = kernels_of(ready.model(ready.variant(variant)))
    stated = np.array([s.grid_error + s.integration_error for s in exact.solved.distributions.values()])
    assert np.mean(stated > BLIND) <= MOST_BLIND
    closed = exact.known.closed
    K = len(exact.periods)
    for seed, kernel in enumerate(kernels):
        forecast = simulate(ready, variant=variant, kernel=kernel, trials=sized(TRIALS), seed=100 + seed)
        assert forecast.groups == exact.groups
        for (g, k, kind), solved in exact.solved.distributions.items():
            target = exact.targets.get((g, k))
            done = closed[g, k] if k < K else closed[g].sum()
            goal = target * exact.minor_units - done if target is not None and kind == BOOKINGS else None
            x = samples(forecast, g, k, kind)
            # without a target: the median of the whole, so that P(attain) is compared everywhere
            goal = float(np.median(x)) if goal is None else goal
            check(x, solved, goal, f"{kind} of {exact.groups[g]} in period {k} by {kernel}")


@cache
def grid_compiled() -> list[Compiled]:
    found = []
    for data, variant in GRID.values():
        ready = prepare(data)
        found.append(ready.compiled(ready.variant(variant)))
    return found


def models() -> list[Model]:
    return [compiled.model for compiled in grid_compiled()]


def test_outcomes_serves_most_of_the_grid() -> None:
    assert sum(len(kernels_of(model)) == 2 for model in models()) >= 25


def test_there_are_as_many_comparisons_as_stated() -> None:
    distributions = sum(
        model.groups * (model.periods + 1) * (3 if len(model.payment.share) else 2)
        * len(kernels_of(model))
        for model in models()
    )  # fmt: skip
    assert 0.85 * COMPARISONS <= EACH * distributions <= COMPARISONS


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_many_scenarios_have_several_groups_of_every_kind(dimension: str) -> None:
    named = [sum(d == dimension and label != NONE_LABEL for d, label in c.book.groups) for c in grid_compiled()]
    assert sum(count >= 2 for count in named) >= SCENARIOS_WITH_GROUPS[dimension]
