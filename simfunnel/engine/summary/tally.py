"""Sums of a column of integers that others can be added to, in any order: the same whoever added what first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.engine.summary.order_statistics import column


@dataclass(frozen=True, slots=True)
class Tally:
    """Number, sum and sum of squares of integers, exact however many and however large they are; and their range."""

    count: int
    total: int
    squares: int
    least: int
    largest: int

    @classmethod
    def of(cls, values: npt.NDArray[np.integer]) -> Tally:
        """Sum values, shape (n,), n > 0, below 2^62 in size."""
        from simfunnel.engine.summary import column_kernels as kernels

        x = column(values)
        words = [int(word) for word in kernels.square_words(x.values)]
        aa, ab, bb = (low + (high << 32) for low, high in zip(words[::2], words[1::2], strict=True))
        return cls(len(x.values), x.total, (aa << 64) + (ab << 33) + bb, x.least, x.largest)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.count + other.count, self.total + other.total, self.squares + other.squares,
            min(self.least, other.least), max(self.largest, other.largest),
        )  # fmt: skip

    @property
    def mean(self) -> float:
        """The mean, correctly rounded."""
        return self.total / self.count

    @property
    def variance(self) -> float:
        """Unbiased variance, correctly rounded; NaN of a single value."""
        n = self.count
        return (n * self.squares - self.total**2) / (n * (n - 1)) if n > 1 else float("nan")
