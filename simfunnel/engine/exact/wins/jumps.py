"""Paces at which wins jump over a bound: times that are sums of single durations, multiplied by the pace."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.trial.shared import FACTOR_RANGE
from simfunnel.families.computed import Distribution
from simfunnel.families.normal import ndtri
from simfunnel.funnel.model import Model
from simfunnel.funnel.states import won_state

MOST_JUMPS = 64
"""Of more no single one matters, and a rule of equal steps is as good."""
_MOST_TIMES = 1_000


def jump_scores(model: Model) -> Floats | None:
    """Rising normal scores of the pace at which the timing of open deals jumps or bends.

    None where they are many, or not all known: stages that can be entered again, durations with kinks of their own,
    deals of unknown age or beyond support, leads behind durations of single values, and wins weighed by the month.
    """
    deals, funnels = model.deals, model.funnels
    laws = [model.distributions[table] for table in np.unique(funnels.exit_table)]
    if (
        model.factors.pace_table < 0
        or len(model.months.month)
        or len(model.streams.source)
        or not funnels.acyclic.all()
    ):
        return None
    if not all(_is_smooth(d) or _takes_single_values(d) for d in laws):
        return None
    entered = _times_from_entry(model)
    times: set[float] = set()
    bounds = model.grid.bound[1:]
    for f, s, age in np.unique(np.column_stack([deals.funnel, deals.stage, deals.age]), axis=0).tolist():
        own = set() if math.isnan(age) else _left(model, entered, int(f), int(s), age)
        times |= own
        if not own or len(times) > _MOST_TIMES:
            return None
    some = np.array(sorted(times))
    pace = model.distributions[model.factors.pace_table]
    at = (bounds[bounds > 0, None] / some[some > 0]).ravel()
    above = pace.sf(at)
    found = np.where(above < 0.5, -ndtri(above), ndtri(1.0 - above))
    scores: Floats = np.unique(np.round(found, 12)).astype(np.float64)
    scores = scores[np.abs(scores) < FACTOR_RANGE]
    return scores if len(scores) <= MOST_JUMPS else None


def _is_smooth(d: Distribution) -> bool:
    return d.smooth_sd > 0


def _takes_single_values(d: Distribution) -> bool:
    return bool(d.atoms()[1].sum() >= 1.0 - 1e-12)


def _times_from_entry(model: Model) -> Callable[[int, int], frozenset[float]]:
    """Times from entering a stage of a funnel to Won, smooth durations counted as 0: they begin there."""

    @cache
    def entered(f: int, s: int) -> frozenset[float]:
        return frozenset(_left(model, entered, f, s, -math.inf))

    return entered


def _left(model: Model, entered: Callable[[int, int], frozenset[float]], f: int, s: int, age: float) -> set[float]:
    """Times that are left to Won at an age in a stage."""
    funnels = model.funnels
    row = f * funnels.stages + s
    found: set[float] = set()
    for e in range(int(funnels.exit_start[row]), int(funnels.exit_start[row + 1])):
        to = int(funnels.exit_to[e])
        if to > won_state(funnels) or len(found) > _MOST_TIMES:
            continue
        d = model.distributions[funnels.exit_table[e]]
        values = d.atoms()[0]
        rest = np.zeros(1) if _is_smooth(d) else values[values >= age] - max(age, 0.0)
        after = (0.0,) if to == won_state(funnels) else entered(f, to)
        found |= {float(x) + y for x in rest for y in after}
    return found
