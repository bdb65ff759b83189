"""The `paths` kernel: every deal of every trial, the outcome first, then the path conditioned on it.

The literal reading of the model. A lost deal books nothing, so it is followed only where stage occupancy is asked for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints, Words
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.draws.normal import given_factors
from simfunnel.engine.draws.quantiles import quantile, smooth_quantile
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import inline, kernel
from simfunnel.engine.paths.walk import follow, follow_open_deal
from simfunnel.engine.paths.win_table import CONSTANT, TABULATED, WinTable
from simfunnel.engine.run.ledger import Ledger, calendar_day, collect, period_of
from simfunnel.engine.trial.arrivals import cumulate_arrivals, next_arrival, source_factors, stream_win_rate
from simfunnel.engine.trial.deals import deal_win_rate, drawn_amount
from simfunnel.engine.trial.normal_tables import NormalTables, tabulated_given_factors
from simfunnel.engine.trial.shared import TrialBlock, rates_row
from simfunnel.funnel.model import Arrivals, Deals, Factors, Funnels, Grid, LeadStreams, PaymentTerms
from simfunnel.funnel.quantile_tables import SIDE, QuantileTables, TableKind

_AMOUNT = np.uint64(int(Counter.AMOUNT))
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_SMOOTH = int(TableKind.SMOOTH)
_REMAINING = np.uint64(int(Counter.REMAINING))
_PATH = np.uint64(int(Counter.PATH))


class Scratch(NamedTuple):
    """Working space of one block."""

    winning: Ints
    """Trials in which a deal is won."""
    state: Words
    """State of the deal in each of them."""
    time: Floats
    """Time of the win in each of them."""
    unit_factor: Floats
    """Gamma factor of each unit of a source."""
    arrived: Floats
    """Leads expected before each piece of a source."""
    visit_stage: Ints
    visit_time: Floats
    """Stages visited, where they are recorded; empty where they are not."""


def new_scratch(arrivals: Arrivals, size: int, visits: int = 0) -> Scratch:
    """Allocate the working space of a block of `size` trials."""
    units = int(np.diff(arrivals.unit_start).max(initial=0))
    pieces = int(np.diff(arrivals.piece_start).max(initial=0))
    return Scratch(
        winning=np.empty(size + 1, dtype=np.int64),
        state=np.empty(size, dtype=np.uint64),
        time=np.empty(size),
        unit_factor=np.ones(units),
        arrived=np.zeros(pieces + 1),
        visit_stage=np.empty(visits, dtype=np.int64),
        visit_time=np.empty(visits),
    )


@inline
def _winning_trials(
    deals: Deals,
    d: int,
    factors: Factors,
    funnels: Funnels,
    win_table: WinTable,
    normal: NormalTables,
    key: np.uint64,
    first: int,
    block: TrialBlock,
    winning: Ints,
) -> int:
    """List the trials of the block in which deal `d` is won, at any time; return how many they are."""
    mode, c = win_table.mode[d], deals.combination[d]
    factor = block.factor[c]
    count = 0
    if mode == CONSTANT:
        w = win_table.constant[d]
        for t in range(len(factor)):
            winning[count] = t
            count += uniform(trial_state(key, np.uint64(first + t))) < w
    elif mode == TABULATED:
        knots = win_table.knots[win_table.row[d]]
        reach, per_unit, last = win_table.reach[c], win_table.per_unit[c], len(knots) - 2
        for t in range(len(factor)):
            at = (factor[t] + reach) * per_unit
            knot = min(max(int(at), 0), last)
            w = knots[knot] + (at - knot) * (knots[knot + 1] - knots[knot])
            winning[count] = t
            count += uniform(trial_state(key, np.uint64(first + t))) < w
    else:
        for t in range(len(factor)):
            w = deal_win_rate(funnels, deals, d, block.probability, block.win_rate, t)
            w = tabulated_given_factors(normal, w, factor[t], factors.correlated[c])
            winning[count] = t
            count += uniform(trial_state(key, np.uint64(first + t))) < w
    return count


@kernel
def _add_quantiles(tables: QuantileTables, table: int, counter: np.uint64, state: Words, time: Floats, n: int) -> None:
    """Add a duration to the time of each of `n` winners."""
    state, time = state[:n], time[:n]
    if tables.kind[table] == _SMOOTH:
        knots = tables.knots[tables.start[table] : tables.start[table] + 2 * SIDE]
        for i in range(n):
            time[i] += smooth_quantile(knots, uniform(draw(state[i], counter)))
        return
    for i in range(n):
        time[i] += quantile(tables, table, uniform(draw(state[i], counter)))


@kernel
def _straight_times(
    funnels: Funnels,
    tables: QuantileTables,
    deals: Deals,
    d: int,
    key: np.uint64,
    first: int,
    count: int,
    scratch: Scratch,
) -> bool:
    """Fill the times of all wins of a deal at once where only one path leads to Won; else return False.

    All winners advance together, stage by stage, over one table at a time and without branches: that is nearly twice as
    fast as walking them one by one, and the draws are the same.
    """
    age = deals.age[d]
    f, S = deals.funnel[d], funnels.stages
    s = deals.stage[d]
    if math.isnan(age):
        return False
    steps = 0
    while s < S:
        e = funnels.sole_exit[f * S + s]
        if e < 0 or steps > S:
            return False
        s = funnels.exit_to[e]
        steps += 1
    s = deals.stage[d]
    e = funnels.sole_exit[f * S + s]
    table = funnels.exit_table[e]
    weight = deals.weight[deals.weight_start[d] + e - funnels.exit_start[f * S + s]] if age > 0.0 else 1.0
    age = max(age, 0.0)
    winning, state, time = scratch.winning[:count], scratch.state[:count], scratch.time[:count]
    for i in range(count):
        state[i] = trial_state(key, np.uint64(first + winning[i]))
    if tables.kind[table] == _SMOOTH:
        knots = tables.knots[tables.start[table] : tables.start[table] + 2 * SIDE]
        for i in range(count):
            time[i] = max(0.0, smooth_quantile(knots, weight * uniform(draw(state[i], _REMAINING))) - age)
    else:
        for i in range(count):
            time[i] = max(0.0, quantile(tables, table, weight * uniform(draw(state[i], _REMAINING))) - age)
    counter = _PATH + _ONE
    s = funnels.exit_to[e]
    while s < S:
        e = funnels.sole_exit[f * S + s]
        _add_quantiles(tables, funnels.exit_table[e], counter, state, time, count)
        counter += _TWO
        s = funnels.exit_to[e]
    return True


@kernel
def open_deals_block(
    funnels: Funnels,
    tables: QuantileTables,
    deals: Deals,
    factors: Factors,
    grid: Grid,
    payment: PaymentTerms,
    realization_table: int,
    win_table: WinTable,
    normal: NormalTables,
    keys: Keys,
    first: int,
    block: TrialBlock,
    scratch: Scratch,
    ledger: Ledger,
) -> None:
    """Add the wins of all open deals in trials first, first + 1, ... to the ledger of these trials."""
    periods = len(grid.bound) - 1
    horizon = grid.bound[periods]
    with_cash = len(payment.share) > 0
    for d in range(len(deals.stage)):
        key = keys.deals[d]
        count = _winning_trials(deals, d, factors, funnels, win_table, normal, key, first, block, scratch.winning)
        group0, group1 = deals.group_start[d], deals.group_start[d + 1]
        straight = _straight_times(funnels, tables, deals, d, key, first, count, scratch)
        for i in range(count):
            t = scratch.winning[i]
            row = rates_row(block, t)
            state = trial_state(key, np.uint64(first + t))
            pace = block.pace[t]
            if straight:
                time = scratch.time[i]
            else:
                time, _ = follow_open_deal(
                    funnels, tables, deals, d, block.probability, block.win_rate, row, True, state, horizon / pace,
                    scratch.visit_stage, scratch.visit_time,
                )  # fmt: skip
            time = max(time * pace, deals.not_before[d])
            k = period_of(grid.bound, time)
            if k == periods:
                continue
            amount = deals.amount[d]
            if amount < 0:
                amount = drawn_amount(tables, deals.amount_table[d], block, deals.level[d], t, state, _AMOUNT)
            elif realization_table >= 0:
                factor = quantile(tables, realization_table, 1.0 - uniform(draw(state, _AMOUNT)))
                amount = np.int64(amount * factor + 0.5)
            for j in range(group0, group1):
                ledger.open[deals.group[j], k, t] += amount
                ledger.wins[deals.group[j], k, t] += 1
            if with_cash:
                day = max(calendar_day(grid, time), grid.day[k])  # not paid before the period of the win
                collect(ledger, grid, tables, payment, deals.group, group0, group1, day, amount, t, state)


@kernel
def new_leads_block(
    funnels: Funnels,
    tables: QuantileTables,
    streams: LeadStreams,
    arrivals: Arrivals,
    factors: Factors,
    grid: Grid,
    payment: PaymentTerms,
    keys: Keys,
    first: int,
    block: TrialBlock,
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
    periods = len(grid.bound) - 1
    horizon = grid.bound[periods]
    for source in range(len(arrivals.level_table)):
        for t in range(size):
            trial = np.uint64(first + t)
            level = source_factors(tables, arrivals, keys, source, trial, scratch.unit_factor)
            cumulate_arrivals(arrivals, source, scratch.unit_factor, scratch.arrived)
            row = rates_row(block, t)
            pace = block.pace[t]
            for i in range(arrivals.stream_start[source], arrivals.stream_start[source + 1]):
                stage, f = streams.stage[i], streams.funnel[i]
                w = stream_win_rate(funnels, streams, i, block.win_rate, row)
                c = streams.combination[i]
                w = given_factors(w, block.factor[c, t], factors.correlated[c])
                rate = streams.mean[i] * level * w
                if rate <= 0.0:
                    continue
                group0, group1 = streams.group_start[i], streams.group_start[i + 1]
                stream_state = trial_state(keys.streams[i], trial)
                lead = np.uint64(0)
                piece, reached = 0, 0.0
                while True:
                    lead += _ONE
                    state = draw(stream_state, lead)
                    reached -= math.log(uniform(state)) / rate
                    piece, entered = next_arrival(arrivals, source, scratch.arrived, piece, reached)
                    if entered == math.inf:
                        break
                    time, _ = follow(
                        funnels, tables, f, stage, 0.0, block.probability, block.win_rate, row, True, state,
                        (horizon - entered) / pace, scratch.visit_stage, scratch.visit_time, 0,
                    )  # fmt: skip
                    time = entered + time * pace
                    k = period_of(grid.bound, time)
                    if k == periods:
                        continue
                    amount = drawn_amount(tables, streams.amount_table[i], block, streams.level[i], t, state, _AMOUNT)
                    for j in range(group0, group1):
                        ledger.new[streams.group[j], k, t] += amount
                        ledger.wins[streams.group[j], k, t] += 1
                    if len(payment.share) > 0:
                        when = max(calendar_day(grid, time), grid.day[k])
                        collect(
                            ledger,
                            grid,
                            tables,
                            payment,
                            streams.group,
                            group0,
                            group1,
                            when,
                            amount,
                            t,
                            state,
                        )


@kernel
def closed_cash_block(
    tables: QuantileTables,
    grid: Grid,
    payment: PaymentTerms,
    day: Floats,
    amount: Ints,
    group_start: Ints,
    group: Ints,
    keys: Keys,
    first: int,
    ledger: Ledger,
) -> None:
    """Add the payments of deals won before as_of, in the current period or an earlier one."""
    for i in range(len(day)):
        for t in range(ledger.cash.shape[2]):
            state = trial_state(keys.closed[i], np.uint64(first + t))
            collect(
                ledger,
                grid,
                tables,
                payment,
                group,
                group_start[i],
                group_start[i + 1],
                day[i],
                amount[i],
                t,
                state,
            )
