"""The median of ratios and an interval for it that rests on no distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

CONFIDENCE = 0.9
LEAST_PAIRS = 5
"""Fewer have no interval of that confidence."""


class MedianRatio(NamedTuple):
    """Median of the ratios, and an interval that holds the true median with probability 0.9 at least."""

    median: float
    low: float
    high: float


def median_ratio(ratios: Sequence[float]) -> MedianRatio:
    """Median and its interval between two order statistics.

    The number of ratios below the true median is binomial with one half, whatever their distribution.

    Parameters
    ----------
    ratios
        One of each pair. Fewer than five tell no interval: its ends are then 0 and infinity.
    """
    ordered = sorted(ratios)
    n = len(ordered)
    median = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    depth = _depth(n)
    if depth == 0:
        return MedianRatio(median, 0.0, math.inf)
    return MedianRatio(median, ordered[depth - 1], ordered[n - depth])


def _depth(n: int) -> int:
    """How many order statistics from either end the interval ends; 0 where even the outermost cover too little."""
    depth, missed = 0, 0.0
    while True:
        missed += math.comb(n, depth) / 2**n
        if 2 * missed > 1 - CONFIDENCE:
            return depth
        depth += 1
