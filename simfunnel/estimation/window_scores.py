"""Scores of past windows, in closed form."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from simfunnel.arrays import Floats
from simfunnel.estimation.windows import Windows


def window_scores(windows: Windows, spread: float) -> Floats:
    """Continuous ranked probability score of each window, forecast as normal given the arrivals that came.

    Parameters
    ----------
    windows
        Past windows.
    spread
        Sd of the log error of a window beyond the luck of independent deals.
    """
    return normal_crps(windows.mean, np.sqrt(windows.variance + (spread * windows.mean) ** 2), windows.actual)


def normal_crps(mean: Floats, sd: Floats, actual: Floats) -> Floats:
    """Continuous ranked probability score of a normal distribution (Gneiting & Raftery 2007, equation 5)."""
    sd = np.maximum(sd, 1e-150)
    z = (actual - mean) / sd
    density = np.exp(-(np.clip(z, -40.0, 40.0) ** 2) / 2) / math.sqrt(2 * math.pi)  # beyond, nothing is left of it
    return np.asarray(sd * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi)))
