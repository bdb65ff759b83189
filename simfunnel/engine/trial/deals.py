"""What a single deal is worth to a trial: its win probability before the factors, and a drawn amount."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.draws.streams import draw, uniform
from simfunnel.engine.jit import inline
from simfunnel.engine.trial.shared import TrialBlock, first_state, shifted_probability
from simfunnel.funnel.model import Deals, Funnels
from simfunnel.funnel.quantile_tables import QuantileTables


@inline
def deal_win_rate(funnels: Funnels, deals: Deals, d: int, probability: Floats, win_rate: Floats, row: int) -> float:
    """Win probability of an open deal given its age and the trial's rates (row `row`), before the factors."""
    w = deals.judged[d]
    if math.isnan(w):
        f = deals.funnel[d]
        base = first_state(funnels, f)
        stage = f * funnels.stages + deals.stage[d]
        won, total = 0.0, 0.0
        i = deals.weight_start[d]
        for e in range(funnels.exit_start[stage], funnels.exit_start[stage + 1]):
            q = probability[row, e] * deals.weight[i]
            total += q
            if not funnels.exit_never[e]:
                won += q * win_rate[row, base + funnels.exit_to[e]]
            i += 1
        w = won / total if total > 0.0 else 0.0
    start, end = deals.operation_start[d], deals.operation_start[d + 1]
    return shifted_probability(deals.operations, start, end, w) if end > start else w


@inline
def won_weight(funnels: Funnels, deals: Deals, d: int, probability: Floats, win_rate: Floats, row: int) -> float:
    """Sum over the exits of an aged deal's stage of P(it takes the exit, to be won), before it is normalised."""
    f = deals.funnel[d]
    base = first_state(funnels, f)
    stage = f * funnels.stages + deals.stage[d]
    won = 0.0
    i = deals.weight_start[d]
    for e in range(funnels.exit_start[stage], funnels.exit_start[stage + 1]):
        if not funnels.exit_never[e]:
            won += probability[row, e] * deals.weight[i] * win_rate[row, base + funnels.exit_to[e]]
        i += 1
    return won


@inline
def drawn_amount(
    tables: QuantileTables,
    table: int,
    block: TrialBlock,
    level: int,
    t: int,
    state: np.uint64,
    counter: np.uint64,
) -> int:
    """Draw an amount from its distribution, times the trial's level; minor units."""
    v = 1.0 - uniform(draw(state, counter))
    amount = quantile(tables, table, v)
    if level >= 0:
        amount *= block.level[level, t]
    return np.int64(amount + 0.5)
