"""When deals and leads are won, given that they are: tables for the `outcomes` kernel and the exact engine."""

from __future__ import annotations

import hashlib
import math
import pickle
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.law.lattice import MANY
from simfunnel.engine.law.timing import POINTS, EntryLaw, Law
from simfunnel.engine.law.ways import Ways, has_choice, some_rates, ways_to_won, winning_exits
from simfunnel.engine.run.cancel import check
from simfunnel.engine.run.recent import Recent
from simfunnel.engine.timing.months import MonthCells
from simfunnel.engine.timing.moving import Functions, MovingTimings
from simfunnel.engine.timing.pace_error import line_error, mapped, spline_error
from simfunnel.engine.timing.tables import Moving, Timings
from simfunnel.families.normal import ndtr
from simfunnel.funnel.copies import without_months
from simfunnel.funnel.model import Funnels, Model
from simfunnel.funnel.states import first_state

PACE_NODES = 257
LAW_PACES = 97
"""Paces at which the law is computed where all durations are smooth; between them a cubic spline in the log of the pace
fills the tables. A spline overshoots at kinks."""
SPLINE_ERROR = 1e-5
"""Larger than this, of narrow durations under a wide pace, the law is computed at every node instead."""
MOST_VALUES = 40_000_000
"""Of distribution functions, over deals, times and ways, on the way to the tables."""
PACE_REACH = 6.0
"""Standard deviations of the log of the pace that tables cover; what lies beyond is taken as their ends."""


@dataclass(frozen=True)
class TabulatedTimings:
    """Tables of the timing of wins."""

    timings: Timings
    functions: Functions
    """Of a trial's rates, on which the timing of some deals and leads depends."""
    error: float
    """Largest error of a probability of a win before a bound, given Won: of the law's lattice and of the ways, and of
    reading between the paces of a table.

    The last at the worst pace; where durations have atoms the mean over paces, as a line across a step is off by up
    to half of it. There is none at paces that were asked for.
    """


def moving_ways(model: Model) -> list[Ways | None]:
    """Ways of every uncertain funnel with a choice, in the order of the funnels; None where they are too many."""
    funnels = model.funnels
    moving = [int(f) for f in np.flatnonzero(funnels.uncertain) if has_choice(funnels, int(f))]
    if not moving:
        return []
    rates = some_rates(model)
    found = [ways_to_won(funnels, f, rates) for f in moving]
    times = (len(model.grid.bound) - 1) * (LAW_PACES if model.factors.pace_table >= 0 else 1)
    values = len(model.deals.stage) * times
    return [None if w is None or len(w.uses) * values > MOST_VALUES else w for w in found]


def tabulated(model: Model, order: Ints, recent: Recent) -> TabulatedTimings:
    """Tables with open deals in the given order, or what `recent` has of them for the same content."""
    ways = [w for w in moving_ways(model) if w is not None]
    key = ("timings", _content(model, order, ways))
    return recent.get(key, lambda: timings_in_order(model, order, ways=ways))


def timings_in_order(
    model: Model,
    order: Ints | None = None,
    *,
    paces: Floats | None = None,
    points: int = POINTS,
    ways: list[Ways] | None = None,
) -> TabulatedTimings:
    """Compute the timing of open deals (in the given order) and of leads, at nodes of the pace.

    Parameters
    ----------
    model
        The model.
    order
        Deal at each place; -1 a place to fill up. Default: the order of the deals.
    paces
        Nodes, rising; by default they cover the model's own law of the pace. Of given ones nothing is known about how
        they will be read: then `error` is that at the nodes.
    points
        Fineness of the law.
    ways
        Of the funnels whose timing moves with the rates; an empty list computes it at the model's mean rates.
    """
    if len(model.months.month):
        cells = MonthCells.of(model)
        found = timings_in_order(without_months(cells.model), order, paces=paces, points=points, ways=ways)
        index = np.arange(len(model.deals.stage)) if order is None else order
        return replace(found, timings=cells.thinned(found.timings, index))
    index = np.arange(len(model.deals.stage)) if order is None else order
    ways = [w for w in moving_ways(model) if w is not None] if ways is None else ways
    if paces is not None or model.factors.pace_table < 0:
        return _at_nodes(model, index, np.ones(1) if paces is None else paces, points, ways)
    wanted = spaced_paces(model, PACE_NODES)
    if smooth_durations(model):
        few = _at_nodes(model, index, spaced_paces(model, LAW_PACES), points, ways)
        found, spline = filled(model, few, wanted, index)
        if spline <= SPLINE_ERROR:
            # a spline may dip: a distribution function does not
            rising = np.maximum.accumulate(found.timings.deals, axis=1)
            return replace(found, timings=found.timings._replace(deals=rising))
    return _read_along_lines(model, _at_nodes(model, index, wanted, points, ways), index)


