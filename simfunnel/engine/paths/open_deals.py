"""The `paths` kernel: every deal of every trial, the outcome first, then the path conditioned on it.

The literal reading of the model. A lost deal books nothing, so it is followed only where stage occupancy is asked for.
"""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.draws.streams import Counter, draw, uniform
from simfunnel.engine.jit import called, kernel
from simfunnel.engine.paths.win_times import Branches, Scratch, open_deal_times
from simfunnel.engine.paths.winning import OpenOrder, WinningWork, winning_trials
from simfunnel.engine.run.ledger import (
    Cells,
    Ledger,
    WonDeals,
    add_to_groups,
    collect,
    period_of,
    share_kept,
    to_be_paid,
)
from simfunnel.engine.trial.deals import drawn_amount
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Deals, Factors, Funnels, Grid, PaymentTerms, WinMonths
from simfunnel.funnel.quantile_tables import QuantileTables

_AMOUNT = np.uint64(int(Counter.AMOUNT))
_MONTH = np.uint64(int(Counter.MONTH))


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
    won: WonDeals,
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
            _book_wins(
                tables,
                deals,
                d,
                grid,
                months,
                payment,
                realization_table,
                count,
                block,
                work.winning,
                scratch,
                cells,
                won,
            )
        add_to_groups(cells, order.group, order.group_start[r], order.group_start[r + 1], ledger.open, ledger)


@called
def _book_wins(
    tables: QuantileTables,
    deals: Deals,
    d: int,
    grid: Grid,
    months: WinMonths,
    payment: PaymentTerms,
    realization_table: int,
    count: int,
    block: TrialBlock,
    winning: Ints,
    scratch: Scratch,
    cells: Cells,
    won: WonDeals,
) -> None:
    """Add what a deal brings, in the trials in which it is won within the horizon."""
    periods, with_cash = len(grid.bound) - 1, len(payment.share) > 0
    booked = int(np.int64(0))  # a literal 0 is a type of its own, for which callees would be compiled once more
    by_month = len(months.month) > 0
    for i in range(count):
        k = period_of(grid.bound, scratch.time[i])
        if k == periods:
            continue
        t, state = winning[i], scratch.state[i]
        if by_month and uniform(draw(state, _MONTH)) >= share_kept(months, months.deal[d], scratch.time[i]):
            continue
        amount = deals.amount[d]
        if amount < 0:
            amount = drawn_amount(tables, deals.amount_table[d], block, deals.level[d], t, state, _AMOUNT)
        elif realization_table >= 0:
            factor = quantile(tables, realization_table, 1.0 - uniform(draw(state, _AMOUNT)))
            amount = np.int64(amount * factor + 0.5)
        cells.booked[k, t] += amount
        cells.won[k, t] += 1
        if with_cash:
            to_be_paid(grid, k, t, state, scratch.time[i], amount, won, booked)
            booked += 1
    if with_cash:
        collect(cells.cash, grid, tables, payment, won, booked)
