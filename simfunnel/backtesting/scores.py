"""Scores of one forecast against what came: all proper, all from a sample of it."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats


def crps(sample: Floats, actual: float) -> float:
    """Continuous ranked probability score of a sample: in the unit of the actual, the smaller the better.

    E|X - y| - E|X - X'| / 2, the second term over pairs of different draws, so that the score of a sample is on
    average that of what it was drawn from, whatever its size. Of a point it is the absolute error.

    Notes
    -----
    T. Gneiting & A. E. Raftery, "Strictly proper scoring rules, prediction, and estimation", Journal of the American
    Statistical Association 102 (2007) 359-378, equation 21; the correction of C. A. T. Ferro, "Fair scores for ensemble
    forecasts", Quarterly Journal of the Royal Meteorological Society 140 (2014) 1917-1923.
    """
    n = len(sample)
    error = float(np.mean(np.abs(sample - actual)))
    if n < 2:
        return error
    ordered = np.sort(sample)
    rank = np.arange(1, n + 1)
    return error - float((2 * rank - n - 1) @ ordered) / (n * (n - 1))


def crps_of_quantiles(levels: Floats, values: Floats, actual: float) -> float:
    """The same from quantiles: twice the mean pinball loss, levels weighted by the share of the unit that each is for.

    Parameters
    ----------
    levels
        (n,) rising, strictly between 0 and 1.
    values
        (n,) the quantiles.
    actual
        What came.
    """
    bounds = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    return float(2 * np.diff(bounds) @ pinball(levels, values, actual))


def pinball(levels: Floats, values: Floats, actual: float) -> Floats:
    """Loss of each quantile (Koenker & Bassett 1978): what an error costs, by the level."""
    return np.asarray((actual - values) * (levels - (actual < values)))


def pit(sample: Floats, actual: float, position: float = 0.5) -> float:
    """Where the actual lies in the forecast, between 0 and 1; uniform for a right forecast.

    Draws equal to the actual count with `position` of them below: randomised, it is uniform for counts too (C. Czado,
    T. Gneiting & L. Held, "Predictive model assessment for count data", Biometrics 65 (2009) 1254-1261).
    """
    below, equal = float(np.mean(sample < actual)), float(np.mean(sample == actual))
    return below + position * equal
