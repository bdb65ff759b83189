"""Estimates from independent trials, each with its simulation error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Ints
from simfunnel.engine.summary.order_statistics import Column, column

Z95 = 1.959963984540054
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its standard error."""

    mean: float
    stderr: float


@dataclass(frozen=True, slots=True)
class ExactDetail:
    """How well a distribution computed without simulation is known."""

    bucket: float
    """Width of its grid, in the unit of the values."""
    integration_error: float
    """Of a reported probability: error of the rule's step, or standard error of quasi-random draws."""
    grid_error: float
    """Largest error of a probability that the grid may cause."""
    check: float
    """How far mean and sd read off the grid are from their closed forms, in sd."""
    how: str
    """What was integrated how."""


@dataclass(frozen=True, slots=True)
class DistributionSummary:
    """A distribution in numbers."""

    mean: float
    stderr: float
    """Standard error of the mean: simulation error, not the spread."""
    sd: float
    """The spread."""
    quantiles: Mapping[float, float]
    """Q(q), the smallest x with P(X <= x) >= q."""
    quantile_intervals: Mapping[float, tuple[float, float]]
    """95 % intervals of the quantiles, by order statistics."""
    exact: ExactDetail | None = None
    """Errors of an exact forecast; None of a simulation."""


@dataclass(frozen=True, slots=True)
class Attainment:
    """Chance of reaching a target."""

    probability: float
    stderr: float
    interval: tuple[float, float]
    """95 % Wilson interval; useful where the probability is near 0 or 1 and the standard error is not."""
    mean_shortfall: float
    """Mean of max(0, target - bookings)."""
    mean_shortfall_stderr: float
    mean_ratio: float
    """Mean bookings / target."""
    mean_ratio_stderr: float


Values = npt.NDArray[np.integer]


class Moments(Protocol):
    """Integers whose mean and variance are known, held or not."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def mean(self) -> float:
        """Their mean."""

    @property
    def variance(self) -> float:
        """Their unbiased variance."""


class Sorted(Moments, Protocol):
    """Integers of which order statistics are known too."""

    def order_statistics(self, ranks: Sequence[int]) -> Ints:
        """Values of ranks from 0."""


def estimate(samples: Values | Moments, unit: float = 1.0) -> Estimate:
    """Mean of integer samples and its standard error, divided by `unit`."""
    of = column(samples) if isinstance(samples, np.ndarray) else samples
    return Estimate(of.mean / unit, math.sqrt(of.variance) / math.sqrt(of.count) / unit)


def order_interval(n: int, q: float) -> tuple[int, int]:
    """Ranks (from 0) of the order statistics that enclose the q-quantile with 95 % confidence.

    The number of samples below the quantile is Binomial(n, q); its normal approximation, widened by half a rank.
    """
    half = Z95 * math.sqrt(n * q * (1 - q)) + 0.5
    low = math.floor(n * q - half) - 1
    high = math.ceil(n * q + half) - 1
    return max(0, low), min(n - 1, high)


def quantile_rank(n: int, q: float) -> int:
    """Rank (from 0) of Q(q) among n sorted samples: the smallest x with at least n q samples <= x."""
    return min(n - 1, max(0, math.ceil(n * q - 1e-9) - 1))


def wanted_ranks(n: int, quantiles: Sequence[float] = QUANTILES) -> list[int]:
    """Ranks (from 0) that a summary of n samples reads: of each quantile, and of the ends of its interval."""
    return [rank for q in quantiles for rank in (quantile_rank(n, q), *order_interval(n, q))]


def summarise(
    samples: Values | Sorted, unit: float = 1.0, quantiles: Sequence[float] = QUANTILES
) -> DistributionSummary:
    """Summarise integer samples, divided by `unit`."""
    of = column(samples) if isinstance(samples, np.ndarray) else samples
    n = of.count
    first = estimate(of, unit)
    found = (of.order_statistics(wanted_ranks(n, quantiles)) / unit).tolist()
    return DistributionSummary(
        mean=first.mean,
        stderr=first.stderr,
        sd=first.stderr * math.sqrt(n),
        quantiles=dict(zip(quantiles, found[::3], strict=True)),
        quantile_intervals=dict(zip(quantiles, zip(found[1::3], found[2::3], strict=True), strict=True)),
    )


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a probability (Wilson 1927)."""
    p, z2 = hits / n, Z95 * Z95
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return (0.0 if hits == 0 else max(0.0, centre - half), 1.0 if hits == n else min(1.0, centre + half))


def attainment(samples: Values | Column, target: float, unit: float) -> Attainment:
    """Chance that samples / unit reach `target`."""
    of = samples if isinstance(samples, Column) else column(samples)
    n = of.count
    goal = goal_of(target, unit)
    within = goal <= np.iinfo(np.int64).max  # else it is more than bookings can be, and no number to calculate with
    hits = int(np.count_nonzero(of.values >= goal)) if within else 0
    mean = estimate(of, unit)
    if hits == n:
        short = Estimate(0.0, 0.0)
    elif within:
        short = estimate(np.maximum(goal - of.values, 0), unit)
    else:
        short = Estimate(target - mean.mean, mean.stderr)
    return attainment_of(hits, n, mean, short, target)


def goal_of(target: float, unit: float) -> int:
    """Least number of minor units that reaches a target."""
    return math.ceil(target * unit - 1e-6)


def attainment_of(hits: int, n: int, mean: Estimate, short: Estimate, target: float) -> Attainment:
    """Chance of a target that `hits` of n trials reach, with the mean of all and of what is short of it."""
    p = hits / n
    return Attainment(
        probability=p, stderr=math.sqrt(p * (1 - p) / n), interval=wilson_interval(hits, n),
        mean_shortfall=short.mean, mean_shortfall_stderr=short.stderr,
        mean_ratio=mean.mean / target, mean_ratio_stderr=mean.stderr / target,
    )  # fmt: skip
