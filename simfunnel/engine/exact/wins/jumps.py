"""Paces at which wins jump over a bound: durations of single values, all of them in one step, times the pace."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.trial.shared import FACTOR_RANGE
from simfunnel.families.normal import ndtri
from simfunnel.funnel.model import Model
from simfunnel.funnel.states import won_state

MOST_JUMPS = 64
"""Of more no single one matters, and a rule of equal steps is as good."""


def jump_scores(model: Model) -> Floats | None:
    """Rising normal scores of the pace at which a win of some open deal jumps over a bound; None where they are many.

    Nor are they known where stages can be entered again, or where wins are weighed by the month of the quarter.
    """
    deals, funnels = model.deals, model.funnels
    if model.factors.pace_table < 0 or len(model.months.month) or not funnels.acyclic.all():
        return None
    entered = _times_from_entry(model)
    times: set[float] = set()
    bounds = model.grid.bound[1:]
    rows = np.unique(np.column_stack([deals.funnel, deals.stage, deals.age]), axis=0)
    for f, s, age in rows.tolist():
        if not math.isnan(age):
            times |= _left(model, entered, int(f), int(s), age)
        if len(times) * len(bounds) > MOST_JUMPS * MOST_JUMPS:
            return None
    some = np.array(sorted(times))
    pace = model.distributions[model.factors.pace_table]
    at = (bounds[bounds > 0, None] / some[some > 0]).ravel()
    above = pace.sf(at)
    found = np.where(above < 0.5, -ndtri(above), ndtri(1.0 - above))
    scores: Floats = np.unique(np.round(found, 12)).astype(np.float64)
    scores = scores[np.abs(scores) < FACTOR_RANGE]
    return scores if len(scores) <= MOST_JUMPS else None


def _times_from_entry(model: Model) -> Callable[[int, int], frozenset[float]]:
    """Times from entering a stage of a funnel to Won that have a probability of their own."""

    @cache
    def entered(f: int, s: int) -> frozenset[float]:
        return frozenset(_left(model, entered, f, s, -math.inf))

    return entered


def _left(model: Model, entered: Callable[[int, int], frozenset[float]], f: int, s: int, age: float) -> set[float]:
    funnels = model.funnels
    row = f * funnels.stages + s
    found: set[float] = set()
    for e in range(int(funnels.exit_start[row]), int(funnels.exit_start[row + 1])):
        to = int(funnels.exit_to[e])
        if to > won_state(funnels):
            continue
        values, _ = model.distributions[funnels.exit_table[e]].atoms()
        rest = values[values >= age] - max(age, 0.0)
        after = (0.0,) if to == won_state(funnels) else entered(f, to)
        found |= {float(x) + y for x in rest for y in after}
        if len(found) > MOST_JUMPS * MOST_JUMPS:
            break
    return found
