"""Runs of deals with listed amounts and tabulated win probabilities: the innermost loops of `outcomes`.

A deal's amount and a one that counts its win share one word, so that a win is one addition under a mask. Two trials go
over the deals together: they share the keys, amounts and timings, and their chains of operations overlap. Runs are
padded to whole vectors with deals that are never won. Nothing is stored inside the loops, so that LLVM needs no proof
that arrays do not overlap; the loops over deals go over views that start at 0, or they would not be vectorised.
"""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Floats, Ints, Words
from simfunnel.engine.draws.streams import trial_state, uniform
from simfunnel.engine.jit import inline, kernel

WIDTH = 8
"""Runs are padded to a multiple of this: deals in a vector of 512 bits."""
AMOUNT_BITS = 43
"""Bits of a word that hold amounts; those above count wins."""
ONE_WIN = np.int64(1) << AMOUNT_BITS
MOST_AMOUNT = 1 << AMOUNT_BITS
MOST_DEALS = 1 << 19
"""A run whose amounts sum to less, with fewer deals, can be packed."""
_AMOUNT_MASK = np.int64(MOST_AMOUNT - 1)
_SHIFT = np.int64(AMOUNT_BITS)


@inline
def knot_of(factor: float, reach: float, per_unit: float, knots: int) -> tuple[int, float]:
    """Knot below a factor, and how far the factor lies towards the next one."""
    at = (factor + reach) * per_unit
    knot = min(max(int(at), 0), knots - 2)
    return knot, at - knot


@kernel
def two_periods(
    key: Words, packed: Ints, knots: Floats, start: int, end: int, factor: Floats, reach: float, per_unit: float,
    before_0: Floats, before_1: Floats, first: int, won: Ints,
) -> None:  # fmt: skip
    """Packed bookings and wins before the end of two periods: rows 0 and 1 of `won` (periods, B)."""
    n, size = len(key), len(factor)
    for t in range(0, size, 2):
        v = min(t + 1, size - 1)  # the last trial of an odd block is computed twice
        knot, part = knot_of(factor[t], reach, per_unit, knots.shape[0])
        low, high = knots[knot, start:end], knots[knot + 1, start:end]
        knot, other_part = knot_of(factor[v], reach, per_unit, knots.shape[0])
        other_low, other_high = knots[knot, start:end], knots[knot + 1, start:end]
        trial, other = np.uint64(first + t), np.uint64(first + v)
        a0 = a1 = b0 = b1 = np.int64(0)
        for i in range(n):
            w = low[i] + part * (high[i] - low[i])
            u = uniform(trial_state(key[i], trial))
            a0 += packed[i] if u < w * before_0[i] else np.int64(0)
            a1 += packed[i] if u < w * before_1[i] else np.int64(0)
            w = other_low[i] + other_part * (other_high[i] - other_low[i])
            u = uniform(trial_state(key[i], other))
            b0 += packed[i] if u < w * before_0[i] else np.int64(0)
            b1 += packed[i] if u < w * before_1[i] else np.int64(0)
        won[0, t], won[1, t] = a0, a1
        won[0, v], won[1, v] = b0, b1


@kernel
def four_periods(
    key: Words, packed: Ints, knots: Floats, start: int, end: int, factor: Floats, reach: float, per_unit: float,
    before_0: Floats, before_1: Floats, before_2: Floats, before_3: Floats, first: int, won: Ints,
) -> None:  # fmt: skip
    """As `two_periods`, for four: one draw and one win probability serve all."""
    n, size = len(key), len(factor)
    for t in range(0, size, 2):
        v = min(t + 1, size - 1)
        knot, part = knot_of(factor[t], reach, per_unit, knots.shape[0])
        low, high = knots[knot, start:end], knots[knot + 1, start:end]
        knot, other_part = knot_of(factor[v], reach, per_unit, knots.shape[0])
        other_low, other_high = knots[knot, start:end], knots[knot + 1, start:end]
        trial, other = np.uint64(first + t), np.uint64(first + v)
        a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = np.int64(0)
        for i in range(n):
            w = low[i] + part * (high[i] - low[i])
            u = uniform(trial_state(key[i], trial))
            a0 += packed[i] if u < w * before_0[i] else np.int64(0)
            a1 += packed[i] if u < w * before_1[i] else np.int64(0)
            a2 += packed[i] if u < w * before_2[i] else np.int64(0)
            a3 += packed[i] if u < w * before_3[i] else np.int64(0)
            w = other_low[i] + other_part * (other_high[i] - other_low[i])
            u = uniform(trial_state(key[i], other))
            b0 += packed[i] if u < w * before_0[i] else np.int64(0)
            b1 += packed[i] if u < w * before_1[i] else np.int64(0)
            b2 += packed[i] if u < w * before_2[i] else np.int64(0)
            b3 += packed[i] if u < w * before_3[i] else np.int64(0)
        won[0, t], won[1, t], won[2, t], won[3, t] = a0, a1, a2, a3
        won[0, v], won[1, v], won[2, v], won[3, v] = b0, b1, b2, b3


@kernel
def packed_run(
    key: Words, packed: Ints, knots: Floats, start: int, end: int, factor: Floats, reach: float, per_unit: float,
    before: Floats, first: int, booked: Ints, won: Ints,
) -> None:  # fmt: skip
    """Bookings and wins of a run by period, (K, B); `won` has three more rows to work in."""
    periods = before.shape[0]
    last = periods - 1
    k = 0
    while k < periods:
        left = periods - k
        rows = won[k : k + 4]
        if left <= 2:
            two_periods(
                key, packed, knots, start, end, factor, reach, per_unit,
                before[k, start:end], before[min(k + 1, last), start:end], first, rows,
            )  # fmt: skip
            k += 2
        else:
            four_periods(
                key, packed, knots, start, end, factor, reach, per_unit,
                before[k, start:end], before[k + 1, start:end], before[k + 2, start:end],
                before[min(k + 3, last), start:end], first, rows,
            )  # fmt: skip
            k += 4
    for j in range(periods):
        k = last - j
        word, into = won[k], booked[k]
        if k > 0:
            earlier = won[k - 1]
            for t in range(len(factor)):
                word[t] -= earlier[t]
        for t in range(len(factor)):
            into[t] = word[t] & _AMOUNT_MASK
            word[t] >>= _SHIFT
