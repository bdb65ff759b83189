"""One of the two forecasts of an answer in numbers, each found once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.forecast.estimates import Z95, Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.forecast.known import Numbers
from simfunnel.planning.pairs.differences import bookings
from simfunnel.planning.pairs.goal import Goal


@dataclass(frozen=True)
class Side:
    """A forecast, and what is shown of the period of a goal."""

    forecast: Forecast
    goal: Goal
    numbers: Numbers
    values: Floats
    """Bookings of every trial in ascending order, major units."""

    @property
    def mean(self) -> Estimate:
        """Mean bookings."""
        return Estimate(self.numbers.bookings.mean, self.numbers.bookings.stderr)

    @property
    def by_origin(self) -> dict[str, Estimate]:
        """Parts of the mean."""
        return dict(self.numbers.by_origin)

    def quantile(self, q: float) -> Estimate:
        """A quantile of the bookings that forecasts summarise, and its standard error by its interval."""
        low, high = self.numbers.bookings.quantile_intervals[q]
        return Estimate(self.numbers.bookings.quantiles[q], (high - low) / (2 * Z95))


def side_of(forecast: Forecast, goal: Goal) -> Side:
    """Find the numbers of a forecast."""
    values = np.sort(bookings(forecast, goal.index)) / forecast.minor_units
    return Side(forecast, goal, forecast.known.numbers(0, goal.index, goal.target), np.asarray(values))
