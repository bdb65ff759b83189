"""How uncertain the speed of deals is: what past windows missed in their first half and not in their second."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from simfunnel.arrays import Floats
from simfunnel.estimation.clock_gain import LEAST_WINDOWS, LEVEL
from simfunnel.estimation.halves import Halves
from simfunnel.estimation.long_run import MeanWithError, mean_of_windows
from simfunnel.estimation.passage import Passage
from simfunnel.estimation.present import Present

PRIOR_N, MOST_SD = 2.0, 0.3
"""Windows that the belief in no such factor counts for; and the largest sd of its log that is believed."""
LEAST_MOVED = 0.3
"""Share of itself by which a change of speed moves the wins of a window, below which no pace is written."""
LEAST_APART = 0.1
"""By how much more it moves those of the first half than those of the second: else both say the same."""
STEP = 1.2
"""Change of speed, either way, by which that share is measured."""
_NODES, _REACH = 61, 5.0


@dataclass(frozen=True, eq=False)
class Pace:
    """The common factor on all times in stage."""

    moved: float
    """d log wins of the window / d log speed."""
    early: float
    late: float
    """The same of its halves."""
    fall: MeanWithError | None = None
    """By how much the squared error of the first half is above that of the second; None where that was not asked."""
    log_sd: float = 0.0
    """Sd of the log of the factor; 0 where it is not written."""
    mean: float = 1.0
    """Mean of the factor at which the window is expected to bring what it would without it."""

    @property
    def written(self) -> bool:
        """Whether a scenario has it."""
        return self.log_sd > 0

    @property
    def error(self) -> float:
        """Relative sd that it brings to a window."""
        return self.moved * self.log_sd

    @property
    def sd(self) -> float:
        """Sd of the factor itself, as a scenario has it."""
        return self.mean * math.sqrt(math.expm1(self.log_sd**2))


Inflow = tuple[float, Floats]
"""New deals a day, and the share of them that begins in each stage."""


class Paced:
    """What a window brings at speeds that all deals have in common."""

    def __init__(self, present: Present, inflow: Inflow, days: float) -> None:
        self.present, self.inflow, self.days = present, inflow, days

    def wins(self, factor: float, days: float) -> float:
        """Expected value of so many days where all times in stage to come are multiplied by a factor."""
        chances, book = self.present.chances(days / factor), self.present.book
        open_deals = float(chances.open(book.open_stage, book.open_age) @ self.present.open_amounts())
        return open_deals + self.entering(chances, factor)

    def entering(self, chances: Passage, factor: float) -> float:
        """Value of deals to come: one that comes t days from now has (days - t) / factor of its own days left."""
        per_day, entry = self.inflow
        chance = chances.entering @ entry
        own_days = chances.step * (float(chance.sum()) - 0.5 * float(chance[0] + chance[-1]))
        return factor * per_day * own_days * self.present.won_mean

    def moved(self) -> tuple[float, float, float]:
        """Measure by a step either way what speed does to the window, its first half and its second."""
        slow, still, fast = (
            np.array([self.wins(factor, self.days), self.wins(factor, self.days / 2)])
            for factor in (STEP, 1.0, 1 / STEP)
        )
        change, mean = (fast - slow) / (2 * math.log(STEP)), still
        parts = ((change[0], mean[0]), (change[1], mean[1]), (change[0] - change[1], mean[0] - mean[1]))
        whole, early, late = (float(c / m) if m > 0 else 0.0 for c, m in parts)
        return whole, early, late

    def centre(self, log_sd: float) -> float:
        """Mean of the lognormal factor at which the window brings on the mean what it would without one."""
        reach = _REACH * log_sd + 0.3
        log = np.linspace(-reach, reach, _NODES)
        value = np.array([self.wins(f, self.days) for f in np.exp(log).tolist()])
        z, weight = np.polynomial.hermite_e.hermegauss(_NODES)
        weight = weight / weight.sum()
        wanted = self.wins(1.0, self.days)

        def excess(middle: float) -> float:
            return float(weight @ np.interp(middle + log_sd * z, log, value)) - wanted

        low, high = -0.3, 0.3
        if excess(low) * excess(high) > 0:
            return 1.0
        return math.exp(float(brentq(excess, low, high, xtol=1e-6)) + log_sd**2 / 2)


def learn_pace(
    present: Present, inflow: Inflow, days: float, sds: tuple[float, float], windows: float,
    halves: Callable[[], Halves],
) -> Pace | None:  # fmt: skip
    """Learn how far past windows ran at a speed of their own.

    Parameters
    ----------
    present, inflow, days
        The view, its inflow, and the days of a window.
    sds
        Sd of the log error of a window given its arrivals, of which no pace explains more; and by how much the run-rate
        narrows it.
    windows
        Past windows that do not overlap.
    halves
        Errors of the halves of past windows; asked for only where a pace would matter.

    Returns
    -------
    Pace or None
        None where there are too few windows to say.

    Notes
    -----
    Luck that deals of one time share, however long, hits both halves of windows alike; deals that move faster bring the
    wins of the first half sooner, and have fewer left for the second. So the fall of the squared error from the first
    half to the second, over that of the squares of what speed does to them, is the variance of the speed. It is written
    where speed moves the whole window by more than `LEAST_MOVED` of itself and the fall is none of chance; then shrunk,
    as all that is learned from windows.
    """
    if windows < LEAST_WINDOWS:
        return None
    paced = Paced(present, inflow, days)
    found = Pace(*paced.moved())
    if not (found.moved > LEAST_MOVED and found.early > abs(found.late) + LEAST_APART):
        return found
    errors = halves()
    found = replace(found, fall=mean_of_windows((errors.early - errors.late)[::-1], errors.independent, LEVEL))
    if found.fall is None or errors.independent < LEAST_WINDOWS or found.fall.low <= 0:
        return found
    n, (sd, spread) = errors.independent, sds
    variance = n / (PRIOR_N + n) * found.fall.mean / (found.early**2 - found.late**2)
    log_sd = spread * min(math.sqrt(variance), sd / found.moved, MOST_SD)
    return replace(found, log_sd=log_sd, mean=paced.centre(log_sd))
