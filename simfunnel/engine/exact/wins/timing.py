"""When wins fall, as columns: for bookings one for each period and one for all together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.nodes.scheme import MOST
from simfunnel.engine.exact.nodes.shared import Part, State
from simfunnel.engine.exact.wins.jumps import jump_scores
from simfunnel.engine.exact.wins.tables import AtPaces, Tables, Tabulated, read
from simfunnel.engine.run.cancel import check
from simfunnel.engine.run.recent import Recent
from simfunnel.engine.timing.tables import Timings
from simfunnel.engine.timing.timings import (
    PACE_REACH,
    TabulatedTimings,
    filled,
    moving_ways,
    smooth_durations,
    spaced_paces,
    timings_in_order,
)
from simfunnel.engine.trial.shared import FACTOR_RANGE
from simfunnel.funnel.copies import with_funnels
from simfunnel.funnel.model import Model

PACE_NODES = 400
"""Of a table that is interpolated, where it jumps."""
FILLED = 401
"""And of one of cash that a spline fills."""
MOST_VALUES = 40_000_000
"""Deals and days of leads x bounds x paces x ways to Won, up to which the law is computed at the paces of the nodes."""
GOOD_ERROR = 1e-4
"""Of smooth tables, from which on they are interpolated no more."""
_MOST_PACES = MOST + 1
"""As a trapezoid rule over the pace has nodes at most."""
NODE_POINTS = 256
"""Fineness of the law where it is computed at each node."""
_KEPT = 4_096
_STEEPEST = 0.4
"""Density of the standard normal law at 0."""


@dataclass(frozen=True)
class Columns:
    """Chances of the outcomes of a win: rows n, or 1 where they do not depend on the node."""

    deals: Floats
    """(n or 1, R, deals of the part) P(outcome r | won)."""
    leads: Floats
    """(n or 1, rows, R) leads of a mean of 1 with outcome r if all are won; rows: stream of the model x unit."""
    closed: Floats
    """(closed wins, R)"""


class WinTiming:
    """Timing of the wins of a model, cumulated over the bounds of its grid.

    Tabulated once, over the pace and way by way, unless the rates act on it in too many ways: then node by node. Where
    durations have atoms or kinks it jumps with the pace: then it is computed at the very paces of the nodes.

    Parameters
    ----------
    model
        The model.
    paces
        Nodes of the pace between which the timing is taken as straight; default: chosen by the durations.
    """

    def __init__(self, model: Model, paces: int | None = None) -> None:
        self.model = model
        self.tables: Tables | None = None
        self.node_error = 0.0
        self._laws = Recent(2)
        self._jumps: tuple[Floats | None] | None = None
        self.kept: dict[tuple[bytes, float], Timings] = {}
        ways = moving_ways(model)
        if any(w is None for w in ways):
            return
        self.ways = [w for w in ways if w is not None]
        at_nodes = paces is None and model.factors.pace_table >= 0 and self.fits
        if at_nodes and self.rough:
            self.tables = self._at_paces(self._at)
            return
        given = spaced_paces(model, paces or PACE_NODES) if paces is not None or self.rough else None
        table = timings_in_order(model, paces=given, ways=self.ways)
        if at_nodes and table.error > GOOD_ERROR:
            self.tables = self._at_paces(self._at)
            return
        if self.rough and given is not None:
            step = 2 * PACE_REACH / (len(given) - 1)
            table = replace(table, error=table.error + 0.5 * step * _STEEPEST)  # the pace of a jump is off by as much
        self.tables = Tabulated(table)

    @property
    def rough(self) -> bool:
        """Whether the timing is no smooth function of the pace."""
        return self.model.factors.pace_table >= 0 and not smooth_durations(self.model)

    def jumps(self) -> Floats | None:
        """Scores of the pace at which wins jump over a bound; None where they are not known."""
        if not isinstance(self.tables, AtPaces) or not self.rough:
            return None
        if self._jumps is None:
            self._jumps = (jump_scores(self.model),)
        return self._jumps[0]

    @property
    def fits(self) -> bool:
        """Whether the law at all paces of the nodes costs little enough."""
        m = self.model
        pieces = np.diff(m.arrivals.piece_start)[np.unique(m.streams.source)].sum()
        each = (len(m.deals.stage) + int(pieces)) * (len(m.grid.bound) - 1)
        ways = sum(len(w.uses) for w in self.ways)
        return bool(each * max(ways, 1) * _MOST_PACES <= MOST_VALUES)

    def _at(self, paces: Floats) -> TabulatedTimings:
        # every period of cash asks for the same
        return self._laws.get(paces.tobytes(), lambda: timings_in_order(self.model, paces=paces, ways=self.ways))

    def _at_paces(self, make: Callable[[Floats], TabulatedTimings]) -> AtPaces:
        nodes = spaced_paces(self.model, _MOST_PACES, FACTOR_RANGE)
        low, high = spaced_paces(self.model, 2)
        return AtPaces(make, nodes[(nodes >= low) & (nodes <= high)])

    @property
    def by_node(self) -> bool:
        """Whether the law is computed at each node."""
        return self.tables is None

    @property
    def error(self) -> float:
        """Size of the error of the law."""
        return self.node_error if self.tables is None else self.tables.error

    def before(self, state: State, deals: Ints) -> tuple[Floats, Floats]:
        """Read the timing at the nodes of a state.

        Returns
        -------
        tuple
            (n or 1, bounds, deals) P(won before each bound | won) of some open deals, and (n or 1, rows, bounds) leads
            won between bounds.
        """
        if self.tables is not None:
            return read(self.model, self.tables, state, deals)
        found, leads = self._by_node(state)
        return found[:, :, deals], leads

    def prepare(self, pace: Floats, k: int, *, exactly: bool) -> None:
        """Compute what period `k` will need at some paces, at once; `exactly` there, not at paces nearby."""
        if self.tables is not None:
            if exactly:
                self.tables.add(pace)
            self.tables.at(pace)

    def _by_node(self, state: State) -> tuple[Floats, Floats]:
        b = state.block
        found = []
        for t in range(len(b.pace)):
            check()
            row = 0 if len(b.probability) == 1 else t
            key = (b.probability[row].tobytes(), float(b.pace[t]))
            if key not in self.kept:
                if len(self.kept) >= _KEPT:
                    self.kept.pop(next(iter(self.kept)), None)
                self.kept[key] = self._law_at(b.probability[row], b.win_rate[row], b.pace[t : t + 1])
            found.append(self.kept[key])
        return np.concatenate([x.deals for x in found]), np.concatenate([x.leads for x in found])

    def _law_at(self, probability: Floats, win_rate: Floats, pace: Floats) -> Timings:
        funnels = self.model.funnels._replace(
            probability=np.ascontiguousarray(probability), win_rate=np.ascontiguousarray(win_rate)
        )
        found = timings_in_order(with_funnels(self.model, funnels), paces=pace, points=NODE_POINTS, ways=[])
        self.node_error = max(self.node_error, found.error)
        return found.timings

    def columns(self, part: Part, state: State, k: int) -> Columns:
        """Columns of one period, or of all together (k = number of periods): the one outcome is a win in it."""
        before, leads = self.before(state, part.deals)
        nothing = np.zeros((0, 1))
        if k == before.shape[1]:
            return Columns(before[:, -1:], leads.sum(axis=2, keepdims=True), nothing)
        earlier = before[:, k - 1 : k] if k else 0.0
        return Columns(np.maximum(before[:, k : k + 1] - earlier, 0.0), leads[:, :, k : k + 1], nothing)

    def outcomes(self, chance: Floats, off: Floats) -> Tables | None:
        """Tables of other outcomes of a win: of each, given the cell (between two bounds) in which it falls.

        Parameters
        ----------
        chance, off
            (cells, R) and its error, by where in the cell the win falls.

        Returns
        -------
        Tables or None
            Whose periods are the outcomes; None where the law is computed at each node.
        """
        if self.tables is None:
            return None
        if isinstance(self.tables, AtPaces):
            return self._at_paces(lambda paces: _contracted(self._at(paces), chance, off))
        found = _contracted(self.tables.table, chance, off)
        if len(found.timings.pace) > 1 and not self.rough:
            found, _ = filled(self.model, found, spaced_paces(self.model, FILLED))
        return Tabulated(found)


def _contracted(table: TabulatedTimings, chance: Floats, off: Floats) -> TabulatedTimings:
    """Sum the wins of cells, each times the chance (cells, R) of an outcome."""
    t = table.timings

    def turned(values: Floats, axis: int, by: Floats = chance, *, cumulated: bool) -> Floats:
        if cumulated:  # a sum of differences, by parts
            by = by - np.concatenate([by[1:], np.zeros((1, by.shape[1]))])
        shape = values.shape
        each = values.reshape(*shape[:axis], shape[axis], math.prod(shape[axis + 1 :]))
        found: Floats = np.matmul(by.T, each)
        return found.reshape(*shape[:axis], by.shape[1], *shape[axis + 1 :])

    moving = t.moving._replace(
        deals=turned(t.moving.deals, 1, cumulated=True), leads=turned(t.moving.leads, 2, cumulated=False)
    )
    timings = t._replace(
        deals=turned(t.deals, 1, cumulated=True), leads=turned(t.leads, 2, cumulated=False), moving=moving
    )
    in_cells = float(turned(t.deals, 1, off, cumulated=True).max(initial=0.0))
    return replace(table, timings=timings, error=table.error + in_cells)
