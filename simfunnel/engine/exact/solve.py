"""Distributions of bookings, wins and cash of a part of the model, with their errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.book.closed_forms import ClosedForms, closed_forms
from simfunnel.engine.exact.book.pieces import OfPeriod, Piece, book_of, cut, together
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.distribution.distributed import Distributed, on_points
from simfunnel.engine.exact.grid.grid import forget
from simfunnel.engine.exact.grid.integrate import integrate
from simfunnel.engine.exact.kinds import BOOKINGS, WINS
from simfunnel.engine.exact.layout import Layout, lay_out
from simfunnel.engine.exact.nodes.nodes import REPLICATES, Nodes, combine
from simfunnel.engine.exact.nodes.scheme import QUASI_RANDOM, Scheme, choose_scheme, rule
from simfunnel.engine.exact.nodes.shared import Part, paces_at
from simfunnel.engine.exact.sums.levels import level_pieces, levels_apart, without
from simfunnel.engine.run.cancel import check

STEP_ERROR = 1e-6
"""A trapezoid rule is refined until its half moves no reported probability by more."""
REFINEMENTS = 3
WORK = 4e8
"""Products of complex numbers that a distribution may cost before its grid is made coarser: some tenths of a second."""
FEWEST_POINTS, MOST_POINTS = 64, 1024
"""Quasi-random points of a replicate."""
CHECKED = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
PRACTICALLY_NOTHING = 1e-6
"""Of a chance that anything is won. For rare wins (mean)^2 / variance is that chance."""
_NOISE = 1e-9
"""Of a mean read off the grid, in reaches of the grid."""


@dataclass(frozen=True)
class SolvedDistribution:
    """A distribution with what is known of its errors."""

    distribution: Distributed
    replicated: bool
    """Whether the rows below are replicates of quasi-random points; else the first is the result, of a rule."""
    open: Floats
    """(R,) mean from open deals, by row of weights of the nodes; in closed form given each node."""
    new: Floats
    """(R,) mean from leads."""
    variance: Floats
    """(R,)"""
    integration_error: float
    """Largest error of a reported probability: of the rule's step, or one standard error over replicates."""
    grid_error: float
    """Largest error of a probability that the width of the buckets and the reach of the grid may cause."""
    check: float
    """How far mean and sd read off the grid are from their closed forms, in standard deviations."""
    how: str

    def combine(self, rows: Floats) -> tuple[Floats, Floats]:
        """Result and its standard error (or the step error of the rule) from values by row (R, ...)."""
        return combine(rows, replicated=self.replicated)

    @property
    def stated_error(self) -> float:
        """Largest error of a probability: of the integral over what is shared, and of the grid."""
        return self.integration_error + self.grid_error


def solve(
    part: Part,
    kind: str,
    columns: OfPeriod,
    *,
    target: float | None,
    seed: int,
    points: int | None,
    work: float = WORK,
    given: tuple[Scheme, Nodes] | None = None,
) -> SolvedDistribution:
    """Compute a distribution.

    Parameters
    ----------
    part
        Deals and streams.
    kind
        See `Book`.
    columns
        When wins fall.
    target
        Value whose probability is wanted, minor units; what is closed taken off.
    seed
        Of the quasi-random shifts.
    points
        Quasi-random points of a replicate; default as many as the work allows.
    work
        Products of complex numbers.
    given
        Nodes that several distributions share, because the law of the timing is computed at each of them.
    """
    apart = levels_apart(part, kind, columns) if given is None else {}
    scheme = choose_scheme(part, money=kind != WINS, apart=apart) if given is None else given[0]
    if apart and scheme.kind == QUASI_RANDOM:  # no comb, as no two draws are alike
        apart, scheme = {}, choose_scheme(part, money=True)
    whole, rest = book_of(part, kind), without(part, apart)
    sizes: tuple[int, ...] = ()
    jumps = columns.jumps()
    for refined in range(REFINEMENTS + 1):
        check()
        pieces = cut(rest, kind, scheme, columns, refined)
        pieces += level_pieces(apart, kind, scheme.dimensions, columns)

        def moments(z: Floats, pieces: Sequence[Piece] = pieces) -> tuple[Floats, Floats]:
            found = together(pieces, z)
            return found.mean, np.sqrt(found.variance)

        nodes = rule(scheme, moments, points or FEWEST_POINTS, seed, refined, jumps) if given is None else given[1]
        before, sizes = sizes, (len(nodes.z), *(piece.nodes_each for piece in pieces))
        if sizes == before:  # as many nodes as a rule may have: nothing would change
            break
        columns.prepare(paces_at(part.model, scheme.dimensions, nodes.z), exactly=nodes.in_panels)
        known = closed_forms(pieces, nodes)
        layout = lay_out(whole, pieces, nodes, known, target, work)
        if nodes.replicated and points is None and given is None:
            allowed = 2 ** math.floor(math.log2(max(work / (layout.cost(pieces) * REPLICATES), 1.0)))
            if allowed > FEWEST_POINTS or refined:  # a rule that is too large once refined is taken as it was
                nodes = rule(scheme, moments, int(np.clip(allowed, FEWEST_POINTS, MOST_POINTS)), seed, 0)
                columns.prepare(paces_at(part.model, scheme.dimensions, nodes.z), exactly=nodes.in_panels)
                known = closed_forms(pieces, nodes)
                layout = layout.at(pieces, nodes) or lay_out(whole, pieces, nodes, known, target, work)
        inner = max((piece.nodes_each for piece in pieces), default=1)
        found = _solved(pieces, nodes, known, layout, target, scheme.describe(nodes, inner))
        if layout.grid is not None:
            forget(pieces, layout.grid.buckets)
        if nodes.replicated or found.integration_error <= STEP_ERROR:
            break
    return found


