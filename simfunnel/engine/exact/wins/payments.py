"""When wins are paid: the law of the win day convolved with the delays of the instalments.

A win adds to the cash of a period the instalments that fall into it: one outcome for each set of instalments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.nodes.shared import Part, State
from simfunnel.engine.exact.wins.tables import AtPaces, Tables, read
from simfunnel.engine.exact.wins.timing import Columns, WinTiming
from simfunnel.engine.timing.timings import has_atoms, smooth_durations
from simfunnel.errors import InputError
from simfunnel.families.computed import Distribution
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.funnel.copies import with_bounds
from simfunnel.funnel.model import Model
from simfunnel.wording.findings import Finding

MOST_INSTALMENTS = 5
GOOD_ERROR = 2e-3
"""Of the chance that a win is paid within a period."""
CELLS = 800
"""Cells of win days in all, or one a day if these are more; at most four a day."""
FEW_DEALS = 8
"""Of more deals under a pace, which needs many nodes, one cell a day."""
PACES, PACES_AT_KINKS = 49, 129
"""Paces at which the law of the win day is computed; smooth tables are filled up by a spline."""
_MOMENT = 1e-3
"""Days: a win at the very edge of a cell, as fixed durations have it, has a cell of its own."""


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
        self.delays = [model.distributions[table] for table in model.payment.delay_table]
        self.edges = _edges(model, self.delays)
        self.wins = _win_days(model, self.edges)
        self.kept: dict[int, tuple[Floats, Tables | None]] = {}
        self.sets = (np.arange(1, 1 << M)[:, None] >> np.arange(M)) & 1

    @property
    def error(self) -> float:
        """Size of the error of the law of the win day, and of taking all wins of a cell at its middle."""
        return max([self.wins.error, *(t.error for _, t in self.kept.values() if t is not None)])

    def columns(self, part: Part, state: State, k: int) -> Columns:
        """Columns of one period, or of all together (k = number of periods)."""
        closed = self._sets_within(self.model.closed.day[part.closed], k)
        paid, tables = self._of_period(k)
        if tables is not None:
            return Columns(*read(self.model, tables, state, part.deals), closed)
        before, leads = self.wins.before(state, part.deals)
        inside = np.diff(before, axis=1, prepend=0.0)
        return Columns(np.einsum("pcd,cr->prd", inside, paid, optimize=True), leads @ paid, closed)

    def prepare(self, pace: Floats, k: int, *, exactly: bool) -> None:
        """Compute what a period will need at some paces, at once; `exactly` there, not at paces nearby."""
        _, tables = self._of_period(k)
        if tables is not None:
            if exactly:
                tables.add(pace)
            tables.at(pace)

    def jumps(self) -> Floats | None:
        """Scores of the pace at which wins jump from a cell into another; None where they are not known."""
        return self.wins.jumps()

    def _of_period(self, k: int) -> tuple[Floats, Tables | None]:
        if k not in self.kept:
            paid, off = self._paid(k)
            self.kept[k] = paid, self.wins.outcomes(paid, off)
        return self.kept[k]

    def _paid(self, k: int) -> tuple[Floats, Floats]:
        """(cells, R) P(exactly these instalments of a win in the cell are paid within the period), and its error."""
        low, high = self.edges[:-1], self.edges[1:]
        inside = np.minimum(1e-7, 0.01 * (high - low))  # chances may jump at an edge
        first, middle, last = (self._sets_within(day, k) for day in (low + inside, 0.5 * (low + high), high - inside))
        # wins spread over a cell see the bend of the chance; those at one place in it its slope
        off = 0.5 * np.abs(last - first) if has_atoms(self.model) else np.abs(0.5 * (first + last) - middle)
        return middle, off

    def _sets_within(self, day: Floats, k: int) -> Floats:
        """(days, R) P(exactly these instalments of a win on each day are paid within the period)."""
        bounds = self.model.grid.day
        first, last = (bounds[0], bounds[-1]) if k == len(bounds) - 1 else (bounds[k], bounds[k + 1])
        chance = np.empty((len(day), len(self.model.payment.share)))
        for m, d in enumerate(self.delays):
            below = [np.where(b > day, 1.0 - d.sf(np.maximum(b - day, 0.0)), 0.0) for b in (first, last)]
            chance[:, m] = below[1] - below[0]
        each = np.where(self.sets[None] == 1, chance[:, None, :], 1.0 - chance[:, None, :])
        return np.asarray(each.prod(axis=2))


def _edges(model: Model, delays: Sequence[Distribution]) -> Floats:
    """Edges of cells of win days: where a fixed delay ends with a period; and days, if a delay is drawn."""
    day = model.grid.day
    last = float(day[-1])
    fixed = np.unique(np.concatenate([[0.0], *(d.atoms()[0] for d in delays)]))
    edges = [np.array([0.0, last]), (day[:, None] - fixed[None, :]).ravel()]
    if not all(d.atoms()[1].sum() >= 1.0 - 1e-12 for d in delays):
        paced = model.factors.pace_table >= 0 and len(model.deals.stage) > FEW_DEALS
        a_day = 1 if paced else max(1, min(4, CELLS // max(round(last - float(day[0])), 1)))
        regular = np.arange(0, round(last) * a_day + 1) / a_day
        edges += [regular, regular + _MOMENT] if has_atoms(model) else [regular]
    found = np.unique(np.round(np.concatenate(edges), 9))
    return found[(found >= 0.0) & (found <= last)]


def _win_days(model: Model, edges: Floats) -> WinTiming:
    grid = model.grid
    clock = np.interp(edges, grid.clock_day, grid.clock_time) - BOUNDARY_TOLERANCE
    cells = with_bounds(model, np.maximum(clock, 0.0))
    if model.factors.pace_table < 0:
        return WinTiming(cells)
    if smooth_durations(model):
        return WinTiming(cells, PACES)
    wins = WinTiming(cells)
    return wins if wins.by_node or isinstance(wins.tables, AtPaces) else WinTiming(cells, PACES_AT_KINKS)


def rough_cash(cash: CashTiming) -> list[Finding]:
    """Say where cash is known roughly only."""
    if cash.error < GOOD_ERROR:
        return []
    return [Finding("exact_cash_is_rough", {"off": cash.error})]
