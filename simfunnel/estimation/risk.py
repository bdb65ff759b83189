"""Times at risk: what the spells of a history say of how long deals stay, and where they go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.incidence import CENSORED
from simfunnel.estimation.panel.completed import completed
from simfunnel.history.history import DAY, LOST, NEVER, WON, History


@dataclass(frozen=True, eq=False)
class Risk:
    """Spells in days before the end of a history's view; all columns have one length."""

    deal: Ints
    stage: Ints
    entered: Floats
    """Days from the epoch."""
    age: Floats
    """Days from the entry to the exit or the end of observation."""
    entry: Floats
    """Age at which observation began; -inf where the spell was seen from its beginning."""
    cause: Ints
    """Stage that came next, `stages` for Won, `stages + 1` for Lost; or CENSORED."""
    stages: int
    end: float
    """Day at which observation ends."""
    since: float
    """Day from which on anything was observed; -inf if from the beginning."""
    share: Floats | None = None
    """How much of a stay each row is, where its times are known to lie between snapshots only; None: all are whole."""
    seen: Bools | None = None
    """Whether the stay was seen, and not only inferred; None: all were."""
    kept: Callable[..., tuple[Floats, Floats]] | None = None
    """What is left of the effective n of the exits of a stage where others were passed unseen, as `Missing.kept`."""

    @property
    def won(self) -> int:
        """Cause of a win."""
        return self.stages

    @property
    def lost(self) -> int:
        """Cause of a loss."""
        return self.stages + 1

    @property
    def left(self) -> Floats:
        """Day of exit, or of the end of observation."""
        return self.entered + self.age

    def of(self, which: Bools) -> Risk:
        """Keep some spells."""
        return Risk(
            self.deal[which], self.stage[which], self.entered[which], self.age[which], self.entry[which],
            self.cause[which], self.stages, self.end, self.since, None if self.share is None else self.share[which],
            None if self.seen is None else self.seen[which], self.kept,
        )  # fmt: skip

    @property
    def shares(self) -> Floats:
        """How much of a stay each row is."""
        return np.ones(len(self.age)) if self.share is None else self.share


def risk_of(history: History, since: float = -np.inf) -> Risk:
    """Turn the spells of a view into times at risk.

    A deal still there, void, or out of sight is censored. What happened between two snapshots is shared out among the
    ages that it may have had (`simfunnel.estimation.panel`); within a day it is put in the middle.

    Parameters
    ----------
    history
        A view; its end is where observation ends.
    since
        Day, from the epoch, before which nothing was observed: deals in a stage then enter late.
    """
    s, end = history.spells, history.end / DAY
    K = len(history.stages)
    rows = completed(history)
    if rows is not None:
        late = np.where(rows.entered < since, np.maximum(since - rows.entered, rows.entry), rows.entry)
        found = Risk(
            rows.deal, rows.stage, rows.entered, rows.age, late, rows.cause, K, end, since, rows.share, rows.seen,
            None if rows.missing is None else rows.missing.kept,
        )  # fmt: skip
        return found.of(found.age > found.entry)
    entered = _middle(s.entered, s.entered_before)
    gone = s.left != NEVER
    left = np.where(gone, _middle(np.where(gone, s.left, 0), np.where(gone, s.left_before, 0)), end)
    cause = np.full(len(s.deal), CENSORED, dtype=np.int64)
    cause = np.where(s.to >= 0, s.to, cause)
    cause = np.where(s.to == WON, K, cause)
    cause = np.where(s.to == LOST, K + 1, cause)
    age = np.maximum(left - entered, 0.0)
    # who is still there was not seen at this very age: what happens on the day of the view is not in it
    age = np.where(gone, age, np.nextafter(age, 0.0))
    entry = np.where(entered < since, since - entered, -np.inf)
    whole = Risk(s.deal, s.stage, entered, age, entry, cause, K, end, since)
    return whole.of(age > entry) if np.isfinite(since) else whole


def _middle(x: Ints, before: Ints) -> Floats:
    return np.asarray((x + (before - x) / 2) / DAY)
