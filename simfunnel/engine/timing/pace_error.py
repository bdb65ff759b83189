"""What tables of a few paces cost, from the tables themselves: the error that interpolation between them leaves.

A rule twice as coarse leaves out every other node, where the truth is known. A cubic spline and a straight line are,
where the law is smooth, 16 and 4 times better than that; the first is not claimed, of the second a factor of 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.timing.moving import Function
from simfunnel.engine.timing.tables import Timings
from simfunnel.families.computed import Distribution
from simfunnel.funnel.model import Model

_SMOOTH_MARGIN = 3.0


def mapped(t: Timings, change: Callable[[Floats], Floats]) -> Timings:
    """Apply a function to all tables over the pace."""
    moving = t.moving._replace(deals=change(t.moving.deals), leads=change(t.moving.leads))
    return t._replace(deals=change(t.deals), leads=change(t.leads), moving=moving)


def spline_error(model: Model, order: Ints, functions: list[Function], found: Timings) -> float:
    """Error of tables that a spline through the nodes of `found` fills: that of one through every other node.

    Parameters
    ----------
    model
        The model.
    order
        Deal at each place; -1 a place to fill up.
    functions
        Of the rates, that moving tables weigh.
    found
        Tables at an odd number of nodes, equally spaced in the log of the pace.

    Returns
    -------
    float
        Largest error of a probability of a win before a bound, given Won, at a node left out; for leads of a stream,
        of their number before a bound, as a share of those that are expected to arrive.
    """
    from scipy.interpolate import CubicSpline

    log = np.log(found.pace)

    def beside(values: Floats) -> Floats:
        return np.asarray(values[1::2] - CubicSpline(log[::2], values[::2])(log[1::2]))

    sizes = _sizes(model, order, functions, mapped(found, beside))
    return max(float(np.max(size, initial=0.0)) for size in sizes)


def line_error(
    model: Model, order: Ints, functions: list[Function], table: Timings, *, smooth: bool, atoms: Distribution | None
) -> float:
    """Error of reading tables along straight lines between their nodes.

    Parameters
    ----------
    model, order, functions
        As for `spline_error`.
    table
        As the kernels read it.
    smooth
        Whether durations are; at kinks lines are not 4 times better than those twice as long, but at no kink are they
        worse than what the nodes on either side of it show.
    atoms
        The law of the pace, where durations have atoms. At a step nothing is known pointwise, a line is off by up to
        half of it however short: then the error is the mean over the paces.

    Returns
    -------
    float
        Largest error in the units of `spline_error`.
    """
    worst = 0.0
    for first in (1,) if smooth or atoms is not None else (1, 2):

        def beside(values: Floats, first: int = first) -> Floats:
            below, above = values[first - 1 : -2 : 2], values[first + 1 :: 2]
            return np.asarray(values[first:-1:2] - 0.5 * (below + above))

        edges = table.pace[first - 1 :: 2]
        chance = None if atoms is None else -np.diff(atoms.sf(edges))
        for size in _sizes(model, order, functions, mapped(table, beside)):
            found = size if chance is None else chance @ size
            worst = max(worst, float(np.max(found, initial=0.0)))
    return worst / _SMOOTH_MARGIN if smooth else worst


def _sizes(model: Model, order: Ints, functions: list[Function], gap: Timings) -> Iterator[Floats]:
    """Yield (paces, deals or streams) errors of a probability that differences of the tables amount to."""
    yield np.abs(gap.deals).max(axis=1)
    yield from _moving_deals(model, order, functions, gap)
    yield from _leads(model, functions, gap)


def _moving_deals(model: Model, order: Ints, functions: list[Function], gap: Timings) -> Iterator[Floats]:
    """Whatever the rates, a probability is a mean over exits and ways: it is off by no more than the worst of them."""
    moving, deals = gap.moving, model.deals
    for first in np.unique(moving.deal_first[moving.deal_count > 0]).tolist():
        places = np.flatnonzero((moving.deal_count > 0) & (moving.deal_first == first))
        mine = functions[first : first + int(moving.deal_count[places[0]])]
        d = order[places]
        start = model.funnels.exit_start[deals.funnel[d[0]] * model.funnels.stages + deals.stage[d[0]]]
        for exit_ in sorted({function.exit for function in mine}):
            which = [j for j, function in enumerate(mine) if function.exit == exit_]
            directions = np.stack([mine[j].direction for j in which])
            weight = deals.weight[deals.weight_start[d] + exit_ - start]
            used = places[weight > 0]
            # pace by pace: by way there are many more values
            by_pace = [
                np.abs(at[:, used][..., which] @ directions).max(axis=(0, 2), initial=0.0) for at in moving.deals
            ]
            yield np.stack(by_pace) / weight[weight > 0]


def _leads(model: Model, functions: list[Function], gap: Timings) -> Iterator[Floats]:
    arrivals, moving = model.arrivals, gap.moving
    for i in np.unique(gap.lead_like).tolist():
        source = int(model.streams.source[i])
        pieces = slice(int(arrivals.piece_start[source]), int(arrivals.piece_start[source + 1]))
        arriving = float(arrivals.piece_rate[pieces] @ arrivals.piece_length[pieces])
        units = int(arrivals.unit_start[source + 1] - arrivals.unit_start[source])
        rows = slice(int(gap.lead_row[i]), int(gap.lead_row[i]) + units)
        if arriving <= 0:
            continue
        missing = np.abs(np.cumsum(gap.leads[:, rows], axis=2)).sum(axis=1)
        if moving.stream_count[i]:
            first = int(moving.stream_first[i])
            which = slice(0, int(moving.stream_count[i]))
            directions = np.stack([f.direction for f in functions[first : first + which.stop]])
            by_way = np.cumsum(moving.leads[:, rows, :, which], axis=2) @ directions
            missing = np.abs(by_way).sum(axis=1).max(axis=2)
        yield missing.max(axis=1)[:, None] / arriving
