"""A forecast known by its distributions, each with the errors that are stated of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.forecast.estimates import QUANTILES, Attainment, DistributionSummary, Estimate, ExactDetail
from simfunnel.forecast.known import Numbers, over

if TYPE_CHECKING:
    from simfunnel.engine.exact.solve import SolvedDistribution

T95 = 2.364624251592785
"""Student's t, 7 degrees of freedom: 95 % interval from 8 replicates."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Distributions of bookings, wins and cash of every group and period. Money in minor units.

    It knows each of them, not how they go together: what takes trials is refused.
    """

    distributions: Mapping[tuple[int, int, str], SolvedDistribution]
    """(group, period, kind) -> distribution, closed wins not included; the number of periods stands for the total."""
    closed: Ints
    """(G, K) bookings won before as_of."""
    closed_wins: Ints
    """(G, K)"""
    minor_units: int

    def __getitem__(self, key: tuple[int, int, str]) -> SolvedDistribution:
        return self.distributions[key]

    @property
    def trials(self) -> int:
        """None: there are no trials."""
        return 0

    def mean(self, g: int, k: int) -> Estimate:
        """Mean bookings, in closed form given what deals share."""
        found, unit = self.distributions[g, k, BOOKINGS], float(self.minor_units)
        mean, error = (float(x) for x in found.combine(found.open + found.new))
        return Estimate((mean + over(self.closed[g], k)) / unit, error / unit if found.replicated else 0.0)

    def quantiles(self, q: Floats, g: int, k: int) -> Floats:
        """Smallest x with P(bookings <= x) >= q, for each q."""
        found = self.distributions[g, k, BOOKINGS].distribution
        return np.asarray((found.quantiles(np.asarray(q)) + over(self.closed[g], k)) / self.minor_units)

    def quantile_interval(self, q: float, g: int, k: int) -> tuple[float, float]:
        """As far as the stated error of a probability may move a quantile."""
        error = self.stated_error(g, k)
        low, high = self.quantiles(np.array([max(q - error, 1e-9), min(q + error, 1 - 1e-9)]), g, k).tolist()
        return low, high

    def stated_error(self, g: int, k: int) -> float:
        """Largest error of a probability of bookings: of the integral over what is shared, and of the grid."""
        return self.distributions[g, k, BOOKINGS].stated_error

    def attainment(self, g: int, k: int, target: float) -> Attainment:
        """Chance that bookings reach a target."""
        found, unit, closed = self.distributions[g, k, BOOKINGS], self.minor_units, over(self.closed[g], k)
        goal = math.ceil(target * unit - 1e-6) - closed
        rows = found.distribution.reaches(goal) if goal > 0 else np.ones(len(found.open))
        p, error = (float(x) for x in found.combine(rows))
        stderr = error if found.replicated else 0.0
        half = T95 * stderr
        short = found.combine(found.distribution.shortfall(goal) if goal > 0 else np.zeros(len(rows)))
        shortfall, short_error = (float(x) / unit for x in short)
        mean = self.mean(g, k)
        return Attainment(
            probability=p, stderr=stderr, interval=(max(0.0, p - half), min(1.0, p + half)),
            mean_shortfall=shortfall, mean_shortfall_stderr=short_error if found.replicated else 0.0,
            mean_ratio=mean.mean / target, mean_ratio_stderr=mean.stderr / target,
        )  # fmt: skip

    def numbers(self, g: int, k: int, target: float | None) -> Numbers:
        """Summaries of bookings, wins and cash, the parts of the mean, and the chance of the target."""
        return Numbers(
            bookings=self._summary(g, k, BOOKINGS),
            wins=self._summary(g, k, WINS),
            cash=self._summary(g, k, CASH) if (g, k, CASH) in self.distributions else None,
            by_origin=self._origins(g, k),
            attainment=None if target is None else self.attainment(g, k, target),
        )

    def _summary(self, g: int, k: int, kind: str) -> DistributionSummary:
        found = self.distributions[g, k, kind]
        unit = 1.0 if kind == WINS else float(self.minor_units)
        shift = 0 if kind == CASH else over(self.closed_wins[g] if kind == WINS else self.closed[g], k)
        mean, error = (float(x) for x in found.combine(found.open + found.new))
        variance, _ = found.combine(found.variance)
        values = {q: found.distribution.quantile(q) + shift for q in QUANTILES}
        return DistributionSummary(
            mean=(mean + shift) / unit,
            stderr=error / unit if found.replicated else 0.0,
            sd=math.sqrt(max(float(variance), 0.0)) / unit,
            quantiles={q: x / unit for q, x in values.items()},
            quantile_intervals={q: _interval(found, q, x - shift, shift, unit) for q, x in values.items()},
            exact=ExactDetail(
                bucket=found.distribution.buckets.width / unit, integration_error=found.integration_error,
                grid_error=found.grid_error, check=found.check, how=found.how,
            ),
        )  # fmt: skip

    def _origins(self, g: int, k: int) -> dict[str, Estimate]:
        found, unit = self.distributions[g, k, BOOKINGS], float(self.minor_units)

        def part(rows: Floats) -> Estimate:
            mean, error = (float(x) for x in found.combine(rows))
            return Estimate(mean / unit, error / unit if found.replicated else 0.0)

        closed = Estimate(over(self.closed[g], k) / unit, 0.0)
        return {"closed": closed, "open": part(found.open), "new": part(found.new)}


def _interval(found: SolvedDistribution, q: float, value: float, shift: int, unit: float) -> tuple[float, float]:
    """95 % interval of a quantile: where P(X <= x) moves by 2.36 standard errors over the replicates."""
    if not found.replicated:
        return (value + shift) / unit, (value + shift) / unit
    _, error = found.combine(found.distribution.below(np.array([value])))
    half = T95 * float(error[0])
    low, high = (found.distribution.quantile(min(max(q + s * half, 1e-9), 1 - 1e-9)) for s in (-1, 1))
    return (low + shift) / unit, (high + shift) / unit
