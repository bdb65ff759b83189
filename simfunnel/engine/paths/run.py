"""Preparing the `paths` kernels, and running them over a block of trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.engine.draws.keys import Keys, entity_keys
from simfunnel.engine.paths.arrival_times import ArrivalTable, arrival_table
from simfunnel.engine.paths.closed_cash import ClosedPayments, closed_cash_block, closed_payments
from simfunnel.engine.paths.new_leads import new_leads_block
from simfunnel.engine.paths.open_deals import open_deals_block
from simfunnel.engine.paths.win_times import Branches, branches_of
from simfunnel.engine.paths.winning import OpenOrder, open_order
from simfunnel.engine.paths.work import compile_beside, lay_out, new_work
from simfunnel.engine.run import beside
from simfunnel.engine.run.layout import check_layout, check_model
from simfunnel.engine.run.ledger import BLOCK, Ledger, own_ledger
from simfunnel.engine.trial.shared import new_block, prepare_trials
from simfunnel.funnel.model import Model


@dataclass(frozen=True)
class PathsRun:
    """Everything a block needs, prepared once."""

    model: Model
    keys: Keys
    order: OpenOrder
    branches: Branches
    arrivals: ArrivalTable
    closed: ClosedPayments

    def __post_init__(self) -> None:
        check_model(self.model)
        check_layout(self.keys, self.order, self.branches, self.arrivals, self.closed)

    @classmethod
    def prepare(cls, model: Model, seed: int) -> PathsRun:
        """Compute the keys and tables of a run."""
        order, branches, table = open_order(model), branches_of(model.funnels), arrival_table(model.arrivals)
        return cls(model, entity_keys(model.keys, seed), order, branches, table, closed_payments(model))

    def block_size(self, trials: int, workers: int) -> int:
        """Trials per block."""
        return BLOCK

    def __call__(self, first: int, count: int) -> Ledger:
        """Simulate trials first, ..., first + count - 1; the arrays are used again for the next range."""
        ledger = own_ledger(self.model, count)
        with np.errstate(over="ignore", divide="ignore"):  # as plain Python, words wrap around; u / 0 is no win
            self._simulate(first, ledger)
        return ledger

    def _simulate(self, first: int, ledger: Ledger) -> None:
        m = self.model
        block = new_block(m.funnels, m.factors, ledger.open.shape[2])
        space = new_work(m, self.branches, block, ledger)
        work, cells, wins, scratch = space
        open_deals = (
            m.funnels, m.tables, m.deals, m.factors, m.grid, m.months, m.payment, m.realization_table,
            self.branches, self.order, self.keys, first, block, work, cells, wins, scratch, ledger,
        )  # fmt: skip
        if len(m.deals.stage):
            compile_beside(m, self.branches, block, space, open_deals_block, open_deals)
        prepare_trials(m, self.keys, first, block)
        lay_out(m, self.branches, block, space)
        if len(m.streams.source):
            new_leads_block(
                m.funnels, m.tables, m.streams, m.arrivals, self.arrivals, m.factors, m.grid, m.months, m.payment,
                self.branches, self.keys, first, block, work, cells, wins, scratch, ledger,
            )  # fmt: skip
        if len(self.closed.deal):
            later = np.empty((m.periods + 1, len(block.pace)), dtype=np.int64)
            closed_cash_block(self.closed, self.keys.closed, first, scratch.state, scratch.time, later, ledger)
        if len(m.deals.stage):  # last, as it takes longest to compile
            beside.wait(open_deals_block)
            open_deals_block(*open_deals)
