"""Histories that the project's own engine walks: every lead of one trial, with the time of each stage it enters."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Mapping
from typing import Any

import numba
import numpy as np

from simfunnel.engine.draws.keys import entity_keys
from simfunnel.engine.paths import occupancy
from simfunnel.engine.trial.shared import trial_block
from simfunnel.forecast.inputs import prepare
from simfunnel.funnel.model import Model
from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, Facts, History, Spells, midnight

Walks = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(lead, stage or end, day after as_of) of every visit, lead by lead."""


@numba.njit  # type: ignore[untyped-decorator]
def _record(
    stages: int, entered: float, pace: float, scratch: occupancy.Scratch, visits: int, at: np.ndarray,
    found: np.ndarray, t: int,
) -> None:  # fmt: skip
    """Write a trajectory down instead of counting it: `at` are the rows and the leads so far."""
    for v in range(visits):
        row = int(at[0])
        if row < len(found):
            found[row, 0], found[row, 1] = at[1], scratch.visit_stage[v]
            found[row, 2] = entered + scratch.visit_time[v] * pace
        at[0] += 1
    at[1] += 1


def _recording() -> Any:
    """The engine's own loop over leads, with another function in the place of the one that counts their visits."""
    counting = getattr(occupancy.lead_occupancy, "py_func", occupancy.lead_occupancy)
    names = {**counting.__globals__, "_count_visits": _record}
    return numba.njit(error_model="numpy")(types.FunctionType(counting.__code__, names))


_walk = _recording()


def walks(model: Model, seed: int, *, trial: int = 0) -> Walks:
    """Follow the leads of one trial to their ends, as `engine.paths.occupancy` does."""
    keys = entity_keys(model.keys, seed)
    rows = 1 << 12
    with np.errstate(over="ignore"):
        block = trial_block(model, keys, trial, 1)
        while True:
            at, found = np.zeros(2), np.zeros((rows, 3))
            _walk(
                model.funnels, model.tables, model.streams, model.arrivals, model.factors, at, keys, trial, block,
                occupancy._new_scratch(model.arrivals), found,
            )  # fmt: skip
            n = int(at[0])
            if n <= rows:
                break
            rows = n
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
