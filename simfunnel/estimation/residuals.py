"""Variances of what incidence curves say, from exits less expected exits, summed by calendar week of the event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.incidence import CENSORED, Incidence
from simfunnel.estimation.risk import Risk

WEEK, MONTH = 7.0, 365.25 / 12
LONG = 730.0
"""Days observed from which on events are resampled by month instead of by week."""
LEAST_PERIODS = 4
"""Weeks or months of events below which their spread says nothing: deals are then taken to be independent."""


class Residuals:
    """Martingale residuals of the spells of one stage.

    Parameters
    ----------
    mine, weight
        The spells.
    found
        Their incidence.
    used
        Causes that occur.
    """

    def __init__(self, mine: Risk, weight: Floats, found: Incidence, used: Ints) -> None:
        self.mine, self.weight, self.found = mine, weight, found
        self.incidence = found.incidence[used]
        self.number = np.full(len(found.incidence), -1)
        self.number[used] = np.arange(len(used))
        self.at_risk = np.where(found.at_risk > 0, found.at_risk, 1.0)
        self.hazard = found.events[used] / self.at_risk
        span = mine.end - float(mine.entered.min())
        width = MONTH if span >= LONG else WEEK
        started = max(float(mine.entered.min()), mine.since)
        self.exits = np.flatnonzero(mine.cause != CENSORED)
        self.place = np.searchsorted(found.age, mine.age[self.exits])
        self.period = np.floor((mine.left[self.exits] - started) / width).astype(np.int64)
        self.seen = len(np.unique(self.period))
        if self.seen >= LEAST_PERIODS:
            self._cut(started, width)

    def of_probabilities(self) -> Floats:
        """(used,) variance of the chance of each exit; 0 where there are too few weeks to say."""
        return self._variance([self._added(j, None) for j in range(len(self.incidence))])

    def of_quantiles(self, shares: Sequence[float]) -> Floats:
        """(used, shares) variance of the share of those who leave by an exit that has left by its quantile.

        At least that of independent deals: in a tail few weeks have events, and their spread is little by chance.
        """
        rows = []
        for j, curve in enumerate(self.incidence):
            for q in shares:
                at = int(np.searchsorted(curve / curve[-1], q - 1e-12))
                rows.append((self._added(j, at) - q * self._added(j, None)) / curve[-1])
        found = np.maximum(self._variance(rows), self._of_single_spells(rows))
        return found.reshape(len(self.incidence), len(shares))

    def _added(self, j: int, until: int | None) -> Floats:
        """(used, m) what an exit by each cause at each age adds to the incidence of j up to the end, or to an age."""
        found, curve = self.found, self.incidence[j]
        before = np.concatenate([[1.0], found.survival[:-1]])
        rest = curve[-1 if until is None else until] - curve
        with np.errstate(divide="ignore", invalid="ignore"):
            lost = np.where(found.survival > 0, rest * before / np.where(found.survival > 0, found.survival, 1.0), 0.0)
        own = np.zeros((len(self.incidence), 1))
        own[j] = 1.0
        added = (own * before - lost) / self.at_risk
        if until is not None:
            added[:, until + 1 :] = 0.0
        return np.asarray(added)

    def _cut(self, started: float, width: float) -> None:
        """Cut the spells at the ends of the weeks."""
        mine, ages = self.mine, self.found.age
        first = np.floor((mine.entered + np.maximum(mine.entry, 0.0) - started) / width).astype(np.int64)
        last = np.floor((mine.left - started) / width).astype(np.int64)
        self.periods = int(max(last.max(), self.period.max(initial=0))) + 1
        pieces = last - first + 1
        self.spell = spell = np.repeat(np.arange(len(mine.age)), pieces)
        self.which = which = first[spell] + np.arange(len(spell)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        begin = np.maximum(started + which * width - mine.entered[spell], np.maximum(mine.entry[spell], -1.0))
        finish = np.minimum(started + (which + 1) * width - mine.entered[spell], mine.age[spell])
        # ages at the end of a piece belong to it, those at its beginning to the one before
        final = which == last[spell]
        low = np.searchsorted(ages, begin, side="left")
        high = np.searchsorted(ages, finish, side="left")
        self.high = np.where(final, np.searchsorted(ages, finish, side="right"), high)
        low = np.where(which == first[spell], np.searchsorted(ages, begin, side="right"), low)
        self.low = np.where((which == first[spell]) & ~np.isfinite(mine.entry[spell]), 0, low)

    def _variance(self, rows: Sequence[Floats]) -> Floats:
        if self.seen < LEAST_PERIODS:
            return np.zeros(len(rows))
        cause, weight = self.number[self.mine.cause[self.exits]], self.weight
        found = np.zeros(len(rows))
        for i, added in enumerate(rows):
            expected = np.concatenate([[0.0], np.cumsum((added * self.hazard).sum(axis=0))])
            contribution = weight[self.exits] * added[cause, self.place]
            residual = np.bincount(self.period, contribution, minlength=self.periods)
            due = weight[self.spell] * (expected[self.high] - expected[self.low])
            residual = residual - np.bincount(self.which, due, minlength=self.periods)
            found[i] = (residual**2).sum() * self.seen / max(self.seen - 1, 1)
        return found

    def _of_single_spells(self, rows: Sequence[Floats]) -> Floats:
        """The variance that independent spells bring."""
        if self.seen < LEAST_PERIODS:
            return np.zeros(len(rows))
        cause, found = self.number[self.mine.cause[self.exits]], np.zeros(len(rows))
        for i, added in enumerate(rows):
            expected = np.concatenate([[0.0], np.cumsum((added * self.hazard).sum(axis=0))])
            due = expected[self.high] - expected[self.low]
            residual = -np.bincount(self.spell, due, minlength=len(self.weight))
            residual[self.exits] += added[cause, self.place]
            found[i] = ((self.weight * residual) ** 2).sum()
        return found
