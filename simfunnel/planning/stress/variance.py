"""Where the variance of a forecast comes from: nested and additive.

With U the unknown rates and levels, F the factors and the pace, X the bookings to come,
Var X = Var E[X | U] + E Var(E[X | U, F] | U) + E Var(open | U, F) + E Var(new | U, F):
what better data would settle, good and bad times, the luck of the open deals, the luck of new business. Given U and F
deals are independent, so the inner means and variances are closed forms; only U and F are sampled, by quasi-random
points. The first term is the covariance of E[X | U, F] and E[X | U, F'] over independent F and F' (Sobol 1993).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.book.book import Book
from simfunnel.engine.exact.kinds import BOOKINGS
from simfunnel.engine.exact.nodes.nodes import REPLICATES, no_dimension, quasi_random
from simfunnel.engine.exact.nodes.shared import FACTORS, PACE, Dimension, Part, state_at
from simfunnel.engine.exact.wins.conditional import conditional
from simfunnel.engine.exact.wins.timing import WinTiming
from simfunnel.forecast.estimates import Estimate
from simfunnel.funnel.book import Compiled
from simfunnel.funnel.copies import with_timing_at_mean_rates
from simfunnel.funnel.model import ALL
from simfunnel.planning.pairs.goal import Goal

POINTS = 512
"""Quasi-random points of each of 8 replicates."""
_CHUNK = 256
PACE_NODES = 33
"""Nodes of the pace between which the timing is taken as straight: a third of a standard deviation apart."""
PARTS = ("rates_and_levels", "factors_and_pace", "open_deals", "new_business")
TITLES = {
    "rates_and_levels": "unknown rates and levels",
    "factors_and_pace": "good and bad times, pace",
    "open_deals": "luck of the open deals",
    "new_business": "luck of new business",
}


@dataclass(frozen=True)
class VarianceSplit:
    """The parts of the variance of the bookings of a period; they add up to `total` by construction."""

    parts: dict[str, Estimate]
    """Part -> variance (major units squared), with its error from the replicates; one of 0 may come out below it."""
    total: float

    @property
    def sd(self) -> float:
        """Standard deviation of the bookings, major units."""
        return float(np.sqrt(self.total))

    def share(self, part: str) -> float:
        """Share of the total."""
        return self.parts[part].mean / self.total if self.total > 0 else 0.0


def variance_split(compiled: Compiled, goal: Goal, seed: int, points: int = POINTS) -> VarianceSplit:
    """Split the variance of the bookings of a period.

    Parameters
    ----------
    compiled
        The scenario, compiled.
    goal
        The period; the number of periods stands for all together.
    seed
        Of the shifts of the quasi-random points.
    points
        Points of each of the 8 replicates, a power of two.
    """
    model, unit = compiled.model, compiled.book.minor_units
    part = Part.of_group(model, ALL)
    timing = WinTiming(with_timing_at_mean_rates(model), paces=PACE_NODES)
    everything = part.dimensions(money=True)
    moving = tuple(d for d in everything if d.kind in (*FACTORS, PACE))
    unknown = tuple(d for d in everything if d not in moving)
    dimensions = len(unknown) + 2 * len(moving)
    z = quasi_random(dimensions, points, seed).z if dimensions else no_dimension().z
    # the first coordinates of quasi-random points fill space best: they go to the market factor and its like
    f, u, other = np.split(z, [len(moving), len(everything)], axis=1)
    order = (*unknown, *moving)
    mean, v_open, v_new = _moments(part, timing, goal, order, np.hstack([u, f]))
    again = mean
    if moving and unknown:
        again, _, _ = _moments(part, timing, goal, order, np.hstack([u, other]))
    rows = REPLICATES if dimensions else 1
    x, y, a, b = (v.reshape(rows, -1) / unit**k for v, k in zip(
        (mean, again, v_open, v_new), (1, 1, 2, 2), strict=True))  # fmt: skip
    spread = (0.5 * (x**2 + y**2)).mean(axis=1) - (0.5 * (x + y)).mean() ** 2
    if not unknown:
        known = np.zeros(rows)
    elif not moving:
        known = spread
    else:
        known = (x * y).mean(axis=1) - (0.5 * (x + y)).mean() ** 2
    found = (known, spread - known, a.mean(axis=1), b.mean(axis=1))
    # the error of a part near 0 may put it below 0: cut there, the total would be too large
    values = [float(v.mean()) for v in found]
    errors = [float(v.std(ddof=1) / np.sqrt(rows)) if rows > 1 else 0.0 for v in found]
    parts = {name: Estimate(v, e) for name, v, e in zip(PARTS, values, errors, strict=True)}
    return VarianceSplit(parts, max(0.0, float(sum(values))))


def _moments(
    part: Part, timing: WinTiming, goal: Goal, dimensions: tuple[Dimension, ...], z: Floats
) -> tuple[Floats, Floats, Floats]:
    """Mean, variance of the open deals and variance of new business at each node, minor units."""
    model = part.model
    none = part.streams[:0]
    halves = (Part(model, part.deals, none, part.closed), Part(model, none, part.streams, part.closed[:0]))
    books = [Book(half, BOOKINGS) for half in halves]
    found = []
    for start in range(0, len(z), _CHUNK):
        state = state_at(model, dimensions, z[start : start + _CHUNK])
        mean, variances = np.zeros(len(state.block.pace)), []
        for half, book in zip(halves, books, strict=True):
            c = conditional(half, state)
            columns = timing.columns(half, state, goal.index)
            moments = book.moments(c, book.deal_chances(c, columns), book.lead_means(c, columns))
            mean = mean + moments.mean
            variances.append(moments.variance)
        found.append(np.stack([mean, *variances]))
    joined = np.concatenate(found, axis=1)
    return joined[0], joined[1], joined[2]
