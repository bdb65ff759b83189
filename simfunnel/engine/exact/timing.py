"""When wins fall, as columns: for bookings one for each period and one for all together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simfunnel.engine.exact.conditional import pace_nodes
from simfunnel.engine.exact.shared import Part, State
from simfunnel.engine.jit import kernel
from simfunnel.engine.open_deals import won_weight
from simfunnel.engine.outcome_run import outcomes_can_run
from simfunnel.engine.timing_tables import Timings
from simfunnel.engine.timings import TabulatedTimings, between, moving_ways, smooth_durations, timings_in_order
from simfunnel.engine.trials import TrialBlock
from simfunnel.funnel.model import Deals, Floats, Funnels, Ints, Model

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

    Tabulated once, over the pace and way by way, unless the rates act on it in too many ways: then node by node.
    """

    def __init__(self, model: Model, paces: int | None = None) -> None:
        self.model = model
        self.table: TabulatedTimings | None = None
        self.node_error = 0.0
        self.kept: dict[tuple[bytes, float], Timings] = {}
        ways = moving_ways(model)
        if any(w is None for w in ways):
            return
        given = None
        if paces is not None or outcomes_can_run(without_payment(model)) is not None:
            given = _paces(model, paces or PACE_NODES)
        self.table = timings_in_order(model, paces=given, ways=[w for w in ways if w is not None])

    @property
    def by_node(self) -> bool:
        """Whether the law is computed at each node."""
        return self.table is None

    @property
    def error(self) -> float:
        """Size of the error of the law."""
        return self.node_error if self.table is None else self.table.error

    def before(self, state: State, deals: Ints) -> tuple[Floats, Floats]:
        """Read the timing at the nodes of a state.

        Returns
        -------
        tuple
            (n or 1, bounds, deals) P(won before each bound | won) of some open deals, and (n or 1, rows, bounds) leads
            won between bounds.
        """
        if self.table is not None:
            return read(self.model, self.table, state, deals)
        found, leads = self._by_node(state)
        return found[:, :, deals], leads

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
        found = timings_in_order(replace(self.model, funnels=funnels), paces=pace, points=NODE_POINTS, ways=[])
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

    def outcomes(self, chance: Floats) -> TabulatedTimings | None:
        """Tables of other outcomes of a win: of each, given the cell (between two bounds) in which it falls.

        Parameters
        ----------
        chance
            (cells, R)

        Returns
        -------
        TabulatedTimings or None
            Whose periods are the outcomes; None where the law is computed at each node.
        """
        if self.table is None:
            return None
        t = self.table.timings

        def turned(table: Floats, axis: int, *, cumulated: bool) -> Floats:
            inside = np.diff(table, axis=axis, prepend=0.0) if cumulated else table
            return np.ascontiguousarray(np.moveaxis(np.tensordot(inside, chance, axes=(axis, 0)), -1, axis))

        moving = t.moving._replace(
            deals=turned(t.moving.deals, 1, cumulated=True), leads=turned(t.moving.leads, 2, cumulated=False)
        )
        timings = t._replace(
            deals=turned(t.deals, 1, cumulated=True), leads=turned(t.leads, 2, cumulated=False), moving=moving
        )
        if len(t.pace) > 1 and smooth_durations(self.model):
            timings = _finer(timings)
        return replace(self.table, timings=timings)


def _finer(t: Timings) -> Timings:
    """Fill tables of a few paces up to many, by a spline."""
    pace = np.geomspace(t.pace[0], t.pace[-1], PACE_NODES)
    moving = t.moving._replace(deals=between(t.pace, pace, t.moving.deals), leads=between(t.pace, pace, t.moving.leads))
    deals = np.clip(between(t.pace, pace, t.deals), 0.0, 1.0)
    leads = np.maximum(between(t.pace, pace, t.leads), 0.0)
    return t._replace(pace=pace, deals=deals, leads=leads, moving=moving)


def read(model: Model, table: TabulatedTimings, state: State, deals: Ints) -> tuple[Floats, Floats]:
    """Read tables at the nodes of a state: (n or 1, K, deals) of some open deals, and (n or 1, rows, K) of leads."""
    t, block = table.timings, state.block
    values = np.ascontiguousarray(table.functions.values(model.funnels, block).T)  # (n or 1, functions)
    paced = len(t.pace) > 1
    if not paced and not values.shape[1]:
        return t.deals[:, :, deals], t.leads
    n = len(block.pace) if paced else len(values)
    low, rest = pace_nodes(t.pace, block.pace) if paced else (np.zeros(n, dtype=np.int64), np.zeros(n))
    found = np.empty((n, t.deals.shape[1], len(deals)))
    leads = np.empty((n, *t.leads.shape[1:]))
    _read_deals(model.funnels, model.deals, block, t, low, rest, values, deals, found)
    _read_leads(t, low, rest, values, _stream_of_row(t), leads)
    return found, leads


def _stream_of_row(t: Timings) -> Ints:
    counts = np.diff(np.append(t.lead_row, t.leads.shape[1]))
    return np.repeat(np.arange(len(t.lead_row)), counts)


@kernel
def _read_deals(
    funnels: Funnels, deals: Deals, block: TrialBlock, timings: Timings, low: Ints, rest: Floats, values: Floats,
    which: Ints, out: Floats,
) -> None:  # fmt: skip
    moving, last = timings.moving, len(timings.pace) - 1
    for t in range(out.shape[0]):
        node, above, part = low[t], min(low[t] + 1, last), rest[t]
        row = t if block.probability.shape[0] > 1 else 0
        of_rates = values[t if values.shape[0] > 1 else 0]
        for i in range(len(which)):
            d = which[i]
            first, count = moving.deal_first[d], moving.deal_count[d]
            if count == 0:
                for k in range(out.shape[1]):
                    before = timings.deals[node, k, d]
                    out[t, k, i] = before + part * (timings.deals[above, k, d] - before)
                continue
            won = won_weight(funnels, deals, d, block.probability, block.win_rate, row)
            mine = of_rates[first : first + count]
            for k in range(out.shape[1]):
                weights, later = moving.deals[node, k, d], moving.deals[above, k, d]
                before = 0.0
                for j in range(len(mine)):
                    before += (weights[j] + part * (later[j] - weights[j])) * mine[j]
                out[t, k, i] = min(max(before / won, 0.0), 1.0) if won > 0.0 else 0.0


@kernel
def _read_leads(timings: Timings, low: Ints, rest: Floats, values: Floats, stream: Ints, out: Floats) -> None:
    moving, last = timings.moving, len(timings.pace) - 1
    for t in range(out.shape[0]):
        node, above, part = low[t], min(low[t] + 1, last), rest[t]
        of_rates = values[t if values.shape[0] > 1 else 0]
        for row in range(out.shape[1]):
            first, count = moving.stream_first[stream[row]], moving.stream_count[stream[row]]
            mine = of_rates[first : first + count]
            for k in range(out.shape[2]):
                leads = timings.leads[node, row, k]
                leads += part * (timings.leads[above, row, k] - leads)
                weights, later = moving.leads[node, row, k], moving.leads[above, row, k]
                for j in range(len(mine)):
                    leads += (weights[j] + part * (later[j] - weights[j])) * mine[j]
                out[t, row, k] = max(leads, 0.0)


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
