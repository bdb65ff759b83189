"""Working space of a block of trials, filled with what its deals and leads share."""

from __future__ import annotations

from simfunnel.engine.paths.win_times import Branches, Scratch, fill_branches, new_scratch
from simfunnel.engine.paths.winning import WinningWork, lay_out_rates, new_winning_work
from simfunnel.engine.run.ledger import Cells, Ledger, WonDeals, new_cells, new_won_deals
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Model


def prepared_work(
    model: Model, branches: Branches, block: TrialBlock, ledger: Ledger
) -> tuple[WinningWork, Cells, WonDeals, Scratch]:
    """Allocate the working space of a block, and lay out its rates by exit."""
    size = len(block.pace)
    work = new_winning_work(model.funnels, block)
    scratch = new_scratch(model.arrivals, size, int(branches.number.max(initial=-1)) + 1)
    lay_out_rates(model.funnels, block, work)
    fill_branches(model.funnels, branches, work.reach, scratch)
    return work, new_cells(ledger), new_won_deals(size if len(model.payment.share) else 0), scratch
