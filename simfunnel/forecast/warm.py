"""Compiling every kernel ahead of time, on a model that is small and has everything."""

from __future__ import annotations

import numpy as np


def warm_kernels() -> None:
    """Run every kernel once, so that its machine code is in the cache."""
    from simfunnel.engine.outcomes.run import OutcomeRun
    from simfunnel.engine.paths.lead_runs import critical_multipliers, lead_values
    from simfunnel.engine.paths.occupancy import stage_occupancy
    from simfunnel.engine.paths.run import PathsRun
    from simfunnel.engine.run.blocks import run_blocks
    from simfunnel.forecast.inputs import prepare

    model = prepare({
        "version": 1,
        "as_of": "2027-01-15",
        "periods": {"unit": "month", "count": 1},
        "stages": [{"name": "Proposal", "conversion": {"mean": 0.5, "n": 20}, "duration": {"exponential": 10}}],
        "amount": 100,
        "pipeline": {"opportunities": [
            {"id": 1, "stage": "Proposal", "amount": 100, "owner": "A"},
            {"id": 2, "stage": "Proposal", "amount": 100, "win_rate": 0.5},
        ]},
        "leads": [{"name": "inbound", "stage": "Proposal", "rate": {"per": "week", "mean": 1}}],
        "closed": [{"period": "2027-01", "amount": 100}],
        "correlation": {"market": 0.1},
        "payment_terms": [{"share": 1, "delay": 5}],
    }).model()  # fmt: skip
    run_blocks(PathsRun.prepare(model, 1), 0, 2, threads=1)
    run_blocks(OutcomeRun.prepare(model, 1), 0, 2, threads=1)
    stage_occupancy(model, np.array([0.0, 5.0]), 2, 1)
    gap = np.array([100, 0])
    critical_multipliers(model, gap, seed=1, used=[True], period=0, highest=2.0, threads=1)
    lead_values(model, gap, np.array([0.0, 7.0]), seed=1, period=0, threads=1)
