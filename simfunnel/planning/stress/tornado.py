"""Every assumption down and up, one at a time, under common random numbers: which of them matter."""

from __future__ import annotations

from dataclasses import dataclass

from simfunnel.planning.pairs.differences import Difference, compare_forecasts
from simfunnel.planning.pairs.goal import Goal
from simfunnel.planning.pairs.paired import PairedForecasts
from simfunnel.planning.stress.assumptions import Assumption

TORNADO_SHARE = 4
"""One trial in so many of the base's is run for each end of a bar: paired differences need fewer."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One assumption moved down and up."""

    assumption: Assumption
    mean_low: float
    mean_high: float
    p_low: float | None
    """None without a target."""
    p_high: float | None
    low: Difference
    """Moved down minus base, with its own error."""
    high: Difference

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


def tornado_bar(pairs: PairedForecasts, goal: Goal, mean: float, p: float | None, assumption: Assumption) -> Bar:
    """Move one assumption.

    Parameters
    ----------
    pairs
        Pairs of as many trials as each end of the bar is to have.
    goal
        Period and target.
    mean, p
        Of the base in all its trials: the ends are these plus the paired differences.
    """
    ends = []
    for value in (assumption.low, assumption.high):
        base, moved = pairs.pair(assumption.at(value))
        ends.append(compare_forecasts(base, moved, goal.index, goal.target))
    low, high = ends
    return Bar(
        assumption, mean + low.mean.mean, mean + high.mean.mean, _probability(p, low), _probability(p, high), low, high
    )


def _probability(p: float | None, moved: Difference) -> float | None:
    return None if p is None or moved.p_attain is None else min(max(p + moved.p_attain.mean, 0.0), 1.0)
