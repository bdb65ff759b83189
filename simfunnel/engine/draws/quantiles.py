"""Reading quantile tables inside kernels."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import apart, called, inline
from simfunnel.funnel.quantile_tables import CELLS, OCTAVE_BITS, OCTAVES, SIDE, QuantileTables, TableKind

_FIXED, _KINKED, _NEVER = int(TableKind.FIXED), int(TableKind.KINKED), int(TableKind.NEVER)
_SMOOTH = int(TableKind.SMOOTH)
_SHIFT = np.uint64(52 - OCTAVE_BITS)
_MASK = np.uint64((1 << (52 - OCTAVE_BITS)) - 1)
_TOP = np.uint64(1022 << OCTAVE_BITS)
"""Leading bits of the number 1/2: exponent field 1022, mantissa 0."""
_WHOLE = np.uint64(1023 << 52)
"""The number 1."""
_CELL = 2.0**OCTAVE_BITS
"""What the rest of a mantissa after its leading bits is multiplied by, to be a part of the cell."""
_LEAST = 2.0 ** -(OCTAVES + 1)
"""Tail probability of the last knot, which is taken beyond it."""
_SIDE, _CELLS, _ONE, _NONE = np.uint64(SIDE), np.uint64(CELLS), np.uint64(1), np.uint64(0)
_BISECTIONS = 54


@inline
def cell_of(v: float) -> tuple[bool, np.uint64, float]:
    """Side and cell of a table in which a survival probability lies, and how far up it is in the cell.

    Without a branch: the side is a coin toss, and a wrong guess of the processor costs more than the look-up.
    """
    p = max(min(v, 1.0 - v), _LEAST)
    bits = np.float64(p).view(np.uint64)
    below = _TOP - (bits >> _SHIFT)  # knots between 1/2 and the cell's lower end
    # exact; to convert an integer takes longer
    fraction = (np.uint64((bits & _MASK) | _WHOLE).view(np.float64) - 1.0) * _CELL
    return v > 0.5, below, fraction


@inline
def quantile(tables: QuantileTables, table: int, v: float) -> float:
    """Value whose survival probability P(X >= x) is `v`, for v in (0, 1]."""
    kind = tables.kind[table]
    if kind == _FIXED:
        return tables.value[table]
    if kind == _NEVER:
        return math.inf
    high, below, fraction = cell_of(v)
    if kind == _KINKED and below >= _ONE:
        cell = tables.cell_start[table] + np.int64(high) * CELLS + np.int64(below) - 1
        if tables.cell_offset[cell + 1] > tables.cell_offset[cell]:
            return _within_cell(tables, cell, fraction)
    at = np.uint64(tables.start[table]) + below + (_SIDE if high else _NONE)
    low, high = tables.knots[at + _ONE], tables.knots[at]
    return low + fraction * (high - low)


@inline
def _within_cell(tables: QuantileTables, cell: int, fraction: float) -> float:
    """Value in a cell that holds its exact points."""
    j, end = tables.cell_offset[cell], tables.cell_offset[cell + 1]
    while j + 2 < end and tables.kink_position[j + 1] <= fraction:
        j += 1
    p0, p1 = tables.kink_position[j], tables.kink_position[j + 1]
    x0, x1 = tables.kink_value[j], tables.kink_value[j + 1]
    return x0 + (x1 - x0) * (fraction - p0) / (p1 - p0) if p1 > p0 else x1


@called
def survival(tables: QuantileTables, table: int, x: float) -> float:
    """P(X >= x) by the table: the largest v whose quantile is at least `x`."""
    kind = tables.kind[table]
    if kind == _NEVER:
        return 1.0
    if kind == _FIXED:
        return 1.0 if x <= tables.value[table] else 0.0
    if x <= 0.0:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if quantile(tables, table, middle) >= x:
            low = middle
        else:
            high = middle
    return low


@apart
def smooth_quantiles(knots: Floats, v: Floats, n: int, out: Floats) -> None:
    """Fill `quantile` of the first `n` of some probabilities, by a smooth table whose knots are given."""
    for i in range(n):
        high, below, fraction = cell_of(v[i])
        at = below + (_SIDE if high else _NONE)
        near, far = knots[at + _ONE], knots[at]
        out[i] = near + fraction * (far - near)


@apart
def _in_kinked_cells(cell_offset: Ints, v: Floats, n: int, listed: Ints) -> int:
    """List those of the first `n` probabilities whose cells hold exact points; how many they are."""
    count = np.int64(0)
    for i in range(n):
        high, below, _ = cell_of(v[i])
        cell = max(below, _ONE) - _ONE + (_CELLS if high else _NONE)
        listed[count] = i
        count += np.int64(below >= _ONE and cell_offset[cell + _ONE] > cell_offset[cell])
    return int(count)


@called
def quantiles(tables: QuantileTables, table: int, v: Floats, n: int, out: Floats, listed: Ints) -> None:
    """Fill `quantile` of the first `n` of some probabilities; `out` is another array, `listed` (n,) working space."""
    kind = tables.kind[table]
    if kind not in (_SMOOTH, _KINKED):
        for i in range(n):
            out[i] = quantile(tables, table, v[i])
        return
    smooth_quantiles(tables.knots[tables.start[table] : tables.start[table] + 2 * SIDE], v, n, out)
    if kind == _KINKED:
        start = tables.cell_start[table]
        for place in range(_in_kinked_cells(tables.cell_offset[start : start + 2 * CELLS + 1], v, n, listed)):
            i = listed[place]
            high, below, fraction = cell_of(v[i])
            out[i] = _within_cell(tables, start + np.int64(high) * CELLS + np.int64(below) - 1, fraction)
