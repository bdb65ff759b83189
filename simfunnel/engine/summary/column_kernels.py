"""Passes over a column of integers; see `simfunnel.engine.summary.order_statistics`."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.engine.jit import inline, kernel

_HALF = np.int64(32)
_LOW = np.int64(0xFFFFFFFF)


@kernel
def sums(x: Ints) -> tuple[np.int64, np.int64, np.int64, np.int64]:
    """Sum of the lower and of the upper halves of the words, least and largest value."""
    low, high = np.int64(0), np.int64(0)
    least, largest = x[0], x[0]
    for i in range(len(x)):
        low += x[i] & _LOW
        high += x[i] >> _HALF
        least = min(least, x[i])
        largest = max(largest, x[i])
    return low, high, least, largest


@kernel
def squares(x: Ints, mean: float) -> float:
    """Sum of squared deviations from the mean, in eight interleaved parts: always added in this order."""
    a = b = c = d = e = f = g = h = 0.0
    whole = len(x) - len(x) % 8
    for i in range(0, whole, 8):
        a += (x[i] - mean) ** 2
        b += (x[i + 1] - mean) ** 2
        c += (x[i + 2] - mean) ** 2
        d += (x[i + 3] - mean) ** 2
        e += (x[i + 4] - mean) ** 2
        f += (x[i + 5] - mean) ** 2
        g += (x[i + 6] - mean) ** 2
        h += (x[i + 7] - mean) ** 2
    for i in range(whole, len(x)):
        a += (x[i] - mean) ** 2
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@kernel
def count(x: Ints, least: int, shift: int, counts: Ints) -> None:
    """Count the values in buckets of width 2^shift from the least one."""
    for i in range(len(x)):
        counts[np.uint64(x[i] - least) >> np.uint64(shift)] += 1


@kernel
def collect(x: Ints, least: int, shift: int, chosen: Bools, kept: Ints) -> None:
    """Copy the values in the chosen buckets."""
    n = 0
    for i in range(len(x)):
        if chosen[np.uint64(x[i] - least) >> np.uint64(shift)]:
            kept[n] = x[i]
            n += 1


@kernel
def square_words(x: Ints) -> tuple[np.int64, np.int64, np.int64, np.int64, np.int64, np.int64]:
    """Sums of the lower and upper halves of a^2, of a b and of b^2, where a value is 2^32 a + b."""
    aa_low = aa_high = ab_low = ab_high = bb_low = bb_high = np.int64(0)
    for i in range(len(x)):
        a, b = x[i] >> _HALF, x[i] & _LOW
        aa, ab, bb = a * a, a * b, np.uint64(b) * np.uint64(b)
        aa_low += aa & _LOW
        aa_high += aa >> _HALF
        ab_low += ab & _LOW
        ab_high += ab >> _HALF
        bb_low += np.int64(bb & np.uint64(_LOW))
        bb_high += np.int64(bb >> np.uint64(_HALF))
    return aa_low, aa_high, ab_low, ab_high, bb_low, bb_high


@inline
def bucket_of(value: int, low: int, shift: int, last: int) -> int:
    """Bucket of width 2^shift from `low` on, which is bucket 1; 0 is all below it, `last` all above."""
    if value < low:
        return 0
    above = np.uint64(value - low) >> np.uint64(shift)
    return last if above >= np.uint64(last - 1) else 1 + int(above)


@kernel
def count_between(x: Ints, low: int, shift: int, counts: Ints) -> None:
    """Count the values in buckets, those outside in the first and the last."""
    last = len(counts) - 1
    for i in range(len(x)):
        counts[bucket_of(x[i], low, shift, last)] += 1


@kernel
def collect_between(x: Ints, low: int, shift: int, chosen: Bools, kept: Ints) -> int:
    """Copy the values in the chosen buckets; how many there are."""
    n, last = 0, len(chosen) - 1
    for i in range(len(x)):
        if chosen[bucket_of(x[i], low, shift, last)]:
            kept[n] = x[i]
            n += 1
    return n
