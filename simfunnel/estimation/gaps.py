"""Dated exports that are further apart than deals stay: what happened between two of them can hardly be told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.estimation.transitions import StageExits
from simfunnel.history.history import DAY, History

LEAST_GAP = 1.01
"""Days between exports up to which times count as known."""


def usual_gap(history: History) -> float | None:
    """Median days between the dated exports of a view; None where there are none, or they come daily."""
    if history.moments is None or len(history.moments) < 3:
        return None
    gap = float(np.median(np.diff(history.moments))) / DAY
    return gap if gap > LEAST_GAP else None


def outpaced(stages: Sequence[StageExits], gap: float) -> list[int]:
    """Stages of which half of those who leave have left within a gap."""
    found = []
    for exits in stages:
        seen = exits.incidence
        if len(seen.age) and seen.survival[-1] < 1:
            left = (1 - seen.survival) / (1 - seen.survival[-1])
            if seen.age[np.searchsorted(left, 0.5 - 1e-12)] < gap:
                found.append(exits.stage)
    return found
