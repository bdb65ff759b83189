"""How many deals will be in each stage: trajectories over the horizon of a forecast."""

from __future__ import annotations

import numpy as np

from simfunnel.engine.paths.occupancy import Occupancy, stage_occupancy
from simfunnel.funnel.book import Compiled

TRIALS = 1_000
WEEKS_FROM = 56.0
"""Days of horizon from which on whole weeks are shown: within a week, weekends would draw a saw blade."""


def simulate_occupancy(compiled: Compiled, trials: int, seed: int) -> Occupancy:
    """Simulate the stages of open deals and leads to come; `trials` are those of the forecast, of which a few do."""
    model, book = compiled.model, compiled.book
    horizon = float((book.periods[-1].end - book.as_of).days)
    step = 7.0 if horizon >= WEEKS_FROM else 1.0
    days = np.append(np.arange(0.0, horizon - 0.5, step), horizon - 1e-3)[: int(horizon // step) + 1]
    return stage_occupancy(model, days, min(TRIALS, trials), seed)
