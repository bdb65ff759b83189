"""Sums and order statistics of a column of integers, exactly, without sorting it.

A column is counted into buckets of equal width; only the few values in the buckets that hold a wanted rank are sorted.
Where the buckets are as narrow as 1 (numbers of wins) the counts say all. A column is read three times, a sort of a
million values would move it twenty times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.engine.jit import kernel
from simfunnel.funnel.model import Bools, Ints

BUCKETS = 1 << 14
"""Their counts stay in the cache."""
FEW = 16_384
"""Values that are sorted at once: below this, buckets cost more."""
_HALF = np.int64(32)
_LOW = np.int64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Column:
    """Integers that a kernel can read, with their sum and range."""

    values: Ints
    total: int
    """Exact, however large."""
    least: int
    largest: int

    @property
    def mean(self) -> float:
        """The mean, correctly rounded."""
        return self.total / len(self.values)

    @property
    def variance(self) -> float:
        """Unbiased variance; NaN of a single value."""
        n = len(self.values)
        if n < 2:
            return float("nan")
        return float(_squares(self.values, self.mean)) / (n - 1) if self.largest > self.least else 0.0


def column(values: npt.NDArray[np.integer]) -> Column:
    """Sum a column of integers, shape (n,), n > 0."""
    x = np.ascontiguousarray(values, dtype=np.int64)
    if not x.flags.writeable:  # of another type to a kernel, which would be compiled again
        x = x.copy()
    low, high, least, largest = _sums(x)
    return Column(x, (int(high) << 32) + int(low), int(least), int(largest))


def order_statistics(of: Column, ranks: Sequence[int]) -> Ints:
    """Values of the given ranks (from 0) among the sorted values of a column.

    Parameters
    ----------
    of
        The column.
    ranks
        In any order, each below the number of values.

    Returns
    -------
    ndarray of int64, shape (len(ranks),)
    """
    x, wanted = of.values, np.asarray(ranks, dtype=np.int64)
    if len(x) < FEW or of.largest - of.least >= 1 << 62:
        return np.asarray(np.sort(x)[wanted])
    shift = max(0, (of.largest - of.least).bit_length() - BUCKETS.bit_length() + 1)
    counts = np.zeros(BUCKETS, dtype=np.int64)
    _count(x, of.least, shift, counts)
    below = np.cumsum(counts)  # values in this bucket and those before it
    bucket = np.searchsorted(below, wanted, side="right")
    if shift == 0:
        return np.asarray(of.least + bucket)
    chosen = np.zeros(BUCKETS, dtype=np.bool_)
    chosen[bucket] = True
    inside = np.where(chosen, counts, 0)
    kept = np.empty(int(inside.sum()), dtype=np.int64)
    _collect(x, of.least, shift, chosen, kept)
    before = np.cumsum(inside) - inside
    rank = before[bucket] + wanted - (below[bucket] - counts[bucket])
    rest = column(kept)
    if len(kept) >= FEW and 2 * (rest.largest - rest.least) <= of.largest - of.least:
        return order_statistics(rest, rank.tolist())  # a long tail had made the buckets wide: it is left behind now
    kept.sort()
    return np.asarray(kept[rank])


@kernel
def _sums(x: Ints) -> tuple[np.int64, np.int64, np.int64, np.int64]:
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
def _squares(x: Ints, mean: float) -> float:
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
def _count(x: Ints, least: int, shift: int, counts: Ints) -> None:
    """Count the values in buckets of width 2^shift from the least one."""
    for i in range(len(x)):
        counts[np.uint64(x[i] - least) >> np.uint64(shift)] += 1


@kernel
def _collect(x: Ints, least: int, shift: int, chosen: Bools, kept: Ints) -> None:
    """Copy the values in the chosen buckets."""
    n = 0
    for i in range(len(x)):
        if chosen[np.uint64(x[i] - least) >> np.uint64(shift)]:
            kept[n] = x[i]
            n += 1
