"""How many deals are in each stage at given times: every trajectory followed to its end, won or lost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.engine.draws.keys import Keys, entity_keys
from simfunnel.engine.draws.normal import given_factors
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import inline, kernel
from simfunnel.engine.paths.walk import FIRST_STEP, follow, follow_open_deal
from simfunnel.engine.run.executor import executor_of, ranges_of
from simfunnel.engine.run.layout import check_layout, check_model
from simfunnel.engine.run.ledger import BLOCK
from simfunnel.engine.trial.arrivals import cumulate_arrivals, next_arrival, source_factors, stream_win_rate
from simfunnel.engine.trial.deals import deal_win_rate
from simfunnel.engine.trial.shared import TrialBlock, rates_row, trial_block, won_state
from simfunnel.funnel.model import Arrivals, Deals, Factors, Funnels, LeadStreams, Model
from simfunnel.funnel.quantile_tables import QuantileTables

_LEAD_OUTCOME = np.uint64(int(Counter.LEAD_OUTCOME))
_ONE = np.uint64(1)
_VISITS = 256
"""Stages remembered of one trajectory; a deal that loops more often counts in its last remembered stage."""


class Scratch(NamedTuple):
    """Working space of one trial."""

    unit_factor: Floats
    """Gamma factor of each unit of a source."""
    arrived: Floats
    """Leads expected before each piece of a source."""
    visit_stage: Ints
    visit_time: Floats
    """Stages visited, and when."""


def _new_scratch(arrivals: Arrivals) -> Scratch:
    units = int(np.diff(arrivals.unit_start).max(initial=0))
    pieces = int(np.diff(arrivals.piece_start).max(initial=0))
    return Scratch(np.ones(units), np.zeros(pieces + 1), np.empty(_VISITS, dtype=np.int64), np.empty(_VISITS))


@dataclass(frozen=True)
class Occupancy:
    """Deals in each stage over time."""

    day: Floats
    """(T,) calendar days after as_of."""
    count: npt.NDArray[np.int32]
    """(S, T, n) deals in the stage at that time, in every trial."""


def stage_occupancy(model: Model, day: Floats, trials: int, seed: int, *, threads: int | None = None) -> Occupancy:
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
    count = np.zeros((model.funnels.stages, len(day), trials), dtype=np.int32)

    def merge(first: int, part: npt.NDArray[np.int32]) -> None:
        count[:, :, first : first + part.shape[2]] = part

    time = np.interp(day, model.grid.clock_day, model.grid.clock_time)
    task = _StageOccupancy(model, entity_keys(model.keys, seed), time)
    executor_of(threads).map(task, ranges_of(0, trials, BLOCK), merge)
    return Occupancy(np.asarray(day, dtype=np.float64), count)


@dataclass(frozen=True)
class _StageOccupancy:
    model: Model
    keys: Keys
    time: Floats

    def __post_init__(self) -> None:
        check_model(self.model)
        check_layout(self.keys)

    def __call__(self, first: int, trials: int) -> npt.NDArray[np.int32]:
        """(S, T, trials) deals in each stage."""
        m, keys, time = self.model, self.keys, self.time
        count = np.zeros((m.funnels.stages, len(time), trials), dtype=np.int32)
        present = ~(m.beyond_support & ~m.judged & (m.deals.judged == 0))
        with np.errstate(over="ignore"):  # as plain Python, NumPy warns of words that wrap around, as they should
            block = trial_block(m, keys, first, trials)
            scratch = _new_scratch(m.arrivals)
            open_occupancy(m.funnels, m.tables, m.deals, present, m.factors, time, keys, first, block, scratch, count)
            lead_occupancy(
                m.funnels, m.tables, m.streams, m.arrivals, m.factors, time, keys, first, block, scratch, count
            )
        return count


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
    first: int,
    block: TrialBlock,
    scratch: Scratch,
    count: npt.NDArray[np.int32],
) -> None:
    """Add the open deals to the counts."""
    for d in range(len(deals.stage)):
        if not present[d]:
            continue
        c = deals.combination[d]
        for t in range(len(block.pace)):
            row = rates_row(block, t)
            state = trial_state(keys.deals[d], np.uint64(first + t))
            w = deal_win_rate(funnels, deals, d, block.probability, block.win_rate, row)
            won = uniform(state) < given_factors(w, block.factor[c, t], factors.correlated[c])
            pace = block.pace[t]
            _, visits = follow_open_deal(
                funnels, tables, deals, d, block.probability, block.win_rate, row, won, state, math.inf,
                scratch.visit_stage, scratch.visit_time,
            )  # fmt: skip
            last = visits - 1
            if won and last >= 0 and scratch.visit_stage[last] == won_state(funnels):
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
    first: int,
    block: TrialBlock,
    scratch: Scratch,
    count: npt.NDArray[np.int32],
) -> None:
    """Add the leads to come to the counts: all of them, the lost ones too."""
    for source in range(len(arrivals.level_table)):
        for t in range(len(block.pace)):
            trial = np.uint64(first + t)
            row = rates_row(block, t)
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
                    piece, entered = next_arrival(arrivals, source, scratch.arrived, piece, reached)
                    if entered == math.inf:
                        break
                    won = uniform(draw(state, _LEAD_OUTCOME)) < w
                    _, visits = follow(
                        funnels, tables, streams.funnel[i], streams.stage[i], 0.0, block.probability,
                        block.win_rate, row, won, state, FIRST_STEP, math.inf, scratch.visit_stage,
                        scratch.visit_time, 0,
                    )  # fmt: skip
                    _count_visits(funnels.stages, entered, block.pace[t], scratch, visits, time, count, t)
