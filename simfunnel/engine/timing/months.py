"""Wins by month of the quarter in tables of timing: computed at the bounds of months too, thinned, and added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.timing.tables import Timings
from simfunnel.funnel.copies import with_bounds
from simfunnel.funnel.model import Model


@dataclass(frozen=True)
class MonthCells:
    """Cells between the bounds of periods and of months."""

    model: Model
    """The model with a period for each cell."""
    period: Ints
    """(cells,) period of the model in which each cell lies."""
    month: Ints
    """(cells,) month of the quarter."""
    periods: int

    @classmethod
    def of(cls, model: Model) -> MonthCells:
        """Cut the periods of a model at the bounds of months."""
        bound, months = model.grid.bound, model.months
        inside = months.bound[(months.bound > max(float(bound[0]), 0.0)) & (months.bound < bound[-1])]
        ends = np.unique(np.concatenate([bound[1:], inside]))
        month = np.minimum(np.searchsorted(months.bound[1:], ends), len(months.month) - 1)
        cells = with_bounds(model, np.concatenate([bound[:1], ends]))
        return cls(cells, np.searchsorted(bound[1:], ends), months.month[month], len(bound) - 1)

    def thinned(self, t: Timings, order: Ints) -> Timings:
        """Keep of the wins of each cell the share that its month leaves, and add up cells to periods."""
        months = self.model.months
        deal = np.ones((len(order), 3))
        deal[order >= 0] = months.deal[order[order >= 0]]
        of_deal = np.ascontiguousarray(deal[:, self.month].T)  # (cells, N)
        rows = np.diff(np.append(t.lead_row, t.leads.shape[1]))
        of_row = np.repeat(months.stream, rows, axis=0)[:, self.month]  # (rows, cells)
        inside = np.diff(t.deals, axis=1, prepend=0.0) * of_deal
        moving = np.diff(t.moving.deals, axis=1, prepend=0.0) * of_deal[:, :, None]
        return t._replace(
            deals=np.cumsum(self._summed(inside, 1), axis=1),
            leads=self._summed(t.leads * of_row, 2),
            lead_like=self._alike(t.lead_like),
            moving=t.moving._replace(
                deals=np.ascontiguousarray(np.cumsum(self._summed(moving, 1), axis=1)),
                leads=self._summed(t.moving.leads * of_row[:, :, None], 2),
            ),
        )

    def _summed(self, values: Floats, axis: int) -> Floats:
        shape = list(values.shape)
        shape[axis] = self.periods
        result = np.zeros(shape)
        np.add.at(np.moveaxis(result, axis, 0), self.period, np.moveaxis(values, axis, 0))
        return result

    def _alike(self, like: Ints) -> Ints:
        """(streams,) first stream with the same timing: also with the same shares kept."""
        kept = self.model.months.stream
        seen: dict[tuple[int, bytes], int] = {}
        return np.array([seen.setdefault((int(j), kept[i].tobytes()), i) for i, j in enumerate(like)], dtype=np.int64)
