"""The `outcomes` kernel: for each deal and trial only the period in which it is won.

All that bookings need. A deal's uniform u is compared with w' F_k, its win probability given the trial's factors times
the chance of a win before the end of period k given Won, which the law has computed: no path is walked. Deals of one
combination of factors and groups stand together, so that within a trial their win probabilities are two neighbouring
rows of a table, and the loops over deals have no branches. New business: `simfunnel.engine.outcomes.leads`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints, Words
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import inline, kernel
from simfunnel.engine.outcomes.drawn_rates import DrawnWork, drawn_run, new_drawn_work, turn_rates
from simfunnel.engine.outcomes.listed import knot_of, packed_run
from simfunnel.engine.run.ledger import Ledger
from simfunnel.engine.timing.tables import Timings, pace_node, weighed
from simfunnel.engine.trial.deals import deal_win_rate, drawn_amount, won_weight
from simfunnel.engine.trial.normal_tables import NormalTables, tabulated_given_factors
from simfunnel.engine.trial.shared import TrialBlock, rates_row
from simfunnel.funnel.model import Deals, Factors, Funnels
from simfunnel.funnel.quantile_tables import QuantileTables

_AMOUNT = np.uint64(int(Counter.AMOUNT))


class Runs(NamedTuple):
    """Open deals in an order in which neighbours are treated alike, cut into runs of whole vectors."""

    deal: Ints
    """(N,) deal at each place of the order; -1 at a place that fills up a run: it is never won."""
    key: Words
    """(N,) random key."""
    amount: Ints
    """(N,) minor units; 0 where it is drawn."""
    packed: Ints
    """(N,) amount and win in one word, see `simfunnel.engine.outcomes.listed`."""
    start: Ints
    """(R + 1,) first place of each run."""
    end: Ints
    """(R,) place after the last deal of each run."""
    fits: Ints
    """(R,) whether the sums of `packed` over the run cannot overflow."""
    tabulated: Ints
    """(R,) whether win probabilities come from `knots`; else from the trial's own rates."""
    single: Ints
    """(R,) whether its deals are treated one by one: amounts are drawn, or the timing of judged deals moves."""
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


class Workspace(NamedTuple):
    """Working space of one thread."""

    ratio: Floats
    """(N,) u / w' of each deal of a run."""
    before: Floats
    """(K, N) timing at the trial's pace."""
    unit_factor: Floats
    leads: Floats
    """(streams, K) leads of a mean of 1 that are won in each period if all are won, in one trial."""
    booked: Ints
    """(K, B) bookings of a run by period."""
    won: Ints
    """(K + 1, B) wins of a run by period, and a row to spare."""
    functions: Floats
    """(functions, B) of the rates of each trial, see `simfunnel.engine.timing.moving`."""
    by_trial: Floats
    """The same, (B, functions): for loops with trials outside."""
    rates: DrawnWork


def new_workspace(
    places: int,
    before: Floats,
    units: int,
    streams: int,
    periods: int,
    trials: int,
    functions: Floats,
    drawn_exits: int = 0,
) -> Workspace:
    """Allocate the working space of a block; `before` is filled already where there is no pace."""
    return Workspace(
        ratio=np.empty(places),
        before=before,
        unit_factor=np.ones(units),
        leads=np.empty((streams, periods)),
        booked=np.empty((periods, trials), dtype=np.int64),
        won=np.empty((periods + 1, trials), dtype=np.int64),
        functions=functions,
        by_trial=np.ascontiguousarray(functions.T),
        rates=new_drawn_work(drawn_exits, trials),
    )


