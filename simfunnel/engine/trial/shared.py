"""What all deals of a trial share: rates, factors, pace, levels. Computed once per trial, for a block of trials."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.draws.normal import CENTRAL, central_quantile, normal_quantile
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.draws.streams import draw, trial_state, uniform
from simfunnel.engine.jit import called, inline, kernel
from simfunnel.funnel import probabilities, shift_arithmetic, states
from simfunnel.funnel.model import Factors, Funnels, Model, UncertainRates
from simfunnel.funnel.quantile_tables import QuantileTables

shifted_probability = inline(shift_arithmetic.shifted)
stage_probabilities = inline(probabilities.stage_probabilities)
redistribute = inline(probabilities.redistribute)
first_state = inline(states.first_state)
won_state = inline(states.won_state)
lost_state = inline(states.lost_state)
forward_probability = inline(probabilities.forward_probability)

FACTOR_RANGE = 8.5
"""Factors are tabulated up to this many standard deviations: P(|Z| > 8.5) is below 2e-17."""


def factor_reach(factors: Factors) -> Floats:
    """(C,) largest combined factor that is tabulated, by combination."""
    loads = np.array([factors.market_load, factors.segment_load, factors.owner_load])
    has = np.stack([np.ones(len(factors.segment)), factors.segment >= 0, factors.owner >= 0], axis=1)
    return np.asarray(FACTOR_RANGE * np.sqrt(has @ loads**2))


class TrialBlock(NamedTuple):
    """State of a block of B trials."""

    probability: Floats
    """(B, E) exit probabilities; (1, E) where all rates are certain."""
    win_rate: Floats
    """(B, F * (S + 2)) win probabilities on entering a stage; one row where all rates are certain."""
    factor: Floats
    """(C, B) sum of sqrt(rho) Z over the factors of each combination."""
    pace: Floats
    """(B,)"""
    level: Floats
    """(L, B) amount levels."""


def new_block(funnels: Funnels, factors: Factors, size: int) -> TrialBlock:
    """Allocate the state of a block of `size` trials; certain rates are filled in already."""
    rows = size if funnels.uncertain.any() else 1
    given = 0.0 if math.isnan(factors.market_given) else factors.market_load * factors.market_given
    return TrialBlock(
        probability=np.tile(funnels.probability, (rows, 1)),
        win_rate=np.tile(funnels.win_rate, (rows, 1)),
        factor=np.full((len(factors.correlated), size), given),
        pace=np.ones(size),
        level=np.ones((len(factors.level_table), size)),
    )


@inline
def is_certain(block: TrialBlock) -> bool:
    """Whether all rates are certain: one row then holds them for every trial."""
    return block.probability.shape[0] == 1


@inline
def rates_row(block: TrialBlock, t: int) -> int:
    """Row that holds the rates of trial `t` of the block."""
    return 0 if is_certain(block) else t


@called
def solve_win_rates(funnels: Funnels, f: int, probability: Floats, win_rate: Floats, matrix: Floats) -> None:
    """Solve w = P w + p_Won for one funnel; `never` exits win nothing. `matrix` is (S, S + 1) working space."""
    S = funnels.stages
    base = first_state(funnels, f)
    if funnels.acyclic[f]:
        for s in range(S - 1, -1, -1):
            w = 0.0
            for e in range(funnels.exit_start[f * S + s], funnels.exit_start[f * S + s + 1]):
                if not funnels.exit_never[e]:
                    w += probability[e] * win_rate[base + funnels.exit_to[e]]
            win_rate[base + s] = w
        return
    for s in range(S):
        for c in range(S + 1):
            matrix[s, c] = 1.0 if c == s else 0.0
        for e in range(funnels.exit_start[f * S + s], funnels.exit_start[f * S + s + 1]):
            to = funnels.exit_to[e]
            if funnels.exit_never[e] or to == lost_state(funnels):
                continue
            if to == won_state(funnels):
                matrix[s, S] += probability[e]
            else:
                matrix[s, to] -= probability[e]
    # I - P is an M-matrix: elimination without pivoting is stable
    for s in range(S):
        for r in range(s + 1, S):
            if matrix[r, s] != 0.0:
                ratio = matrix[r, s] / matrix[s, s]
                for c in range(s, S + 1):
                    matrix[r, c] -= ratio * matrix[s, c]
    for s in range(S - 1, -1, -1):
        w = matrix[s, S]
        for c in range(s + 1, S):
            w -= matrix[s, c] * win_rate[base + c]
        win_rate[base + s] = w / matrix[s, s]


def solve_rates(funnels: Funnels, draws: Floats, block: TrialBlock) -> None:
    """Fill the exit probabilities and win rates of a block from the values (B, U) of its uncertain rates."""
    _solve_rates(funnels, draws, block, np.empty((funnels.stages, funnels.stages + 1)))


@kernel
def _solve_rates(funnels: Funnels, draws: Floats, block: TrialBlock, matrix: Floats) -> None:
    """Do it, with (S, S + 1) working space."""
    S = funnels.stages
    for t in range(len(draws)):
        p = block.probability[t]
        for f in range(len(funnels.uncertain)):
            if not funnels.uncertain[f]:
                continue
            for row in range(f * S, (f + 1) * S):
                stage_probabilities(funnels, row, draws[t], p)
                start, end = funnels.operation_start[row], funnels.operation_start[row + 1]
                if end > start:
                    forward = forward_probability(funnels, row, p)
                    forward = shifted_probability(funnels.operations, start, end, forward)
                    redistribute(funnels, row, forward, p)
            solve_win_rates(funnels, f, p, block.win_rate[t], matrix)


@called
def normal_draws(key: np.uint64, first: int, load: float, out: Floats) -> None:
    """Fill `out` with load times the standard normals of one entity in trials first, first + 1, ..."""
    for t in range(len(out)):
        out[t] = load * central_quantile(uniform(trial_state(key, np.uint64(first + t))) - 0.5)
    for t in range(len(out)):  # one in seven lies in a tail, where the curve takes a logarithm
        u = uniform(trial_state(key, np.uint64(first + t)))
        if abs(u - 0.5) > CENTRAL:
            out[t] = load * normal_quantile(u)


@kernel
def _draw_rates(tables: QuantileTables, rates: UncertainRates, keys: Keys, first: int, draws: Floats) -> None:
    """Fill the values (B, U) of the uncertain rates."""
    for t in range(len(draws)):
        for i in range(len(rates.table)):
            # a high uniform is a low survival, hence a high rate
            u = uniform(trial_state(keys.rates[i], np.uint64(first + t)))
            draws[t, i] = quantile(tables, rates.table[i], 1.0 - u)


@kernel
def _add_factors(factors: Factors, keys: Keys, first: int, block: TrialBlock, shared: Floats) -> None:
    """Add the factors to those of each combination; `shared` (B,) is working space."""
    if math.isnan(factors.market_given) and factors.market_load > 0.0:
        normal_draws(keys.market[0], first, factors.market_load, shared)
        for c in range(len(factors.correlated)):
            _add(shared, block.factor[c])
    for i in range(len(keys.segments)):
        normal_draws(keys.segments[i], first, factors.segment_load, shared)
        for c in range(len(factors.correlated)):
            if factors.segment[c] == i:
                _add(shared, block.factor[c])
    for i in range(len(keys.owners)):
        normal_draws(keys.owners[i], first, factors.owner_load, shared)
        for c in range(len(factors.correlated)):
            if factors.owner[c] == i:
                _add(shared, block.factor[c])


@inline
def _add(what: Floats, to: Floats) -> None:
    for t in range(len(to)):
        to[t] += what[t]


@kernel
def _draw_pace_and_levels(
    tables: QuantileTables, factors: Factors, keys: Keys, first: int, block: TrialBlock
) -> None:  # fmt: skip
    """Fill the pace and the levels of amounts of each trial."""
    for t in range(len(block.pace)):
        trial = np.uint64(first + t)
        if factors.pace_table >= 0:
            # a high uniform is a slow trial
            block.pace[t] = quantile(tables, factors.pace_table, 1.0 - uniform(trial_state(keys.pace[0], trial)))
        for i in range(len(factors.level_table)):
            if factors.level_table[i] >= 0:
                v = 1.0 - uniform(trial_state(keys.levels[i], trial))
                block.level[i, t] = quantile(tables, factors.level_table[i], v)


def prepare_trials(model: Model, keys: Keys, first: int, block: TrialBlock) -> None:
    """Fill the state of trials first, first + 1, ... of a new block."""
    size, factors = len(block.pace), model.factors
    if len(model.rates.table) and len(block.probability) == size:  # one trial of uncertain rates has one row, too
        draws = np.empty((size, len(model.rates.table)))
        _draw_rates(model.tables, model.rates, keys, first, draws)
        solve_rates(model.funnels, draws, block)
    if factors.correlated.any():
        _add_factors(factors, keys, first, block, np.empty(size))
    if factors.pace_table >= 0 or (factors.level_table >= 0).any():
        _draw_pace_and_levels(model.tables, factors, keys, first, block)


def trial_block(model: Model, keys: Keys, first: int, size: int) -> TrialBlock:
    """State of trials first, ..., first + size - 1."""
    block = new_block(model.funnels, model.factors, size)
    prepare_trials(model, keys, first, block)
    return block


@inline
def gamma_factor(shape: float, key_state: np.uint64, unit: int) -> float:
    """Gamma variate of the given shape and mean 1, from draws of its own.

    Source: Marsaglia & Tsang (2000), A simple method for generating gamma variables; shape < 1 by the boost of
    their section 6. Rejected proposals take the next counters of the unit.
    """
    if shape <= 0.0:
        return 1.0
    counter = np.uint64(unit) * np.uint64(256)
    boost = 1.0
    k = shape
    if shape < 1.0:
        boost = uniform(draw(key_state, counter)) ** (1.0 / shape)
        k = shape + 1.0
    d = k - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for attempt in range(127):
        at = counter + np.uint64(1 + 2 * attempt)
        z = normal_quantile(uniform(draw(key_state, at)))
        u = uniform(draw(key_state, at + np.uint64(1)))
        v = (1.0 + c * z) ** 3
        # the first is a bound below the second, and spares most proposals its logarithms
        if u < 1.0 - 0.0331 * (z * z) * (z * z) or (
            v > 0.0 and math.log(u) < 0.5 * z * z + d - d * v + d * math.log(v)
        ):
            return boost * d * v / shape
    return 1.0  # 127 rejections in a row, each below 5 %: does not happen
