"""Lead sources in a trial: their win probability, their level and unit factors, and when their leads arrive."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.draws.streams import trial_state, uniform
from simfunnel.engine.jit import called, inline
from simfunnel.engine.trial.shared import first_state, gamma_factor, shifted_probability
from simfunnel.funnel.model import Arrivals, Funnels, LeadStreams
from simfunnel.funnel.quantile_tables import QuantileTables

_LEAP = 8
"""Pieces that are passed at once on the way to an arrival."""


@inline
def cumulate_arrivals(arrivals: Arrivals, source: int, unit_factor: Floats, arrived: Floats) -> None:
    """Fill the leads expected before each piece, for a mean of one lead per unit and the trial's unit factors."""
    piece0 = arrivals.piece_start[source]
    total = 0.0
    arrived[0] = 0.0
    for i in range(arrivals.piece_start[source + 1] - piece0):
        p = piece0 + i
        total += arrivals.piece_rate[p] * unit_factor[arrivals.piece_unit[p]] * arrivals.piece_length[p]
        arrived[i + 1] = total


@called
def stream_win_rate(funnels: Funnels, streams: LeadStreams, i: int, win_rate: Floats, row: int) -> float:
    """Win probability of a lead on entering, given the trial's rates, before the factors."""
    w = win_rate[row, first_state(funnels, streams.funnel[i]) + streams.stage[i]]
    start, end = streams.operation_start[i], streams.operation_start[i + 1]
    return shifted_probability(streams.operations, start, end, w) if end > start else w


@called
def source_factors(
    tables: QuantileTables, arrivals: Arrivals, keys: Keys, source: int, trial: np.uint64, unit_factor: Floats
) -> float:
    """Draw the level of a source in a trial, and fill the gamma factors of its units."""
    level = 1.0
    if arrivals.level_table[source] >= 0:
        v = 1.0 - uniform(trial_state(keys.arrival_levels[source], trial))
        level = quantile(tables, arrivals.level_table[source], v)
    unit0, unit1 = arrivals.unit_start[source], arrivals.unit_start[source + 1]
    state = trial_state(keys.dispersions[source], trial)
    for unit in range(unit1 - unit0):
        unit_factor[unit] = gamma_factor(arrivals.unit_shape[unit0 + unit], state, unit)
    return level


@inline
def next_arrival(arrivals: Arrivals, source: int, arrived: Floats, piece: int, reached: float) -> tuple[int, float]:
    """Piece and operational time at which the leads of a source have `reached` an expected number.

    Parameters
    ----------
    arrived
        Leads expected before each piece.
    piece
        From which on to look: of the arrival before.

    Returns
    -------
    tuple
        Infinite where so many do not arrive within the horizon.
    """
    piece0 = arrivals.piece_start[source]
    pieces = arrivals.piece_start[source + 1] - piece0
    while piece + _LEAP <= pieces and arrived[piece + _LEAP] <= reached:
        piece += _LEAP
    while piece < pieces and arrived[piece + 1] <= reached:
        piece += 1
    if piece == pieces:
        return piece, math.inf
    return piece, arrival_time(arrivals, piece0 + piece, arrived[piece], arrived[piece + 1], reached)


@inline
def arrival_time(arrivals: Arrivals, piece: int, before: float, after: float, reached: float) -> float:
    """Operational time within a piece in which the expected number rises from `before` to `after`."""
    share = (reached - before) / (after - before) if after > before else 0.0
    return arrivals.piece_clock[piece] + arrivals.piece_speed[piece] * (share * arrivals.piece_length[piece])
