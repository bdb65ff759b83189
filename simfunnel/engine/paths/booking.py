"""What wins bring: the deals that are won in some trials of a block are priced, booked and paid together.

Each step is a loop of its own over the list of wins, without branches that depend on a draw.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.draws.quantiles import quantiles
from simfunnel.engine.draws.streams import Counter, draw, uniform
from simfunnel.engine.jit import called
from simfunnel.engine.paths.win_times import Scratch, draw_for_all
from simfunnel.engine.run.ledger import Cells, calendar_day, period_of, share_kept
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Grid, PaymentTerms, WinMonths
from simfunnel.funnel.quantile_tables import QuantileTables

_AMOUNT = np.uint64(int(Counter.AMOUNT))
_MONTH = np.uint64(int(Counter.MONTH))
_PAYMENT = int(Counter.PAYMENT)


class Wins(NamedTuple):
    """Working space of one block of B trials: (B,) of each win on a list."""

    period: Ints
    amount: Ints
    """Minor units."""
    paid: Ints
    """What earlier instalments have brought."""
    day: Floats
    """Calendar day."""


def new_wins(size: int) -> Wins:
    """Allocate the working space of a block of `size` trials."""
    return Wins(
        period=np.empty(size, dtype=np.int64), amount=np.empty(size, dtype=np.int64),
        paid=np.empty(size, dtype=np.int64), day=np.empty(size),
    )  # fmt: skip


@called
def book_wins(
    tables: QuantileTables,
    grid: Grid,
    months: WinMonths,
    shares: Floats,
    row: int,
    payment: PaymentTerms,
    listed: int,
    table: int,
    level: int,
    block: TrialBlock,
    count: int,
    winning: Ints,
    scratch: Scratch,
    wins: Wins,
    cells: Cells,
) -> None:
    """Add what `count` wins bring, those after the horizon left out.

    Parameters
    ----------
    shares, row
        (n, 3) shares of wins that the months of a quarter leave, and which row of them is that of these deals.
    listed
        Amount in minor units; negative where it is drawn.
    table, level
        Of a drawn amount: its distribution, and its level (-1 none). Of a listed one: the factor that it is realized
        by (-1 none).
    winning, scratch
        Trial of each win, its state and its time.
    """
    inside = _within_horizon(grid.bound, count, winning, scratch, wins.period)
    if len(months.month) > 0:
        inside = _within_months(months, shares, row, inside, winning, scratch, wins.period)
    _price(tables, listed, table, level, block, inside, winning, scratch, wins.amount)
    for i in range(inside):
        cells.booked[wins.period[i], winning[i]] += wins.amount[i]
        cells.won[wins.period[i], winning[i]] += 1
    if len(payment.share) > 0:
        _collect(tables, grid, payment, inside, winning, scratch, wins, cells.cash)


@called
def _within_horizon(bound: Floats, count: int, winning: Ints, scratch: Scratch, period: Ints) -> int:
    """Move the wins within the horizon to the front, with their periods; how many they are."""
    state, time, inside = scratch.state, scratch.time, np.int64(0)
    for i in range(count):
        k = period_of(bound, time[i])
        winning[inside], state[inside], time[inside], period[inside] = winning[i], state[i], time[i], k
        inside += np.int64(k < len(bound) - 1)
    return int(inside)


@called
def _within_months(
    months: WinMonths, shares: Floats, row: int, count: int, winning: Ints, scratch: Scratch, period: Ints
) -> int:  # fmt: skip
    """Move the wins that the month of the quarter leaves to the front; how many they are."""
    state, time, inside = scratch.state, scratch.time, np.int64(0)
    for i in range(count):
        left = uniform(draw(state[i], _MONTH)) < share_kept(months, shares[row], time[i])
        winning[inside], state[inside], time[inside], period[inside] = winning[i], state[i], time[i], period[i]
        inside += np.int64(left)
    return int(inside)


@called
def _price(
    tables: QuantileTables, listed: int, table: int, level: int, block: TrialBlock, count: int, winning: Ints,
    scratch: Scratch, amount: Ints,
) -> None:  # fmt: skip
    """Fill the amount of each win, in minor units."""
    if table < 0:
        for i in range(count):
            amount[i] = listed
        return
    unlike, drawn = scratch.uniform, scratch.days
    draw_for_all(scratch.state, _AMOUNT, unlike, count)
    for i in range(count):
        unlike[i] = 1.0 - unlike[i]
    quantiles(tables, table, unlike, count, drawn, scratch.listed)
    if listed >= 0:
        for i in range(count):
            amount[i] = np.int64(listed * drawn[i] + 0.5)
        return
    if level >= 0:
        for i in range(count):
            drawn[i] *= block.level[level, winning[i]]
    for i in range(count):
        amount[i] = np.int64(drawn[i] + 0.5)


@called
def _collect(
    tables: QuantileTables, grid: Grid, payment: PaymentTerms, count: int, winning: Ints, scratch: Scratch, wins: Wins,
    cash: Ints,
) -> None:  # fmt: skip
    """Add the payments of wins to cells of cash. Rounding never makes or loses a minor unit."""
    unlike, delay = scratch.uniform, scratch.days
    for i in range(count):
        wins.day[i] = max(calendar_day(grid, scratch.time[i]), grid.day[wins.period[i]])
        wins.paid[i] = 0
    for m in range(len(payment.share)):
        counter, share = np.uint64(_PAYMENT + m), payment.share[m]
        draw_for_all(scratch.state, counter, unlike, count)
        for i in range(count):
            unlike[i] = 1.0 - unlike[i]
        quantiles(tables, payment.delay_table[m], unlike, count, delay, scratch.listed)
        for i in range(count):
            due = np.int64(share * wins.amount[i] + 0.5)
            when = wins.day[i] + delay[i]
            k = np.int64(0)
            for j in range(len(grid.day)):  # counted: the branches of a search cannot be foreseen
                k += np.int64(when >= grid.day[j])
            cash[k, winning[i]] += due - wins.paid[i]
            wins.paid[i] = due
