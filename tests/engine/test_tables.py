"""The sizes of approximations that docs/validation.md states."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import compiled, days, deals, funnel, stage
from scipy.special import ndtr, ndtri

from engine.entered import entered
from simfunnel.engine.law.timing import Law
from simfunnel.engine.outcomes.run import OutcomeRun
from simfunnel.engine.timing.tables import pace_node
from simfunnel.engine.timing.timings import timings_in_order

_pace_node = entered(pace_node)

RATES = (0.02, 0.1, 0.3, 0.5, 0.8, 0.97)


def book(**rest: object) -> dict[str, object]:
    return funnel(
        [stage("A", rate, 5) | {"name": name} for name, rate in zip("ABCDEF", RATES, strict=True)],
        [d | {"id": name, "stage": name} for name, d in zip("ABCDEF", deals(6), strict=True)],
        **rest,
    )


def test_win_tables_are_as_exact_as_stated() -> None:
    model = compiled(book(correlation={"market": 0.2}))
    w = model.win_rate
    fine = np.linspace(-4.5, 4.5, 20_001) * np.sqrt(0.2)
    exact = ndtr((ndtri(w)[:, None] + fine) / np.sqrt(0.8))
    runs = OutcomeRun.prepare(model, 1).runs
    knots = np.linspace(-runs.reach[0], runs.reach[0], runs.knots.shape[0])
    outcomes = np.array([np.interp(fine, knots, column) for column in runs.knots.T])
    deal = runs.deal >= 0
    assert np.abs(outcomes[deal] - exact[runs.deal[deal]]).max() < 1e-4
    assert not outcomes[~deal].any()


@pytest.mark.parametrize("sd", [0.1, 0.2, 0.3])
@pytest.mark.parametrize(
    "duration", [{"lognormal": {"median": 14, "p90": 40}}, {"exponential": 15}, {"gamma": {"mean": 20, "sd": 5}}]
)
def test_timing_between_the_nodes_of_the_pace_is_as_exact_as_stated(duration: dict[str, object], sd: float) -> None:
    slow = stage("A", 0.5, duration)
    data = funnel([slow, {**slow, "name": "B"}], deals(1, age=3), pace={"sd": sd})
    model = compiled(data)
    timings = timings_in_order(model).timings
    bound = model.grid.bound[1:]
    law = Law(model, float(bound[-1]) * np.exp(4 * sd), points=3000)
    for pace in np.exp(np.linspace(-4, 4, 37) * sd):
        node, rest = _pace_node(timings.pace, float(pace))
        read = timings.deals[node] + rest * (timings.deals[node + 1] - timings.deals[node])
        assert np.abs(read[:, 0] - law.deals_before(bound / pace).deals[0]).max() < 3e-4


@pytest.mark.parametrize("sd", [0.05, 0.3])
@pytest.mark.parametrize(
    "duration", [{"uniform": {"low": 2, "high": 8}}, {"triangular": {"low": 1, "mode": 3, "high": 4}}]
)
def test_timing_under_a_pace_is_a_distribution_at_kinks_too(duration: dict[str, object], sd: float) -> None:
    data = funnel([stage("A", 0.5, duration)], deals(3, age=1), periods=days(length=3, count=3), pace={"sd": sd})
    before = timings_in_order(compiled(data)).timings.deals
    assert before.min() >= 0.0
    assert before.max() <= 1.0
    assert np.all(np.diff(before, axis=1) >= 0.0)
