"""Deals whose paths are walked, as `paths` does and with the same bits: imported where a book has some."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.arrays import Ints
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.paths.open_deals import open_deals_block
from simfunnel.engine.paths.win_times import Branches, branches_of
from simfunnel.engine.paths.winning import OpenOrder, open_order
from simfunnel.engine.paths.work import Work, new_work, prepared_work
from simfunnel.engine.run.layout import check_layout
from simfunnel.engine.run.ledger import Ledger, new_ledger
from simfunnel.engine.trial.shared import TrialBlock, new_block
from simfunnel.funnel.model import Model


@dataclass(frozen=True)
class WalkedDeals:
    """What walking them reads, prepared once."""

    order: OpenOrder
    branches: Branches

    def __post_init__(self) -> None:
        check_layout(self.order, self.branches)

    @classmethod
    def of(cls, model: Model, deals: Ints) -> WalkedDeals:
        """Order these open deals, by their numbers."""
        return cls(open_order(model, deals), branches_of(model.funnels))

    def simulate(self, model: Model, keys: Keys, first: int, block: TrialBlock, ledger: Ledger) -> None:
        """Add what they bring in each trial of a block, the first of which is the trial `first`."""
        self._walk(model, keys, first, block, prepared_work(model, self.branches, block, ledger), ledger)

    def compile(self, model: Model, keys: Keys) -> None:
        """Compile the kernel: no trial is simulated."""
        none = new_ledger(model.groups, model.periods, 0, cash=False)
        block = new_block(model.funnels, model.factors, 0)
        self._walk(model, keys, 0, block, new_work(model, self.branches, block, none), none)

    def _walk(self, m: Model, keys: Keys, first: int, block: TrialBlock, room: Work, ledger: Ledger) -> None:
        work, cells, paid, scratch = room
        open_deals_block(
            m.funnels, m.tables, m.deals, m.factors, m.grid, m.months, m.payment, m.realization_table,
            self.branches, self.order, keys, first, block, work, cells, paid, scratch, ledger,
        )  # fmt: skip
