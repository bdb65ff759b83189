"""Histories that the project's own engine walks: every lead of one trial, with the time of each stage it enters."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
from simfunnel.engine.paths.kernels import Scratch, new_scratch

from simfunnel.engine.draws.keys import Keys, entity_keys
from simfunnel.engine.draws.normal import given_factors
from simfunnel.engine.draws.streams import Counter, draw, trial_state, uniform
from simfunnel.engine.paths.walk import follow
from simfunnel.engine.trial.arrivals import cumulate_arrivals, next_arrival, source_factors, stream_win_rate
from simfunnel.engine.trial.shared import TrialBlock, rates_row, trial_block
from simfunnel.forecast.inputs import prepare
from simfunnel.funnel.model import Arrivals, Factors, Funnels, LeadStreams, Model
from simfunnel.funnel.quantile_tables import QuantileTables
from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, Facts, History, Spells, midnight

_LEAD_OUTCOME = np.uint64(int(Counter.LEAD_OUTCOME))
_ONE = np.uint64(1)
_VISITS = 64

Walks = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(lead, stage or end, day after as_of) of every visit, lead by lead."""


@numba.njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _walk(
    funnels: Funnels, tables: QuantileTables, streams: LeadStreams, arrivals: Arrivals, factors: Factors, keys: Keys,
    trial: np.uint64, block: TrialBlock, scratch: Scratch, found: np.ndarray,
) -> int:  # fmt: skip
    """Record (lead, stage, time) of every visit as far as there is room; and how many there are."""
    n, number, row = 0, 0, rates_row(block, 0)
    for source in range(len(arrivals.level_table)):
        level = source_factors(tables, arrivals, keys, source, trial, scratch.unit_factor)
        cumulate_arrivals(arrivals, source, scratch.unit_factor, scratch.arrived)
        for i in range(arrivals.stream_start[source], arrivals.stream_start[source + 1]):
            c = streams.combination[i]
            w = stream_win_rate(funnels, streams, i, block.win_rate, row)
            w = given_factors(w, block.factor[c, 0], factors.correlated[c])
            stream_state = trial_state(keys.streams[i], trial)
            lead, piece, reached = np.uint64(0), 0, 0.0
            while True:
                lead += _ONE
                state = draw(stream_state, lead)
                reached -= math.log(uniform(state)) / (streams.mean[i] * level)
                piece, entered = next_arrival(arrivals, source, scratch.arrived, piece, reached)
                if entered == math.inf:
                    break
                won = uniform(draw(state, _LEAD_OUTCOME)) < w
                _, visits = follow(
                    funnels, tables, streams.funnel[i], streams.stage[i], 0.0, block.probability, block.win_rate, row,
                    won, state, math.inf, scratch.visit_stage, scratch.visit_time, 0,
                )  # fmt: skip
                for v in range(visits):
                    if n < len(found):
                        found[n, 0], found[n, 1] = number, scratch.visit_stage[v]
                        found[n, 2] = entered + scratch.visit_time[v] * block.pace[0]
                    n += 1
                number += 1
    return n


def walks(model: Model, seed: int, *, trial: int = 0) -> Walks:
    """Follow the leads of one trial to their ends, as `engine.paths.occupancy` does."""
    keys = entity_keys(model.keys, seed)
    with np.errstate(over="ignore"):
        block = trial_block(model, keys, trial, 1)
        scratch = new_scratch(model.arrivals, 1, _VISITS)
        found = np.zeros((1 << 12, 3))
        while True:
            n = _walk(
                model.funnels, model.tables, model.streams, model.arrivals, model.factors, keys, np.uint64(trial),
                block, scratch, found,
            )  # fmt: skip
            if n <= len(found):
                break
            found = np.zeros((n, 3))
    lead, stage, time = found[:n].T
    day = np.interp(time, model.grid.clock_time, model.grid.clock_day, right=np.inf)
    return lead.astype(np.int64), stage.astype(np.int64), day


def walked_history(scenario: Mapping[str, Any], days: int, seed: int) -> History:
    """Give what is known of the leads of a scenario so many days after its as_of; its stages end in Won and Lost."""
    compiled = prepare(dict(scenario)).compiled()
    lead, stage, day = walks(compiled.model, seed)
    stages = tuple(s["name"] for s in scenario["stages"])
    K, known = len(stages), day < days
    lead, stage, day = lead[known], stage[known], day[known]
    origin = midnight(dt.date.fromisoformat(scenario["as_of"]), "UTC")
    at = origin + np.rint(day * DAY).astype(np.int64)
    follows = np.append(lead[1:] == lead[:-1], False)
    staged = np.flatnonzero(stage < K)
    goes, after = follows[staged], np.minimum(staged + 1, len(stage) - 1)
    to = np.where(goes, stage[after], STILL)
    to = np.where(to == K, WON, np.where(to == K + 1, LOST, to))
    left = np.where(goes, at[after], NEVER)
    ids, deal = np.unique(lead, return_inverse=True)
    begun = at[np.append(True, lead[1:] != lead[:-1])]
    over = (to == WON) | (to == LOST)
    own, entered = deal[staged], at[staged]
    return History(
        deals=Deals(np.array([f"D{i}" for i in ids], dtype=object), begun, begun),
        spells=Spells(own, stage[staged], entered, entered, left, left, to),
        facts={"amount": Facts(np.arange(len(ids)), begun, begun, np.full(len(ids), 100.0))},
        ends=Ends(own[over], to[over], left[over], left[over]),
        stages=stages, time_zone="UTC", last=origin + days * DAY - 1, form="events", currency="USD",
    )  # fmt: skip
