"""Since when a history was observed: files that begin with deals long alive know nothing of those that ended before."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.estimation.incidence import cumulative_incidence
from simfunnel.history.history import DAY, History

IMPLAUSIBLE = 4.6
"""Expected ends, where none is seen, from which on their absence is no chance (1 in 100)."""


def observed_from(history: History) -> float:
    """Find the day, from the epoch, from which on the ends of deals were recorded; -inf if from the first deal on.

    Where the hazards after the first end would have brought several ends before it, and none is there, ends were not
    recorded: observation starts with the first one. What the user states as ``since`` comes first.
    """
    if history.since is not None:
        return history.since / DAY
    ends = history.ends.closed
    if not len(ends):
        return -math.inf
    first = float(ends.min()) / DAY
    created = history.deals.created / DAY
    closed = np.full(len(created), history.end / DAY)
    over = np.zeros(len(created), dtype=np.bool_)
    order = np.argsort(-history.ends.closed, kind="stable")  # the earliest end of a deal is written last
    closed[history.ends.deal[order]] = history.ends.closed[order] / DAY
    over[history.ends.deal] = True
    age = np.maximum(closed - created, 0.0)
    entry = np.where(created < first, first - created, -np.inf)
    entry = np.where(closed <= first, -np.inf, entry)
    found = cumulative_incidence(age, np.where(over, 0, -1), 1, entry=entry)
    hazard = np.cumsum(found.events[0] / np.where(found.at_risk > 0, found.at_risk, 1.0))
    early = first - created[created < first]
    reached = np.concatenate([[0.0], hazard])[np.searchsorted(found.age, early, side="right")]
    return math.floor(first) if reached.sum() > IMPLAUSIBLE else -math.inf
