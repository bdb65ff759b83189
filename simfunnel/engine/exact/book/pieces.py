"""A book cut into pieces that are independent given the outer nodes: one for each inner factor, one for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.book.book import Book, Moments
from simfunnel.engine.exact.book.evaluated import Evaluated, Evaluations
from simfunnel.engine.exact.nodes.nodes import Nodes, trapezoid
from simfunnel.engine.exact.nodes.scheme import NESTED, Scheme, intervals
from simfunnel.engine.exact.nodes.shared import SEGMENT, Dimension, Part, State, state_at
from simfunnel.engine.exact.wins.conditional import Conditional, conditional
from simfunnel.engine.exact.wins.timing import Columns


class Timing(Protocol):
    """When wins fall, or what else a win may bring, by period."""

    def columns(self, part: Part, state: State, k: int) -> Columns:
        """Columns of period `k` for the deals and streams of a part at the nodes of a state."""
        ...

    def prepare(self, pace: Floats, k: int, *, exactly: bool) -> None:
        """Compute what period `k` will need at some paces, at once; `exactly` there, not at paces nearby."""
        ...

    def jumps(self) -> Floats | None:
        """Scores of the pace at which wins jump from a period into another; None where they are not known."""
        ...


@dataclass(frozen=True)
class OfPeriod:
    """The timing of one period, or of all together (k = number of periods)."""

    timing: Timing
    k: int

    def __call__(self, part: Part, state: State) -> Columns:
        """Columns for the deals and streams of a part at the nodes of a state."""
        return self.timing.columns(part, state, self.k)

    def prepare(self, pace: Floats, *, exactly: bool) -> None:
        """Compute what will be needed at some paces, at once; `exactly` there, not at paces nearby."""
        if len(pace):
            self.timing.prepare(pace, self.k, exactly=exactly)

    def jumps(self) -> Floats | None:
        """Scores of the pace at which wins jump from a period into another; None where they are not known."""
        return self.timing.jumps()


LARGEST_INNER = 256
LARGEST_KEPT = 4_000_000
"""Nodes x deals whose win probabilities are kept for the next distribution."""


class Piece:
    """A book at the outer nodes of a scheme, one inner factor (if it has any) integrated."""

    def __init__(self, book: Book, dimensions: tuple[Dimension, ...], columns: OfPeriod, inner: Nodes | None) -> None:
        self.book, self.dimensions, self.columns, self.inner = book, dimensions, columns, inner
        self.evaluations = Evaluations(LARGEST_KEPT)

    @property
    def nodes_each(self) -> int:
        """Inner nodes of each outer node."""
        return 1 if self.inner is None else len(self.inner.z)

    def evaluate(self, z: Floats) -> Evaluated:
        """Compute chances at scores of the piece's own dimensions (n, dimensions), or read those that are kept."""
        return self.evaluations.get(z, lambda: self._evaluate(z))

    def _evaluate(self, z: Floats) -> Evaluated:
        part = self.book.part

        def make() -> Conditional:
            return conditional(part, state_at(part.model, self.dimensions, z))

        small = len(z) * len(part.deals) <= LARGEST_KEPT
        c = part.at_nodes.get((self.dimensions, z.shape, z.tobytes()), make) if small else make()
        columns = self.columns(part, c.state)
        return Evaluated(c, self.book.deal_chances(c, columns), self.book.lead_means(c, columns))

    def spread(self, outer: Floats) -> Floats:
        """Scores of all dimensions: every outer node with every inner one."""
        if self.inner is None:
            return outer
        s = self.inner.z
        return np.column_stack([np.repeat(outer, len(s), axis=0), np.tile(s[:, 0], len(outer))])

    def average(self, values: npt.NDArray[Any], outer: int) -> npt.NDArray[Any]:
        """(variants, outer, ...) averages over the inner nodes: by the fine rule, then by the coarse one."""
        if self.inner is None:
            return values[None]
        by_node = values.reshape(outer, len(self.inner.z), *values.shape[1:])
        return np.stack([np.tensordot(w, by_node, axes=(0, 1)) for w in self.inner.weights])

    def moments(self, outer: Floats) -> Moments:
        """Mean and variance given the outer nodes."""
        e = self.evaluate(self.spread(outer))
        found = self.book.moments(e.state, e.chances, e.leads)
        if self.inner is None:
            return found
        n = len(outer)
        mean = self.average(found.mean, n)[0]
        second = self.average(found.variance + found.mean**2, n)[0]
        opened, new = self.average(found.open, n)[0], self.average(found.new, n)[0]
        heaviest = found.heaviest.reshape(n, -1).max(axis=1)
        return Moments(opened, new, np.maximum(second - mean**2, 0.0), heaviest)


def book_of(part: Part, kind: str) -> Book:
    """Book of a part, made once for all periods."""
    return part.pieces.get(kind, lambda: Book(part, kind))


def _of_factor(part: Part, index: Ints, i: int) -> Part:
    """What of a part has factor `i` of a kind (-1: none of them); `index` is the factor of each combination."""
    m = part.model
    return Part(
        m,
        part.deals[index[m.deals.combination[part.deals]] == i],
        part.streams[index[m.streams.combination[part.streams]] == i],
        part.closed if i < 0 else part.closed[:0],
    )


def cut(part: Part, kind: str, scheme: Scheme, columns: OfPeriod, refined: int) -> list[Piece]:
    """Cut a part into its pieces."""
    if scheme.kind != NESTED:
        return [Piece(book_of(part, kind), scheme.dimensions, columns, None)]
    f = part.model.factors
    index = f.segment if scheme.inner[0].kind == SEGMENT else f.owner
    pieces = []
    for i in (-1, *(d.index for d in scheme.inner)):
        mine = part.pieces.get((scheme.inner[0].kind, i), partial(_of_factor, part, index, i))
        if not len(mine.deals) and not len(mine.streams) and not len(mine.closed):
            continue
        book = book_of(mine, kind)
        if i < 0:
            pieces.append(Piece(book, scheme.dimensions, columns, None))
            continue
        dimensions = (*scheme.dimensions, Dimension(scheme.inner[0].kind, i))
        own = Piece(book, dimensions, columns, None)

        def at(z: Floats, own: Piece = own) -> tuple[Floats, Floats]:
            found = own.moments(z)
            return found.mean, np.sqrt(found.variance)

        wanted = intervals(at, len(dimensions), len(dimensions) - 1) << refined
        pieces.append(Piece(book, dimensions, columns, trapezoid([min(wanted, LARGEST_INNER)])))
    return pieces


def together(pieces: Sequence[Piece], outer: Floats) -> Moments:
    """Moments of all pieces together, given the outer nodes."""
    found = [piece.moments(outer) for piece in pieces]
    return Moments(*(np.sum([getattr(m, field.name) for m in found], axis=0) for field in fields(Moments)))


def chunks(n: int, size: int) -> Iterator[slice]:
    """Slices of at most `size`."""
    return (slice(i, min(i + size, n)) for i in range(0, n, max(size, 1)))
