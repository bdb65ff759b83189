"""How sure the mean of a series is whose terms overlap, and so are not independent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats

LEAST_COSINES, SHARE = 2, 0.4
"""Cosines that the variance is taken from: so many, or this share of the independent windows."""


@dataclass(frozen=True)
class MeanWithError:
    """The mean of a series and its interval."""

    mean: float
    stderr: float
    low: float
    high: float

    @property
    def apart_from_zero(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def mean_of_windows(values: Floats, independent: float, level: float = 0.9) -> MeanWithError | None:
    """Mean of what overlapping windows gave, with an interval that knows that they overlap.

    Parameters
    ----------
    values
        (n,) one number for each window, in the order of time, the windows evenly spaced.
    independent
        Windows of the same length that would lie side by side in the time that these cover.
    level
        Of the interval.

    Returns
    -------
    MeanWithError or None
        None below three values: a spread cannot be told from them.

    Notes
    -----
    Student's t with B degrees of freedom on the equal-weighted cosine estimate of the long-run variance, B the larger
    of 2 and 0.4 x `independent`: E. Lazarus, D. J. Lewis, J. H. Stock & M. W. Watson, "HAR inference: recommendations
    for practice", Journal of Business & Economic Statistics 36 (2018) 541-559.
    """
    n = len(values)
    if n < LEAST_COSINES + 1:
        return None
    mean = float(np.mean(values))
    cosines = min(max(LEAST_COSINES, int(SHARE * independent)), n - 1)
    position = (np.arange(n) + 0.5) / n
    basis = math.sqrt(2 / n) * np.cos(np.pi * np.arange(1, cosines + 1)[:, None] * position)
    long_run = float(np.mean((basis @ (values - mean)) ** 2))
    stderr = math.sqrt(long_run / n)
    half = float(stats.t.ppf((1 + level) / 2, cosines)) * stderr
    return MeanWithError(mean, stderr, mean - half, mean + half)