def filled(
    model: Model, few: TabulatedTimings, wanted: Floats, order: Ints | None = None
) -> tuple[TabulatedTimings, float]:
    """Fill tables of a few paces up to many by a spline, with the error of reading them; and that of the spline."""
    t = few.timings
    order = np.arange(len(model.deals.stage)) if order is None else order
    error = spline_error(model, order, list(few.functions.each), t)
    table = mapped(t, lambda values: between(t.pace, wanted, values))
    table = table._replace(pace=wanted, deals=np.clip(table.deals, 0.0, 1.0), leads=np.maximum(table.leads, 0.0))
    return _read_along_lines(model, replace(few, timings=table, error=few.error + error), order), error


def _read_along_lines(model: Model, found: TabulatedTimings, order: Ints) -> TabulatedTimings:
    pace = model.distributions[model.factors.pace_table] if has_atoms(model) else None
    functions = list(found.functions.each)
    error = line_error(model, order, functions, found.timings, smooth=smooth_durations(model), atoms=pace)
    return replace(found, error=found.error + error)


def _at_nodes(model: Model, index: Ints, nodes: Floats, points: int, ways: list[Ways]) -> TabulatedTimings:
    """Compute the timing of deals in the order `index`, and of leads, at these paces."""
    bounds = model.grid.bound[1:]
    reach = float(1.0 / nodes.min())
    funnels = _rates_that_matter(model.funnels, ways)
    law = Law(model, float(bounds[-1]) * reach, funnels, points=math.ceil(points * min(reach, 4.0)))
    moving = MovingTimings(model, law, ways)
    times = (bounds[None, :] / nodes[:, None]).ravel()
    rising = np.argsort(times, kind="stable")
    place = np.empty(len(times), dtype=np.int64)
    place[rising] = np.arange(len(times))
    shape = (len(nodes), len(bounds))

    def by_node(values: Floats) -> Floats:
        """(deals, times, ...) at rising times to (P, K, N, ...) in order, nothing before `not_before`."""
        found = np.empty((*shape, len(index), *values.shape[2:]))
        early = (bounds[:, None] <= model.deals.not_before[index]) | (index < 0)
        for at, by_bound in zip(place.reshape(shape), found, strict=True):
            by_bound[:] = np.moveaxis(values[:, at][index], 0, 1)
            by_bound[early] = 0.0
        return found

    deals, error = np.zeros((*shape, len(index))), 0.0
    first, count, weights = np.zeros(len(index), np.int64), np.zeros(len(index), np.int64), np.zeros((0, 0, 0))
    if len(index):
        wanted = np.unique(index[index >= 0])
        timing = law.deals_before(times[rising], not_before=False, which=wanted)
        deals, error = by_node(timing.deals), timing.error
        first, count, weights = moving.deals(times[rising], wanted)
        first, count = first[index], np.where(index >= 0, count[index], 0)
    moved = by_node(weights) if weights.shape[2:] > (0,) else np.zeros((*shape, len(index), 0))
    leads = _LeadTimings.compute(model, law, moving, nodes)
    found = Timings(
        pace=nodes,
        deals=np.maximum.accumulate(np.clip(deals, 0.0, 1.0), axis=1),
        leads=np.maximum(leads.leads, 0.0),
        lead_row=leads.row,
        lead_like=leads.like,
        moving=Moving(first, count, moved, leads.first, leads.count, leads.moved),
    )
    found = mapped(found, np.ascontiguousarray)  # kernels for any other layout are slower by far
    return TabulatedTimings(found, Functions(tuple(moving.functions)), max(error, leads.error, moving.error))


