"""Quantile functions as tables that a kernel reads with one bit shift and one straight line.

A value is looked up by its survival probability v. The two tails have a side each: v <= 1/2 is looked up by v, v > 1/2
by u = 1 - v. A side has `CELLS_PER_OCTAVE` equal cells in each of `OCTAVES` halvings of the probability, so the cell is
the leading bits of the floating-point number, and the relative resolution is the same at 0.4 and at 1e-9. Inside
a smooth cell the quantile function is taken as a straight line: the error of the distribution function is then below
1e-5 of the tail probability (tested for every family). Cells in which the quantile function jumps, or a plateau starts
or ends, hold their exact points, so that atoms stay atoms.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.errors import InputError, shorten
from simfunnel.families.changed import Equilibrium, Scaled
from simfunnel.families.computed import Distribution
from simfunnel.families.fixed.computed import Fixed
from simfunnel.families.never.computed import Never

OCTAVE_BITS = 7
CELLS_PER_OCTAVE = 1 << OCTAVE_BITS
OCTAVES = 40
CELLS = CELLS_PER_OCTAVE * OCTAVES
SIDE = CELLS + 2
"""Knots of one side: one repeated knot above 1/2, then v = 1/2 down to 2^-(OCTAVES + 1)."""


_NUDGE = 1e-12
"""Relative step off a cell's end, to read the one-sided limit of a quantile function that jumps there."""


class TableKind(IntEnum):
    """How a table is read."""

    FIXED = 0
    SMOOTH = 1
    KINKED = 2
    NEVER = 3


class QuantileTables(NamedTuple):
    """All tables of a model, packed. Table `i` has kind[i]; value[i] if fixed; knots from start[i] otherwise."""

    kind: Ints
    value: Floats
    start: Ints
    knots: Floats
    cell_start: Ints
    """Per table: where its 2 * CELLS + 1 offsets into the kink points begin in `cell_offset`; -1 if it has none."""
    cell_offset: Ints
    kink_position: Floats
    """Position of a point inside its cell, 0 at the cell's lower probability, 1 at the higher."""
    kink_value: Floats


def _side_probabilities() -> Floats:
    octave = np.arange(OCTAVES)[:, None]
    step = np.arange(CELLS_PER_OCTAVE, 0, -1)[None, :]
    # falling: 1/2 = 2^-2 * (1 + 128/128), then each octave from its top towards its bottom
    inside = np.ldexp(1.0 + step / CELLS_PER_OCTAVE, -2 - octave).ravel()
    return np.concatenate([[0.5], inside, [np.ldexp(1.0, -1 - OCTAVES)]])


PROBABILITIES: Floats = _side_probabilities()
"""Tail probability of each knot of a side."""


class TableBuilder:
    """Collects distributions, each once, and packs their tables."""

    def __init__(self) -> None:
        self._index: dict[int, int] = {}
        self._kept: list[Distribution] = []

    def add(self, distribution: Distribution) -> int:
        """Index of the table of `distribution` (the same object gets the same table)."""
        key = id(distribution)
        if key not in self._index:
            self._index[key] = len(self._kept)
            self._kept.append(distribution)
        return self._index[key]

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        """The distributions of the tables, in their order."""
        return tuple(self._kept)

    def pack(self) -> QuantileTables:
        """Pack the tables of all distributions added so far."""
        return pack_tables(self._kept)


def pack_tables(distributions: Sequence[Distribution]) -> QuantileTables:
    """Tables of the given distributions, in their order."""
    kinds, values, starts, cell_starts = [], [], [], []
    knots: list[Floats] = []
    offsets: list[Ints] = []
    positions: list[Floats] = []
    points: list[Floats] = []
    exact = 0
    for d in distributions:
        cell_starts.append(-1)
        starts.append(sum(map(len, knots)))
        values.append(d.value if isinstance(d, Fixed) else 0.0)
        if isinstance(d, Fixed | Never):
            kinds.append(TableKind.FIXED if isinstance(d, Fixed) else TableKind.NEVER)
            continue
        knots.append(knots_of(d))
        cells = _kinked_cells(d)
        kinds.append(TableKind.SMOOTH if cells is None else TableKind.KINKED)
        if cells is not None:
            cell_starts[-1] = sum(map(len, offsets))
            offsets.append(exact + cells.offset)
            positions.append(cells.position)
            points.append(cells.value)
            exact += len(cells.value)
    return QuantileTables(
        kind=np.array(kinds, dtype=np.int64),
        value=np.array(values, dtype=np.float64),
        start=np.array(starts, dtype=np.int64),
        knots=np.concatenate([*knots, np.zeros(1)]),
        cell_start=np.array(cell_starts, dtype=np.int64),
        cell_offset=np.concatenate([*offsets, np.zeros(1, dtype=np.int64)]),
        kink_position=np.concatenate([*positions, np.zeros(1)]),
        kink_value=np.concatenate([*points, np.zeros(1)]),
    )


