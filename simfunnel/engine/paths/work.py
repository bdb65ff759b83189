"""Working space of a block of trials, filled with what its deals and leads share."""

from __future__ import annotations

from simfunnel.engine.paths.win_times import Branches, Scratch, fill_branches, new_scratch
from simfunnel.engine.paths.winning import WinningWork, lay_out_rates, new_winning_work
from simfunnel.engine.run.ledger import Cells, Ledger, WonDeals, new_cells, new_won_deals
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Model

Work = tuple[WinningWork, Cells, WonDeals, Scratch]


def new_work(model: Model, branches: Branches, block: TrialBlock, ledger: Ledger) -> Work:
    """Allocate the working space of a block."""
    size = len(block.pace)
    scratch = new_scratch(model.arrivals, size, int(branches.number.max(initial=-1)) + 1)
    paid = new_won_deals(size if len(model.payment.share) else 0)
    return new_winning_work(model.funnels, block), new_cells(ledger), paid, scratch


def prepared_work(model: Model, branches: Branches, block: TrialBlock, ledger: Ledger) -> Work:
    """Allocate the working space of a block, and lay out its rates by exit."""
    work, cells, paid, scratch = new_work(model, branches, block, ledger)
    lay_out_rates(model.funnels, block, work)
    fill_branches(model.funnels, branches, work.reach, scratch)
    return work, cells, paid, scratch
