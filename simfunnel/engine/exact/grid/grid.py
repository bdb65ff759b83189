"""Choosing the buckets of a distribution, and the frequencies at which its transform is more than noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.book.closed_forms import ClosedForms
from simfunnel.engine.exact.book.evaluated import Evaluated
from simfunnel.engine.exact.book.pieces import Piece, together
from simfunnel.engine.exact.distribution.buckets import Buckets, power_of_two
from simfunnel.engine.exact.kinds import WINS
from simfunnel.engine.exact.nodes.nodes import Nodes
from simfunnel.engine.exact.transforms.compound import count_in_cells
from simfunnel.engine.exact.transforms.dispersed import SPREAD_GIVEN
from simfunnel.engine.exact.transforms.points import cost as points_cost
from simfunnel.engine.exact.transforms.transforms import Transforms
from simfunnel.errors import InputError

FINENESS = 150
"""Least wanted buckets in a standard deviation, where amounts lie on no common grid."""
GRID_ERROR, GRID_ERROR_DRAWN = 1e-6, 3e-5
"""Wanted error of a probability from splitting amounts between buckets; where quasi-random draws leave a larger one."""
SMALLEST, LARGEST, LARGEST_LATTICE = 1 << 12, 1 << 16, 1 << 20
NEGLIGIBLE = 1e-11
ON_GRID = 8
"""A grid that holds every amount exactly may cost so many times more."""
FEW_DEALS = 64
STRETCHES = 16
LEAST_TOGETHER = 16
"""Nodes of a stretch, inner ones included."""
_INNER_GROUPS = 8
_DISPERSED_COST = 20
_FEW_JUMPS = 64.0
_RUNGS = 4
"""Widths of buckets from a power of two to the next."""


@dataclass(frozen=True)
class Stretch:
    """Neighbouring nodes."""

    nodes: slice
    active: Ints
    """Frequencies to compute."""
    stride: int = 1
    """Where the sum stays below a fraction of the grid at all of the nodes: every so manieth frequency says it all."""


@dataclass(frozen=True)
class Grid:
    """Buckets, and what they mean for the amounts."""

    buckets: Buckets
    on_grid: bool
    """Whether every fixed amount is a whole number of buckets: then atoms are exact."""
    stretches: tuple[Stretch, ...]

    @property
    def computed(self) -> Ints:
        """Frequencies at which some stretch computes transforms."""
        return np.unique(np.concatenate([stretch.active for stretch in self.stretches]))

    @property
    def active(self) -> Ints:
        """All frequencies that some stretch knows in the end."""
        if any(stretch.stride > 1 for stretch in self.stretches):
            return np.arange(self.buckets.frequencies)
        needed = np.zeros(self.buckets.frequencies, dtype=np.bool_)
        for stretch in self.stretches:
            needed[stretch.active] = True
        return np.flatnonzero(needed)


def choose_grid(
    whole: Book, pieces: Sequence[Piece], nodes: Nodes, known: ClosedForms, target: float | None, work: float
) -> Grid:
    """Choose the finest grid whose transform costs no more than `work`.

    Parameters
    ----------
    whole
        The book.
    pieces
        Its pieces, for the size of the transform.
    nodes
        Outer nodes.
    known
        Mean, standard deviation and reach of the sum.
    target
        A value of interest, where P(X >= target) should not cut a bucket.
    work
        Products of complex numbers.

    Raises
    ------
    InputError
        If there may be more wins than can be counted one by one.
    """
    reach, sd = _reach(whole, known.reach), known.sd
    if whole.kind == WINS:
        if reach > LARGEST_LATTICE - 2:
            raise InputError(
                "the exact method counts wins one by one, and so uncertain are the leads that there may be "
                f"{reach:,.0f} of them; it follows at most {LARGEST_LATTICE:,}. Use --method simulate, or a smaller "
                "level_sd or dispersion"
            )
        found = _accepted(Buckets(1.0, power_of_two(reach + 2)), pieces, nodes, on_grid=True)
        return found if cost(found, pieces) <= work else _narrowed(found, pieces, nodes, 1.0)
    common = whole.amounts.common()
    if common:
        parts = max(1, math.ceil(common * FINENESS / sd)) if whole.smooth.any() and sd > 0 else 1
        while parts > 1 and reach * parts / common > LARGEST:
            parts = math.ceil(parts / 2)
        if reach * parts / common <= LARGEST_LATTICE - 2:
            buckets = Buckets(common / parts, power_of_two(reach * parts / common + 2))
            found = _accepted(buckets, pieces, nodes, on_grid=True)
            if cost(found, pieces) > work:
                found = _narrowed(found, pieces, nodes, whole.amounts.largest_jump())
            if cost(found, pieces) <= (1 if nodes.replicated else ON_GRID) * work:
                return found
            forget(pieces, found.buckets)
    if not whole.amounts.fixed.any():
        target = None  # what is smooth may be cut anywhere
    size = SMALLEST
    first = _accepted(_aligned(reach, size, common, target), pieces, nodes, on_grid=False)
    full = 0.6 * first.buckets.frequencies
    error = GRID_ERROR_DRAWN if nodes.replicated else GRID_ERROR
    wanted = sd / max(FINENESS, _fineness(whole, known.mean, error))
    if len(whole.deals) <= FEW_DEALS and whole.amounts.fixed[whole.deals].all():
        wanted = 0.0  # a few atoms between buckets: the finest grid there is keeps them apart
    while size < LARGEST and reach / size > wanted:
        # where the transform does not decay, a finer grid has more frequencies to compute
        grown = {id(s): 2 * size / SMALLEST if len(s.active) > full else 1.0 for s in first.stretches}
        if sum(grown[id(s)] * _cost(s, pieces, first.buckets) for s in first.stretches) > work:
            break
        size *= 2
    buckets = _aligned(reach, size, common, target)
    if buckets != first.buckets:
        forget(pieces, first.buckets)
    whole_buckets = common > 0 and abs(common / buckets.width - round(common / buckets.width)) < 1e-9
    return _accepted(buckets, pieces, nodes, on_grid=whole_buckets)


def forget(pieces: Sequence[Piece], buckets: Buckets) -> None:
    """Drop the transforms on a grid that is done with."""
    for piece in pieces:
        piece.book.forget(buckets)


def cost(grid: Grid, pieces: Sequence[Piece]) -> float:
    """Products of complex numbers, roughly."""
    return float(sum(_cost(stretch, pieces, grid.buckets) for stretch in grid.stretches))


def _cost(stretch: Stretch, pieces: Sequence[Piece], buckets: Buckets) -> float:
    each, frequencies = 0.0, len(stretch.active)
    for piece in pieces:
        book = piece.book
        dispersed = len(np.unique(book.rows.unit[book.rows.shape > 0]))
        points = book.amounts.fixed[book.deals].all() and book.deals.shape[1] == 1
        deals = points_cost(len(book.deals), buckets, frequencies) if points else book.deals.size * frequencies
        each += piece.nodes_each * (deals + (_DISPERSED_COST * dispersed + 4) * frequencies)
    return float(each * (stretch.nodes.stop - stretch.nodes.start))


def _fineness(book: Book, mean: float, error: float) -> float:
    """Buckets in a standard deviation at which the grid error is as wanted.

    Splitting adds at most a sixth of a squared bucket to the variance of each win; half of what it adds, times the
    steepest slope of a normal density, is the error of a probability.
    """
    used = np.concatenate([book.deals.ravel(), book.streams.ravel()])
    wins = mean / max(float(book.mean[used].mean()), 1e-300) if len(used) else 0.0
    return math.sqrt(0.5 * 0.242 / 6 * max(wins, 1.0) / error)


def _reach(book: Book, reach: float) -> float:
    """How far the grid reaches: one large amount more than the sum may, or to the largest sum there can be."""
    reach += book.amounts.largest_jump() if book.kind != WINS else 64.0
    if not len(book.rows.stream) and not book.smooth.any():
        largest = float(book.amounts.largest[book.deals].max(axis=1).sum()) if len(book.deals) else 0.0
        reach = min(reach, largest)
    return max(reach, 1.0)


def _aligned(reach: float, size: int, common: int, target: float | None) -> Buckets:
    """Buckets that divide the common divisor of the amounts, else the target, else on a ladder of widths.

    On the ladder the grids of many distributions are the same, and so are the transforms of their amounts.
    """
    width = reach / (size - 3)
    if common >= width:
        width = common / math.floor(common / width)
    elif target is not None and target > width:
        width = target / math.floor(target / width)
    else:
        width = 2.0 ** (math.ceil(_RUNGS * math.log2(width)) / _RUNGS)
    return Buckets(width, power_of_two(reach / width + 2))


def _accepted(buckets: Buckets, pieces: Sequence[Piece], nodes: Nodes, *, on_grid: bool) -> Grid:
    return Grid(buckets, on_grid, stretches(buckets, pieces, nodes))


def _narrowed(grid: Grid, pieces: Sequence[Piece], nodes: Nodes, jump: float) -> Grid:
    """Compute fewer frequencies at nodes where the sum is small.

    Where little can be won, hardly any frequency is negligible. But a sum that stays below size / stride buckets is
    told by every stride-th frequency: they are the transform on a grid of that many buckets. Beyond
    `SPREAD_GIVEN` conditional standard deviations and `_FEW_JUMPS` wins lies less than 1e-15 of a Poisson number.
    """
    found = []
    for stretch in grid.stretches:
        m = together(pieces, nodes.z[stretch.nodes])
        high = (m.open + m.new + SPREAD_GIVEN * np.sqrt(m.variance) + m.heaviest).max() + _FEW_JUMPS * jump
        stride = max(grid.buckets.size // power_of_two(float(high) / grid.buckets.width + 2), 1)
        every = np.arange(0, grid.buckets.frequencies, stride)
        fewer = stride > 1 and len(every) < len(stretch.active)
        found.append(Stretch(stretch.nodes, every, stride) if fewer else stretch)
    return replace(grid, stretches=tuple(found))


def stretches(buckets: Buckets, pieces: Sequence[Piece], nodes: Nodes) -> tuple[Stretch, ...]:
    """Cut the nodes into stretches, each with the frequencies at which its transform matters.

    Left out is what stays below 1e-11 of the largest weight at every node of a stretch:
    |1 + p (phi - 1)|^2 <= 1 - 2 p (1 - p) (1 - Re phi), and |exp(m (phi - 1))| = exp(-m (1 - Re phi)). Sums over
    deals are read off one transform of p (1 - p) laid out by amount, the least of the stretch for each amount. Far out,
    where hardly anything is won, the transform of a few deals does not decay; in the middle, where the weight is, it
    does: hence the stretches.
    """
    n = len(nodes.z)
    each = max(LEAST_TOGETHER // max(piece.nodes_each for piece in pieces), 1)
    size = max(each, math.ceil(n / STRETCHES))
    weight = nodes.weights.max(axis=0)
    transforms = [piece.book.transforms(buckets) for piece in pieces]
    found = []
    for first in range(0, n, size):
        here = slice(first, min(first + size, n))
        log = np.full(buckets.frequencies, math.log(max(weight[here].max() / weight.max(), 1e-300)))
        for piece, transform in zip(pieces, transforms, strict=True):
            log += _bound(piece, transform, nodes.z[here])
        log[0] = 0.0  # the sum of all probabilities
        found.append(Stretch(here, np.flatnonzero(log > math.log(NEGLIGIBLE)).astype(np.int64)))
    return tuple(found)


def _of_poisson(book: Book, e: Evaluated) -> Floats:
    """(n, lead rows) share of the decay of Poisson leads that those of the row have at least.

    A unit of m expected wins and shape k has |1 - m (phi - 1) / k|^-k <= (1 + m (1 - Re phi) / k)^-k, of which the log
    is concave in m (1 - Re phi), at most 2 m: it lies beyond the chord.
    """
    rows, leads = book.rows, e.leads.sum(axis=2)
    share = np.ones(leads.shape)
    mine = np.flatnonzero(rows.shape > 0)
    if len(mine):
        _, place = np.unique(rows.unit[mine], return_inverse=True)
        of_unit = np.zeros((len(leads), int(place.max()) + 1))
        count_in_cells(np.ascontiguousarray(leads[:, mine]), place, of_unit)
        most = 2.0 * of_unit[:, place] / rows.shape[mine]
        share[:, mine] = np.where(most > 0, np.log1p(most) / np.where(most > 0, most, 1.0), 1.0)
    return share


def _bound(piece: Piece, transforms: Transforms, outer: Floats) -> Floats:
    """(frequencies,) log of a bound of the transform's size at all of some outer nodes, averaged over inner ones."""
    book, e = piece.book, piece.evaluate(piece.spread(outer))
    lost = 1.0 - e.chances.sum(axis=2, keepdims=True)  # with several outcomes, p (1 - sum p) is a lower bound
    weight = book.expected(e.chances * lost, e.leads * _of_poisson(book, e)[:, :, None])  # of 1 - Re phi, by amount
    if piece.inner is None:
        return -transforms.decay(weight.min(axis=0))
    share = piece.inner.weights.max(axis=0)
    by_node = weight.reshape(len(outer), len(share), -1)
    logs = [
        -transforms.decay(by_node[:, group].min(axis=(0, 1))) + math.log(share[group].sum())
        for group in np.array_split(np.arange(len(share)), min(_INNER_GROUPS, len(share)))
    ]
    return np.asarray(np.logaddexp.reduce(logs, axis=0))
