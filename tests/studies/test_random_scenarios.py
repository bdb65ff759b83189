"""Random scenarios by three engines: ``python -m pytest -m slow -s tests/studies/test_random_scenarios.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement.test_grid import check, kernels_of, samples
from engine.test_properties import general, linear, scenarios
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simfunnel import InputError
from simfunnel.forecast import simulate
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare

pytestmark = pytest.mark.slow
EXAMPLES = 30
TRIALS = 40_000
GROUPS = ("segment", "owner")
REALIZATION = {"empirical": [0.5, 0.9, 1.0]}


def test_random_scenarios() -> None:
    """As on the grid of `tests/agreement`: mean, variance, quantiles and P(attain), per period, in total, per group."""
    seen = {"scenarios": 0, "distributions": 0}

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(scenarios(st.one_of(linear(), general())), st.sampled_from([0, 37]), st.booleans())
    def run(data: dict[str, Any], cents: int, realized: bool) -> None:
        for i, deal in enumerate(data["pipeline"]["opportunities"]):
            deal["amount"] += cents * (i + 1) / 100  # on no common grid
        if realized:
            data["pipeline"]["realization"] = REALIZATION
        try:
            ready = prepare(data)
            model = ready.model((), GROUPS)
        except InputError:
            return  # random funnels may have a stage without a way out
        exact = exact_forecast(ready, groups=GROUPS, points=32, work=2e7)
        seen["scenarios"] += 1
        for number, kernel in enumerate(kernels_of(model)):
            seed = 1_000 * seen["scenarios"] + number
            forecast = simulate(ready, groups=GROUPS, kernel=kernel, trials=TRIALS, seed=seed)
            for (g, k, kind), solved in exact.solved.distributions.items():
                x = samples(forecast, g, k, kind)
                check(x, solved, float(np.median(x)), f"{kind} of {exact.groups[g]} in period {k} by {kernel}: {data}")
                seen["distributions"] += 1

    run()
    print(f"\n{seen['scenarios']} random scenarios, {seen['distributions']} distributions: within simulation error")
    assert seen["scenarios"] > EXAMPLES / 2
