"""The law's own chance of each open deal to be won in each period: no trials, no simulation error."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.kinds import BOOKINGS
from simfunnel.engine.exact.nodes.nodes import Nodes, no_dimension, quasi_random, trapezoid
from simfunnel.engine.exact.nodes.shared import PACE, RATE, Part, state_at
from simfunnel.engine.exact.wins.conditional import own_win_rates
from simfunnel.engine.exact.wins.timing import WinTiming
from simfunnel.engine.timing.timings import moving_ways
from simfunnel.funnel.copies import with_timing_at_mean_rates
from simfunnel.funnel.model import ALL, Model

_INTERVALS, _POINTS = 64, 128
"""Steps of the rule over one dimension; quasi-random points of each replicate over several."""
_AT_ONCE = 1 << 22
"""Nodes x deals that are worked on in one go."""


def chances_by_period(model: Model) -> Floats:
    """P(won in each period) of each open deal, over everything that is uncertain: (K, D).

    Common factors leave a deal's own chance as it is, so only the pace and the uncertain rates are integrated.
    """
    part = Part.of_group(model, ALL)
    dimensions = tuple(d for d in part.dimensions(money=False) if d.kind in (PACE, RATE))
    nodes = _nodes(len(dimensions))
    tabulated = all(ways is not None for ways in moving_ways(model))
    timing = WinTiming(model if tabulated else with_timing_at_mean_rates(model))
    K, D = model.periods, len(part.deals)
    result = np.zeros((K, D))
    if not D:
        return result
    timing.prepare(state_at(model, dimensions, nodes.z).block.pace, K, exactly=False)
    step = max(1, _AT_ONCE // D)
    for start in range(0, len(nodes.z), step):
        here = slice(start, start + step)
        state = state_at(model, dimensions, nodes.z[here])
        won = own_win_rates(part, state)  # (n or 1, D)
        weight = nodes.main[here]
        for k in range(K):
            within = timing.columns(part, state, k).deals[:, 0, :]
            result[k] += weight @ np.broadcast_to(won * within, (len(weight), D))
    return result


def mean_amounts(model: Model) -> Floats:
    """Mean of what each open deal brings if it is won, minor units: (D,)."""
    book = Book(Part.of_group(model, ALL), BOOKINGS)
    return np.asarray(book.mean[book.deals[: len(model.deals.stage), 0]])


def _nodes(dimensions: int) -> Nodes:
    if dimensions == 0:
        return no_dimension()
    return trapezoid([_INTERVALS]) if dimensions == 1 else quasi_random(dimensions, _POINTS, 1)