def _solved(
    pieces: Sequence[Piece], nodes: Nodes, known: ClosedForms, layout: Layout, target: float | None, how: str
) -> SolvedDistribution:
    distribution, excess = _distribution(pieces, nodes, layout)
    cdf = distribution.below(distribution.quantiles(np.array(CHECKED)))
    if target is not None and target > 0:
        cdf = np.column_stack([cdf, distribution.reaches(target)])
    _, error = nodes.combine(cdf)
    return SolvedDistribution(
        distribution=distribution, replicated=nodes.replicated, open=known.open, new=known.new, variance=known.variance,
        integration_error=float(error.max(initial=0.0)),
        grid_error=0.0 if layout.grid is None else _grid_error(distribution, known, excess),
        check=_check(distribution, known, excess) if known.variance.max() > 0 else 0.0,
        how=how,
    )  # fmt: skip


def _distribution(pieces: Sequence[Piece], nodes: Nodes, layout: Layout) -> tuple[Distributed, float]:
    """Give the distribution, and by how much the grid raises the variance of what is smooth or split."""
    grid, sums = layout.grid, layout.sums
    if grid is None:
        assert sums is not None  # a layout has one of the two
        return Distributed(Buckets(1.0, 16), sums.points, sums.atoms, np.zeros((len(sums.atoms), 16))), 0.0
    found = integrate(pieces, nodes, grid, apart=grid.on_grid or sums is not None)
    points = grid.buckets.invert(found.everything, grid.active)
    if found.atoms is None:
        return on_points(grid.buckets, points, np.zeros_like(points)), found.excess
    atoms = grid.buckets.invert(found.atoms, grid.active)
    smooth = points - atoms
    if sums is not None:
        return Distributed(grid.buckets, sums.points, sums.atoms, smooth), found.excess
    if not grid.on_grid:
        atoms[:, 1:] = 0.0  # the one atom left is that nothing is won
    return on_points(grid.buckets, atoms, points - atoms), found.excess


def _grid_error(distribution: Distributed, known: ClosedForms, excess: float) -> float:
    """Error of a probability: what splitting amounts between buckets does, and what lies beyond the grid.

    Splitting adds v squared buckets to the variance. Of a density that is smooth on that scale this moves a probability
    by v / 2 times its slope. Atoms that were split make a density that is not: an atom over sqrt(v) buckets has a
    slope of about a quarter of its mass / v, and a probability beside it is off by up to all its mass.
    """
    density = distribution.smooth.mean(axis=0)
    slope = float(np.max(np.abs(np.diff(density)), initial=0.0))
    bend = float(np.max(np.abs(np.diff(density, 2)), initial=0.0))
    split = 0.0
    if slope > 0.0:
        v, rough = excess / distribution.buckets.width**2, bend / slope
        split = slope * (0.5 * v * (1.0 + 8.0 * min(1.0, v * rough**2)) + 2.0 * min(1.0, rough))
    return min(split + _beyond(distribution, known), 1.0)


def _beyond(distribution: Distributed, known: ClosedForms) -> float:
    """Bound of the probability of a sum beyond the grid, which is counted from 0 again.

    What it takes from the mean is at least the reach of the grid times its probability.
    """
    mean, _ = distribution.moments()
    lost = float(np.mean(known.open + known.new - mean)) / distribution.reach
    return lost if lost > _NOISE else 0.0


def _check(distribution: Distributed, known: ClosedForms, excess: float) -> float:
    """Largest distance of mean and sd from their closed forms, in standard deviations.

    Splitting between buckets may have raised the variance by up to `excess`.
    """
    mean, variance = distribution.moments()
    expected = known.open + known.new
    if np.all(expected**2 < PRACTICALLY_NOTHING * known.variance):
        # a sum that is 0 but once in a million: its spread is below what a transform can hold, and so is its error
        reached = 1.0 - distribution.below(np.zeros(1))[:, 0]
        return 0.0 if np.all(np.abs(reached) < PRACTICALLY_NOTHING) else 1.0
    of = np.maximum(known.variance, 1e-300)
    above = variance - known.variance
    wrong = np.maximum(np.maximum(above - excess, -above), 0.0)
    return float(np.max([np.abs(mean - expected) / np.sqrt(of), np.sqrt(1.0 + wrong / of) - 1.0]))


def shared_nodes(part: Part, columns: OfPeriod, *, seed: int, points: int) -> tuple[Scheme, Nodes]:
    """Quasi-random nodes over everything that a part shares, for all distributions of the part and of its groups."""
    scheme = Scheme(QUASI_RANDOM, part.dimensions(money=True))
    pieces = cut(part, BOOKINGS, scheme, columns, 0)

    def moments(z: Floats) -> tuple[Floats, Floats]:
        found = together(pieces, z)
        return found.mean, np.sqrt(found.variance)

    return scheme, rule(scheme, moments, points, seed, 0)
