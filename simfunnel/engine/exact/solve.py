"""Distributions of bookings, wins and cash of a part of the model, with their errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.engine.exact.book import BOOKINGS, WINS
from simfunnel.engine.exact.buckets import Complex, Distributed
from simfunnel.engine.exact.grid import Grid, Stretch, choose_grid, cost, stretches
from simfunnel.engine.exact.nodes import REPLICATES, Nodes
from simfunnel.engine.exact.pieces import LARGEST_KEPT, ColumnsAt, Piece, book_of, chunks, cut, together
from simfunnel.engine.exact.scheme import QUASI_RANDOM, Scheme, choose_scheme, rule
from simfunnel.engine.exact.shared import Part
from simfunnel.engine.exact.spectrum import Spectrum
from simfunnel.engine.runner import available_processors
from simfunnel.funnel.model import Floats

STEP_ERROR = 1e-6
"""A trapezoid rule is refined until its half moves no reported probability by more."""
REFINEMENTS = 3
WORK = 4e8
"""Products of complex numbers that a distribution may cost before its grid is made coarser: some tenths of a second."""
FEWEST_POINTS, MOST_POINTS = 64, 1024
"""Quasi-random points of a replicate."""
CHECKED = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_CHUNK = 1 << 17
"""Nodes x frequencies treated together."""
_ATOM = 1e-14
"""Atoms of less probability in all are left to the smooth part."""


@dataclass(frozen=True)
class Solved:
    """A distribution with what is known of its errors."""

    distribution: Distributed
    nodes: Nodes
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


def solve(
    part: Part,
    kind: str,
    shares: Floats,
    columns: ColumnsAt,
    *,
    target: float | None,
    seed: int,
    points: int | None,
    work: float = WORK,
    given: tuple[Scheme, Nodes] | None = None,
) -> Solved:
    """Compute a distribution.

    Parameters
    ----------
    part
        Deals and streams.
    kind, shares
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
    scheme = choose_scheme(part, money=kind != WINS) if given is None else given[0]
    whole = book_of(part, kind, shares)
    for refined in range(REFINEMENTS + 1):
        pieces = cut(part, kind, shares, scheme, columns, refined)

        def moments(z: Floats, pieces: Sequence[Piece] = pieces) -> tuple[Floats, Floats]:
            found = together(pieces, z)
            return found.mean, np.sqrt(found.variance)

        nodes = rule(scheme, moments, points or FEWEST_POINTS, seed, refined) if given is None else given[1]
        known = _moments(pieces, nodes)
        grid = choose_grid(whole, pieces, nodes, known.mean, known.sd, target, work)
        if nodes.replicated and points is None and given is None:
            each = cost(grid, pieces) / len(nodes.z)
            allowed = 2 ** math.floor(math.log2(max(work / (each * REPLICATES), 1.0)))
            nodes = rule(scheme, moments, int(np.clip(allowed, FEWEST_POINTS, MOST_POINTS)), seed, 0)
            known = _moments(pieces, nodes)
            grid = replace(grid, stretches=stretches(grid.buckets, pieces, nodes))
        inner = max((piece.nodes_each for piece in pieces), default=1)
        found = _solved(pieces, nodes, known, grid, target, scheme.describe(nodes, inner))
        if nodes.replicated or found.integration_error <= STEP_ERROR:
            break
    return found


@dataclass(frozen=True)
class _Known:
    """Closed forms by row of weights (R,): means from open deals and from leads, and the variance."""

    open: Floats
    new: Floats
    variance: Floats

    @property
    def mean(self) -> float:
        """Mean of the sum."""
        return float(np.mean(self.open + self.new))

    @property
    def sd(self) -> float:
        """Standard deviation of the sum."""
        return math.sqrt(max(float(np.mean(self.variance)), 0.0))


