"""Times that lie so far from all others that they are slips."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Ints

LEAST = 500
"""With fewer times nothing is called a slip."""
FEW = 0.001
"""At most this part of the times is."""
YEAR = 365 * 86_400_000_000
AFTER, BEFORE = 2 * YEAR, 10 * YEAR
"""A gap that parts slips from the other times: long after the last, long before the first."""
NEVER, EVER = int(np.iinfo(np.int64).max), int(np.iinfo(np.int64).min)


def strays(times: Ints) -> tuple[int, int]:
    """Give the first and the last time that can be: times before and after are slips."""
    if len(times) < LEAST:
        return EVER, NEVER
    ordered = np.sort(times)
    few = max(1, int(FEW * len(ordered)))
    gaps = np.diff(ordered)
    least, most = EVER, NEVER
    early = np.flatnonzero(gaps[:few] > BEFORE)
    if len(early):
        least = int(ordered[early[-1] + 1])
    late = np.flatnonzero(gaps[-few:] > AFTER)
    if len(late):
        most = int(ordered[len(ordered) - 1 - few + late[0]])
    return least, most