def spaced_paces(model: Model, count: int, reach: float = PACE_REACH) -> Floats:
    """Paces equally spaced in their log over +-`reach` standard deviations; a single 1 without pace."""
    if model.factors.pace_table < 0:
        return np.ones(1)
    pace = model.distributions[model.factors.pace_table]
    tail = np.array(ndtr(-reach))
    return np.geomspace(float(pace.isf_low(tail)), float(pace.isf(tail)), count)


def smooth_durations(model: Model) -> bool:
    """Whether no duration has an atom or a kink, so that tables over the pace may be filled by a spline."""
    return all(model.distributions[table].smooth_sd > 0 for table in model.funnels.exit_table)


def has_atoms(model: Model) -> bool:
    """Whether some duration takes single values other than 0."""
    return any(np.any(model.distributions[table].atoms()[0] > 0) for table in set(model.funnels.exit_table.tolist()))


def between(nodes: Floats, wanted: Floats, values: Floats) -> Floats:
    """Fill a table of more paces from one of a few."""
    if len(wanted) == len(nodes):
        return np.ascontiguousarray(values)
    from scipy.interpolate import CubicSpline

    return np.ascontiguousarray(CubicSpline(np.log(nodes), values)(np.log(wanted)))


def _rates_that_matter(funnels: Funnels, ways: list[Ways]) -> Funnels:
    """Funnels whose rates are those of a deal that will be won, where the timing given Won does not depend on them.

    So it is if each stage has one exit towards Won, and way by way. Then a shift of rates leaves the law as it was, to
    the bit, and it need not be computed again.
    """
    S = funnels.stages
    probability, win_rate = funnels.probability.copy(), funnels.win_rate.copy()
    by_way = {w.funnel for w in ways}
    for f in range(len(funnels.uncertain)):
        if has_choice(funnels, f) and f not in by_way:
            continue
        rows = slice(f * S, (f + 1) * S)
        probability[funnels.exit_start[f * S] : funnels.exit_start[(f + 1) * S]] = 0.0
        win_rate[first_state(funnels, f) : first_state(funnels, f) + S] = funnels.winnable[rows]
        for s in np.flatnonzero(funnels.winnable[rows]).tolist():
            exits = winning_exits(funnels, f, s)
            probability[exits] = 1.0 / len(exits)
    return funnels._replace(probability=probability, win_rate=win_rate)


def _content(model: Model, order: Ints, ways: list[Ways]) -> bytes:
    """Hash of everything that the tables depend on: of no amount or correlation, of rates only where they matter."""
    funnels = _rates_that_matter(model.funnels, ways)
    pace = model.factors.pace_table
    d, s = model.deals, model.streams
    content = (
        [model.distributions[table] for table in funnels.exit_table], model.distributions[pace] if pace >= 0 else None,
        (funnels.stages, funnels.exit_start, funnels.exit_to, funnels.exit_never, funnels.probability),
        (funnels.win_rate, funnels.winnable), [(w.funnel, w.exits, w.uses, w.count, w.left_out) for w in ways],
        model.grid.bound, order, tuple(model.months),
        (d.funnel, d.stage, d.age, d.oldest, d.weight_start, d.weight, d.age_share, d.not_before),
        [(row, x.bound, x.rate, x.at, x.count) for row, x in model.inflows.items() if x is not None],
        (s.source, s.funnel, s.stage), tuple(model.arrivals),
    )  # fmt: skip
    return hashlib.blake2b(pickle.dumps(content), digest_size=16).digest()


