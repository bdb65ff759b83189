"""When wins are paid: the law of the win day convolved with the delays of the instalments.

A win adds to the cash of a period the instalments that fall into it: one outcome for each set of instalments.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simfunnel.engine.exact.shared import Part, State
from simfunnel.engine.exact.timing import Columns, WinTiming, read
from simfunnel.engine.timings import TabulatedTimings, smooth_durations
from simfunnel.errors import InputError
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.funnel.model import Floats, Model

MOST_INSTALMENTS = 5
CELLS = 800
"""Cells of win days, at most some four a day; under a pace, which needs them at many nodes, at most one a day."""
PACES, PACES_AT_KINKS = 49, 129
"""Paces at which the law of the win day is computed; smooth tables are filled up by a spline."""


def rough_cash(model: Model) -> list[str]:
    """Say where the cash of a model is known roughly only."""
    if not len(model.payment.share) or model.factors.pace_table < 0 or smooth_durations(model):
        return []
    return [
        "exact: under an uncertain pace, cash after fixed, empirical or bounded durations is rough; simulate instead"
    ]


class CashTiming:
    """Chances that a win adds each set of instalments to a period's cash.

    Parameters
    ----------
    model
        With payment terms.

    Raises
    ------
    InputError
        If there are too many instalments to follow every set of them.
    """

    def __init__(self, model: Model) -> None:
        M = len(model.payment.share)
        if M > MOST_INSTALMENTS:
            raise InputError(
                f"the exact method follows at most {MOST_INSTALMENTS} instalments, payment_terms has {M}; "
                "use the simulation (--method simulate)"
            )
        self.model = model
        paced = model.factors.pace_table >= 0
        grid = model.grid
        span = round(float(grid.day[-1] - grid.day[0]))
        last = float(grid.day[-1])
        a_day = 1 if paced else max(1, min(4, CELLS // max(span, 1)))
        self.edges = np.arange(0, round(last) * a_day + 1) / a_day
        clock = np.interp(self.edges, grid.clock_day, grid.clock_time) - BOUNDARY_TOLERANCE
        cells = replace(model, grid=grid._replace(bound=np.maximum(clock, 0.0)))
        paces = PACES if smooth_durations(model) else PACES_AT_KINKS
        self.wins = WinTiming(cells, paces if paced else None)
        self.kept: dict[int, tuple[Floats, TabulatedTimings | None]] = {}
        self.sets = (np.arange(1, 1 << M)[:, None] >> np.arange(M)) & 1
        instalment = np.diff(model.payment.share, prepend=0.0)
        self.shares: Floats = self.sets @ instalment

    def columns(self, part: Part, state: State, k: int) -> Columns:
        """Columns of one period, or of all together (k = number of periods)."""
        closed = self._sets_within(self.model.closed.day[part.closed], k)
        if k not in self.kept:
            paid = self._sets_within(0.5 * (self.edges[1:] + self.edges[:-1]), k)  # (cells, R)
            self.kept[k] = paid, self.wins.outcomes(paid)
        paid, table = self.kept[k]
        if table is not None:
            return Columns(*read(self.model, table, state, part.deals), closed)
        before, leads = self.wins.before(state, part.deals)
        inside = np.diff(before, axis=1, prepend=0.0)
        return Columns(np.einsum("pcd,cr->prd", inside, paid, optimize=True), leads @ paid, closed)

    def _sets_within(self, day: Floats, k: int) -> Floats:
        """(days, R) P(exactly these instalments of a win on each day are paid within the period)."""
        bounds = self.model.grid.day
        first, last = (bounds[0], bounds[-1]) if k == len(bounds) - 1 else (bounds[k], bounds[k + 1])
        chance = np.empty((len(day), len(self.model.payment.share)))
        for m, table in enumerate(self.model.payment.delay_table):
            d = self.model.distributions[table]
            below = [np.where(b > day, 1.0 - d.sf(np.maximum(b - day, 0.0)), 0.0) for b in (first, last)]
            chance[:, m] = below[1] - below[0]
        each = np.where(self.sets[None] == 1, chance[:, None, :], 1.0 - chance[:, None, :])
        return np.asarray(each.prod(axis=2))
