"""How a distribution is laid out: sums listed one by one, a grid of buckets, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.book.closed_forms import ClosedForms
from simfunnel.engine.exact.book.pieces import Piece
from simfunnel.engine.exact.grid.grid import Grid, choose_grid, cost, stretches
from simfunnel.engine.exact.nodes.nodes import Nodes
from simfunnel.engine.exact.sums.sums import Sums, listed_sums

_SUM_COST = 2.0
"""Of a sum at a node, in products of complex numbers."""


@dataclass(frozen=True)
class Layout:
    """One of the two, or both."""

    grid: Grid | None
    """None where everything is listed."""
    sums: Sums | None
    """Atoms where they do not lie on the grid; None where they do, or are too many."""
    nodes: Nodes
    work: float

    def cost(self, pieces: Sequence[Piece]) -> float:
        """Products of complex numbers that a node costs, roughly."""
        listed = 0.0 if self.sums is None else _SUM_COST * len(self.sums.points)
        return listed + (0.0 if self.grid is None else cost(self.grid, pieces) / len(self.nodes.z))

    def at(self, pieces: Sequence[Piece], nodes: Nodes) -> Layout | None:
        """Give the same layout at other nodes; None where they need more sums than can be listed."""
        grid = self.grid and replace(self.grid, stretches=stretches(self.grid.buckets, pieces, nodes))
        sums = self.sums and listed_sums(pieces, nodes, self.work)
        return None if grid is None and sums is None else Layout(grid, sums, nodes, self.work)


def lay_out(
    whole: Book, pieces: Sequence[Piece], nodes: Nodes, known: ClosedForms, target: float | None, work: float
) -> Layout:
    """Choose: see `choose_grid` for the parameters.

    Where nothing is smooth a list of all sums is the whole answer. Else a grid that holds every whole amount is best,
    and a list beside it where there is none.
    """
    sums = None if whole.smooth.any() else listed_sums(pieces, nodes, work)
    if sums is not None:
        return Layout(None, sums, nodes, work)
    grid = choose_grid(whole, pieces, nodes, known, target, work)
    if whole.smooth.any() and not grid.on_grid:
        sums = listed_sums(pieces, nodes, work)
    return Layout(grid, sums, nodes, work)