@lru_cache(maxsize=1024)
def knots_of(d: Distribution) -> Floats:
    """Values at `PROBABILITIES` from both ends; kept, for shifted models share most of them.

    Raises
    ------
    InputError
        If they are not numbers, or beyond all of them: what a person wrote is checked before, so a shift has done it.
    """
    if isinstance(d, Scaled):
        values = d.factor * knots_of(d.base)
    elif isinstance(d, Equilibrium) and isinstance(d.base, Scaled):
        # found by bisection, which a shifted duration need not repeat: time is only told in another unit
        values = d.base.factor * knots_of(Equilibrium(d.base.base))
    else:
        values = np.concatenate([d.isf(PROBABILITIES), d.isf_low(PROBABILITIES)])
    if not np.isfinite(values).all():
        raise InputError(f"a shift makes a distribution too extreme to compute with: {shorten(d)}")
    values.flags.writeable = False
    return values


class _KinkedCells(NamedTuple):
    """Exact points of the cells of one table that hold some."""

    offset: Ints
    """(2 * CELLS + 1,) ranges of the two columns below."""
    position: Floats
    value: Floats


@lru_cache(maxsize=1024)
def _kinked_cells(d: Distribution) -> _KinkedCells | None:
    """Points of every kinked cell of `d`, None where it has no kinks; kept, for shifted models share most of them."""
    if isinstance(d, Scaled):
        found = _kinked_cells(d.base)
        return None if found is None else found._replace(value=d.factor * found.value)
    kinks = d.kinks()
    if not len(kinks):
        return None
    positions: list[float] = []
    points: list[float] = []
    counts = np.zeros(2 * CELLS, dtype=np.int64)
    reach = 1 if d.piecewise_linear else 3
    for side, probability in enumerate((kinks[:, 0], 1.0 - kinks[:, 0])):
        # Cell i lies between PROBABILITIES[i + 2] (lower) and PROBABILITIES[i + 1] (upper), both ends included: a jump
        # exactly on a knot concerns the cells on both of its sides.
        within = (probability <= 0.5) & (probability >= PROBABILITIES[-1])
        lower, upper = PROBABILITIES[2:], PROBABILITIES[1:-1]
        p, x = probability[within], kinks[within, 1]
        touched: dict[int, list[tuple[float, float]]] = {}
        for pi, xi in zip(p.tolist(), x.tolist(), strict=True):
            last = int(np.searchsorted(-lower, -pi, side="left"))
            for cell in range(max(0, last - reach), min(CELLS, last + reach + 1)):
                if reach > 1 or lower[cell] <= pi <= upper[cell]:
                    touched.setdefault(cell, []).append((pi, xi))
        value = d.isf if side == 0 else d.isf_low
        for cell in sorted(touched):
            low, high = float(lower[cell]), float(upper[cell])
            width = high - low
            at = [low * (1 + _NUDGE), high * (1 - _NUDGE)]
            if not d.piecewise_linear:  # the curve may leave a kink steeply: knots crowd around it
                near = [
                    q + sign * width * 2.0 ** (-j / 4)
                    for q, _ in touched[cell]
                    for sign in (-1, 1)
                    for j in range(-8, 45)
                ]
                at += [q for q in near if low < q < high]
            curve = zip(at, value(np.array(at)).tolist(), strict=True)
            # v up means x down; u up means x up
            inside = {*curve, *((q, xq) for q, xq in touched[cell] if low < q < high)}
            ordered = sorted(inside, key=lambda q: (q[0], -q[1] if side == 0 else q[1]))
            local = [((q - low) / width, xq) for q, xq in ordered]
            positions += [q for q, _ in local]
            points += [xq for _, xq in local]
            counts[side * CELLS + cell] = len(local)
    return _KinkedCells(np.concatenate([[0], np.cumsum(counts)]), np.array(positions), np.array(points))
