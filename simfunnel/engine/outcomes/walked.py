"""Deals whose paths are walked, as `paths` does and with the same bits: imported where a book has some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simfunnel.arrays import Ints
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.paths.open_deals import open_deals_block
from simfunnel.engine.paths.win_times import Branches, branches_of
from simfunnel.engine.paths.winning import OpenOrder, open_order
from simfunnel.engine.paths.work import compile_beside, lay_out, new_work
from simfunnel.engine.run import beside
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

    def begin(self, model: Model, keys: Keys, first: int, block: TrialBlock, ledger: Ledger) -> Callable[[], None]:
        """Make ready for a new block, the first trial of which is `first`.

        Returns
        -------
        callable
            Adds what the deals bring in each trial, once the block is prepared.
        """
        m = model
        work = new_work(m, self.branches, block, ledger)
        arguments = (
            m.funnels, m.tables, m.deals, m.factors, m.grid, m.months, m.payment, m.realization_table,
            self.branches, self.order, keys, first, block, *work, ledger,
        )  # fmt: skip
        compile_beside(m, self.branches, block, work, open_deals_block, arguments)

        def walk() -> None:
            lay_out(m, self.branches, block, work)
            beside.wait(open_deals_block)
            open_deals_block(*arguments)

        return walk
