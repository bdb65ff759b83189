"""Tables of the timing of wins, read at the nodes of an integral."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.nodes.shared import State
from simfunnel.engine.jit import kernel
from simfunnel.engine.timing.tables import Timings
from simfunnel.engine.timing.timings import TabulatedTimings
from simfunnel.engine.trial.deals import won_weight
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Deals, Funnels, Model

FEW_PACES = 256


@dataclass(frozen=True)
class Tabulated:
    """Tables at some nodes of the pace, between which it is interpolated."""

    table: TabulatedTimings

    def at(self, pace: Floats) -> tuple[TabulatedTimings, Floats]:
        """Give the tables, and where to read them for these paces."""
        return self.table, pace

    def add(self, pace: Floats) -> None:
        """Nothing: paces are read between the nodes."""

    @property
    def error(self) -> float:
        """Size of the error of the law."""
        return self.table.error


class AtPaces:
    """Tables at the paces that are asked for: none is read between two nodes.

    Parameters
    ----------
    make
        Computes tables at rising paces.
    paces
        (P,) rising, equally spaced in their log: a pace is taken as the nearest of them, or of those that were added.
        They hold the nodes of every trapezoid rule; quasi-random ones are moved by at most 0.002 standard deviations,
        this way and that.
    """

    def __init__(self, make: Callable[[Floats], TabulatedTimings], paces: Floats) -> None:
        self.make, self.paces = make, paces
        self.table: TabulatedTimings | None = None
        self._known = np.zeros(len(paces), dtype=np.bool_)
        self._added = np.zeros(len(paces), dtype=np.bool_)
        self._lock = threading.Lock()

    def add(self, pace: Floats) -> None:
        """Take these paces as they are from now on."""
        with self._lock:
            new = np.setdiff1d(pace, self.paces)
            new = new[(new > self.paces[0]) & (new < self.paces[-1])]
            place = np.searchsorted(self.paces, new)
            self.paces = np.insert(self.paces, place, new)
            self._known, self._added = (np.insert(x, place, y) for x, y in ((self._known, False), (self._added, True)))

    def at(self, pace: Floats) -> tuple[TabulatedTimings, Floats]:
        """Give the tables, and where to read them; what is missing is computed, with all there was before."""
        with self._lock:
            log, wanted = np.log(self.paces), np.log(pace)
            above = np.clip(np.searchsorted(log, wanted), 1, len(log) - 1)
            place = above - (wanted - log[above - 1] < log[above] - wanted)
            if self.table is None or not self._known[place].all():
                self._known[place] = True
                if np.count_nonzero(self._known & ~self._added) > FEW_PACES:
                    self._known |= ~self._added  # more will be asked for: all at once
                self.table = self.make(self.paces[self._known])
            return self.table, self.paces[place]

    @property
    def error(self) -> float:
        """Size of the error of the law, as far as it was needed."""
        return 0.0 if self.table is None else self.table.error


Tables = Tabulated | AtPaces


def read(model: Model, tables: Tables, state: State, deals: Ints) -> tuple[Floats, Floats]:
    """Read tables at the nodes of a state: (n or 1, K, deals) of some open deals, and (n or 1, rows, K) of leads."""
    block = state.block
    table, pace = tables.at(block.pace)
    t = table.timings
    values = np.ascontiguousarray(table.functions.values(model.funnels, block).T)  # (n or 1, functions)
    paced = len(t.pace) > 1
    if not paced and not values.shape[1]:
        return t.deals[:, :, deals], t.leads
    n = len(block.pace) if paced else len(values)
    low, rest = _between(t.pace, pace) if paced else (np.zeros(n, dtype=np.int64), np.zeros(n))
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


def _between(nodes: Floats, pace: Floats) -> tuple[Ints, Floats]:
    """Node at or below each pace, and how far it lies towards the next in log pace; paces beyond are cut."""
    log = np.log(nodes)
    at = np.clip(np.log(pace), log[0], log[-1])
    low = np.clip(np.searchsorted(log, at, side="right") - 1, 0, len(nodes) - 2)
    return low, (at - log[low]) / (log[low + 1] - log[low])
