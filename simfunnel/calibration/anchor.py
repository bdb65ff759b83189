"""The run-rate as a second opinion: weighed by how well both forecast past windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.book import Book

PRIOR_SD, PRIOR_N = 0.15, 2.0
"""Of the log error of any forecast of a window, before its errors were seen; and for how many windows that counts."""
LEAST, MOST = 0.5, 2.0
"""Factors that are believed."""


@dataclass(frozen=True)
class Stack:
    """What the mixture of model and run-rate does to the model."""

    factor: float
    """Mean of the mixture over that of the model."""
    spread: float
    """Sd of what is not sampling, in the mixture over that in the model; at most 1."""
    weight: float
    """Of the run-rate."""
    run_rate: float
    model: float


def run_rates(book: Book, starts: Floats, horizon: float, first: float) -> Floats:
    """Value won in the window before each day, scaled up where the window began before anything was seen."""
    found = []
    for t in starts.tolist():
        won = book.won & (book.closed >= t - horizon) & (book.closed < t)
        seen = min(t - first, horizon) / horizon
        found.append(float(book.amount[won].sum()) / max(seen, 0.2))
    return np.array(found)


def stack(
    actual: Floats, model: Floats, run_rate: Floats, independent: float, now: tuple[float, float], model_sd: float
) -> Stack | None:
    """Weigh the run-rate against the model by their past errors.

    Parameters
    ----------
    actual, model, run_rate
        (n,) what past windows brought, and what both expected of them.
    independent
        Windows that do not overlap.
    now
        What the model and the run-rate expect of the coming window.
    model_sd
        Sd of the log error of the model that is not sampling.

    Returns
    -------
    Stack or None
        None where there is nothing to weigh.
    """
    usable = (actual > 0) & (model > 0) & (run_rate > 0)
    if not usable.any() or min(now) <= 0:
        return None
    n = min(independent, float(usable.sum()))
    variances = []
    for forecast in (model, run_rate):
        errors = np.log(actual[usable] / forecast[usable])
        variances.append((PRIOR_N * PRIOR_SD**2 + n * float(np.mean(errors**2))) / (PRIOR_N + n))
    weights = [v ** (-(PRIOR_N + n) / 2) for v in variances]
    weights[1] *= n / (1 + n)
    w = weights[1] / sum(weights)
    mean = (1 - w) * now[0] + w * now[1]
    factor = min(max(mean / now[0], LEAST), MOST)
    apart = (1 - w) * (now[0] - mean) ** 2 + w * (now[1] - mean) ** 2
    whole = (1 - w) * (model_sd * now[0]) ** 2 + w * variances[1] * now[1] ** 2 + apart
    spread = min(1.0, math.sqrt(whole) / mean / model_sd) if model_sd > 0 else 1.0
    return Stack(factor, spread, w, now[1], now[0])
