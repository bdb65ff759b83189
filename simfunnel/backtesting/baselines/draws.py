"""Spreads of baselines: of independent deals, and of their own past errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats
from simfunnel.backtesting.origin import DRAWS, Origin

PRIOR_SD, PRIOR_N, MOST_SD = 0.12, 2.0, 0.5
"""Of the log error of a baseline: what is believed before any was seen, for how many windows that counts, and the
largest that is believed."""


def normals(rng: np.random.Generator) -> Floats:
    """Standard normal draws, one from each of equal shares of the distribution, in random order."""
    return np.asarray(rng.permutation(stats.norm.ppf((np.arange(DRAWS) + 0.5) / DRAWS)))


def of_sum(mean: float, variance: float, rng: np.random.Generator, factor: Floats | None = None) -> Floats:
    """Draws of a sum of many independent amounts: normal, not below 0; a factor moves mean and variance alike."""
    f = np.ones(DRAWS) if factor is None else factor
    return np.maximum(mean * f + np.sqrt(max(variance, 0.0) * f) * normals(rng), 0.0)


def past_errors(origin: Origin, mean: Callable[[Origin], float]) -> Floats:
    """Log errors that a point forecast made at earlier origins whose windows are over."""
    errors = []
    for earlier in origin.earlier:
        came, expected = origin.won_in(earlier), mean(earlier)
        if came > 0 and expected > 0:
            errors.append(math.log(came / expected))
    return np.array(errors)


def error_factor(origin: Origin, mean: Callable[[Origin], float], rng: np.random.Generator) -> Floats:
    """Draws of a factor as spread as the past errors of a point forecast, with Student's tails where they are few."""
    errors = past_errors(origin, mean)
    n = min(origin.independent, float(len(errors)))
    found = float(np.mean(errors**2)) if len(errors) else 0.0
    sd = min(math.sqrt((PRIOR_N * PRIOR_SD**2 + n * found) / (PRIOR_N + n)), MOST_SD)
    tails = stats.t.ppf((np.arange(DRAWS) + 0.5) / DRAWS, max(PRIOR_N + n, 3.0))
    return np.asarray(np.exp(sd * np.clip(rng.permutation(tails), -4.0, 4.0) - sd**2 / 2))