def _moments(pieces: Sequence[Piece], nodes: Nodes) -> _Known:
    sizes = max((p.book.deals.size + p.book.rows.stream.size + 1) * p.nodes_each for p in pieces)
    parts = list(chunks(len(nodes.z), 1 + LARGEST_KEPT // (4 * sizes)))
    with ThreadPoolExecutor(available_processors()) as pool:
        found = list(pool.map(lambda s: together(pieces, nodes.z[s]), parts))
    opened, new, inside = (np.concatenate([getattr(m, name) for m in found]) for name in ("open", "new", "variance"))
    w = nodes.weights
    mean = w @ (opened + new)
    between = w @ (opened + new - mean.mean()) ** 2 - (mean - mean.mean()) ** 2
    return _Known(w @ opened, w @ new, w @ inside + np.maximum(between, 0.0))


def _solved(pieces: Sequence[Piece], nodes: Nodes, known: _Known, grid: Grid, target: float | None, how: str) -> Solved:
    found = _integrate(pieces, nodes, grid)
    points = grid.buckets.invert(found.everything, grid.active)
    smooth = np.zeros_like(points)
    if found.atoms is not None:
        atoms = grid.buckets.invert(found.atoms, grid.active)
        if not grid.on_grid:
            atoms[:, 1:] = 0.0  # the one atom left is that nothing is won
        points, smooth = atoms, points - atoms
    distribution = Distributed(grid.buckets, points, smooth)
    cdf = distribution.below(distribution.quantiles(np.array(CHECKED)))
    if target is not None and target > 0:
        cdf = np.column_stack([cdf, distribution.reaches(target)])
    _, error = nodes.combine(cdf)
    return Solved(
        distribution=distribution, nodes=nodes, open=known.open, new=known.new, variance=known.variance,
        integration_error=float(error.max(initial=0.0)),
        grid_error=_grid_error(found, distribution),
        check=_check(distribution, known, found.excess) if known.variance.max() > 0 else 0.0,
        how=how,
    )  # fmt: skip


@dataclass(frozen=True)
class _Integrated:
    """Transforms by row of weights, and what the errors of the grid depend on."""

    everything: Complex
    """(R, J)"""
    atoms: Complex | None
    """(R, J) of the event that nothing smooth is won; None where nothing is smooth."""
    excess: float
    """By how much the grid raises the variance."""
    beyond: float
    """Probability that a single amount reaches beyond the grid."""


def _integrate(pieces: Sequence[Piece], nodes: Nodes, grid: Grid) -> _Integrated:
    smooth = [piece.book.smooth if grid.on_grid else np.ones_like(piece.book.smooth) for piece in pieces]
    with_atoms = any(s.any() for s in smooth)
    transforms = [piece.book.amounts.transforms(grid.buckets) for piece in pieces]
    active = grid.active

    def part(stretch: Stretch, s: slice) -> tuple[Complex, Complex, list[Floats]]:
        z, w = nodes.z[s], nodes.weights[:, s]
        everything, atoms = np.ones((1, 1, 1), dtype=np.complex128), np.ones((1, 1, 1), dtype=np.complex128)
        expected = []
        for piece, transform, drawn in zip(pieces, transforms, smooth, strict=True):
            spectrum = Spectrum(piece.book, transform, stretch.active, drawn)
            e = piece.evaluate(piece.spread(z))
            a, b = spectrum(e.state, e.chances, e.leads, with_atoms=with_atoms)
            everything = everything * piece.average(a, len(z))
            if with_atoms:
                atoms = atoms * piece.average(b, len(z))
            expected.append(nodes.main[s] @ piece.average(piece.book.expected(e.chances, e.leads), len(z))[0])
        at = np.searchsorted(active, stretch.active)
        whole = np.zeros((2, len(w), len(active)), dtype=np.complex128)
        whole[0, :, at] = _by_row(w, everything).T
        if with_atoms:
            whole[1, :, at] = _by_row(w, atoms).T
        return whole[0], whole[1], expected

    largest = max(piece.nodes_each for piece in pieces)
    tasks = [
        (stretch, slice(stretch.nodes.start + s.start, stretch.nodes.start + s.stop))
        for stretch in grid.stretches
        for s in chunks(stretch.nodes.stop - stretch.nodes.start, max(1, _CHUNK // (len(stretch.active) * largest)))
    ]
    with ThreadPoolExecutor(available_processors()) as pool:
        found = list(pool.map(lambda task: part(*task), tasks))
    expected = [np.sum([f[2][i] for f in found], axis=0) for i in range(len(pieces))]
    return _Integrated(
        everything=np.sum([f[0] for f in found], axis=0),
        atoms=np.sum([f[1] for f in found], axis=0) if with_atoms else None,
        excess=sum(float(n @ p.book.amounts.excess(grid.buckets)) for n, p in zip(expected, pieces, strict=True)),
        beyond=sum(float(n @ p.book.amounts.beyond(grid.reach)) for n, p in zip(expected, pieces, strict=True)),
    )


def _by_row(weights: Floats, values: Complex) -> Complex:
    """Sum over nodes by row of weights; the coarse row takes the coarse variant where there is one."""
    variants, m, J = values.shape
    parts = np.ascontiguousarray(values).view(np.float64).reshape(variants, m, 2 * J)  # a real product is faster
    rows = np.stack([w @ parts[min(r, variants - 1)] for r, w in enumerate(weights)])
    return rows.view(np.complex128)


def _grid_error(found: _Integrated, distribution: Distributed) -> float:
    """Error of a probability: what splitting amounts between buckets does, and what lies beyond the grid.

    Splitting adds v squared buckets to the variance. Of a density that is smooth on that scale this moves a probability
    by v / 2 times its slope. Atoms that were split make a density that is not: an atom over sqrt(v) buckets has a
    slope of about a quarter of its mass / v, and a probability beside it is off by up to all its mass.
    """
    density = distribution.smooth.mean(axis=0)
    slope = float(np.max(np.abs(np.diff(density)), initial=0.0))
    bend = float(np.max(np.abs(np.diff(density, 2)), initial=0.0))
    if slope == 0.0:
        return min(found.beyond, 1.0)
    v, rough = found.excess / distribution.buckets.width**2, bend / slope
    split = slope * (0.5 * v * (1.0 + 8.0 * min(1.0, v * rough**2)) + 2.0 * min(1.0, rough))
    return min(split + found.beyond, 1.0)


def _check(distribution: Distributed, known: _Known, excess: float) -> float:
    """Largest distance of mean and sd from their closed forms, in standard deviations."""
    masses = distribution.atoms + distribution.smooth
    points = distribution.buckets.width * np.arange(distribution.buckets.size)
    read = masses @ points
    spread = masses @ points**2 - read**2 - excess
    sd = np.sqrt(np.maximum(known.variance, 1e-300))
    off = np.abs(read - known.open - known.new) / sd, np.abs(np.sqrt(np.maximum(spread, 0.0)) / sd - 1.0)
    return float(np.max(off))


def shared_nodes(part: Part, columns: ColumnsAt, *, seed: int, points: int) -> tuple[Scheme, Nodes]:
    """Quasi-random nodes over everything that a part shares, for all distributions of the part and of its groups."""
    scheme = Scheme(QUASI_RANDOM, part.dimensions(money=True))
    pieces = cut(part, BOOKINGS, np.ones(1), scheme, columns, 0)

    def moments(z: Floats) -> tuple[Floats, Floats]:
        found = together(pieces, z)
        return found.mean, np.sqrt(found.variance)

    return scheme, rule(scheme, moments, points, seed, 0)
