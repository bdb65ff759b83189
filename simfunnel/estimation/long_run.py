"""How sure the mean of a series is whose terms overlap, and so are not independent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.overlap import cosines_of, critical_value, of_evenly_spaced

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


def mean_of_windows(
    values: Floats, independent: float, level: float = 0.9, alike: Floats | None = None
) -> MeanWithError | None:
    """Mean of what overlapping windows gave, with an interval that knows that they overlap.

    Parameters
    ----------
    values
        (n,) one number for each window, in the order of time.
    independent
        Windows of the same length that would lie side by side in the time that these cover.
    level
        Of the interval.
    alike
        (n, n) correlation of the windows; by default that of evenly spaced windows that share independent days.

    Returns
    -------
    MeanWithError or None
        None below three values, and where all windows are the same: a spread cannot be told from them.

    Notes
    -----
    The equal-weighted cosine estimate of the long-run variance, of B cosines, B the larger of 2 and 0.4 x
    `independent`: E. Lazarus, D. J. Lewis, J. H. Stock & M. W. Watson, "HAR inference: recommendations for practice",
    Journal of Business & Economic Statistics 36 (2018) 541-559. Of few windows the cosines tell too little of it, by as
    much as the windows share: the interval reaches to the critical value of just these windows
    (`simfunnel.estimation.overlap`), which for many is that of Student's t with B degrees of freedom.
    """
    n = len(values)
    if n < LEAST_COSINES + 1:
        return None
    mean = float(np.mean(values))
    number = min(max(LEAST_COSINES, int(SHARE * independent)), n - 1)
    cosines = cosines_of(n, number)
    if alike is None:
        critical = of_evenly_spaced(n, number, max(independent, 1.0), level)
    else:
        critical = critical_value(cosines, alike, level)
    if critical is None:
        return None
    stderr = math.sqrt(float(np.mean((cosines @ (values - mean)) ** 2)) / n)
    return MeanWithError(mean, stderr, mean - critical * stderr, mean + critical * stderr)
