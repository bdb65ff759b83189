"""The `outcomes` kernel for plain deals: for each deal and trial only the period in which it is won.

All that bookings need. A deal's uniform u is compared with w' F_k, its win probability given the trial's factors times
the chance of a win before the end of period k given Won, which the law has computed: no path is walked. Deals of one
combination of factors and groups stand together, so that within a trial their win probabilities are two neighbouring
rows of a table, and the loops over deals have no branches. Other deals: `simfunnel.engine.paths.open_deals`. New
business: `simfunnel.engine.outcomes.leads`.
"""

from __future__ import annotations

from typing import NamedTuple

from simfunnel.arrays import Floats, Ints, Words
from simfunnel.engine.draws.normal import normal_cdf
from simfunnel.engine.jit import kernel
from simfunnel.engine.outcomes.listed import packed_run
from simfunnel.engine.run.ledger import Ledger
from simfunnel.engine.trial.shared import TrialBlock


class Runs(NamedTuple):
    """Plain deals in an order in which neighbours are treated alike, cut into runs of whole vectors."""

    deal: Ints
    """(N,) deal at each place of the order; -1 at a place that fills up a run: it is never won."""
    key: Words
    """(N,) random key."""
    packed: Ints
    """(N,) amount and win in one word, see `simfunnel.engine.outcomes.listed`."""
    start: Ints
    """(R + 1,) first place of each run."""
    combination: Ints
    """(R,)"""
    group_start: Ints
    group: Ints
    """Groups of each run."""
    knots: Floats
    """(KNOTS, N) win probability at each knot of the factor, in the order of the runs."""
    reach: Floats
    """(C,) largest factor tabulated."""
    per_unit: Floats
    """(C,) knots per unit of the factor."""


@kernel
def at_knots(score: Floats, reach: Floats, scale: Floats, knots: Floats) -> None:
    """Fill (KNOTS, N) with Phi((score + factor) / scale) at knots of the factor over +-`reach`, each (N,)."""
    half = 0.5 * (len(knots) - 1)
    for k in range(len(knots)):
        for i in range(len(score)):
            knots[k, i] = normal_cdf((score[i] + (k / half - 1.0) * reach[i]) / scale[i])


@kernel
def plain_deals_block(
    runs: Runs, timing: Floats, first: int, block: TrialBlock, booked: Ints, won: Ints, ledger: Ledger
) -> None:
    """Add the wins of plain deals in trials first, first + 1, ... to the ledger of these trials.

    `timing` (K, N) is P(won before the end of each period | won); `booked` (K, B) and `won` (K + 3, B) are working
    space.
    """
    periods = len(booked)
    for r in range(len(runs.start) - 1):
        start, end = runs.start[r], runs.start[r + 1]
        c = runs.combination[r]
        packed_run(
            runs.key[start:end], runs.packed[start:end], runs.knots, start, end, block.factor[c], runs.reach[c],
            runs.per_unit[c], timing, first, booked, won,
        )  # fmt: skip
        for j in range(runs.group_start[r], runs.group_start[r + 1]):
            g = runs.group[j]
            for k in range(periods):
                money, count = booked[k], won[k]
                into, number = ledger.open[g, k], ledger.wins[g, k]
                for t in range(len(block.pace)):
                    into[t] += money[t]
                    number[t] += count[t]
