"""When wins fall, as columns: for bookings one for each period and one for all together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simfunnel.engine.exact.conditional import pace_nodes
from simfunnel.engine.exact.shared import Part, State
from simfunnel.engine.outcome_run import outcomes_can_run, timings_in_order
from simfunnel.engine.outcomes import Timings
from simfunnel.funnel.model import Floats, Model

PACE_TAIL = 1e-9
PACE_NODES = 400
"""Of a table that holds what the one of the simulation cannot; an atom is smeared over one step of it."""
NODE_POINTS = 256
"""Fineness of the law where it is computed at each node."""
_KEPT = 4_096


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

    Tabulated once where it is the same at every node, or changes with the pace only; else computed node by node.
    """

    def __init__(self, model: Model, paces: int | None = None) -> None:
        self.model = model
        self.table: Timings | None = None
        self.error = 0.0
        self.kept: dict[tuple[bytes, float], Timings] = {}
        reason = outcomes_can_run(without_payment(model))
        certain = not model.funnels.uncertain.any()
        if reason is None and paces is None:
            self.table, self.error = timings_in_order(model)
        elif certain or reason is None:
            self.table, self.error = timings_in_order(model, paces=_paces(model, paces or PACE_NODES))

    @property
    def by_node(self) -> bool:
        """Whether the law is computed at each node."""
        return self.table is None

    def before(self, state: State) -> tuple[Floats, Floats]:
        """(n or 1, bounds, deals) P(won before each bound | won); (n or 1, rows, bounds) leads won between bounds."""
        b = state.block
        if self.table is None:
            return self._by_node(state)
        deals, leads = self.table.deals, self.table.leads
        if len(self.table.pace) > 1:
            low, rest = pace_nodes(self.table.pace, b.pace)
            rest = rest[:, None, None]
            deals = deals[low] + rest * (deals[low + 1] - deals[low])
            leads = leads[low] + rest * (leads[low + 1] - leads[low])
        return deals, leads

    def _by_node(self, state: State) -> tuple[Floats, Floats]:
        b = state.block
        found = []
        for t in range(len(b.pace)):
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
        table, error = timings_in_order(replace(self.model, funnels=funnels), paces=pace, points=NODE_POINTS)
        self.error = max(self.error, error)
        return table

    def columns(self, part: Part, state: State, k: int) -> Columns:
        """Columns of one period, or of all together (k = number of periods): the one outcome is a win in it."""
        before, leads = self.before(state)
        nothing = np.zeros((0, 1))
        if k == before.shape[1]:
            return Columns(before[:, -1:, part.deals], leads.sum(axis=2, keepdims=True), nothing)
        earlier = before[:, k - 1 : k, part.deals] if k else 0.0
        inside = np.maximum(before[:, k : k + 1, part.deals] - earlier, 0.0)
        return Columns(inside, leads[:, :, k : k + 1], nothing)


def without_payment(model: Model) -> Model:
    """The model without payment terms: when a win is paid does not change when it is won."""
    nothing = model.payment._replace(share=np.zeros(0), delay_table=np.zeros(0, dtype=np.int64))
    return replace(model, payment=nothing)


def _paces(model: Model, count: int) -> Floats:
    """Nodes of the pace, equally spaced in its log; a single 1 without pace."""
    if model.factors.pace_table < 0:
        return np.ones(1)
    d = model.distributions[model.factors.pace_table]
    low, high = (float(d.isf(np.array(v))) for v in (1 - PACE_TAIL, PACE_TAIL))
    return np.geomspace(low, high, count)
