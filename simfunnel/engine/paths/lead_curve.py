"""How many times the leads a trial needs: winning leads drawn along the axis of the multiplier.

At m times the rate of a source, its leads that will be won are a Poisson process of m times the rate. Drawn in the
order in which a growing m admits them (thinning, read backwards), they give the smallest m at which a trial reaches
its target: one simulation answers for every rate at once, and the share of trials that reach the target rises with m
by construction. The factors of dispersed arrivals stay as they are: a scaled rate keeps them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.draws.normal import given_factors
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import inline, kernel
from simfunnel.engine.paths.walk import FIRST_STEP, follow
from simfunnel.engine.run.ledger import share_kept
from simfunnel.engine.trial.arrivals import arrival_time, cumulate_arrivals, source_factors, stream_win_rate
from simfunnel.engine.trial.deals import drawn_amount
from simfunnel.engine.trial.shared import TrialBlock, gamma_factor, rates_row
from simfunnel.funnel.model import Arrivals, Factors, Funnels, Grid, LeadStreams, WinMonths
from simfunnel.funnel.quantile_tables import QuantileTables

_AMOUNT = np.uint64(int(Counter.AMOUNT))
_STREAM = np.uint64(int(Counter.LEAD_OUTCOME))
_MONTH = np.uint64(int(Counter.MONTH))
_WHEN = np.uint64(int(Counter.AGE))
_ONE = np.uint64(1)


class Question(NamedTuple):
    """Which leads, and what they are to bring when."""

    used: Ints
    """(streams,) 1 for the streams that are scaled."""
    start: float
    """Operational time from which a win counts."""
    end: float
    """Operational time from which it does not count any more."""
    highest: float
    """Largest multiplier considered."""
    steady: Floats
    """(sources,) units of time of a funnel in steady state, whose wins all count; empty for the leads to come."""


class CurveScratch(NamedTuple):
    """Working space of one block."""

    unit_factor: Floats
    arrived: Floats
    """(sources, pieces + 1) leads expected before each piece."""
    reach: Floats
    """(streams,) winning leads per unit of the multiplier, cumulated over the streams."""
    no_visits: Ints
    no_times: Floats


def new_curve_scratch(arrivals: Arrivals, streams: int) -> CurveScratch:
    """Allocate the working space of a block."""
    pieces = int(np.diff(arrivals.piece_start).max(initial=0))
    units = int(np.diff(arrivals.unit_start).max(initial=0))
    sources = len(arrivals.level_table)
    return CurveScratch(
        np.ones(units), np.zeros((sources, pieces + 1)), np.zeros(streams), np.zeros(0, dtype=np.int64), np.zeros(0)
    )


@inline
def _win_time(
    funnels: Funnels,
    tables: QuantileTables,
    streams: LeadStreams,
    i: int,
    entered: float,
    end: float,
    block: TrialBlock,
    t: int,
    state: np.uint64,
    scratch: CurveScratch,
) -> float:
    """Operational time at which a lead of stream `i` that will be won is won."""
    row = rates_row(block, t)
    pace = block.pace[t]
    time, _ = follow(
        funnels, tables, streams.funnel[i], streams.stage[i], 0.0, block.probability, block.win_rate, row, True, state,
        FIRST_STEP, (end - entered) / pace, scratch.no_visits, scratch.no_times, 0,
    )  # fmt: skip
    return entered + time * pace


@inline
def _arrival(arrivals: Arrivals, source: int, arrived: Floats, u: float) -> float:
    """Operational time at which a lead arrives, given that it arrives within the horizon."""
    piece0 = arrivals.piece_start[source]
    pieces = arrivals.piece_start[source + 1] - piece0
    reached = u * arrived[pieces]
    low, high = 0, pieces
    while high - low > 1:
        middle = (low + high) // 2
        if arrived[middle] <= reached:
            low = middle
        else:
            high = middle
    return arrival_time(arrivals, piece0 + low, arrived[low], arrived[low + 1], reached)


@kernel
def critical_multipliers_block(
    funnels: Funnels,
    tables: QuantileTables,
    streams: LeadStreams,
    arrivals: Arrivals,
    factors: Factors,
    months: WinMonths,
    question: Question,
    keys: Keys,
    key: np.uint64,
    first: int,
    block: TrialBlock,
    scratch: CurveScratch,
    gap: Ints,
    out: Floats,
) -> None:
    """Fill the smallest multiplier at which each trial closes its gap; infinite above `question.highest`.

    Parameters
    ----------
    key
        Key of the process along the axis of the multiplier.
    gap
        (B,) minor units that the scaled leads must bring.
    out
        (B,) multipliers; 0 where there is no gap.
    """
    steady = len(question.steady) > 0
    by_month = len(months.month) > 0
    for t in range(len(block.pace)):
        if gap[t] <= 0:
            out[t] = 0.0
            continue
        trial = np.uint64(first + t)
        row = rates_row(block, t)
        total = 0.0
        for source in range(len(arrivals.level_table)):
            exposure = 0.0
            if steady:
                level = 1.0
                if arrivals.level_table[source] >= 0:
                    v = 1.0 - uniform(trial_state(keys.arrival_levels[source], trial))
                    level = quantile(tables, arrivals.level_table[source], v)
                # a sum of equal gamma factors is one gamma factor of the summed shape
                shape = 0.0
                if arrivals.unit_start[source + 1] > arrivals.unit_start[source]:
                    shape = arrivals.unit_shape[arrivals.unit_start[source]] * question.steady[source]
                state = trial_state(keys.dispersions[source], trial)
                exposure = question.steady[source] * level * gamma_factor(shape, state, 0)
            else:
                level = source_factors(tables, arrivals, keys, source, trial, scratch.unit_factor)
                cumulate_arrivals(arrivals, source, scratch.unit_factor, scratch.arrived[source])
                pieces = arrivals.piece_start[source + 1] - arrivals.piece_start[source]
                exposure = level * scratch.arrived[source, pieces]
            for i in range(arrivals.stream_start[source], arrivals.stream_start[source + 1]):
                if question.used[i] != 0:
                    c = streams.combination[i]
                    w = stream_win_rate(funnels, streams, i, block.win_rate, row)
                    w = given_factors(w, block.factor[c, t], factors.correlated[c])
                    if steady and by_month:  # a steady flow is won in all months alike
                        w *= (months.stream[i, 0] + months.stream[i, 1] + months.stream[i, 2]) / 3.0
                    total += streams.mean[i] * exposure * w
                scratch.reach[i] = total
        out[t] = math.inf
        if total <= 0.0:
            continue
        process = trial_state(key, trial)
        lead, multiplier, booked = np.uint64(0), 0.0, np.int64(0)
        while True:
            lead += _ONE
            state = draw(process, lead)
            multiplier -= math.log(uniform(state)) / total
            if multiplier > question.highest:
                break
            at = uniform(draw(state, _STREAM)) * total
            i = 0
            while scratch.reach[i] <= at:
                i += 1
            if not steady:
                entered = _arrival(
                    arrivals, streams.source[i], scratch.arrived[streams.source[i]], uniform(draw(state, _WHEN))
                )
                time = _win_time(funnels, tables, streams, i, entered, question.end, block, t, state, scratch)
                if time < question.start or time >= question.end:
                    continue
                if by_month and uniform(draw(state, _MONTH)) >= share_kept(months, months.stream[i], time):
                    continue
            booked += drawn_amount(tables, streams.amount_table[i], block, streams.level[i], t, state, _AMOUNT)
            if booked >= gap[t]:
                out[t] = multiplier
                break


@kernel
def lead_values_block(
    funnels: Funnels,
    tables: QuantileTables,
    streams: LeadStreams,
    arrivals: Arrivals,
    factors: Factors,
    grid: Grid,
    months: WinMonths,
    question: Question,
    day: Floats,
    key: np.uint64,
    first: int,
    block: TrialBlock,
    scratch: CurveScratch,
    gap: Ints,
    value: Floats,
    gain: Floats,
) -> None:
    """Fill what one more lead of each source is worth, by when it arrives.

    Parameters
    ----------
    day
        (W + 1,) calendar days after as_of that bound the weeks of arrival; a lead arrives evenly within its week.
    gap
        (B,) minor units that the trial is short of the target; 0 or less where it is reached.
    value
        (sources, W, B) expected bookings of the lead in the period, given all but its own outcome.
    gain
        (sources, W, B) probability that the lead closes the gap.
    """
    for source in range(len(arrivals.level_table)):
        stream0, stream1 = arrivals.stream_start[source], arrivals.stream_start[source + 1]
        total = 0.0
        for i in range(stream0, stream1):
            total += streams.mean[i]
        for week in range(len(day) - 1):
            for t in range(len(block.pace)):
                state = draw(trial_state(key, np.uint64(first + t)), np.uint64(4096 * source + week + 1))
                at = uniform(draw(state, _STREAM)) * total
                i = stream0
                reached = streams.mean[i]
                while reached <= at and i + 1 < stream1:
                    i += 1
                    reached += streams.mean[i]
                when = day[week] + uniform(draw(state, _WHEN)) * (day[week + 1] - day[week])
                midnight = int(when - grid.clock_day[0])
                share = when - grid.clock_day[midnight]
                entered = grid.clock_time[midnight] * (1.0 - share) + grid.clock_time[midnight + 1] * share
                time = _win_time(funnels, tables, streams, i, entered, question.end, block, t, state, scratch)
                value[source, week, t] = 0.0
                gain[source, week, t] = 0.0
                if time < question.start or time >= question.end:
                    continue
                c = streams.combination[i]
                w = stream_win_rate(funnels, streams, i, block.win_rate, rates_row(block, t))
                w = given_factors(w, block.factor[c, t], factors.correlated[c])
                if len(months.month) > 0:
                    w *= share_kept(months, months.stream[i], time)
                amount = drawn_amount(tables, streams.amount_table[i], block, streams.level[i], t, state, _AMOUNT)
                value[source, week, t] = w * amount
                gain[source, week, t] = w if 0 < gap[t] <= amount else 0.0