@inline
def _win_ratios(
    funnels: Funnels,
    deals: Deals,
    factors: Factors,
    runs: Runs,
    r: int,
    normal: NormalTables,
    trial: np.uint64,
    block: TrialBlock,
    t: int,
    ratio: Floats,
) -> None:
    """Fill u / w' for the deals of run `r`: the deal is won before the end of period k if that is below its F_k."""
    start, end = runs.start[r], runs.end[r]
    c = runs.combination[r]
    if runs.tabulated[r]:
        knot, rest = knot_of(block.factor[c, t], runs.reach[c], runs.per_unit[c], runs.knots.shape[0])
        # views from 0: with indices from `start` Numba allows for negative ones and LLVM does not vectorise
        key, out = runs.key[start:end], ratio[start:end]
        low, high = runs.knots[knot, start:end], runs.knots[knot + 1, start:end]
        for i in range(len(key)):
            w = low[i] + rest * (high[i] - low[i])
            out[i] = uniform(trial_state(key[i], trial)) / w
        return
    row = rates_row(block, t)
    factor, correlated = block.factor[c, t], factors.correlated[c]
    for i in range(start, end):
        w = deal_win_rate(funnels, deals, runs.deal[i], block.probability, block.win_rate, row)
        w = tabulated_given_factors(normal, w, factor, correlated)
        ratio[i] = uniform(trial_state(runs.key[i], trial)) / w


@kernel
def _listed_run(
    start: int,
    end: int,
    keys: Words,
    amounts: Ints,
    knots: Floats,
    factor: Floats,
    reach: float,
    per_unit: float,
    pace: Floats,
    nodes: Floats,
    timing: Floats,
    first: int,
    work_ratio: Floats,
    before: Floats,
    booked: Ints,
    won: Ints,
) -> None:
    """Bookings and wins of a run with tabulated win probabilities and listed amounts, by period: (K, B).

    The general case, for an uncertain pace and for amounts too large to pack.

    Trials are the outer loop here and runs the loop around this function, so that the part of `knots` that a run reads
    stays in the cache. The arrays are slices, and every loop over deals starts at 0: from any other start Numba allows
    for negative indices, element by element, and the loop is not vectorised.
    """
    n, periods = end - start, booked.shape[0]
    key, amount, ratio = keys[start:end], amounts[start:end], work_ratio[start:end]
    for t in range(len(factor)):
        trial = np.uint64(first + t)
        if len(nodes) > 1:
            node, rest = pace_node(nodes, pace[t])
            for k in range(periods):
                below, above = timing[node, k, start:end], timing[node + 1, k, start:end]
                into = before[k, start:end]
                for i in range(n):
                    into[i] = below[i] + rest * (above[i] - below[i])
        knot, part = knot_of(factor[t], reach, per_unit, knots.shape[0])
        low, high = knots[knot, start:end], knots[knot + 1, start:end]
        for i in range(n):
            w = low[i] + part * (high[i] - low[i])
            ratio[i] = uniform(trial_state(key[i], trial)) / w
        earlier, earlier_won = np.int64(0), np.int64(0)
        for k in range(periods):
            limit = before[k, start:end]
            total, wins = np.int64(0), np.int64(0)
            for i in range(n):
                hit = ratio[i] < limit[i]
                total += amount[i] if hit else np.int64(0)
                wins += np.int64(1) if hit else np.int64(0)
            booked[k, t] = total - earlier
            won[k, t] = wins - earlier_won
            earlier, earlier_won = total, wins


@inline
def _fill_before(
    funnels: Funnels, deals: Deals, runs: Runs, r: int, timings: Timings, block: TrialBlock, t: int, work: Workspace
) -> None:
    """Fill the timing of the deals of run `r` at the pace and the rates of trial `t`, where it depends on them."""
    nodes, moving = len(timings.pace), timings.moving
    node, rest = 0, 0.0
    if nodes > 1:
        node, rest = pace_node(timings.pace, block.pace[t])
    row = rates_row(block, t)
    for i in range(runs.start[r], runs.end[r]):
        first, count = moving.deal_first[i], moving.deal_count[i]
        if count == 0:
            if nodes > 1:
                for k in range(work.before.shape[0]):
                    low = timings.deals[node, k, i]
                    work.before[k, i] = low + rest * (timings.deals[node + 1, k, i] - low)
            continue
        won = won_weight(funnels, deals, runs.deal[i], block.probability, block.win_rate, row)
        values = work.by_trial[t, first : first + count]
        earlier = 0.0
        for k in range(work.before.shape[0]):
            before = weighed(0.0, moving.deals[node, k, i], values)
            if nodes > 1:
                later = weighed(0.0, moving.deals[node + 1, k, i], values)
                before += rest * (later - before)
            # kept rising and within [0, 1]: a win is counted in one period
            earlier = min(max(before / won if won > 0.0 else 0.0, earlier), 1.0)
            work.before[k, i] = earlier