@dataclass(frozen=True)
class _LeadTimings:
    """Expected leads, of a mean of 1 per unit of time of the source, that are won in each period if all are won."""

    leads: Floats
    """(P, rows, K); rows: stream x unit."""
    row: Ints
    """(streams,) first row of each stream."""
    like: Ints
    """(streams,) first stream with the same timing."""
    first: Ints
    count: Ints
    """(streams,) functions of the rates, see `Moving`."""
    moved: Floats
    """(P, rows, K, R)"""
    error: float

    @classmethod
    def compute(cls, model: Model, law: Law, moving: MovingTimings, nodes: Floats) -> _LeadTimings:
        """Compute for every stream; streams of one source, funnel and stage share."""
        streams = model.streams
        K = len(model.grid.bound) - 1
        cache: dict[tuple[int, int, int], tuple[Floats, int, Floats]] = {}
        errors = [0.0]
        found, like = [], []
        seen: dict[tuple[int, int, int], int] = {}
        for i in range(len(streams.source)):
            key = (int(streams.source[i]), int(streams.funnel[i]), int(streams.stage[i]))
            source, f, s = key
            check()
            if key not in cache:
                if f not in moving.by_way:
                    values = _wins_by_unit(model, source, law.leads(f, s), nodes, errors)
                    cache[key] = values, 0, np.zeros((*values.shape, 0))
                else:
                    by_way = moving.by_way[f]
                    ways = range(len(by_way.ways.uses))
                    each = np.stack([_wins_by_unit(model, source, by_way.leads(s, c), nodes, errors) for c in ways])
                    cache[key] = np.zeros(each.shape[1:]), *moving.leads(f, s, each)
            found.append(cache[key])
            like.append(seen.setdefault(key, i))
        R = max((w.shape[3] for _, _, w in found), default=0)
        rows = [leads.shape[1] for leads, _, _ in found]
        moved = [np.pad(w, [(0, 0)] * 3 + [(0, R - w.shape[3])]) for _, _, w in found]
        return cls(
            leads=np.concatenate([x for x, _, _ in found], axis=1) if found else np.zeros((len(nodes), 0, K)),
            row=np.concatenate([[0], np.cumsum(rows)[:-1]]).astype(np.int64) if found else np.zeros(0, np.int64),
            like=np.array(like, dtype=np.int64),
            first=np.array([first for _, first, _ in found], dtype=np.int64),
            count=np.array([w.shape[3] for _, _, w in found], dtype=np.int64),
            moved=np.concatenate(moved, axis=1) if found else np.zeros((len(nodes), 0, K, 0)),
            error=max(errors),
        )


def _wins_by_unit(model: Model, source: int, law: EntryLaw, nodes: Floats, errors: list[float]) -> Floats:
    """(P, units, K) expected wins in each period of the leads of each unit; errors are appended."""
    arrivals, bounds = model.arrivals, model.grid.bound[1:]
    pieces = slice(int(arrivals.piece_start[source]), int(arrivals.piece_start[source + 1]))
    enter, speed = arrivals.piece_clock[pieces], arrivals.piece_speed[pieces]
    length, rate = arrivals.piece_length[pieces], arrivals.piece_rate[pieces]
    unit = arrivals.piece_unit[pieces]
    g = nodes[:, None, None]
    left = (bounds[None, :, None] - enter) / g  # (P, K, pieces) operational time left at a piece's start
    starts = np.flatnonzero(np.diff(unit, prepend=-1))
    units = int(arrivals.unit_start[source + 1] - arrivals.unit_start[source])
    if left.size >= MANY:
        from simfunnel.engine.timing.lead_wins import wins_before

        sums, integral, still_off = wins_before(law, left, nodes, speed, length, rate, unit, units)
        errors += [integral / float(bounds[-1]), still_off]
        return np.maximum(np.diff(sums, axis=2, prepend=0.0), 0.0)
    # integral over the piece of F((bound - t) / g), by the integral of F; F itself where time stands still
    upper, e1 = law.integral(left)
    lower, e2 = law.integral(left - speed * length / g)
    moving = speed > 0
    area = np.where(moving, (upper - lower) * g / np.where(moving, speed, 1.0), 0.0)
    if not moving.all():
        still, e3 = law.before(left)
        area = np.where(moving, area, still * length)
        errors.append(e3)
    errors.append(max(e1, e2) / float(bounds[-1]))  # of an integral over the horizon
    inside = np.diff(area * rate, axis=1, prepend=0.0)
    sums = np.zeros((len(nodes), units, len(bounds)))
    for a, b in pairwise([*starts.tolist(), len(unit)]):
        sums[:, unit[a]] += inside[:, :, a:b].sum(axis=2)
    return np.maximum(sums, 0.0)
