"""How many deals will be in each stage: trajectories of the deals of a forecast."""

from __future__ import annotations

import numpy as np

from simfunnel.engine.occupancy import Occupancy, stage_occupancy
from simfunnel.errors import InputError
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.known import refuse_without_trials

TRIALS = 1_000
WEEKS_FROM = 56.0
"""Days of horizon from which on whole weeks are shown: within a week, weekends would draw a saw blade."""


def occupancy_of(forecast: Forecast) -> Occupancy:
    """Simulate the stages of open deals and leads to come, over the horizon of a forecast."""
    if forecast.compiled is None:
        raise InputError("occupancy needs the scenario; a saved forecast does not hold the deals")
    if not forecast.trials:
        raise refuse_without_trials("occupancy")
    model, book = forecast.compiled.model, forecast.compiled.book
    horizon = float((book.periods[-1].end - book.as_of).days)
    step = 7.0 if horizon >= WEEKS_FROM else 1.0
    days = np.append(np.arange(0.0, horizon - 0.5, step), horizon - 1e-3)[: int(horizon // step) + 1]
    return stage_occupancy(model, days, min(TRIALS, forecast.provenance.trials), forecast.provenance.seed)
