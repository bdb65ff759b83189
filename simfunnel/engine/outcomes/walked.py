"""Deals whose paths are walked, as `paths` does and with the same bits: imported where a book has some."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.arrays import Ints
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.paths.open_deals import open_deals_block
from simfunnel.engine.paths.win_times import Branches, branches_of
from simfunnel.engine.paths.winning import OpenOrder, open_order
from simfunnel.engine.paths.work import prepared_work
from simfunnel.engine.run.layout import check_layout
from simfunnel.engine.run.ledger import Ledger
from simfunnel.engine.trial.shared import TrialBlock
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
        m = model
        work, cells, paid, scratch = prepared_work(m, self.branches, block, ledger)
        open_deals_block(
            m.funnels, m.tables, m.deals, m.factors, m.grid, m.months, m.payment, m.realization_table,
            self.branches, self.order, keys, first, block, work, cells, paid, scratch, ledger,
        )  # fmt: skip
