"""Poisson counts from counter-based draws."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.engine.draws.streams import draw, uniform
from simfunnel.engine.jit import inline

_CHUNK = 16.0
"""Mean of a count that is drawn at once by inversion; larger ones are sums."""


@inline
def poisson(mean: float, state: np.uint64, counter: np.uint64) -> int:
    """Poisson count by inversion, from draws of its own; it grows with the mean under the same draws.

    A mean above `_CHUNK` is a sum of counts of at most that mean, each from a draw of its own.
    """
    count = 0
    at = counter
    left = mean
    while left > 0.0:
        part = min(left, _CHUNK)
        left -= part
        u = uniform(draw(state, at))
        at += np.uint64(1)
        p = math.exp(-part)
        reached = p
        n = 0
        while u > reached and n < 200:
            n += 1
            p *= part / n
            reached += p
        count += n
    return count
