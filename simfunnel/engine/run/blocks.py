"""A range of trials, simulated in blocks: every trial has its own column of the ledger."""

from __future__ import annotations

from typing import Protocol

from simfunnel.engine.run.executor import executor_of, ranges_of
from simfunnel.engine.run.ledger import BLOCK, Ledger, new_ledger
from simfunnel.engine.run.memory import refuse_too_large
from simfunnel.funnel.model import Model
from simfunnel.progress import Progress


class LedgerTask(Protocol):
    """A kernel prepared for a model: the ledger of a range of trials."""

    @property
    def model(self) -> Model:
        """The model that is simulated."""

    def __call__(self, first: int, count: int, /) -> Ledger:
        """Simulate trials first, ..., first + count - 1; the arrays are used again for the next range."""


def run_blocks(
    task: LedgerTask,
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
    task
        Simulates a block.
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
    model = task.model
    refuse_too_large(model, trials)
    cash, leads = len(model.payment.share) > 0, len(model.streams.source) > 0
    ledger = new_ledger(model.groups, model.periods, trials, cash=cash)

    def merge(start: int, part: Ledger) -> None:
        at = slice(start - first, start - first + part.open.shape[2])
        ledger.open[..., at], ledger.wins[..., at] = part.open, part.wins
        if leads:  # else the pages of the zeros there are never touched: they take no memory
            ledger.new[..., at] = part.new
        if cash:
            ledger.cash[..., at] = part.cash

    executor_of(threads).map(task, ranges_of(first, trials, block), merge, progress)
    return ledger
