"""Where wins are written: bookings, wins and cash of every group, period and trial, as exact integers."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import called, inline
from simfunnel.funnel.model import Grid, Model, WinMonths

BLOCK = 512
"""Trials per block: the state of a block and its part of the ledger stay in the second-level cache."""


class Ledger(NamedTuple):
    """Results of a range of trials; the trial is the last axis. (G, K, n), money in minor units."""

    open: Ints
    """Bookings of open deals."""
    new: Ints
    """Bookings of leads to come."""
    wins: npt.NDArray[np.int32]
    """Number of deals won, open and new."""
    cash: Ints
    """Cash collected; (0, 0, 0) where no payment terms are given."""


def new_ledger(groups: int, periods: int, trials: int, *, cash: bool) -> Ledger:
    """Allocate an empty ledger."""
    shape = (groups, periods, trials)
    return Ledger(
        open=np.zeros(shape, dtype=np.int64),
        new=np.zeros(shape, dtype=np.int64),
        wins=np.zeros(shape, dtype=np.int32),
        cash=np.zeros(shape if cash else (0, 0, 0), dtype=np.int64),
    )


def bytes_per_trial(model: Model) -> int:
    """Bytes of one trial of a ledger: bookings of open deals and leads, wins, and cash if there are payment terms."""
    return model.groups * model.periods * (28 if len(model.payment.share) else 20)


_mine = threading.local()
_KEPT = 8 << 20
"""Bytes of a ledger that a thread keeps."""


def own_ledger(model: Model, trials: int) -> Ledger:
    """Give this thread's ledger of a block, emptied.

    A thread keeps its own from block to block: kernels see one memory layout (two would be compiled), threads share no
    cache line.
    """
    cash = len(model.payment.share) > 0
    shape = (model.groups, model.periods, trials, cash)
    if getattr(_mine, "shape", None) == shape:
        ledger: Ledger = _mine.ledger
        for array in ledger:
            array.fill(0)
        return ledger
    ledger = new_ledger(*shape[:3], cash=cash)
    if bytes_per_trial(model) * trials <= _KEPT:
        _mine.shape, _mine.ledger = shape, ledger
    return ledger


@inline
def period_of(bound: Floats, time: float) -> int:
    """Period in which a time falls, the number of periods if it is after the last one."""
    k = 0
    for i in range(1, len(bound)):  # counted, not searched: the branches of a search cannot be foreseen
        k += np.int64(time >= bound[i])
    return k


@inline
def share_kept(months: WinMonths, shares: Floats, time: float) -> float:
    """Share of wins at `time` that the month of the quarter leaves; `shares` (3,) are those of the deal or stream."""
    last = len(months.month) - 1
    return shares[months.month[min(period_of(months.bound, time), last)]]


@called
def calendar_day(grid: Grid, time: float) -> float:
    """Latest calendar day at which the operational clock shows `time`: a win on a bound belongs to what follows."""
    last = len(grid.clock_time) - 2
    cell = min(max(int((time - grid.clock_time[0]) * grid.clock_cells), 0), len(grid.clock_from) - 1)
    low = min(grid.clock_from[cell], last)
    while low > 0 and grid.clock_time[low] > time:  # a cell too high by rounding
        low -= 1
    while low < last and grid.clock_time[low + 1] <= time:
        low += 1
    span = grid.clock_time[low + 1] - grid.clock_time[low]
    inside = (time - grid.clock_time[low]) / span if span > 0.0 else 0.0
    return grid.clock_day[low] + inside * (grid.clock_day[low + 1] - grid.clock_day[low])


class Cells(NamedTuple):
    """Wins of deals of the same groups in a block of B trials: added up once, then to each of the groups."""

    booked: Ints
    """(K, B) minor units."""
    won: Ints
    """(K, B)"""
    cash: Ints
    """(K + 2, B) minor units: before the first period, in each, and after the last; no rows without payment terms."""


def new_cells(ledger: Ledger) -> Cells:
    """Allocate empty cells for the trials of a ledger."""
    shape = ledger.open.shape[1:]
    rows = shape[0] + 2 if ledger.cash.size else 0
    return Cells(
        booked=np.zeros(shape, dtype=np.int64), won=np.zeros(shape, dtype=np.int64),
        cash=np.zeros((rows, shape[1]), dtype=np.int64),
    )  # fmt: skip


@called
def add_to_groups(cells: Cells, group: Ints, group0: int, group1: int, booked: Ints, ledger: Ledger) -> None:
    """Add cells to the groups of a range, and empty them; `booked` is the ledger's column of open or of new deals."""
    for j in range(group0, group1):
        g = group[j]
        for k in range(len(cells.booked)):
            money, count = cells.booked[k], cells.won[k]
            into, number = booked[g, k], ledger.wins[g, k]
            for t in range(len(money)):
                into[t] += money[t]
                number[t] += count[t]
        for k in range(len(cells.cash) - 2):
            money, into = cells.cash[k + 1], ledger.cash[g, k]
            for t in range(len(money)):
                into[t] += money[t]
    for k in range(len(cells.booked)):
        for t in range(cells.booked.shape[1]):
            cells.booked[k, t] = 0
            cells.won[k, t] = 0
    for k in range(len(cells.cash)):
        for t in range(cells.cash.shape[1]):
            cells.cash[k, t] = 0
