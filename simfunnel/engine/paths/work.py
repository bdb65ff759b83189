"""Working space of a block of trials, and what its deals and leads share."""

from __future__ import annotations

from typing import Any, NamedTuple

from simfunnel.engine.paths.booking import Wins, new_wins
from simfunnel.engine.paths.win_times import Branches, Scratch, fill_branches, new_scratch
from simfunnel.engine.paths.winning import WinningWork, lay_out_rates, new_winning_work
from simfunnel.engine.run import beside
from simfunnel.engine.run.ledger import Cells, Ledger, new_cells
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Model


class Work(NamedTuple):
    """Working space of one block."""

    winning: WinningWork
    cells: Cells
    wins: Wins
    scratch: Scratch


def new_work(model: Model, branches: Branches, block: TrialBlock, ledger: Ledger) -> Work:
    """Allocate the working space of a block."""
    size = len(block.pace)
    return Work(
        winning=new_winning_work(model.funnels, block),
        cells=new_cells(ledger),
        wins=new_wins(size),
        scratch=new_scratch(model.arrivals, size, int(branches.number.max(initial=-1)) + 1),
    )


def compile_beside(
    model: Model, branches: Branches, block: TrialBlock, work: Work, kernel: Any, arguments: tuple[Any, ...]
) -> None:
    """On a first run, have a kernel compiled by the second process, and before it those of `lay_out`."""
    beside.ask(lay_out_rates, model.funnels, block, work.winning)
    beside.ask(fill_branches, model.funnels, branches, work.winning.reach, work.scratch)
    beside.ask(kernel, *arguments)


def lay_out(model: Model, branches: Branches, block: TrialBlock, work: Work) -> None:
    """Lay out the rates and factors of a block whose trials are prepared."""
    beside.wait(lay_out_rates)
    lay_out_rates(model.funnels, block, work.winning)
    beside.wait(fill_branches)
    fill_branches(model.funnels, branches, work.winning.reach, work.scratch)
