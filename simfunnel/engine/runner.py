"""The block runner: blocks of trials on a pool of threads, with progress and a clean interrupt.

A block's result is a function of its trial numbers alone, and every trial has its own column of the ledger, so the
number of threads and the size of the blocks cannot change a bit of it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from simfunnel.engine.keys import Keys, entity_keys
from simfunnel.engine.ledger import BLOCK, Ledger, new_ledger
from simfunnel.engine.memory import refuse_too_large
from simfunnel.engine.normal_tables import normal_tables
from simfunnel.engine.paths import closed_cash_block, new_leads_block, new_scratch, open_deals_block
from simfunnel.engine.trials import new_block, prepare_trials
from simfunnel.engine.win_table import WinTable, win_table
from simfunnel.funnel.model import Model
from simfunnel.progress import Progress


@dataclass(frozen=True)
class PathsRun:
    """Everything a block needs, prepared once."""

    model: Model
    keys: Keys
    win_table: WinTable

    @classmethod
    def prepare(cls, model: Model, seed: int) -> PathsRun:
        """Compute the keys and tables of a run."""
        return cls(model, entity_keys(model.keys, seed), win_table(model))

    def block_size(self, trials: int, workers: int) -> int:
        """Trials per block."""
        return BLOCK

    def __call__(self, first: int, ledger: Ledger) -> None:
        """Simulate trials first, first + 1, ... into a ledger of as many trials."""
        with np.errstate(over="ignore"):  # as plain Python, NumPy warns of words that wrap around, as they should
            self._simulate(first, ledger)

    def _simulate(self, first: int, ledger: Ledger) -> None:
        m = self.model
        size = ledger.open.shape[2]
        block = new_block(m.funnels, m.factors, size)
        prepare_trials(m.funnels, m.tables, m.rates, m.factors, self.keys, first, block)
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


def run_blocks(
    simulate_block: Callable[[int, Ledger], None],
    model: Model,
    first: int,
    trials: int,
    *,
    threads: int | None = None,
    block: int = BLOCK,
    progress: Progress | None = None,
) -> Ledger:
    """Simulate trials first, ..., first + trials - 1.

    Parameters
    ----------
    simulate_block
        Fills the ledger of a block.
    model
        The model, for the shape of the ledger.
    threads
        Number of threads; default, one for each processor this process may use.
    block
        Trials per block.
    progress
        Called from the calling thread as blocks finish.

    Returns
    -------
    Ledger
        Of all trials, in order.
    """
    refuse_too_large(model, trials)
    workers = threads or available_processors()
    groups, periods, cash = model.groups, model.periods, len(model.payment.share) > 0
    ledger = new_ledger(groups, periods, trials, cash=cash)
    leads = len(model.streams.source) > 0
    starts = iter(range(0, trials, block))
    running: set[Future[int]] = set()
    mine = threading.local()

    def work(start: int) -> int:
        end = min(start + block, trials)
        # A ledger of its own, copied when done: kernels see one memory layout (two would be compiled), threads share
        # no cache line. A thread keeps its own from block to block.
        part: Ledger | None = getattr(mine, "part", None)
        if part is None or part.open.shape[2] != end - start:
            part = mine.part = new_ledger(groups, periods, end - start, cash=cash)
        else:
            for array in part:
                array.fill(0)
        simulate_block(first + start, part)
        at = slice(start, end)
        ledger.open[..., at], ledger.wins[..., at] = part.open, part.wins
        if leads:  # else the pages of the zeros there are never touched: they take no memory
            ledger.new[..., at] = part.new
        if cash:
            ledger.cash[..., at] = part.cash
        return end - start

    done = 0
    with ThreadPoolExecutor(workers) as pool:
        try:
            # a short queue: an interrupt then waits for a few blocks only
            for start in starts:
                running.add(pool.submit(work, start))
                if len(running) >= 4 * workers:
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    done += sum(future.result() for future in finished)
                    if progress:
                        progress(done, trials)
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                done += sum(future.result() for future in finished)
                if progress:
                    progress(done, trials)
        except BaseException:
            for future in running:
                future.cancel()
            raise
    return ledger


def available_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
