"""Choosing the buckets of a distribution, and the frequencies at which its transform is more than noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.engine.exact.book import WINS, Book
from simfunnel.engine.exact.buckets import Buckets, power_of_two
from simfunnel.engine.exact.nodes import Nodes
from simfunnel.engine.exact.pieces import Piece
from simfunnel.funnel.model import Floats, Ints

SPREAD = 14.0
"""The grid reaches this many standard deviations above the mean, or to the largest sum there can be."""
FINENESS = 600
"""Wanted buckets in a standard deviation, where amounts lie on no common grid."""
SMALLEST, LARGEST, LARGEST_LATTICE = 1 << 12, 1 << 16, 1 << 20
NEGLIGIBLE = 1e-17
_REFERENCE = 24
_DISPERSED_COST = 4


@dataclass(frozen=True)
class Grid:
    """Buckets, and what they mean for the amounts."""

    buckets: Buckets
    on_grid: bool
    """Whether every fixed amount is a whole number of buckets: then atoms are exact."""
    active: Ints
    """Frequencies to compute."""

    @property
    def reach(self) -> float:
        """Largest value on the grid."""
        return self.buckets.width * (self.buckets.size - 1)


def choose_grid(
    whole: Book, pieces: Sequence[Piece], nodes: Nodes, mean: float, sd: float, target: float | None, work: float
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
    mean, sd
        Of the sum.
    target
        A value of interest, where P(X >= target) should not cut a bucket.
    work
        Products of complex numbers.
    """
    reach = _reach(whole, mean, sd, target)
    if whole.kind == WINS:
        return _accepted(Buckets(1.0, power_of_two(reach + 2)), pieces, nodes, on_grid=True)
    common = whole.amounts.common()
    if common:
        parts = max(1, math.ceil(common * FINENESS / sd)) if whole.smooth.any() and sd > 0 else 1
        while parts > 1 and reach * parts / common > LARGEST:
            parts = math.ceil(parts / 2)
        if reach * parts / common <= LARGEST_LATTICE - 2:
            buckets = Buckets(common / parts, power_of_two(reach * parts / common + 2))
            found = _accepted(buckets, pieces, nodes, on_grid=True)
            if cost(found, pieces, nodes) <= 4 * work:
                return found
    size = SMALLEST
    first = _accepted(_aligned(reach, size, sd, common, target), pieces, nodes, on_grid=False)
    decays = len(first.active) < 0.6 * first.buckets.frequencies
    each = cost(first, pieces, nodes) / len(first.active)
    while size < LARGEST:
        frequencies = len(first.active) if decays else size + 1
        if each * frequencies > work or reach / size < sd / FINENESS:
            break
        size *= 2
    buckets = _aligned(reach, size, sd, common, target)
    whole_buckets = common > 0 and abs(common / buckets.width - round(common / buckets.width)) < 1e-9
    return _accepted(buckets, pieces, nodes, on_grid=whole_buckets)


def cost(grid: Grid, pieces: Sequence[Piece], nodes: Nodes) -> float:
    """Products of complex numbers, roughly."""
    each = 0.0
    for piece in pieces:
        dispersed = len(np.unique(piece.book.rows.unit[piece.book.rows.shape > 0]))
        each += piece.nodes_each * (piece.book.deals.size + _DISPERSED_COST * dispersed + 4)
    return each * len(nodes.z) * len(grid.active)


def _reach(book: Book, mean: float, sd: float, target: float | None) -> float:
    reach = mean + SPREAD * sd + (book.amounts.largest_jump() if book.kind != WINS else 64.0)
    if not len(book.rows.stream) and not book.smooth.any():
        largest = float(book.mean[book.deals].max(axis=1).sum()) if len(book.deals) else 0.0
        reach = min(reach, largest)
    return max(reach, 1.0)


def _aligned(reach: float, size: int, sd: float, common: int, target: float | None) -> Buckets:
    """Buckets that divide the common divisor of the amounts, else the target."""
    width = reach / (size - 3)
    if common >= width:
        width = common / math.floor(common / width)
    elif target is not None and target > width:
        width = target / math.floor(target / width)
    return Buckets(width, power_of_two(reach / width + 2))


def _accepted(buckets: Buckets, pieces: Sequence[Piece], nodes: Nodes, *, on_grid: bool) -> Grid:
    return Grid(buckets, on_grid, active_frequencies(buckets, pieces, nodes))


def active_frequencies(buckets: Buckets, pieces: Sequence[Piece], nodes: Nodes) -> Ints:
    """Frequencies at which the transform may exceed 1e-17 of its size at 0, by a bound at reference nodes.

    |1 + p (phi - 1)|^2 <= 1 - 2 p (1 - p) (1 - Re phi), and |exp(m (phi - 1))| = exp(-m (1 - Re phi)): the sums over
    deals are read off one transform of p (1 - p) laid out by amount.
    """
    weight = nodes.weights.max(axis=0)
    chosen = np.unique(np.linspace(0, len(weight) - 1, min(_REFERENCE, len(weight))).astype(np.int64))
    log = np.log(np.maximum(weight[chosen] / weight.max(), 1e-300))[:, None] + np.zeros((1, buckets.frequencies))
    for piece in pieces:
        log = log + _bound(piece, nodes.z[chosen], buckets)
    return np.asarray(np.flatnonzero(log.max(axis=0) > math.log(NEGLIGIBLE)), dtype=np.int64)


def _bound(piece: Piece, outer: Floats, buckets: Buckets) -> Floats:
    """(m, frequencies) log of a bound of the transform's size."""
    z = outer
    inner = np.zeros(1)
    if piece.inner is not None:
        inner = np.array([-5.0, -2.5, 0.0, 2.5, 5.0])
        z = np.column_stack([np.repeat(outer, len(inner), axis=0), np.tile(inner, len(outer))])
    book, e = piece.book, piece.evaluate(z)
    n = len(z)
    plain = book.rows.shape <= 0
    lost = 1.0 - e.chances.sum(axis=2, keepdims=True)  # with several outcomes, p (1 - sum p) is a lower bound
    weight = book.expected(e.chances * lost, e.leads * plain[None, :, None])  # of 1 - Re phi, by amount
    transforms = book.amounts.transforms(buckets)
    drawn = np.array([a.table >= 0 or a.level >= 0 for a in book.amounts.found], dtype=bool)
    decay = weight[:, drawn] @ transforms.decay()[drawn]
    at = np.floor(book.mean / buckets.width + 1e-9).astype(np.int64)
    rest = book.mean / buckets.width - at
    laid = np.zeros((n, buckets.size))
    for a in np.flatnonzero(~drawn):
        laid[:, at[a] % buckets.size] += weight[:, a] * (1 - rest[a])
        laid[:, (at[a] + 1) % buckets.size] += weight[:, a] * rest[a]
    log = np.fft.rfft(laid).real - laid.sum(axis=1)[:, None] - decay
    if piece.inner is None:
        return np.asarray(log)
    by_node = log.reshape(len(outer), len(inner), -1) - 0.5 * inner[None, :, None] ** 2
    return np.asarray(by_node.max(axis=1))
