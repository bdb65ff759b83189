"""A forecast known by sums and counts of its trials: as exact as the trials themselves, in a fraction of the memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.kinds import BOOKINGS, CASH, WINS
from simfunnel.engine.summary.counted import CountedColumn
from simfunnel.engine.summary.tally import Tally
from simfunnel.errors import InputError
from simfunnel.forecast.estimates import (
    Attainment,
    Estimate,
    attainment_of,
    estimate,
    order_interval,
    summarise,
)
from simfunnel.forecast.known import Numbers, over

OPEN, NEW = "open", "new"


@dataclass(frozen=True, slots=True)
class CountedGoal:
    """How often a target was reached, and what was short of it."""

    target: float
    """Major units."""
    hits: int
    short: Tally | None
    """Of max(0, target - bookings), minor units; None where the target is more than bookings can be."""

    def __add__(self, other: CountedGoal) -> CountedGoal:
        if self.short is None or other.short is None:
            return self
        return CountedGoal(self.target, self.hits + other.hits, self.short + other.short)


@dataclass(frozen=True, slots=True)
class Counted:
    """Sums and counts of bookings, wins and cash of every group and period; money in minor units.

    It knows the same numbers of each of them as the trials do, not which trial had which: what takes trials is refused.
    """

    columns: Mapping[tuple[int, int, str], CountedColumn]
    """(group, period, kind) -> column, closed wins included; the number of periods stands for the total."""
    parts: Mapping[tuple[int, int, str], Tally]
    """(group, period, open or new) -> bookings."""
    goals: Mapping[tuple[int, int], CountedGoal]
    closed: Ints
    """(G, K) bookings won before as_of."""
    closed_wins: Ints
    """(G, K)"""
    minor_units: int
    trials: int

    def mean(self, g: int, k: int) -> Estimate:
        """Mean bookings."""
        return estimate(self.columns[g, k, BOOKINGS], self.minor_units)

    def quantiles(self, q: Floats, g: int, k: int) -> Floats:
        """Smallest x with P(bookings <= x) >= q, for each q, to the width of a bucket of the counts.

        Those of a summary are exact: see `numbers`.
        """
        return np.asarray(self.columns[g, k, BOOKINGS].quantiles(q) / self.minor_units)

    def quantile_interval(self, q: float, g: int, k: int) -> tuple[float, float]:
        """95 % interval of a quantile, by order statistics; as exact as `quantiles`."""
        n = self.trials
        ranks = np.array(order_interval(n, q)) + 1
        low, high = self.quantiles(ranks / n, g, k).tolist()
        return low, high

    def attainment(self, g: int, k: int, target: float) -> Attainment:
        """Chance that bookings reach a target of the scenario. Raises InputError for any other: it was not counted."""
        goal = self.goals.get((g, k))
        if goal is None or goal.target != target:
            raise InputError(
                f"the chance of {target:g} was not counted: trials that are not kept are asked about targets of the "
                "scenario only; add it to `targets`, or keep the samples"
            )
        mean = self.mean(g, k)
        if goal.short is None:
            short = Estimate(target - mean.mean, mean.stderr)
        elif goal.hits == self.trials:
            short = Estimate(0.0, 0.0)
        else:
            short = estimate(goal.short, self.minor_units)
        return attainment_of(goal.hits, self.trials, mean, short, target)

    def numbers(self, g: int, k: int, target: float | None) -> Numbers:
        """Summaries of bookings, wins and cash, the parts of the mean, and the chance of the target."""
        unit, closed = float(self.minor_units), over(self.closed[g], k)
        cash = self.columns.get((g, k, CASH))
        return Numbers(
            bookings=summarise(self.columns[g, k, BOOKINGS], unit),
            wins=summarise(self.columns[g, k, WINS]),
            cash=None if cash is None else summarise(cash, unit),
            by_origin={
                "closed": Estimate(closed / unit, 0.0),
                "open": estimate(self.parts[g, k, OPEN], unit),
                "new": estimate(self.parts[g, k, NEW], unit),
            },
            attainment=None if target is None else self.attainment(g, k, target),
        )
