"""How far people, or other groups, are off on average: their mean errors shrunk to that of all.

What is said of one period shares what came in it, and a bad quarter makes everybody look too optimistic; so a period
has an effect of its own beside those of the groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from simfunnel.arrays import Floats, Ints

SHARES = 20
"""Points on which the spread of the groups is known, and as many for that of the periods."""
NOTHING = 1e-6
"""Weight, of the largest, of spreads that are left out."""
STEPS = 35
"""Halvings in which a quantile is found."""


@dataclass(frozen=True, eq=False)
class Biases:
    """Mean errors: mixtures of Student's t, one for each thinkable spread of groups and of periods; arrays (G + 1,).

    The last is what all groups have in common.
    """

    location: Floats
    """(S, G + 1)"""
    scale: Floats
    """(S, G + 1)"""
    weight: Floats
    """(S,)"""
    freedom: int

    @property
    def mean(self) -> Floats:
        """Mean of each, which is its median where one spread is known."""
        return np.asarray(self.weight @ self.location)

    @property
    def above(self) -> Floats:
        """P(mean error > 0)."""
        return 1.0 - self._below(np.zeros(self.location.shape[1]))

    def interval(self, level: float = 0.9) -> tuple[Floats, Floats]:
        """Give the two ends of each central interval."""
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def quantile(self, p: float) -> Floats:
        """Quantile of each mixture, by halving between the least and the greatest of its parts."""
        ends = self.location + self.scale * special.stdtrit(self.freedom, p)
        low, high = ends.min(axis=0), ends.max(axis=0)
        for _ in range(STEPS):
            middle = (low + high) / 2
            right = self._below(middle) < p
            low, high = np.where(right, middle, low), np.where(right, high, middle)
        return np.asarray((low + high) / 2)

    def _below(self, x: Floats) -> Floats:
        return np.asarray(self.weight @ special.stdtr(self.freedom, (x - self.location) / self.scale))


def shrunk_biases(error: Floats, group: Ints, period: Ints) -> Biases | None:
    """Estimate the mean error of each group, shrunk to that of all.

    Parameters
    ----------
    error
        (n,) errors, one for each group and period.
    group, period
        (n,) of each error, numbered from 0 without gaps.

    Returns
    -------
    Biases or None
        None with fewer than two periods: one cannot tell a bias from a bad period.

    Notes
    -----
    error = mu + u_group + v_period + e, normal, with variances a s^2, b s^2 and s^2. mu is flat, s^2 has 1 / s^2:
    given a and b both are integrated out in closed form, and a mean error is Student's t with n - 1 degrees of freedom
    (Henderson's equations; Gelman et al., Bayesian Data Analysis, 15). a and b are weighed on a grid by their marginal
    likelihood under uniform-shrinkage priors (Daniels 1999): 1 / (1 + m a), what all groups are worth to one with the
    median number of periods m, and 1 / (1 + b) are uniform: a period is thought to move everybody about as much as
    chance moves one.
    """
    n, groups, periods = len(error), int(group.max(initial=-1)) + 1, int(period.max(initial=-1)) + 1
    if periods < 2:
        return None
    cells = np.zeros((groups, periods))
    np.add.at(cells, (group, period), 1.0)
    of_group, of_period = cells.sum(axis=1), cells.sum(axis=0)
    fixed = np.column_stack([of_group, cells])  # (G, 1 + J): what a group has in common with mu and the periods
    common = np.zeros((periods + 1, periods + 1))
    common[0, 0], common[0, 1:], common[1:, 0] = n, of_period, of_period
    common[1:, 1:] = np.diag(of_period)
    sums = np.concatenate([[error.sum()], np.bincount(period, error, periods)])
    own = np.bincount(group, error, groups)
    spread = _spreads(1.0 / float(np.median(of_group)))
    a, b = (x.ravel() for x in np.meshgrid(spread, _spreads(1.0), indexing="ij"))
    kept = of_group + 1 / a[:, None]  # (S, G)
    left = common + np.eye(periods + 1) * np.concatenate([[0.0], np.ones(periods)]) / b[:, None, None]
    left = left - np.einsum("gi,sg,gj->sij", fixed, 1 / kept, fixed)
    inverse = np.linalg.inv(left)
    beta = np.einsum("sij,sj->si", inverse, sums - (own / kept) @ fixed)
    effect = (own - beta @ fixed.T) / kept
    rest = float(error @ error) - beta @ sums - effect @ own
    rest = np.maximum(rest, n * np.finfo(np.float64).eps * max(float(error @ error), np.finfo(np.float64).tiny))
    logs = np.log(kept).sum(axis=1) + np.linalg.slogdet(left)[1] + groups * np.log(a) + periods * np.log(b)
    likelihood = -0.5 * (logs + (n - 1) * np.log(rest))
    weight = np.exp(likelihood - likelihood.max())
    about = np.zeros((groups + 1, periods + 1))
    about[:, 0] = 1.0
    rows = about - np.concatenate([fixed / kept[:, :, None], np.zeros((len(a), 1, periods + 1))], axis=1)
    variance = np.einsum("sgi,sij,sgj->sg", rows, inverse, rows)
    variance[:, :groups] += 1 / kept
    location = beta[:, :1] + np.column_stack([effect, np.zeros(len(a))])
    scale = np.sqrt(variance * (rest / (n - 1))[:, None])
    told = weight > NOTHING
    return Biases(location[told], scale[told], weight[told] / weight[told].sum(), n - 1)


def _spreads(unit: float) -> npt.NDArray[np.float64]:
    """Variances, in units of that of one error, of which `unit / (unit + variance)` is uniform."""
    share = (np.arange(SHARES) + 0.5) / SHARES
    return np.asarray(unit * (1 - share) / share)
