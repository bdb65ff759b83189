"""A book evaluated at nodes; what was evaluated is kept: the grid, its stretches and the integral ask for the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.wins.conditional import Conditional


@dataclass(frozen=True)
class Evaluated:
    """A book at some nodes."""

    state: Conditional
    chances: Floats
    """(n, deals, R)"""
    leads: Floats
    """(n, lead rows, R)"""

    @property
    def size(self) -> int:
        """Numbers that are held, nearly."""
        return self.chances.size + self.leads.size + self.state.win.size + self.state.stream.size

    def at(self, which: Ints | slice) -> Evaluated:
        """Take some of the nodes."""
        return Evaluated(self.state.at(which), self.chances[which], self.leads[which])


class Evaluations:
    """Evaluations of one book, node by node; once `largest` numbers are held, no more are kept.

    Safe to use from several threads.
    """

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self._size = 0
        self._found: list[Evaluated] = []
        self._scores: list[Floats] = []
        self._place: dict[bytes, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def get(self, z: Floats, make: Callable[[], Evaluated]) -> Evaluated:
        """Give the evaluation at scores (n, dimensions): what is kept, if all of these nodes are."""
        if not z.size:
            return make()
        row = np.dtype((np.void, z.shape[1] * z.itemsize))
        scores = np.ascontiguousarray(z)
        with self._lock:
            neighbours = self._neighbours(scores)
        if neighbours is not None:
            return neighbours
        nodes: list[Any] = scores.view(row).ravel().tolist()  # the bytes of each node
        with self._lock:
            places = [self._place.get(node) for node in nodes]
        which = {p[0] for p in places if p is not None}
        if None not in places and len(which) == 1:
            source = which.pop()
            found = self._found[source].at(_rows([p[1] for p in places if p is not None]))
            if 2 * len(scores) >= len(self._scores[source]):  # in another order: so will parts of them be asked for
                self._keep(scores, nodes, found)
            return found
        made = make()
        self._keep(scores, nodes, made)
        return made

    def _keep(self, z: Floats, nodes: list[Any], made: Evaluated) -> None:
        with self._lock:
            if self._size + made.size <= self.largest:
                self._size += made.size
                self._place |= {node: (len(self._found), row) for row, node in enumerate(nodes)}
                self._found.append(made)
                self._scores.append(z)

    def _neighbours(self, z: Floats) -> Evaluated | None:
        """Give what is kept where the nodes stand beside each other, as they do in most cases: told by the first."""
        place = self._place.get(z[0].tobytes())
        if place is None:
            return None
        which, first = place
        here = slice(first, first + len(z))
        return self._found[which].at(here) if np.array_equal(self._scores[which][here], z) else None


def _rows(rows: list[int]) -> Ints | slice:
    """Rows as a slice, which copies nothing, where they follow each other."""
    first = rows[0]
    return slice(first, first + len(rows)) if rows == list(range(first, first + len(rows))) else np.array(rows)
