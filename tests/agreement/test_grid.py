"""`paths`, `outcomes` and `exact` say the same, on every scenario of the grid.

Some 20,000 comparisons, each allowing 5.3 standard errors of the difference: a false alarm in 1 of 400 runs of all of
them. Seeds are fixed, so what passes once passes always.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from helpers import JIT, sized

from agreement.grid import GRID
from simfunnel.engine.exact.book import BOOKINGS, CASH, WINS
from simfunnel.engine.exact.solve import Solved
from simfunnel.engine.outcome_run import outcomes_can_run
from simfunnel.forecast import Forecast, simulate
from simfunnel.forecast.exact import ExactForecast, exact_forecast
from simfunnel.forecast.inputs import prepare

TRIALS = 40_000
ALLOWED = 5.3
QUANTILES = (0.05, 0.5, 0.95)


def samples(forecast: Forecast, g: int, k: int, kind: str) -> npt.NDArray[np.float64]:
    """What each trial adds to what is closed."""
    s = forecast.samples
    parts = {BOOKINGS: (s.open, s.new), WINS: (s.wins,), CASH: (s.cash,)}[kind]
    ks = slice(k, k + 1) if k < len(forecast.periods) else slice(None)
    return np.sum([part[g, ks].sum(axis=0, dtype=np.int64) for part in parts if part is not None], axis=0) * 1.0


def check(x: npt.NDArray[np.float64], exact: Solved, goal: float | None, what: str) -> None:
    n = len(x)
    mean, mean_error = (float(v) for v in exact.nodes.combine(exact.open + exact.new))
    variance, variance_error = (float(v) for v in exact.nodes.combine(exact.variance))
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
        p, p_error = (float(v[0]) for v in exact.nodes.combine(exact.distribution.below(np.array([at]))))
        compare(float(np.mean(x <= at)), p, n, p_error + exact.grid_error, f"P({what} <= {at})")
    if goal is not None and goal > 0:
        p, p_error = (float(v) for v in exact.nodes.combine(exact.distribution.reaches(goal)))
        compare(float(np.mean(x >= goal)), p, n, p_error + exact.grid_error, f"P(attain) of {what}")


def compare(seen: float, p: float, n: int, error: float, what: str) -> None:
    allowed = ALLOWED * np.sqrt(p * (1 - p) / n + error**2) + 3 / n
    assert abs(seen - p) <= allowed, f"{what}: {seen} and {p}, allowed {allowed}"


@pytest.mark.skipif(not JIT, reason="40,000 trials need compiled kernels")
@pytest.mark.parametrize("name", GRID)
def test_three_engines_agree(name: str) -> None:
    data, variant = GRID[name]
    ready = prepare(data)
    groups = ("segment",)
    exact: ExactForecast = exact_forecast(ready, variant=variant, groups=groups, points=32, work=2e7)
    model = ready.model(ready.variant(variant), groups)
    kernels = ["paths"] + (["outcomes"] if outcomes_can_run(model) is None else [])
    closed = exact.samples.closed
    K = len(exact.periods)
    for seed, kernel in enumerate(kernels):
        forecast = simulate(ready, variant=variant, groups=groups, kernel=kernel, trials=sized(TRIALS), seed=100 + seed)
        assert forecast.groups == exact.groups
        for (g, k, kind), solved in exact.solved.items():
            target = exact.targets.get((g, k))
            done = closed[g, k] if k < K else closed[g].sum()
            goal = target * exact.minor_units - done if target is not None and kind == BOOKINGS else None
            x = samples(forecast, g, k, kind)
            # without a target: the median of the whole, so that P(attain) is compared everywhere
            goal = float(np.median(x)) if goal is None else goal
            check(x, solved, goal, f"{kind} of {exact.groups[g]} in period {k} by {kernel}")


def test_outcomes_serves_most_of_the_grid() -> None:
    served = [name for name, (data, variant) in GRID.items()
              if outcomes_can_run((ready := prepare(data)).model(ready.variant(variant))) is None]  # fmt: skip
    assert len(served) >= 25
