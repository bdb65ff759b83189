"""Sums and order statistics of a column of integers, exactly, without sorting it.

A column is counted into buckets of equal width; only the few values in the buckets that hold a wanted rank are sorted.
Where the buckets are as narrow as 1 (numbers of wins) the counts say all. A column is read three times, a sort of a
million values would move it twenty times.

The kernels are loaded on first use: tables of results are also described where nothing is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Ints

BUCKETS = 1 << 14
"""Their counts stay in the cache."""
FEW = 16_384
"""Values that are sorted at once: below this, buckets cost more."""


@dataclass(frozen=True, slots=True)
class Column:
    """Integers that a kernel can read, with their sum and range."""

    values: Ints
    total: int
    """Exact, however large."""
    least: int
    largest: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """The mean, correctly rounded."""
        return self.total / len(self.values)

    @property
    def variance(self) -> float:
        """Unbiased variance; NaN of a single value."""
        from simfunnel.engine.summary import column_kernels as kernels

        n = len(self.values)
        if n < 2:
            return float("nan")
        return float(kernels.squares(self.values, self.mean)) / (n - 1) if self.largest > self.least else 0.0

    def order_statistics(self, ranks: Sequence[int]) -> Ints:
        """Values of the given ranks; see `order_statistics`."""
        return order_statistics(self, ranks)


def column(values: npt.NDArray[np.integer]) -> Column:
    """Sum a column of integers, shape (n,), n > 0."""
    from simfunnel.engine.summary import column_kernels as kernels

    x = readable(values)
    low, high, least, largest = kernels.sums(x)
    return Column(x, (int(high) << 32) + int(low), int(least), int(largest))


def readable(values: npt.NDArray[np.integer]) -> Ints:
    """Give values as kernels read them: of any other type they would be compiled again."""
    x = np.ascontiguousarray(values, dtype=np.int64)
    return x if x.flags.writeable else x.copy()


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
    from simfunnel.engine.summary import column_kernels as kernels

    x, wanted = of.values, np.asarray(ranks, dtype=np.int64)
    if len(x) < FEW or of.largest - of.least >= 1 << 62:
        return np.asarray(np.sort(x)[wanted])
    shift = max(0, (of.largest - of.least).bit_length() - BUCKETS.bit_length() + 1)
    counts = np.zeros(BUCKETS, dtype=np.int64)
    kernels.count(x, of.least, shift, counts)
    below = np.cumsum(counts)  # values in this bucket and those before it
    bucket = np.searchsorted(below, wanted, side="right")
    if shift == 0:
        return np.asarray(of.least + bucket)
    chosen = np.zeros(BUCKETS, dtype=np.bool_)
    chosen[bucket] = True
    inside = np.where(chosen, counts, 0)
    kept = np.empty(int(inside.sum()), dtype=np.int64)
    kernels.collect(x, of.least, shift, chosen, kept)
    before = np.cumsum(inside) - inside
    rank = before[bucket] + wanted - (below[bucket] - counts[bucket])
    rest = column(kept)
    if len(kept) >= FEW and 2 * (rest.largest - rest.least) <= of.largest - of.least:
        return order_statistics(rest, rank.tolist())  # a long tail had made the buckets wide: it is left behind now
    kept.sort()
    return np.asarray(kept[rank])
