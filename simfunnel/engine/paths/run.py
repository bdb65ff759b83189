"""Preparing the `paths` kernels, and running them over a block of trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simfunnel.engine.draws.keys import Keys, entity_keys
from simfunnel.engine.paths.kernels import closed_cash_block, new_leads_block, new_scratch, open_deals_block
from simfunnel.engine.paths.win_table import WinTable, win_table
from simfunnel.engine.run.layout import check_layout, check_model
from simfunnel.engine.run.ledger import BLOCK, Ledger, own_ledger
from simfunnel.engine.trial.normal_tables import normal_tables
from simfunnel.engine.trial.shared import trial_block
from simfunnel.funnel.model import Model


@dataclass(frozen=True)
class PathsRun:
    """Everything a block needs, prepared once."""

    model: Model
    keys: Keys
    win_table: WinTable

    def __post_init__(self) -> None:
        check_model(self.model)
        check_layout(self.keys, self.win_table)

    @classmethod
    def prepare(cls, model: Model, seed: int) -> PathsRun:
        """Compute the keys and tables of a run."""
        return cls(model, entity_keys(model.keys, seed), win_table(model))

    def __reduce__(self) -> tuple[Callable[..., PathsRun], tuple[Model, Keys]]:
        """Pickle without the table, which is four times as large as the rest and soon made again."""
        return _with_table, (self.model, self.keys)

    def block_size(self, trials: int, workers: int) -> int:
        """Trials per block."""
        return BLOCK

    def __call__(self, first: int, count: int) -> Ledger:
        """Simulate trials first, ..., first + count - 1; the arrays are used again for the next range."""
        ledger = own_ledger(self.model, count)
        with np.errstate(over="ignore"):  # as plain Python, NumPy warns of words that wrap around, as they should
            self._simulate(first, ledger)
        return ledger

    def _simulate(self, first: int, ledger: Ledger) -> None:
        m = self.model
        size = ledger.open.shape[2]
        block = trial_block(m, self.keys, first, size)
        scratch = new_scratch(m.arrivals, size)
        if len(m.deals.stage):
            open_deals_block(
                m.funnels, m.tables, m.deals, m.factors, m.grid, m.payment, m.realization_table,
                self.win_table, normal_tables(), self.keys, first, block, scratch, ledger,
            )  # fmt: skip
        if len(m.streams.source):
            new_leads_block(
                m.funnels, m.tables, m.streams, m.arrivals, m.factors, m.grid, m.payment,
                self.keys, first, block, scratch, ledger,
            )  # fmt: skip
        if len(m.payment.share) and len(m.closed.day):
            closed_cash_block(
                m.tables, m.grid, m.payment, m.closed.day, m.closed.amount, m.closed.group_start, m.closed.group,
                self.keys, first, ledger,
            )  # fmt: skip


def _with_table(model: Model, keys: Keys) -> PathsRun:
    return PathsRun(model, keys, win_table(model))
