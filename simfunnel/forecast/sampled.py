"""A forecast known by its trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.summary.order_statistics import column, order_statistics
from simfunnel.forecast.estimates import (
    Attainment,
    Estimate,
    attainment,
    estimate,
    order_interval,
    quantile_rank,
    summarise,
)
from simfunnel.forecast.known import Numbers, over


@dataclass(frozen=True, slots=True)
class Sampled:
    """Results of every trial; axes group, period, trial. Money in minor units."""

    open: Ints
    new: Ints
    wins: npt.NDArray[np.int32]
    """Open and new; closed wins are in `closed_wins`."""
    cash: Ints | None
    closed: Ints
    """(G, K) bookings won before as_of: the same in every trial."""
    closed_wins: Ints
    """(G, K)"""
    minor_units: int

    @property
    def trials(self) -> int:
        """Number of trials."""
        return int(self.open.shape[2])

    def bookings(self, g: int, k: int) -> Ints:
        """Bookings of every trial, minor units."""
        booked = row_of(self.open, g, k) + row_of(self.new, g, k)
        booked += over(self.closed[g], k)
        return booked

    def mean(self, g: int, k: int) -> Estimate:
        """Mean bookings."""
        return estimate(self.bookings(g, k), self.minor_units)

    def quantiles(self, q: Floats, g: int, k: int) -> Floats:
        """Smallest x with P(bookings <= x) >= q, for each q."""
        values = self.bookings(g, k)
        ranks = [quantile_rank(len(values), x) for x in np.asarray(q).tolist()]
        return np.asarray(order_statistics(column(values), ranks) / self.minor_units)

    def quantile_interval(self, q: float, g: int, k: int) -> tuple[float, float]:
        """95 % interval of a quantile, by order statistics."""
        values = self.bookings(g, k)
        low, high = (order_statistics(column(values), order_interval(len(values), q)) / self.minor_units).tolist()
        return low, high

    def attainment(self, g: int, k: int, target: float) -> Attainment:
        """Chance that bookings reach a target."""
        return attainment(self.bookings(g, k), target, self.minor_units)

    def numbers(self, g: int, k: int, target: float | None) -> Numbers:
        """Summaries of bookings, wins and cash, the parts of the mean, and the chance of the target."""
        unit, closed = float(self.minor_units), over(self.closed[g], k)
        opened, new = column(row_of(self.open, g, k)), column(row_of(self.new, g, k))
        bookings = column(opened.values + new.values + closed)
        wins = row_of(self.wins, g, k) + over(self.closed_wins[g], k)
        return Numbers(
            bookings=summarise(bookings, unit),
            wins=summarise(wins),
            cash=None if self.cash is None else summarise(row_of(self.cash, g, k), unit),
            by_origin={
                "closed": Estimate(closed / unit, 0.0),
                "open": estimate(opened, unit),
                "new": estimate(new, unit),
            },
            attainment=None if target is None else attainment(bookings, target, self.minor_units),
        )

    def first(self, trials: int) -> Sampled:
        """Give the first trials: those that a shorter forecast of the same seed has."""
        cash = None if self.cash is None else self.cash[:, :, :trials]
        return Sampled(self.open[:, :, :trials], self.new[:, :, :trials], self.wins[:, :, :trials], cash,
                       self.closed, self.closed_wins, self.minor_units)  # fmt: skip


def row_of(values: npt.NDArray[np.integer], g: int, k: int) -> Ints:
    """Row of a group and period, or the sum of its periods, without a copy where there is one row."""
    rows = values[g, k : k + 1] if k < values.shape[1] else values[g]
    if len(rows) == 1:
        return np.asarray(rows[0], dtype=np.int64)
    return np.asarray(rows.sum(axis=0, dtype=np.int64))
