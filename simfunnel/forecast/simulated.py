"""Trials of a forecast by their numbers: wherever a range is simulated, it is the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simfunnel.arrays import Ints
from simfunnel.engine.run.blocks import run_blocks
from simfunnel.engine.run.executor import available_processors
from simfunnel.engine.run.ledger import Ledger
from simfunnel.forecast.sampled import Sampled
from simfunnel.progress import Progress

if TYPE_CHECKING:
    from simfunnel.engine.outcomes.run import OutcomeRun
    from simfunnel.engine.paths.run import PathsRun


@dataclass(frozen=True)
class SimulatedRange:
    """Simulates so many trials from a first one on; the same numbers give the same trials. It can be pickled."""

    run: PathsRun | OutcomeRun
    closed: Ints
    """(G, K) bookings won before as_of, minor units."""
    closed_wins: Ints
    """(G, K)"""
    minor_units: int
    threads: int | None = None
    block: int | None = None
    """Trials per block; None: as many as suit the kernel."""

    def ledger(self, first: int, count: int, progress: Progress | None = None) -> Ledger:
        """Give what they brought."""
        size = self.block or self.run.block_size(count, self.threads or available_processors())
        return run_blocks(self.run, first, count, threads=self.threads, progress=progress, block=size)

    def __call__(self, first: int, count: int, progress: Progress | None = None) -> Sampled:
        """Give what they brought, with what is known before them."""
        return self.of(self.ledger(first, count, progress))

    def of(self, ledger: Ledger) -> Sampled:
        """Add what is known before the trials."""
        cash = ledger.cash if len(self.run.model.payment.share) else None
        return Sampled(ledger.open, ledger.new, ledger.wins, cash, self.closed, self.closed_wins, self.minor_units)
