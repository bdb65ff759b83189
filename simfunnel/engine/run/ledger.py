"""Where wins are written: bookings, wins and cash of every group, period and trial, as exact integers."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.draws.streams import Counter, draw, uniform
from simfunnel.engine.jit import inline
from simfunnel.funnel.model import Grid, Model, PaymentTerms
from simfunnel.funnel.quantile_tables import QuantileTables

_PAYMENT = int(Counter.PAYMENT)

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
def calendar_day(grid: Grid, time: float) -> float:
    """Latest calendar day at which the operational clock shows `time`: a win on a bound belongs to what follows."""
    low, high = 0, len(grid.clock_time) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if grid.clock_time[middle] > time:
            high = middle
        else:
            low = middle
    span = grid.clock_time[high] - grid.clock_time[low]
    inside = (time - grid.clock_time[low]) / span if span > 0.0 else 0.0
    return grid.clock_day[low] + inside * (grid.clock_day[high] - grid.clock_day[low])


@inline
def collect(
    ledger: Ledger,
    grid: Grid,
    tables: QuantileTables,
    payment: PaymentTerms,
    group: Ints,
    group0: int,
    group1: int,
    day: float,
    amount: int,
    t: int,
    state: np.uint64,
) -> None:
    """Write the payments of a deal won on calendar day `day`. Rounding never makes or loses a minor unit."""
    paid = 0
    for m in range(len(payment.share)):
        due = np.int64(payment.share[m] * amount + 0.5)
        v = 1.0 - uniform(draw(state, np.uint64(_PAYMENT + m)))
        when = day + quantile(tables, payment.delay_table[m], v)
        if when >= grid.day[0]:
            k = period_of(grid.day, when)
            if k < len(grid.day) - 1:
                for j in range(group0, group1):
                    ledger.cash[group[j], k, t] += due - paid
        paid = due
