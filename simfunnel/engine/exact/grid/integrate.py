"""Transforms of a book, averaged over the nodes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

import numpy as np

from simfunnel.arrays import Complex, Floats
from simfunnel.engine.exact.book.pieces import Piece, chunks
from simfunnel.engine.exact.grid.grid import Grid, Stretch
from simfunnel.engine.exact.grid.spectrum import Spectrum
from simfunnel.engine.exact.nodes.averages import add_weighted
from simfunnel.engine.exact.nodes.nodes import Nodes
from simfunnel.engine.run.cancel import cancel_event, check
from simfunnel.engine.run.executor import available_processors

_CHUNK = 1 << 18
"""Nodes x frequencies treated together."""


@dataclass(frozen=True)
class Integrated:
    """Transforms by row of weights, and what the errors of the grid depend on."""

    everything: Complex
    """(R, J)"""
    atoms: Complex | None
    """(R, J) of the event that nothing smooth is won; None where nothing is smooth."""
    excess: float
    """By how much the grid raises the variance of what is smooth or split."""


def integrate(pieces: Sequence[Piece], nodes: Nodes, grid: Grid, *, apart: bool) -> Integrated:
    """Average the transforms over the nodes.

    Parameters
    ----------
    pieces, nodes, grid
        What is integrated, over which nodes, at which frequencies.
    apart
        Whether sums of whole amounts count as atoms; else only that nothing is won.
    """
    smooth = [piece.book.smooth if apart else np.ones_like(piece.book.smooth) for piece in pieces]
    with_atoms = any(s.any() for s in smooth)
    computed, active = grid.computed, grid.active
    transforms = [piece.book.transforms(grid.buckets).at(computed) for piece in pieces]

    cancel = cancel_event()

    def part(stretch: Stretch, s: slice) -> tuple[Complex, Complex | None, list[Floats]]:
        check(cancel)
        z, w = nodes.z[s], nodes.weights[:, s]
        everything, atoms, expected = [], [], []
        for piece, transform, drawn in zip(pieces, transforms, smooth, strict=True):
            spectrum = Spectrum(piece.book, transform, stretch.active, drawn)
            e = piece.evaluate(piece.spread(z))
            a, b = spectrum(e.state, e.chances, e.leads, with_atoms=with_atoms)
            everything.append(piece.average(a, len(z)))
            if with_atoms:
                atoms.append(piece.average(b, len(z)))
            expected.append(nodes.main[s] @ piece.average(piece.book.expected(e.chances, e.leads), len(z))[0])
        rows = _by_row(w, reduce(np.multiply, everything))
        return rows, _by_row(w, reduce(np.multiply, atoms)) if with_atoms else None, expected

    largest = max(piece.nodes_each for piece in pieces)
    tasks = [
        (stretch, slice(stretch.nodes.start + s.start, stretch.nodes.start + s.stop))
        for stretch in grid.stretches
        for s in chunks(stretch.nodes.stop - stretch.nodes.start, max(1, _CHUNK // (len(stretch.active) * largest)))
    ]
    found = np.zeros((2, len(nodes.weights), len(active)), dtype=np.complex128)
    narrow = {s.stride: np.zeros((2, len(nodes.weights), len(s.active)), np.complex128) for s in grid.stretches}
    counts = [np.zeros(len(piece.book.amounts)) for piece in pieces]
    with ThreadPoolExecutor(available_processors()) as pool:
        # added up in the order of the tasks, whichever is done first
        for (stretch, _), (rows, atoms, expected) in zip(tasks, pool.map(lambda task: part(*task), tasks), strict=True):
            to = found if stretch.stride == 1 else narrow[stretch.stride]
            every = stretch.stride > 1 or len(stretch.active) == len(active)
            at = slice(None) if every else np.searchsorted(active, stretch.active)
            to[0][:, at] += rows
            if atoms is not None:
                to[1][:, at] += atoms
            for i, count in enumerate(expected):
                counts[i] += count
    for stride, spectrum in narrow.items():
        if stride > 1:
            found += grid.buckets.widened(spectrum)
    return Integrated(
        everything=found[0],
        atoms=found[1] if with_atoms else None,
        excess=sum(float(n @ p.book.amounts.excess(grid.buckets)) for n, p in zip(counts, pieces, strict=True)),
    )


def _by_row(weights: Floats, values: Complex) -> Complex:
    """Sum over nodes by row of weights; the coarse row takes the coarse variant where there is one."""
    variants, m, J = values.shape
    parts = np.ascontiguousarray(values).view(np.float64).reshape(variants, m, 2 * J)  # a real product is faster
    rows = np.zeros((len(weights), 2 * J))
    add_weighted(np.ascontiguousarray(weights), parts, rows)
    return rows.view(np.complex128)
