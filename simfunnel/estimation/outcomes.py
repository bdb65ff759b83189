"""What became of each deal of a view, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.history.history import DAY, LOST, NEVER, STILL, VOID, WON, History

OPEN, GONE = 0, 1
"""Outcome of a deal that is in a stage, and of one that was seen no more without an end; else WON, LOST or VOID."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Deals in days from the epoch."""

    created: Floats
    ended: Floats
    """Day of the last end, or at which it was seen last; the end of the view for open deals."""
    outcome: Ints

    @property
    def won(self) -> Bools:
        """Whether the deal is won."""
        return np.asarray(self.outcome == WON)

    @property
    def open(self) -> Bools:
        """Whether the deal is in a stage."""
        return np.asarray(self.outcome == OPEN)

    @property
    def decided(self) -> Bools:
        """Whether the deal is won or lost."""
        return np.asarray((self.outcome == WON) | (self.outcome == LOST))


def outcomes_of(history: History) -> Outcomes:
    """Say of each deal what it is now: a deal opened again after an end is open."""
    n, end, spells = len(history.deals), history.end / DAY, history.spells
    created = (history.deals.created + (history.deals.created_before - history.deals.created) / 2) / DAY
    outcome, ended = np.full(n, GONE, dtype=np.int64), created.copy()
    left = spells.left != NEVER
    np.maximum.at(ended, spells.deal[left], spells.left[left] / DAY)
    order = np.argsort(history.ends.closed, kind="stable")
    at, kind = history.ends.deal[order], history.ends.outcome[order]
    outcome[at] = kind
    ended[at] = history.ends.closed[order] / DAY
    still = spells.deal[spells.to == STILL]
    outcome[still], ended[still] = OPEN, end
    assert set(np.unique(outcome).tolist()) <= {OPEN, GONE, WON, LOST, VOID}
    return Outcomes(created, np.maximum(ended, created), outcome)
