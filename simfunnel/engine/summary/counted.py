"""A column of integers that is too long to be held: its order statistics, exactly, from two readings of it.

The first reading counts into buckets of equal width, laid over the range of a pilot; which buckets hold the wanted
ranks is known then, and the second reading keeps their values only. Equal values are kept once, with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.summary.order_statistics import column, order_statistics, readable
from simfunnel.engine.summary.tally import Tally

OUTSIDE = 0.0005
"""Share of the pilot at either end that need not lie in a bucket of its own."""
FEWEST_BITS, MOST_BITS = 12, 17
"""Of the number of buckets: the more values there are, the narrower they are wanted."""
MOST_WAITING = 1 << 14
"""Values of the second reading that wait to be brought together."""
NOTHING = Tally(0, 0, 0, np.iinfo(np.int64).max, np.iinfo(np.int64).min)


def most_bytes(size: int) -> int:
    """Bytes that the counts of a column of so many values may take."""
    return (8 + 1) * ((2 << _bits(size)) + 3) + 3 * 8 * MOST_WAITING


def _bits(size: int) -> int:
    return min(max(size.bit_length() - 10, FEWEST_BITS), MOST_BITS)


class CountedColumn:
    """Counts of a column that is read in parts.

    Parameters
    ----------
    pilot
        Some of its values, shape (n,), n > 0: they only say where the buckets lie, and are not counted.
    size
        How many values there will be.
    """

    def __init__(self, pilot: Ints, size: int) -> None:
        n = len(pilot)
        at = int(OUTSIDE * n)
        low, high = (int(x) for x in order_statistics(column(pilot), (at, n - 1 - at)))
        self._low = low
        self._shift = max(0, (high - low).bit_length() - _bits(size))
        self._counts = np.zeros(((high - low) >> self._shift) + 3, dtype=np.int64)
        self._chosen = np.zeros(len(self._counts), dtype=np.bool_)
        self._values, self._times = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self._waiting: list[Ints] = []
        self.tally = NOTHING

    def emptied(self) -> CountedColumn:
        """Counts of no value in the same buckets, for other values of the column: see `merge`."""
        other = copy(self)
        other._counts = np.zeros_like(self._counts)
        other._values, other._times, other._waiting = self._values[:0], self._times[:0], []
        other.tally = NOTHING
        return other

    def __getstate__(self) -> dict[str, Any]:
        """Bring counts into as few bytes as hold them: they travel between machines."""
        counts = self._counts.astype(np.min_scalar_type(self._counts.max()))
        packed = counts if self.count else len(counts)
        return {**self.__dict__, "_counts": packed, "_chosen": np.flatnonzero(self._chosen)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        packed, chosen = state["_counts"], state["_chosen"]
        counts = np.zeros(packed, dtype=np.int64) if isinstance(packed, int) else packed.astype(np.int64)
        self.__dict__.update(state, _counts=counts, _chosen=np.zeros(len(counts), dtype=np.bool_))
        self._chosen[chosen] = True

    def kept(self) -> tuple[list[int], tuple[Ints, Ints, Ints]]:
        """Give all that is known of the column, for another process to go on: numbers, and arrays of int64."""
        self.finish()
        t = self.tally
        numbers = [self._low, self._shift, t.count, t.total, t.squares, t.least, t.largest]
        return numbers, (self._counts, self._values, self._times)

    @classmethod
    def again(cls, numbers: Sequence[int], arrays: Sequence[Ints]) -> CountedColumn:
        """Go on from what another process kept.

        Raises
        ------
        ValueError
            If that cannot be.
        """
        low, shift, *of_all = numbers
        counts, values, times = arrays
        tally = Tally(*of_all)
        if len(values) != len(times) or len(counts) < 3 or not 0 <= shift < 64 or int(counts.sum()) != tally.count:
            raise ValueError("counts that do not belong together")
        found = cls.__new__(cls)
        found._low, found._shift, found._counts = low, shift, counts
        found._chosen = np.zeros(len(counts), dtype=np.bool_)
        found._values, found._times, found._waiting = values, times, []
        found.tally = tally
        return found

    @property
    def count(self) -> int:
        """Values that were counted."""
        return self.tally.count

    @property
    def bytes(self) -> int:
        """Of the counts of its buckets."""
        return self._counts.nbytes

    @property
    def mean(self) -> float:
        """Their mean, correctly rounded."""
        return self.tally.mean

    @property
    def variance(self) -> float:
        """Their unbiased variance."""
        return self.tally.variance

    def add(self, values: Ints) -> None:
        """First reading: count some of the values, shape (n,), n > 0."""
        from simfunnel.engine.summary import column_kernels as kernels

        self.tally += Tally.of(values)
        kernels.count_between(readable(values), self._low, self._shift, self._counts)

    def want(self, ranks: Sequence[int]) -> bool:
        """Say which ranks (from 0) are asked for; whether a second reading is needed to know them."""
        buckets = np.searchsorted(np.cumsum(self._counts), np.asarray(ranks), side="right")
        last = len(self._counts) - 1
        for bucket in buckets.tolist():
            if self._shift > 0 or bucket in (0, last):
                self._chosen[bucket] = True
        return bool(self._chosen.any())

    def look(self, values: Ints) -> None:
        """Second reading: keep those of these values that lie where a wanted rank does."""
        from simfunnel.engine.summary import column_kernels as kernels

        kept = np.empty(len(values), dtype=np.int64)
        n = kernels.collect_between(readable(values), self._low, self._shift, self._chosen, kept)
        self._waiting.append(kept[:n].copy())
        if sum(map(len, self._waiting)) > MOST_WAITING:
            self.finish()

    def merge(self, other: CountedColumn) -> None:
        """Add what another has counted, or looked at, in the same buckets."""
        if other.count:
            self.tally += other.tally
            self._counts += other._counts
        other.finish()
        if len(other._values):
            self._bring_together([other._values], [other._times])

    def finish(self) -> None:
        """Bring together what was kept: after the last values of the second reading."""
        self._bring_together([], [])

    def _bring_together(self, values_of: list[Ints], times_of: list[Ints]) -> None:
        values = np.concatenate([self._values, *values_of, *self._waiting])
        once = (np.ones(len(part), dtype=np.int64) for part in self._waiting)
        times = np.concatenate([self._times, *times_of, *once])
        self._values, place = np.unique(values, return_inverse=True)
        self._times = np.zeros(len(self._values), dtype=np.int64)
        np.add.at(self._times, place, times)
        self._waiting = []

    def order_statistics(self, ranks: Sequence[int]) -> Ints:
        """Values of the given ranks (from 0) among the sorted values; of ranks that were wanted.

        Returns
        -------
        ndarray of int64, shape (len(ranks),)
        """
        wanted = np.asarray(ranks, dtype=np.int64)
        below = np.cumsum(self._counts)
        bucket = np.searchsorted(below, wanted, side="right")
        inside = np.where(self._chosen, self._counts, 0)
        rank = (np.cumsum(inside) - inside)[bucket] + wanted - (below - self._counts)[bucket]
        if not len(self._values):
            return np.asarray(self._low + bucket - 1)
        place = np.searchsorted(np.cumsum(self._times), rank, side="right")
        found = self._values[np.minimum(place, len(self._values) - 1)]
        return np.asarray(np.where(self._chosen[bucket], found, self._low + bucket - 1))

    def quantiles(self, q: Floats) -> Floats:
        """Quantiles as the counts tell them: off by the width of a bucket at most, more in the last `OUTSIDE` only."""
        below = np.cumsum(self._counts)
        rank = np.clip(np.asarray(q, dtype=np.float64), 0.0, 1.0) * self.count
        bucket = np.minimum(np.searchsorted(below, rank, side="left"), len(below) - 1)
        first = self._low + (np.arange(len(below)) - 1.0) * 2.0**self._shift
        last = np.append(first[1:] - 1.0, max(self.tally.largest, first[-1]))
        first[0] = min(self.tally.least, last[0])
        share = 1.0 - (below[bucket] - rank) / np.maximum(self._counts[bucket], 1)
        return np.asarray(first[bucket] + share * (last[bucket] - first[bucket]))
