"""A part of the model as one sum: which amounts each deal and stream can add, and with what chance at each node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.engine.exact.amounts import Amounts
from simfunnel.engine.exact.conditional import Conditional
from simfunnel.engine.exact.shared import Part
from simfunnel.engine.exact.timing import Columns
from simfunnel.funnel.model import Floats, Ints, Model

BOOKINGS, WINS, CASH = "bookings", "wins", "cash"


@dataclass(frozen=True)
class LeadRows:
    """Streams x units of new business, in a row each."""

    stream: Ints
    """Position of the row's stream among the streams of the part."""
    timing: Ints
    """Row of the columns."""
    unit: Ints
    """Unit of the source, numbered over all sources: rows of one dispersed unit share its gamma factor."""
    shape: Floats
    """Shape of that factor; 0 none."""


@dataclass(frozen=True)
class Moments:
    """Mean and variance of a sum given each node: (n,)."""

    open: Floats
    new: Floats
    variance: Floats

    @property
    def mean(self) -> Floats:
        """Mean of all of it."""
        return self.open + self.new


class Book:
    """The amounts of a part: of its money or cash under `shares` of a win, or of its wins.

    Parameters
    ----------
    part
        Deals and streams.
    kind
        BOOKINGS, WINS or CASH.
    shares
        (R,) share of a deal's amount that each outcome of a win adds; a single 1 for bookings and wins.
    """

    def __init__(self, part: Part, kind: str, shares: Floats) -> None:
        m = part.model
        self.part, self.kind = part, kind
        self.amounts = Amounts(m)
        self.closed = part.closed if kind == CASH else part.closed[:0]  # other things than cash hold them as a number
        rows = [[self._deal(m, int(d), s) for s in shares] for d in part.deals]
        rows += [
            [self.amounts.index(float(round(s * m.closed.amount[i])), -1, -1) for s in shares] for i in self.closed
        ]
        self.deals = np.array(rows, dtype=np.int64).reshape(len(rows), len(shares))
        self.streams = np.array([[self._stream(m, int(i), s) for s in shares] for i in part.streams], dtype=np.int64)
        self.streams = self.streams.reshape(len(part.streams), len(shares))
        self.rows = _lead_rows(part)
        self.mean, self.second = self.amounts.moments()
        self.smooth = self.amounts.smooth()
        self.level = self.amounts.levels()

    def _deal(self, m: Model, d: int, share: float) -> int:
        if self.kind == WINS:
            return self.amounts.index(1.0, -1, -1)
        if m.deals.amount[d] >= 0:
            amount = share * float(m.deals.amount[d])
            return self.amounts.index(amount if m.realization_table >= 0 else round(amount), m.realization_table, -1)
        return self.amounts.index(share, int(m.deals.amount_table[d]), self._used(int(m.deals.level[d])))

    def _stream(self, m: Model, i: int, share: float) -> int:
        if self.kind == WINS:
            return self.amounts.index(1.0, -1, -1)
        return self.amounts.index(share, int(m.streams.amount_table[i]), self._used(int(m.streams.level[i])))

    def _used(self, level: int) -> int:
        return level if level >= 0 and self.part.model.factors.level_table[level] >= 0 else -1

    def deal_chances(self, c: Conditional, columns: Columns) -> Floats:
        """(n, deals, R) P(outcome r) of each open deal, then of each closed one."""
        chances = c.win[:, :, None] * columns.deals.transpose(0, 2, 1)
        if len(self.closed):
            chances = np.concatenate(
                [chances, np.broadcast_to(columns.closed, (len(chances), *columns.closed.shape))], 1
            )
        return np.ascontiguousarray(chances)

    def lead_means(self, c: Conditional, columns: Columns) -> Floats:
        """(n, lead rows, R) expected wins with outcome r in each row."""
        return np.asarray(c.stream[:, self.rows.stream, None] * columns.leads[:, self.rows.timing])

    def expected(self, chances: Floats, leads: Floats) -> Floats:
        """(n, amounts) expected number of times each amount is won."""
        result = np.zeros((len(chances), len(self.mean)))
        kinds = self.streams[self.rows.stream]
        for t in range(len(chances)):
            result[t] = np.bincount(self.deals.ravel(), chances[t].ravel(), len(self.mean))
            result[t] += np.bincount(kinds.ravel(), leads[t].ravel(), len(self.mean))
        return result

    def level_factors(self, c: Conditional) -> Floats:
        """(n, amounts) amount level of each amount at each node."""
        result = np.ones((len(c.win), len(self.level)))
        used = np.flatnonzero(self.level >= 0)
        result[:, used] = c.state.block.level[self.level[used]].T
        return result

    def moments(self, c: Conditional, chances: Floats, leads: Floats) -> Moments:
        """Closed forms given each node."""
        level = self.level_factors(c) if (self.level >= 0).any() else np.ones((1, len(self.level)))
        first, second = level * self.mean, level**2 * self.second  # (n or 1, amounts)
        by_deal = (chances * first[:, self.deals]).sum(axis=2)
        variance = (chances * second[:, self.deals]).sum(axis=(1, 2)) - (by_deal**2).sum(axis=1)
        kinds = self.streams[self.rows.stream]  # (rows, R)
        by_row = (leads * first[:, kinds]).sum(axis=2)
        variance = variance + (leads * second[:, kinds]).sum(axis=(1, 2))
        for unit in np.unique(self.rows.unit[self.rows.shape > 0]):
            mine = self.rows.unit == unit
            variance = variance + by_row[:, mine].sum(axis=1) ** 2 / self.rows.shape[mine][0]
        return Moments(by_deal.sum(axis=1), by_row.sum(axis=1), np.maximum(variance, 0.0))


def _lead_rows(part: Part) -> LeadRows:
    a, streams = part.model.arrivals, part.model.streams
    counts = np.diff(a.unit_start)[streams.source] if len(streams.source) else np.zeros(0, dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    position, timing, unit = [], [], []
    for j, i in enumerate(part.streams):
        position += [j] * int(counts[i])
        timing += list(range(int(first[i]), int(first[i + 1])))
        unit += list(range(int(a.unit_start[streams.source[i]]), int(a.unit_start[streams.source[i] + 1])))
    index = np.array(unit, dtype=np.int64)
    return LeadRows(np.array(position, dtype=np.int64), np.array(timing, dtype=np.int64), index, a.unit_shape[index])
