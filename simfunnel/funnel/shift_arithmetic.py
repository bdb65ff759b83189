"""What the operations of a shift do to a number, to a probability and to a distribution: the only place.

`shifted` is plain scalar code: compilation runs it as Python at the mean rates, the kernels compile it and run it once
per trial. One text, so that the two cannot differ.
"""

from __future__ import annotations

import math

from simfunnel.families.changed import Scaled, Shifted
from simfunnel.families.computed import Distribution
from simfunnel.families.fixed.computed import Fixed
from simfunnel.families.never.computed import Never
from simfunnel.funnel.model import Operations
from simfunnel.scenario.schema import Shift

OPERATION_CODES = {"scale": 0, "add": 1, "odds": 2, "set": 3}


def shifted(operations: Operations, start: int, end: int, value: float, low: float = 0.0, high: float = 1.0) -> float:
    """Apply a list of operations to a number, in order; the result is kept within [low, high] after each.

    Parameters
    ----------
    operations
        Codes and values; those from `start` up to `end` are applied.
    value
        A probability, unless other bounds are given.
    """
    x = value
    for i in range(start, end):
        code, by = operations.code[i], operations.value[i]
        if code == 0:
            x = x * by
        elif code == 1:
            x = x + by
        elif code == 2:
            x = x * by / (1.0 - x + x * by)
        else:
            x = by
        x = min(high, max(low, x))
    return x


def coded(shift: Shift) -> tuple[int, float]:
    """A shift as a kernel takes it: (operation code, value)."""
    return OPERATION_CODES[shift.operation], shift.value


def shifted_number(value: float, shift: Shift, low: float = -math.inf) -> float:
    """Apply a shift to a plain number; no result lies below `low`."""
    code, by = coded(shift)
    return shifted(Operations((code,), (by,)), 0, 1, value, low, math.inf)  # type: ignore[arg-type] # as it indexes


def shifted_distribution(base: Distribution, shift: Shift) -> Distribution:
    """Apply a shift (`scale`, `add` or `set`) to all values of a distribution; none falls below 0."""
    if isinstance(base, Never):
        return base
    if isinstance(base, Fixed) or shift.operation == "set" or (shift.operation == "scale" and shift.value == 0):
        return Fixed(shifted_number(base.value if isinstance(base, Fixed) else 0.0, shift, low=0.0))
    return Scaled(base, shift.value) if shift.operation == "scale" else Shifted(base, shift.value)
