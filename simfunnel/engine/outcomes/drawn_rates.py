"""Runs of deals whose rates are drawn in every trial: `outcomes` with trials in the inner loop.

A deal's win probability follows from its trial's rates, so that there is nothing to tabulate by deal. But the exits of
a stage have one probability for all deals in it, and what only the deal knows (how likely each exit was to last so
long) is a number: over the trials of a block everything is arithmetic on arrays.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints, Words
from simfunnel.engine.draws.streams import trial_state, uniform
from simfunnel.engine.jit import kernel
from simfunnel.engine.trial.normal_tables import MIDDLE_LOW, MIDDLE_PER_UNIT, NormalTables, tabulated_given_factors
from simfunnel.engine.trial.shared import TrialBlock, first_state, shifted_probability
from simfunnel.funnel.model import Deals, Funnels


class DrawnWork(NamedTuple):
    """Working space of one thread; no columns where no rate is drawn."""

    probability: Floats
    """(E, B) exit probabilities."""
    reach: Floats
    """(E, B) win probability where an exit leads to; 0 for `never`."""
    won: Floats
    """(B,)"""
    weight: Floats
    """What was won before it was normalised."""
    before: Floats
    total: Floats
    knot: Words
    part: Floats


def new_drawn_work(exits: int, trials: int) -> DrawnWork:
    """Allocate the working space for blocks of `trials`."""
    return DrawnWork(
        probability=np.empty((exits, trials)),
        reach=np.empty((exits, trials)),
        won=np.empty(trials),
        weight=np.empty(trials),
        before=np.empty(trials),
        total=np.empty(trials),
        knot=np.empty(trials, dtype=np.uint64),
        part=np.empty(trials),
    )


@kernel
def turn_rates(funnels: Funnels, block: TrialBlock, work: DrawnWork) -> None:
    """Lay the rates of a block out by exit, for loops over trials."""
    S = funnels.stages
    for f in range(len(funnels.uncertain)):
        if not funnels.uncertain[f]:
            continue
        for e in range(funnels.exit_start[f * S], funnels.exit_start[(f + 1) * S]):
            to = first_state(funnels, f) + funnels.exit_to[e]
            for t in range(len(block.pace)):
                work.probability[e, t] = block.probability[t, e]
                work.reach[e, t] = 0.0 if funnels.exit_never[e] else block.win_rate[t, to]


@kernel
def _deal_rates(funnels: Funnels, deals: Deals, d: int, work: DrawnWork) -> None:
    """Win probability of a deal in every trial, before the factors, into `work.won`; see `deal_win_rate`."""
    won, total, weight_won = work.won, work.total, work.weight
    won[:] = 0.0
    total[:] = 0.0
    stage = deals.funnel[d] * funnels.stages + deals.stage[d]
    first = funnels.exit_start[stage]
    for e in range(first, funnels.exit_start[stage + 1]):
        weight = deals.weight[deals.weight_start[d] + e - first]
        probability, reach = work.probability[e], work.reach[e]
        for t in range(len(won)):
            q = probability[t] * weight
            total[t] += q
            won[t] += q * reach[t]
    for t in range(len(won)):
        weight_won[t] = won[t]
        won[t] = won[t] / total[t] if total[t] > 0.0 else 0.0
    start, end = deals.operation_start[d], deals.operation_start[d + 1]
    if end > start:
        for t in range(len(won)):
            won[t] = shifted_probability(deals.operations, start, end, won[t])


@kernel
def _given_factors(normal: NormalTables, factor: Floats, correlated: float, work: DrawnWork) -> None:
    """Turn the win probabilities in `work.won` into those given the factors."""
    won, kept, knot, part = work.won, work.total, work.knot, work.part
    middle, cdf = normal.middle, normal.cdf
    scale = 1.0 / math.sqrt(1.0 - correlated)
    last, last_cdf = len(middle) - 1.001, len(cdf) - 1.001
    for t in range(len(won)):
        kept[t] = won[t]
        at = min(max((won[t] - MIDDLE_LOW) * MIDDLE_PER_UNIT, 0.0), last)
        knot[t] = np.uint64(at)
        part[t] = at - np.float64(knot[t])
    above = middle[1:]
    for t in range(len(won)):
        low = middle[knot[t]]
        z = (low + part[t] * (above[knot[t]] - low) + factor[t]) * scale
        part[t] = min(max((z + normal.reach) * normal.per_unit, 0.0), last_cdf)
    above = cdf[1:]
    for t in range(len(won)):
        knot[t] = np.uint64(part[t])
        part[t] -= np.float64(knot[t])
    for t in range(len(won)):
        low = cdf[knot[t]]
        won[t] = low + part[t] * (above[knot[t]] - low)
    for t in range(len(won)):  # near 0 and 1 the quantile is steep, and read elsewhere
        if kept[t] < MIDDLE_LOW or kept[t] > 1.0 - MIDDLE_LOW:
            won[t] = tabulated_given_factors(normal, kept[t], factor[t], correlated)


@kernel
def _moving_before(weights: Floats, functions: Floats, work: DrawnWork) -> None:
    """P(won before the end of a period | won) in every trial, of a deal whose timing moves.

    `work.before` holds it for the period before, and is kept rising and within [0, 1]: a win is counted in one period.
    """
    before, won, total = work.before, work.weight, work.total
    total[:] = 0.0
    for j in range(len(weights)):
        weight, values = weights[j], functions[j]
        for t in range(len(total)):
            total[t] += weight * values[t]
    for t in range(len(before)):
        before[t] = min(max(total[t] / won[t] if won[t] > 0.0 else 0.0, before[t]), 1.0)


@kernel
def drawn_run(
    funnels: Funnels, deals: Deals, deal: Ints, key: Words, amount: Ints, timing: Floats, moving_first: Ints,
    moving_count: Ints, moving: Floats, functions: Floats, normal: NormalTables, factor: Floats, correlated: float,
    first: int, work: DrawnWork, booked: Ints, won: Ints,
) -> None:  # fmt: skip
    """Bookings and wins of a run by period, (K, B); `timing` is (K, deals of the run), `moving` (K, deals, R)."""
    periods = len(booked)
    booked[:] = 0
    won[:] = 0
    for i in range(len(deal)):
        _deal_rates(funnels, deals, deal[i], work)
        if correlated > 0.0:
            _given_factors(normal, factor, correlated, work)
        rate, luck = work.won, work.part
        for t in range(len(rate)):
            luck[t] = uniform(trial_state(key[i], np.uint64(first) + np.uint64(t)))
        n = moving_count[i]
        work.before[:] = 0.0
        for k in range(periods):
            money, count, before = booked[k], won[k], work.before
            if n > 0:
                _moving_before(moving[k, i, :n], functions[moving_first[i] : moving_first[i] + n], work)
            else:
                before[:] = timing[k, i]
            for t in range(len(rate)):
                hit = luck[t] < rate[t] * before[t]
                money[t] += amount[i] if hit else np.int64(0)
                count[t] += np.int64(1) if hit else np.int64(0)
    for k in range(periods - 1, 0, -1):
        for t in range(len(factor)):
            booked[k, t] -= booked[k - 1, t]
            won[k, t] -= won[k - 1, t]
