"""Whether a clock would have forecast past windows better: the same windows scored without it and with it."""

from __future__ import annotations

from simfunnel.arrays import Floats
from simfunnel.estimation.window_scores import window_scores
from simfunnel.estimation.windows import Windows

LEVEL = 0.95
"""Of the interval of a gain."""
LEAST_WINDOWS = 3.0
"""Windows that do not overlap below which nothing is chosen by them."""


def clock_gains(without: Windows, with_it: Windows, spread: float) -> tuple[Floats, float]:
    """Score (CRPS) of each window without a clock, less that with it; and what windows brought on the mean.

    Parameters
    ----------
    without, with_it
        Forecasts of the same windows.
    spread
        Sd of the log error of a window beyond the luck of independent deals, taken for both.

    Returns
    -------
    gains : (n,) array
        In the order of the windows.
    scale : float
        0 where there are none.
    """
    scale = float(without.actual.mean()) if len(without.actual) else 0.0
    return window_scores(without, spread) - window_scores(with_it, spread), scale
