"""The `paths` kernel: every deal of every trial, the outcome first, then the path conditioned on it.

The literal reading of the model. A lost deal books nothing, so it is followed only where stage occupancy is asked for.
"""

from __future__ import annotations

from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.jit import kernel
from simfunnel.engine.paths.booking import Wins, book_wins
from simfunnel.engine.paths.win_times import Branches, Scratch, open_deal_times
from simfunnel.engine.paths.winning import OpenOrder, WinningWork, winning_trials
from simfunnel.engine.run.ledger import Cells, Ledger, add_to_groups
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Deals, Factors, Funnels, Grid, PaymentTerms, WinMonths
from simfunnel.funnel.quantile_tables import QuantileTables


@kernel
def open_deals_block(
    funnels: Funnels,
    tables: QuantileTables,
    deals: Deals,
    factors: Factors,
    grid: Grid,
    months: WinMonths,
    payment: PaymentTerms,
    realization_table: int,
    branches: Branches,
    order: OpenOrder,
    keys: Keys,
    first: int,
    block: TrialBlock,
    work: WinningWork,
    cells: Cells,
    wins: Wins,
    scratch: Scratch,
    ledger: Ledger,
) -> None:
    """Add the wins of all open deals in trials first, first + 1, ... to the ledger of these trials."""
    for r in range(len(order.start) - 1):
        for place in range(order.start[r], order.start[r + 1]):
            d = order.deal[place]
            c = deals.combination[d]
            key = keys.deals[d]
            count = winning_trials(
                funnels, deals, order, place, factors.correlated[c] > 0.0, work.factor[c], key, first, work
            )
            open_deal_times(
                funnels, tables, deals, d, branches, grid.bound[len(grid.bound) - 1], key, first, count, block, work,
                scratch,
            )  # fmt: skip
            listed, table = deals.amount[d], deals.amount_table[d]
            if listed >= 0:
                table = realization_table
            book_wins(
                tables, grid, months, months.deal, d, payment, listed, table, deals.level[d], block, count,
                work.winning, scratch, wins, cells,
            )  # fmt: skip
        add_to_groups(cells, order.group, order.group_start[r], order.group_start[r + 1], ledger.open, ledger)
