"""How many deals are in each stage at given times: every trajectory followed to its end, won or lost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Bools, Floats
from simfunnel.engine.arrivals import cumulate_arrivals, source_factors, stream_win_rate
from simfunnel.engine.jit import inline, kernel
from simfunnel.engine.keys import Keys, entity_keys
from simfunnel.engine.normal import given_factors
from simfunnel.engine.open_deals import deal_win_rate
from simfunnel.engine.paths import Scratch, new_scratch
from simfunnel.engine.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.trials import TrialBlock, new_block, prepare_trials
from simfunnel.engine.walk import follow, follow_open_deal
from simfunnel.funnel.model import Arrivals, Deals, Factors, Funnels, LeadStreams, Model
from simfunnel.funnel.quantile_tables import QuantileTables

_LEAD_OUTCOME = np.uint64(int(Counter.LEAD_OUTCOME))
_ONE = np.uint64(1)
_VISITS = 256
"""Stages remembered of one trajectory; a deal that loops more often counts in its last remembered stage."""


@dataclass(frozen=True)
class Occupancy:
    """Deals in each stage over time."""

    day: Floats
    """(T,) calendar days after as_of."""
    count: npt.NDArray[np.int32]
    """(S, T, n) deals in the stage at that time, in every trial."""


def stage_occupancy(model: Model, day: Floats, trials: int, seed: int) -> Occupancy:
    """Simulate how many deals are in each stage.

    Parameters
    ----------
    model
        The model. Open deals beyond support that count as lost are left out.
    day
        (T,) calendar days after as_of, rising, within the horizon.
    trials
        Number of trials. Open deals and all that is shared are those of the first trials of a `paths` forecast of
        the same seed; leads follow the same law.
    seed
        Seed of the random streams.
    """
    m = model
    keys = entity_keys(m.keys, seed)
    block = new_block(m.funnels, m.factors, trials)
    prepare_trials(m.funnels, m.tables, m.rates, m.factors, keys, 0, block)
    scratch = new_scratch(m.arrivals, trials, _VISITS)
    count = np.zeros((m.funnels.stages, len(day), trials), dtype=np.int32)
    time = np.interp(day, m.grid.clock_day, m.grid.clock_time)
    present = ~(m.beyond_support & ~m.judged & (m.deals.judged == 0))
    open_occupancy(m.funnels, m.tables, m.deals, present, m.factors, time, keys, block, scratch, count)
    lead_occupancy(m.funnels, m.tables, m.streams, m.arrivals, m.factors, time, keys, block, scratch, count)
    return Occupancy(np.asarray(day, dtype=np.float64), count)


@inline
def _count_visits(
    stages: int, entered: float, pace: float, scratch: Scratch, visits: int, time: Floats,
    count: npt.NDArray[np.int32], t: int,
) -> None:  # fmt: skip
    """Add one to the stage that a trajectory is in at each time."""
    i = 0
    for j in range(len(time)):
        if time[j] < entered:
            continue
        while i + 1 < visits and entered + scratch.visit_time[i + 1] * pace <= time[j]:
            i += 1
        if scratch.visit_stage[i] >= stages:
            return
        count[scratch.visit_stage[i], j, t] += 1


@kernel
def open_occupancy(
    funnels: Funnels,
    tables: QuantileTables,
    deals: Deals,
    present: Bools,
    factors: Factors,
    time: Floats,
    keys: Keys,
    block: TrialBlock,
    scratch: Scratch,
    count: npt.NDArray[np.int32],
) -> None:
    """Add the open deals to the counts."""
    certain = block.probability.shape[0] == 1
    for d in range(len(deals.stage)):
        if not present[d]:
            continue
        c = deals.combination[d]
        for t in range(len(block.pace)):
            row = 0 if certain else t
            state = trial_state(keys.deals[d], np.uint64(t))
            w = deal_win_rate(funnels, deals, d, block.probability, block.win_rate, row)
            won = uniform(state) < given_factors(w, block.factor[c, t], factors.correlated[c])
            pace = block.pace[t]
            _, visits = follow_open_deal(
                funnels, tables, deals, d, block.probability, block.win_rate, row, won, state, math.inf,
                scratch.visit_stage, scratch.visit_time,
            )  # fmt: skip
            last = visits - 1
            if won and last >= 0 and scratch.visit_stage[last] == funnels.stages:
                scratch.visit_time[last] = max(scratch.visit_time[last], deals.not_before[d] / pace)
            _count_visits(funnels.stages, 0.0, pace, scratch, visits, time, count, t)


@kernel
def lead_occupancy(
    funnels: Funnels,
    tables: QuantileTables,
    streams: LeadStreams,
    arrivals: Arrivals,
    factors: Factors,
    time: Floats,
    keys: Keys,
    block: TrialBlock,
    scratch: Scratch,
    count: npt.NDArray[np.int32],
) -> None:
    """Add the leads to come to the counts: all of them, the lost ones too."""
    certain = block.probability.shape[0] == 1
    for source in range(len(arrivals.level_table)):
        piece0 = arrivals.piece_start[source]
        pieces = arrivals.piece_start[source + 1] - piece0
        for t in range(len(block.pace)):
            trial = np.uint64(t)
            row = 0 if certain else t
            level = source_factors(tables, arrivals, keys, source, trial, scratch.unit_factor)
            cumulate_arrivals(arrivals, source, scratch.unit_factor, scratch.arrived)
            for i in range(arrivals.stream_start[source], arrivals.stream_start[source + 1]):
                c = streams.combination[i]
                w = stream_win_rate(funnels, streams, i, block.win_rate, row)
                w = given_factors(w, block.factor[c, t], factors.correlated[c])
                rate = streams.mean[i] * level
                stream_state = trial_state(keys.streams[i], trial)
                if rate <= 0.0:
                    continue
                lead, piece, reached = np.uint64(0), 0, 0.0
                while True:
                    lead += _ONE
                    state = draw(stream_state, lead)
                    reached -= math.log(uniform(state)) / rate
                    while piece < pieces and scratch.arrived[piece + 1] <= reached:
                        piece += 1
                    if piece == pieces:
                        break
                    share = (reached - scratch.arrived[piece]) / (scratch.arrived[piece + 1] - scratch.arrived[piece])
                    into = share * arrivals.piece_length[piece0 + piece]
                    entered = arrivals.piece_clock[piece0 + piece] + arrivals.piece_speed[piece0 + piece] * into
                    won = uniform(draw(state, _LEAD_OUTCOME)) < w
                    _, visits = follow(
                        funnels, tables, streams.funnel[i], streams.stage[i], 0.0, block.probability,
                        block.win_rate, row, won, state, math.inf, scratch.visit_stage, scratch.visit_time, 0,
                    )  # fmt: skip
                    _count_visits(funnels.stages, entered, block.pace[t], scratch, visits, time, count, t)
