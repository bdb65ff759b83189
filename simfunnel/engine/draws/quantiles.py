"""Reading quantile tables inside kernels."""

from __future__ import annotations

import math

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.jit import called, inline
from simfunnel.funnel.quantile_tables import CELLS, OCTAVE_BITS, SIDE, QuantileTables, TableKind

_FIXED, _KINKED, _NEVER = int(TableKind.FIXED), int(TableKind.KINKED), int(TableKind.NEVER)
_SHIFT = 52 - OCTAVE_BITS
_MASK = (1 << _SHIFT) - 1
_FRACTION = 2.0**-_SHIFT
_TOP = (1022 << 52) >> _SHIFT
"""Leading bits of the number 1/2: exponent field 1022, mantissa 0."""
_BISECTIONS = 54


@inline
def quantile(tables: QuantileTables, table: int, v: float) -> float:
    """Value whose survival probability P(X >= x) is `v`, for v in (0, 1]."""
    kind = tables.kind[table]
    if kind == _FIXED:
        return tables.value[table]
    if kind == _NEVER:
        return math.inf
    # no branch on the side: it is a coin toss, and a wrong guess of the processor costs more than the look-up
    side = np.int64(v > 0.5)
    p = min(v, 1.0 - v)
    bits = np.float64(p).view(np.int64)
    below = _TOP - (bits >> _SHIFT)  # knots between 1/2 and the cell's lower end
    fraction = (bits & _MASK) * _FRACTION
    if below > CELLS:  # beyond the last knot (probability below 2^-41): the last knot
        below = CELLS
        fraction = 0.0
    if kind == _KINKED and below >= 1:
        cell = tables.cell_start[table] + side * CELLS + below - 1
        first, end = tables.cell_offset[cell], tables.cell_offset[cell + 1]
        if end > first:
            j = first
            while j + 2 < end and tables.kink_position[j + 1] <= fraction:
                j += 1
            p0, p1 = tables.kink_position[j], tables.kink_position[j + 1]
            x0, x1 = tables.kink_value[j], tables.kink_value[j + 1]
            return x0 + (x1 - x0) * (fraction - p0) / (p1 - p0) if p1 > p0 else x1
    knot = tables.start[table] + side * SIDE + below
    low, high = tables.knots[knot + 1], tables.knots[knot]
    return low + fraction * (high - low)


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


@inline
def smooth_quantile(knots: Floats, v: float) -> float:
    """`quantile` of a smooth table, whose knots are given, without a branch."""
    high = v > 0.5
    p = 1.0 - v if high else v
    bits = np.float64(p).view(np.int64)
    below = _TOP - (bits >> _SHIFT)
    fraction = (bits & _MASK) * _FRACTION
    if below > CELLS:
        below = CELLS
        fraction = 0.0
    at = np.uint64(below + (SIDE if high else 0))
    near, far = knots[at + np.uint64(1)], knots[at]
    return near + fraction * (far - near)
