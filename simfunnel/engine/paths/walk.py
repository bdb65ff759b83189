"""One trajectory of one deal, step by step: the process conditioned on its outcome."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.draws.quantiles import quantile, survival
from simfunnel.engine.draws.streams import Counter, draw, uniform
from simfunnel.engine.jit import called, inline
from simfunnel.engine.trial.shared import first_state
from simfunnel.funnel.clock import BOUNDARY_TOLERANCE
from simfunnel.funnel.model import Deals, Funnels
from simfunnel.funnel.quantile_tables import QuantileTables

_AGE = np.uint64(int(Counter.AGE))
_EXIT = np.uint64(int(Counter.EXIT))
_REMAINING = np.uint64(int(Counter.REMAINING))
FIRST_STEP = np.uint64(int(Counter.PATH))
_ONE = np.uint64(1)
_TWO = np.uint64(2)


@inline
def exit_weight(
    funnels: Funnels, base: int, e: int, probability: Floats, win_rate: Floats, row: int, won: bool
) -> float:
    """Doob transform, unnormalised: p_ij w_j towards Won, p_ij (1 - w_j) away from it; `never` cannot be won."""
    reach = 0.0 if funnels.exit_never[e] else win_rate[row, base + funnels.exit_to[e]]
    return probability[row, e] * (reach if won else 1.0 - reach)


@called
def choose_exit(
    funnels: Funnels,
    f: int,
    s: int,
    probability: Floats,
    win_rate: Floats,
    row: int,
    won: bool,
    weight: Floats,
    weight0: int,
    state: np.uint64,
    counter: np.uint64,
) -> int:
    """Choose the exit of stage `s` given the outcome; -1 if none is possible.

    `probability` and `win_rate` are those of the trial in row `row`. `weight[weight0:]` multiplies the weights of
    the exits in the first step of an aged deal; -1 for `weight0` is a deal that enters the stage.
    No draw is spent where only one exit is possible.
    """
    if won and funnels.sole_exit[f * funnels.stages + s] >= 0:
        return funnels.sole_exit[f * funnels.stages + s]
    base = first_state(funnels, f)
    first, end = funnels.exit_start[f * funnels.stages + s], funnels.exit_start[f * funnels.stages + s + 1]
    total, possible, last = 0.0, 0, -1
    for e in range(first, end):
        q = exit_weight(funnels, base, e, probability, win_rate, row, won)
        if weight0 >= 0:
            q *= weight[weight0 + e - first]
        if q > 0.0:
            total += q
            possible += 1
            last = e
    if possible <= 1:
        return last
    target = uniform(draw(state, counter)) * total
    reached = 0.0
    for e in range(first, last):
        q = exit_weight(funnels, base, e, probability, win_rate, row, won)
        if weight0 >= 0:
            q *= weight[weight0 + e - first]
        reached += q
        if target < reached:
            return e
    return last  # also when rounding leaves `reached` below `target`


@called
def remaining_time(funnels: Funnels, tables: QuantileTables, deals: Deals, d: int, e: int, state: np.uint64) -> float:
    """Days that an open deal still spends in its stage, given that it leaves by exit `e`."""
    v = uniform(draw(state, _REMAINING))
    table, age = funnels.exit_table[e], deals.age[d]
    row = deals.funnel[d] * funnels.stages + deals.stage[d]
    i = deals.weight_start[d] + e - funnels.exit_start[row]
    since = 0.0
    if age > 0.0:
        since = age
        v *= deals.weight[i]
    elif math.isnan(age) and deals.age_share[i] >= 1.0 and not funnels.given_age[row]:
        table = funnels.exit_age[e]  # in steady state the remaining time has the distribution of the age
    elif math.isnan(age):
        since = quantile(tables, funnels.exit_age[e], 1.0 - deals.age_share[i] * uniform(draw(state, _AGE)))
        v *= survival(tables, table, max(since - BOUNDARY_TOLERANCE, 0.0) if funnels.given_age[row] else since)
    return max(0.0, quantile(tables, table, v) - since)


@called
def follow(
    funnels: Funnels,
    tables: QuantileTables,
    f: int,
    s: int,
    time: float,
    probability: Floats,
    win_rate: Floats,
    row: int,
    won: bool,
    state: np.uint64,
    counter: np.uint64,
    horizon: float,
    visit_stage: Ints,
    visit_time: Floats,
    visits: int,
) -> tuple[float, int]:
    """Follow a deal that enters stage `s` at `time` until it ends or `horizon` has passed.

    `counter` is that of its first draw there; `FIRST_STEP` is that of an open deal's second stage and a lead's first.

    Returns the time at which it ends (infinite past the horizon or for a deal that stays open) and the number of
    visits recorded: (stage, time of entry) pairs, the end state last, as far as the `visit_` arrays have room.
    """
    S = funnels.stages
    while True:
        if visits < len(visit_time):
            visit_stage[visits] = s
            visit_time[visits] = time
            visits += 1
        if s >= S:
            return time, visits
        e = choose_exit(funnels, f, s, probability, win_rate, row, won, visit_time, -1, state, counter)
        if e < 0 or time > horizon:
            return math.inf, visits
        time += quantile(tables, funnels.exit_table[e], uniform(draw(state, counter + _ONE)))
        if funnels.exit_never[e]:
            return math.inf, visits
        s = funnels.exit_to[e]
        counter += _TWO


@inline
def follow_open_deal(
    funnels: Funnels,
    tables: QuantileTables,
    deals: Deals,
    d: int,
    probability: Floats,
    win_rate: Floats,
    row: int,
    won: bool,
    state: np.uint64,
    horizon: float,
    visit_stage: Ints,
    visit_time: Floats,
) -> tuple[float, int]:
    """Follow an open deal from as_of on: the first step knows its age, the rest is `follow`."""
    visits = 0
    if len(visit_time) > 0:
        visit_stage[0] = deals.stage[d]
        visit_time[0] = 0.0
        visits = 1
    f = deals.funnel[d]
    e = choose_exit(
        funnels,
        f,
        deals.stage[d],
        probability,
        win_rate,
        row,
        won,
        deals.weight,
        deals.weight_start[d],
        state,
        _EXIT,
    )
    if e < 0:
        return math.inf, visits
    if funnels.exit_never[e]:
        return math.inf, visits
    time = remaining_time(funnels, tables, deals, d, e, state)
    return follow(
        funnels, tables, f, funnels.exit_to[e], time, probability, win_rate, row, won, state, FIRST_STEP, horizon,
        visit_stage, visit_time, visits,
    )  # fmt: skip
