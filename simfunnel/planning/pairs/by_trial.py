"""Factors that every trial tells by itself: bookings are what is fixed, plus a factor times the rest.

So it is with amounts, and in the mean with lead rates too. No search is needed, and no trial is left out.
"""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.forecast.estimates import Z95, Estimate, estimate, order_interval, quantile_rank
from simfunnel.planning.pairs.search import Needed


def critical_factors(gap: Ints, part: Ints) -> Floats:
    """(n,) sorted: the smallest factor at which factor x part closes the gap of a trial; infinite where none does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sort(np.where(gap <= 0, 0.0, np.where(part > 0, gap / part, np.inf)))


def needed_of_trials(critical: Floats, confidence: float, lowest: float, highest: float) -> Needed:
    """Smallest factor that is enough in a share `confidence` of the trials.

    Parameters
    ----------
    critical
        (n,) sorted; the smallest factor that is enough in each trial.
    confidence
        The share.
    lowest, highest
        Smallest and largest factor considered.
    """
    n = len(critical)
    factor = float(critical[quantile_rank(n, confidence)])
    at = min(max(factor, lowest), highest)
    p = int(np.searchsorted(critical, at, side="right")) / n
    limit = Estimate(p, math.sqrt(p * (1 - p) / n))
    if not lowest <= factor <= highest:
        return Needed(factor < lowest, None, None, limit, at)
    ends = [float(critical[rank]) for rank in order_interval(n, confidence)]
    low, high = (end if lowest <= end <= highest else None for end in ends)
    return Needed(True, factor, (low, high), limit, factor)


def needed_of_mean(gap: Ints, part: Ints, target: float, unit: float, lowest: float, highest: float) -> Needed:
    """Factor at which mean bookings are `target`: the mean of factor x part is the mean gap (delta method)."""
    need, brings = estimate(gap, unit), estimate(part, unit)
    factor = need.mean / brings.mean if brings.mean > 0 else math.inf if need.mean > 0 else 0.0
    at = min(max(factor, lowest), highest)
    # what the mean misses at the factor: its error is that of the trials' own
    missed = at * part - gap
    error = float(missed.std(ddof=1)) / math.sqrt(len(part)) / unit
    limit = Estimate(target + float(missed.mean()) / unit, error)
    if not lowest <= factor <= highest:
        return Needed(factor < lowest, None, None, limit, at)
    half = Z95 * error / brings.mean
    low, high = (end if lowest <= end <= highest else None for end in (factor - half, factor + half))
    return Needed(True, factor, (low, high), limit, factor)
