"""Every assumption down and up, one at a time, under common random numbers: which of them matter."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.forecast.estimates import Estimate
from simfunnel.forecast.forecast import Forecast
from simfunnel.planning.pairs.differences import Difference, bookings, compare_forecasts, moved_from
from simfunnel.planning.pairs.goal import Goal
from simfunnel.planning.pairs.paired import PairedForecasts
from simfunnel.planning.stress.assumptions import Assumption

TORNADO_SHARE = 4
"""One trial in so many of the base's is run for each end of a bar: paired differences need fewer."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One assumption moved down and up."""

    assumption: Assumption
    mean_low_estimate: Estimate
    """Mean bookings, major units, with its simulation error; moved down."""
    mean_high_estimate: Estimate
    p_low_estimate: Estimate | None
    """P(attain) with its simulation error; None without a target."""
    p_high_estimate: Estimate | None
    low: Difference
    """Moved down minus base, with its own error."""
    high: Difference

    @property
    def mean_low(self) -> float:
        """Mean bookings, moved down."""
        return self.mean_low_estimate.mean

    @property
    def mean_high(self) -> float:
        """Mean bookings, moved up."""
        return self.mean_high_estimate.mean

    @property
    def p_low(self) -> float | None:
        """P(attain), moved down; None without a target."""
        return None if self.p_low_estimate is None else self.p_low_estimate.mean

    @property
    def p_high(self) -> float | None:
        """P(attain), moved up; None without a target."""
        return None if self.p_high_estimate is None else self.p_high_estimate.mean

    @property
    def swing(self) -> tuple[float, float]:
        """How much it matters: in P(attain), then in money."""
        p = 0.0 if self.p_low is None or self.p_high is None else abs(self.p_high - self.p_low)
        return p, abs(self.mean_high - self.mean_low)

    @property
    def rises(self) -> bool:
        """Whether more of it is better."""
        if self.p_low is not None and self.p_high is not None and self.p_low != self.p_high:
            return self.p_high > self.p_low
        return self.mean_high >= self.mean_low

    @property
    def idle(self) -> bool:
        """Whether it moves nothing."""
        return self.swing == (0.0, 0.0)


def tornado_bar(long: Forecast, pairs: PairedForecasts, goal: Goal, assumption: Assumption) -> Bar:
    """Move one assumption.

    Parameters
    ----------
    long
        The base in all its trials: corrects what the shorter base of the pairs happens to miss of it.
    pairs
        Pairs of as many trials as each end of the bar is to have.
    goal
        Period and target.
    """
    k, unit = goal.index, float(long.minor_units)
    moved_by: list[tuple[Difference, Estimate, Estimate | None]] = []
    for value in (assumption.low, assumption.high):
        base, moved = pairs.pair(assumption.at(value))
        three = bookings(long, k), bookings(base, k), bookings(moved, k)
        p = None if goal.target is None else moved_from(*three, unit, goal.target)
        moved_by.append((compare_forecasts(base, moved, k, goal.target), moved_from(*three, unit, None), p))
    (low, mean_low, p_low), (high, mean_high, p_high) = moved_by
    return Bar(assumption, mean_low, mean_high, p_low, p_high, low, high)
