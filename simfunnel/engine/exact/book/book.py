"""A part of the model as one sum: which amounts each deal and stream can add, and with what chance at each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.kinds import CASH, WINS
from simfunnel.engine.exact.nodes.shared import Part
from simfunnel.engine.exact.transforms.amounts import Amounts
from simfunnel.engine.exact.transforms.compound import LeadCells, count_in_cells
from simfunnel.engine.exact.transforms.dispersed import beyond_spread
from simfunnel.engine.exact.transforms.transforms import Transforms
from simfunnel.engine.exact.wins.conditional import Conditional
from simfunnel.engine.exact.wins.timing import Columns
from simfunnel.engine.run.recent import Recent
from simfunnel.funnel.model import Model

_Rows = tuple[npt.NDArray[Any], ...]
"""Scale, table, level and instalments of amounts: (n, R) each."""


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
    heaviest: Floats
    """By how much one gamma factor may take the sum beyond its spread."""

    @property
    def mean(self) -> Floats:
        """Mean of all of it."""
        return self.open + self.new


class Book:
    """The amounts of a part: of its money, cash or wins.

    Parameters
    ----------
    part
        Deals and streams.
    kind
        BOOKINGS, WINS or CASH. The outcomes of a win are, for cash, the sets of its instalments that are paid, R of
        them; else there is one.
    """

    def __init__(self, part: Part, kind: str) -> None:
        m = part.model
        self.part, self.kind = part, kind
        self.closed = part.closed if kind == CASH else part.closed[:0]  # other things than cash hold them as a number
        self.rows = _lead_rows(part)
        self.outcomes: Ints = np.arange(1, 1 << len(m.payment.share)) if kind == CASH else np.zeros(1, dtype=np.int64)
        rows = [self._deals(m), self._closed(m), self._streams(m)]
        counts = [len(scale) for scale, *_ in rows]
        self.amounts = Amounts(m, *(np.concatenate(column).ravel() for column in zip(*rows, strict=True)))
        numbers = self.amounts.number.reshape(-1, len(self.outcomes))
        deals, closed, streams = np.split(numbers, np.cumsum(counts)[:-1])
        self.deals: Ints = np.ascontiguousarray(np.concatenate([deals, closed]))
        """(deals, then closed wins; R) number of the amount that each outcome adds."""
        self.streams: Ints = streams
        self.mean, self.second = self.amounts.moments()
        self.smooth = ~self.amounts.whole
        self.level = self.amounts.level
        self._transforms = Recent(4)
        self.lead_cells = LeadCells.of_rows(streams[self.rows.stream], self.rows.unit, self.rows.shape)

    @property
    def open(self) -> int:
        """Number of the deals that come first: those that are not won yet."""
        return len(self.deals) - len(self.closed)

    def _rows(self, scale: Floats | Ints, table: Ints | int = -1, level: Ints | int = -1) -> _Rows:
        return np.broadcast_arrays(scale, table, level, self.outcomes)

    def _deals(self, m: Model) -> _Rows:
        d = self.part.deals[:, None]
        if self.kind == WINS:
            return self._rows(np.ones(d.shape))
        listed = m.deals.amount[d] >= 0
        table = np.where(listed, m.realization_table, m.deals.amount_table[d])
        level = np.where(listed, -1, self._used(m.deals.level[d]))
        return self._rows(np.where(listed, m.deals.amount[d], 1), table, level)

    def _closed(self, m: Model) -> _Rows:
        return self._rows(m.closed.amount[self.closed][:, None])

    def _streams(self, m: Model) -> _Rows:
        i = self.part.streams[:, None]
        if self.kind == WINS:
            return self._rows(np.ones(i.shape))
        return self._rows(np.ones(i.shape), m.streams.amount_table[i], self._used(m.streams.level[i]))

    def _used(self, level: Ints) -> Ints:
        """Levels, -1 for those that are always 1."""
        of = np.append(self.part.model.factors.level_table, -1)  # level -1 reads the last
        return np.where(of[level] >= 0, level, -1)

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
        for values, kinds in ((chances, self.deals), (leads, self.streams[self.rows.stream])):
            count_in_cells(np.ascontiguousarray(values).reshape(len(values), -1), kinds.ravel(), result)
        return result

    def _first_two(self, c: Conditional, chances: Floats, kinds: Ints) -> tuple[Floats, Floats]:
        """(n, rows) sums over the outcomes of chance x amount, and of chance x its square: (n, rows, R) and (rows, R).

        All outcomes of a row have one level.
        """
        first = np.einsum("ndr,dr->nd", chances, self.mean[kinds])
        second = np.einsum("ndr,dr->nd", chances, self.second[kinds])
        of_row = self.level[kinds[:, 0]]
        moved = np.flatnonzero(of_row >= 0)
        if len(moved):
            level = c.state.block.level[of_row[moved]].T
            first[:, moved] *= level
            second[:, moved] *= level**2
        return first, second

    def transforms(self, buckets: Buckets) -> Transforms:
        """Transforms of all amounts on a grid; the last few are kept, until they are forgotten."""
        return self._transforms.get(buckets, lambda: Transforms(self.amounts, buckets))

    def forget(self, buckets: Buckets) -> None:
        """Drop the transforms on a grid that is done with."""
        self._transforms.forget(buckets)

    def moments(self, c: Conditional, chances: Floats, leads: Floats) -> Moments:
        """Closed forms given each node."""
        kinds = self.streams[self.rows.stream]  # (rows, R)
        by_deal, of_deals = self._first_two(c, chances, self.deals)
        by_row, of_rows = self._first_two(c, leads, kinds)
        opened = by_deal.sum(axis=1)
        variance = of_deals.sum(axis=1) - np.einsum("nd,nd->n", by_deal, by_deal) + of_rows.sum(axis=1)
        heaviest = np.zeros(len(opened))
        for unit in np.unique(self.rows.unit[self.rows.shape > 0]):
            mine = self.rows.unit == unit
            shape, of_unit = float(self.rows.shape[mine][0]), by_row[:, mine].sum(axis=1)
            variance = variance + of_unit**2 / shape
            heaviest = np.maximum(heaviest, of_unit * beyond_spread(shape))
        return Moments(opened, by_row.sum(axis=1), np.maximum(variance, 0.0), heaviest)


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
