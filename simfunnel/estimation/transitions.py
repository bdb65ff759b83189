"""Where deals go from a stage, how sure that is, and when: one stage at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.families import LEAST_EVENTS, MANY_EVENTS, FittedLaw, fit_family
from simfunnel.estimation.incidence import CENSORED, Incidence, cumulative_incidence
from simfunnel.estimation.residuals import Residuals
from simfunnel.estimation.risk import Risk

QUANTILES = (0.5, 0.9)
"""Shares of those who leave by an exit, of whose days an interval is told."""


@dataclass(frozen=True, eq=False)
class StageExits:
    """Exits of one stage."""

    stage: int
    incidence: Incidence
    entered: int
    """Spells in all."""
    counts: Ints
    """(causes,) exits, unweighted."""
    n_effective: Floats
    """(causes,) independent deals that would give the chance of the exit the variance it has."""
    ages: Floats
    """Days that each spell lasted so far, rising."""
    shares: Floats
    """How much of a spell each of the ages is."""
    n_times: Floats
    """(causes, 2) independent exits by a cause that would know the share gone by its median, and P90, as well."""

    def still_there(self, age: float) -> int:
        """Deals that were seen in the stage at an age, or beyond."""
        return round(float(self.shares[np.searchsorted(self.ages, age, side="left") :].sum()))

    @property
    def probability(self) -> Floats:
        """(causes,) chance of each exit; what is missing to 1 is undecided."""
        return self.incidence.probability

    @property
    def undecided(self) -> float:
        """Chance of no exit within the ages seen."""
        return float(max(0.0, 1.0 - self.probability.sum()))

    def masses(self, cause: int) -> tuple[Floats, Floats]:
        """Days to an exit, and the chance of it on each of them."""
        mass = np.diff(self.incidence.incidence[cause], prepend=0.0)
        return self.incidence.age[mass > 0], mass[mass > 0]

    @cached_property
    def families(self) -> tuple[FittedLaw | None, ...]:
        """(causes,) laws of the days to exits that few took; None where they are many, too few, or of another shape."""
        return tuple(
            fit_family(*self.masses(j), float(n)) if LEAST_EVENTS <= n < MANY_EVENTS else None
            for j, n in enumerate(self.counts.tolist())
        )

    def age_at(self, cause: int, q: float) -> float | None:
        """Age by which a share of those who leave by an exit have left; None where nobody does."""
        found = self.incidence
        if not len(found.age) or found.incidence[cause, -1] <= 0:
            return None
        reached = found.incidence[cause] / found.incidence[cause, -1]
        return float(found.age[np.searchsorted(reached, q - 1e-12)])

    def age_interval(self, cause: int, which: int, level: float = 0.9) -> tuple[float, float | None] | None:
        """Interval of the median (`which` 0) or P90 (1) of the days to an exit.

        Whoever is undecided at the oldest age seen may yet leave by it: the upper end is that of all of them doing so,
        the lower that of none. The upper end is None where too few have left for one, the whole None where nobody
        leaves by the exit.
        """
        low, high = order_interval(QUANTILES[which], float(self.n_times[cause, which]), level)
        begin = self.age_at(cause, low)
        left = float(self.probability[cause])
        if high is not None and left > 0:
            high *= (left + self.undecided) / left
            high = None if high > 1 else high
        return None if begin is None else (begin, None if high is None else self.age_at(cause, high))

    def interval(self, cause: int, level: float = 0.9) -> tuple[float, float]:
        """Interval of a chance, from a beta distribution with the effective n."""
        return beta_interval(float(self.probability[cause]), float(self.n_effective[cause]), level)


def stage_exits(risk: Risk, weight: Floats, stage: int, *, times: bool = False) -> StageExits:
    """Estimate the exits of a stage, and how sure they are; with `times` also how sure their quantiles are.

    Notes
    -----
    The variance is that of the martingale residuals (exits less expected exits) summed by calendar week of the event,
    because deals of one time share their luck: the estimator of Lin & Wei (1989) with weeks as clusters. Effective n is
    p (1 - p) / variance. An interval of a quantile is that of the share that has left by it, read off the curve
    (Woodruff 1952).
    """
    of = (risk.stage == stage) & (weight > 0)  # a weight may be smaller than any number
    mine, weight = risk.of(of), weight[of]
    shares = mine.shares
    causes = risk.stages + 2
    found = cumulative_incidence(mine.age, mine.cause, causes, entry=mine.entry, weight=weight)
    gone = mine.cause != CENSORED
    counts = np.bincount(mine.cause[gone], shares[gone], minlength=causes)
    used = np.flatnonzero(counts)
    variance, of_times = np.zeros(causes), np.full((causes, len(QUANTILES)), np.nan)
    if len(used):
        residuals = Residuals(mine, weight, found, used)
        variance[used] = residuals.of_probabilities()
        if times:
            of_times[used] = residuals.of_quantiles(QUANTILES)
    p = found.probability
    with np.errstate(divide="ignore", invalid="ignore"):
        n = np.where(variance > 0, p * (1 - p) / variance, 0.0)
    of_spread, of_counts = (1.0, 1.0) if mine.kept is None else mine.kept(stage)
    n = n * of_spread
    known = gone if mine.seen is None else gone & mine.seen  # what was only inferred says nothing of its own
    left = weight[known]
    decided = np.minimum(_worth(left, shares[known]), _worth(weight[gone], shares[gone]) * of_counts)
    n = np.where((variance <= 0) | (n > decided), decided, n)
    worth = np.array([_worth(weight[known & (mine.cause == j)], shares[known & (mine.cause == j)]) for j in used])
    n_times, q = np.ones((causes, len(QUANTILES))), np.array(QUANTILES)
    if len(used):
        with np.errstate(divide="ignore", invalid="ignore"):
            n_times[used] = np.where(of_times[used] > 0, q * (1 - q) / of_times[used], np.inf)
        n_times[used] = np.minimum(n_times[used], worth[:, None])
    order = np.argsort(mine.age, kind="stable")
    return StageExits(
        stage, found, round(float(shares.sum())), np.rint(counts).astype(np.int64), np.maximum(n, 1.0),
        mine.age[order], shares[order], np.maximum(n_times, 1.0),
    )  # fmt: skip


def order_interval(q: float, n: float, level: float = 0.9) -> tuple[float, float | None]:
    """Shares of a sample of n between which its quantile q lies: those of order statistics.

    The k-th of n lies above the quantile where fewer than k of them lie below it, a binomial chance; here n and k need
    not be whole. None where the largest of n may well lie below it.
    """

    def end(chance: float) -> float | None:
        def excess(k: float) -> float:
            return float(stats.beta.cdf(q, k, n - k + 1)) - chance

        if excess(n) > 0:
            return None
        return _LEAST if excess(_LEAST * n) < 0 else float(brentq(excess, _LEAST * n, n)) / n

    low = end((1 + level) / 2)
    return 1.0 if low is None else low, end((1 - level) / 2)


_LEAST = 1e-9


def _worth(weight: Floats, share: Floats) -> float:
    """As many as their weights are worth (Kish); rows of one stay are one."""
    return float(weight.sum() ** 2 / (weight**2 / share).sum()) if len(weight) else 0.0


def beta_interval(p: float, n: float, level: float = 0.9) -> tuple[float, float]:
    """Interval of a rate known as well as from n independent deals; Jeffreys' prior where it is 0 or 1."""
    a, b = p * n, (1 - p) * n
    if min(a, b) < 0.5:
        a, b = a + 0.5, b + 0.5
    return float(stats.beta.ppf((1 - level) / 2, a, b)), float(stats.beta.ppf((1 + level) / 2, a, b))