@kernel
def open_outcomes_block(
    funnels: Funnels,
    tables: QuantileTables,
    deals: Deals,
    factors: Factors,
    realization_table: int,
    runs: Runs,
    timings: Timings,
    normal: NormalTables,
    first: int,
    block: TrialBlock,
    work: Workspace,
    ledger: Ledger,
) -> None:
    """Add the wins of all open deals in trials first, first + 1, ... to the ledger of these trials."""
    periods = ledger.open.shape[1]
    nodes = len(timings.pace)
    if len(work.rates.probability) > 0:
        turn_rates(funnels, block, work.rates)
    for r in range(len(runs.start) - 1):
        start, end = runs.start[r], runs.end[r]
        if not runs.single[r] and (runs.tabulated[r] or nodes == 1):
            c = runs.combination[r]
            if not runs.tabulated[r]:
                drawn_run(
                    funnels, deals, runs.deal[start:end], runs.key[start:end], runs.amount[start:end],
                    timings.deals[0, :, start:end], timings.moving.deal_first[start:end],
                    timings.moving.deal_count[start:end], timings.moving.deals[0, :, start:end], work.functions, normal,
                    block.factor[c], factors.correlated[c], first, work.rates, work.booked, work.won[:periods],
                )  # fmt: skip
            elif runs.fits[r] and nodes == 1:
                filled = runs.start[r + 1]
                packed_run(
                    runs.key[start:filled], runs.packed[start:filled], runs.knots, start, filled, block.factor[c],
                    runs.reach[c], runs.per_unit[c], timings.deals[0], first, work.booked, work.won,
                )  # fmt: skip
            else:
                _listed_run(
                    start, end, runs.key, runs.amount, runs.knots, block.factor[c], runs.reach[c], runs.per_unit[c],
                    block.pace, timings.pace, timings.deals, first, work.ratio, work.before, work.booked, work.won,
                )  # fmt: skip
            for j in range(runs.group_start[r], runs.group_start[r + 1]):
                g = runs.group[j]
                for k in range(periods):
                    booked, won = work.booked[k], work.won[k]
                    into, count = ledger.open[g, k], ledger.wins[g, k]
                    for t in range(len(block.pace)):
                        into[t] += booked[t]
                        count[t] += won[t]
            continue
        for t in range(len(block.pace)):
            trial = np.uint64(first + t)
            _fill_before(funnels, deals, runs, r, timings, block, t, work)
            _win_ratios(funnels, deals, factors, runs, r, normal, trial, block, t, work.ratio)
            for i in range(start, end):
                k = 0
                while k < periods and work.ratio[i] >= work.before[k, i]:
                    k += 1
                if k == periods:
                    continue
                d = runs.deal[i]
                amount = deals.amount[d]
                if amount < 0:
                    state = trial_state(runs.key[i], trial)
                    amount = drawn_amount(tables, deals.amount_table[d], block, deals.level[d], t, state, _AMOUNT)
                elif realization_table >= 0:
                    state = trial_state(runs.key[i], trial)
                    factor = quantile(tables, realization_table, 1.0 - uniform(draw(state, _AMOUNT)))
                    amount = np.int64(amount * factor + 0.5)
                for j in range(runs.group_start[r], runs.group_start[r + 1]):
                    ledger.open[runs.group[j], k, t] += amount
                    ledger.wins[runs.group[j], k, t] += 1
