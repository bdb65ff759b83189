"""The `outcomes` kernel for new business: the number of leads won in each period is Poisson given the trial's factors.

Split by period before it is drawn (a thinned Poisson count is Poisson), so that its cost grows with wins, not leads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.draws.keys import Keys
from simfunnel.engine.draws.normal import given_factors
from simfunnel.engine.draws.poisson import poisson
from simfunnel.engine.draws.quantiles import quantiles
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.jit import called, inline, kernel
from simfunnel.engine.run.ledger import Ledger
from simfunnel.engine.timing.tables import Timings, pace_node, weighed
from simfunnel.engine.trial.arrivals import source_factors, stream_win_rate
from simfunnel.engine.trial.shared import TrialBlock, rates_row
from simfunnel.funnel.model import Arrivals, Factors, Funnels, LeadStreams, Model
from simfunnel.funnel.quantile_tables import QuantileTables

_SPLIT = int(Counter.SPLIT)
_TOGETHER = 256
"""Wins of a stream, a trial and a period whose amounts are drawn together."""


class LeadWork(NamedTuple):
    """Working space of one thread."""

    unit_factor: Floats
    """Gamma factor of each unit of a source."""
    leads: Floats
    """(streams, K) leads of a mean of 1 that are won in each period if all are won, in one trial."""
    by_trial: Floats
    """(B, functions) of the rates of each trial, see `simfunnel.engine.timing.moving`."""
    unlike: Floats
    """(_TOGETHER,) probabilities of amounts as large."""
    amount: Floats
    listed: Ints


def new_lead_work(model: Model, functions: Floats) -> LeadWork:
    """Allocate the working space of a block with (functions, B) values of the functions of the rates."""
    units = int(np.diff(model.arrivals.unit_start).max(initial=0))
    leads = np.empty((len(model.streams.source), model.periods))
    return LeadWork(
        np.ones(units), leads, np.ascontiguousarray(functions.T), np.empty(_TOGETHER), np.empty(_TOGETHER),
        np.empty(_TOGETHER, dtype=np.int64),
    )  # fmt: skip


@inline
def _expected_leads(timings: Timings, i: int, units: int, node: int, rest: float, t: int, work: LeadWork) -> None:
    """Fill the expected leads of stream `i` in trial `t`, the gamma factors of the units included."""
    moving = timings.moving
    values = work.by_trial[t, moving.stream_first[i] : moving.stream_first[i] + moving.stream_count[i]]
    for k in range(work.leads.shape[1]):
        leads = 0.0
        for unit in range(units):
            at = timings.lead_row[i] + unit
            part = weighed(timings.leads[node, at, k], moving.leads[node, at, k], values)
            if len(timings.pace) > 1:
                later = weighed(timings.leads[node + 1, at, k], moving.leads[node + 1, at, k], values)
                part += rest * (later - part)
            leads += work.unit_factor[unit] * part
        work.leads[i, k] = leads


@called
def _amounts(
    tables: QuantileTables, table: int, level: float, state: np.uint64, split: np.uint64, won: int, work: LeadWork
) -> int:  # fmt: skip
    """Sum of the amounts of so many wins, minor units."""
    total, done = np.int64(0), 0
    while done < won:
        count = min(won - done, len(work.unlike))
        first = split + np.uint64(_SPLIT // 2 + done)
        for n in range(count):
            work.unlike[n] = 1.0 - uniform(draw(state, first + np.uint64(n)))
        quantiles(tables, table, work.unlike, count, work.amount, work.listed)
        for n in range(count):
            total += np.int64(work.amount[n] * level + 0.5)
        done += count
    return int(total)


@kernel
def new_outcomes_block(
    funnels: Funnels,
    tables: QuantileTables,
    streams: LeadStreams,
    arrivals: Arrivals,
    factors: Factors,
    timings: Timings,
    keys: Keys,
    first: int,
    block: TrialBlock,
    work: LeadWork,
    ledger: Ledger,
) -> None:
    """Add the wins of leads to come: their number by period is Poisson given the trial's factors."""
    periods = ledger.open.shape[1]
    nodes = len(timings.pace)
    for source in range(len(arrivals.level_table)):
        units = arrivals.unit_start[source + 1] - arrivals.unit_start[source]
        for t in range(len(block.pace)):
            trial = np.uint64(first + t)
            level = source_factors(tables, arrivals, keys, source, trial, work.unit_factor)
            row = rates_row(block, t)
            node, rest = 0, 0.0
            if nodes > 1:
                node, rest = pace_node(timings.pace, block.pace[t])
            for i in range(arrivals.stream_start[source], arrivals.stream_start[source + 1]):
                c = streams.combination[i]
                w = stream_win_rate(funnels, streams, i, block.win_rate, row)
                w = given_factors(w, block.factor[c, t], factors.correlated[c])
                state = trial_state(keys.streams[i], trial)
                if timings.lead_like[i] == i:
                    _expected_leads(timings, i, units, node, rest, t, work)
                for k in range(periods):
                    leads = work.leads[timings.lead_like[i], k]
                    mean = streams.mean[i] * level * w * leads
                    split = np.uint64(_SPLIT) * np.uint64(k + 1)
                    won = poisson(mean, state, split)
                    if won == 0:
                        continue
                    of_amounts = block.level[streams.level[i], t] if streams.level[i] >= 0 else 1.0
                    total = _amounts(tables, streams.amount_table[i], of_amounts, state, split, won, work)
                    for j in range(streams.group_start[i], streams.group_start[i + 1]):
                        ledger.new[streams.group[j], k, t] += total
                        ledger.wins[streams.group[j], k, t] += won
