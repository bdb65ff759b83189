"""Rounding of numbers that are shown."""

from __future__ import annotations

import decimal


def rounded(value: float, scale: float, digits: int) -> str:
    """Write an amount in units of a scale; a half goes away from 0, so that languages of other scales agree."""
    step = decimal.Decimal(1).scaleb(-digits)
    # ten digits: what is a half but for the rounding of a sum is a half
    exact = decimal.Decimal(f"{value:.10g}") / decimal.Decimal(int(scale))
    return str(exact.quantize(step, decimal.ROUND_HALF_UP))
