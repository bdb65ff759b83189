"""The `paths` kernel for new business: the leads to come that will be won, by stream.

Their arrivals are listed trial by trial; then all of a list enter, advance and are paid together.
"""

from __future__ import annotations

import math

import numpy as np

from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.draws.streams import draw, trial_state, uniform
from simfunnel.engine.jit import called, kernel
from simfunnel.engine.paths.arrival_times import ArrivalTable, enter, expect_leads
from simfunnel.engine.paths.booking import Wins, book_wins
from simfunnel.engine.paths.win_times import Branches, Scratch, advance
from simfunnel.engine.paths.winning import WinningWork, given_scores, scores_of
from simfunnel.engine.run.ledger import Cells, Ledger, add_to_groups
from simfunnel.engine.trial.arrivals import source_factors, stream_win_rate
from simfunnel.engine.trial.shared import TrialBlock, rates_row
from simfunnel.funnel.model import Arrivals, Factors, Funnels, Grid, LeadStreams, PaymentTerms, WinMonths
from simfunnel.funnel.quantile_tables import QuantileTables

_ONE = np.uint64(1)


@kernel
def new_leads_block(
    funnels: Funnels,
    tables: QuantileTables,
    streams: LeadStreams,
    arrivals: Arrivals,
    table: ArrivalTable,
    factors: Factors,
    grid: Grid,
    months: WinMonths,
    payment: PaymentTerms,
    branches: Branches,
    keys: Keys,
    first: int,
    block: TrialBlock,
    work: WinningWork,
    cells: Cells,
    wins: Wins,
    scratch: Scratch,
    ledger: Ledger,
) -> None:
    """Add the wins of leads that arrive within the horizon.

    Given the factors, the leads of a stream that will be won are a Poisson process of their own, at the rate of arrival
    times w'; the others book nothing and are not drawn. Winning lead number n arrives when the cumulative rate reaches
    the sum of n unit exponentials, so that a higher rate or win probability brings every one of them earlier and adds
    some at the end, and leaves each one's own draws as they were.
    """
    size = len(block.pace)
    for source in range(len(arrivals.level_table)):
        for t in range(size):
            trial = np.uint64(first + t)
            factor = scratch.unit_factor[t]
            scratch.level[t] = source_factors(tables, arrivals, keys, source, trial, factor)
            scratch.leads[t] = expect_leads(table, source, factor, scratch.expected[t])
        for i in range(arrivals.stream_start[source], arrivals.stream_start[source + 1]):
            _stream_win_rates(funnels, streams, i, factors, block, work)
            t, lead, reached = int(np.int64(0)), np.uint64(0), 0.0  # no literal, see `_book_leads`
            while t < size:  # until the lists are full, then on from there
                count, t, lead, reached = _list_leads(
                    keys.streams[i], streams.mean[i], first, t, lead, reached, work, scratch
                )
                enter(
                    arrivals, table, source, work.winning, scratch.unit_factor, scratch.expected, count,
                    scratch.entered, scratch.listed, scratch.days,
                )  # fmt: skip
                _advance_leads(funnels, tables, streams, i, branches, grid, count, block, work, scratch)
                book_wins(
                    tables, grid, months, months.stream, i, payment, -1, streams.amount_table[i], streams.level[i],
                    block, count, work.winning, scratch, wins, cells,
                )  # fmt: skip
            group0, group1 = streams.group_start[i], streams.group_start[i + 1]
            add_to_groups(cells, streams.group, group0, group1, ledger.new, ledger)


@called
def _list_leads(
    key: np.uint64, mean: float, first: int, t: int, lead: np.uint64, reached: float, work: WinningWork,
    scratch: Scratch,
) -> tuple[int, int, np.uint64, float]:  # fmt: skip
    """List the leads of a stream that will be won: trial, state, and the number of leads expected until they enter.

    Goes on after lead number `lead` of trial `t` of the block, until the list is full or no trial is left; returns the
    length of the list and where to go on.
    """
    count, size = 0, len(scratch.entered)
    while t < size:
        rate = mean * scratch.level[t] * np.float64(work.won[t])
        if rate > 0.0:
            stream_state = trial_state(key, np.uint64(first + t))
            gap = 1.0 / rate
            while count < size:
                state = draw(stream_state, lead + _ONE)
                beyond = reached - math.log(uniform(state)) * gap
                if beyond >= scratch.leads[t]:
                    break
                lead += _ONE
                reached = beyond
                work.winning[count] = t
                scratch.state[count] = state
                scratch.entered[count] = reached
                count += 1
            if count == size:
                break
        t += 1
        lead, reached = np.uint64(0), 0.0
    return count, t, lead, reached


@called
def _stream_win_rates(
    funnels: Funnels, streams: LeadStreams, i: int, factors: Factors, block: TrialBlock, work: WinningWork
) -> None:
    """Win probability of the leads of a stream in every trial, given its factors, into `work.won`."""
    for t in range(len(work.won)):
        work.won[t] = np.float32(stream_win_rate(funnels, streams, i, block.win_rate, rates_row(block, t)))
    c = streams.combination[i]
    if factors.correlated[c] > 0.0:
        scores_of(work.won, work.score)
        given_scores(work.score, work.factor[c], np.float32(1.0 / math.sqrt(1.0 - factors.correlated[c])), work.won)


@called
def _advance_leads(
    funnels: Funnels, tables: QuantileTables, streams: LeadStreams, i: int, branches: Branches, grid: Grid, count: int,
    block: TrialBlock, work: WinningWork, scratch: Scratch,
) -> None:  # fmt: skip
    """Fill the time at which each lead of a stream on the list is won, from the time at which it enters."""
    winning, time, entered = work.winning, scratch.time, scratch.entered
    for j in range(count):
        time[j] = 0.0
    advance(
        funnels, tables, streams.funnel[i], streams.stage[i], branches, grid.bound[len(grid.bound) - 1], block, count,
        count, winning, scratch,
    )  # fmt: skip
    for j in range(count):
        time[j] = entered[j] + time[j] * block.pace[winning[j]]
