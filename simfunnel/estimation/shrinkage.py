"""Rates of groups, shrunk to the pool: a group says as much for itself as its deals are many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from simfunnel.arrays import Floats

MEANS, SHARES = 15, 40
"""Points on which the pool's rate and the weight of the pool are known."""
LEAST_PRECISION = 0.05
"""Deals that the pool counts for where groups have next to nothing in common: rates of nearly 0 and nearly 1."""
EDGE = 1e-6


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is known of the rate of one group: a mixture of betas, one for each thinkable pool."""

    a: Floats
    b: Floats
    pool: Floats
    """Rate of the pool under each."""
    weight: Floats

    @property
    def mean(self) -> float:
        """Mean of the rate."""
        return float(self.weight @ (self.a / (self.a + self.b)))

    @property
    def variance(self) -> float:
        """Variance of the rate."""
        n = self.a + self.b
        each = self.a / n
        return float(self.weight @ (each * (1 - each) / (n + 1) + (each - self.mean) ** 2))

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Interval from the beta distribution of the same mean and variance."""
        mean, variance = self.mean, self.variance
        n = max(mean * (1 - mean) / max(variance, 1e-18) - 1, 1e-3)
        a, b = max(mean * n, 1e-9), max((1 - mean) * n, 1e-9)
        return float(stats.beta.ppf((1 - level) / 2, a, b)), float(stats.beta.ppf((1 + level) / 2, a, b))

    def below(self, factor: float) -> float:
        """P(the rate is below a factor times that of the pool), both as uncertain as they are."""
        return float(np.clip(self.weight @ special.betainc(self.a, self.b, factor * self.pool), 0.0, 1.0))

    def draw(self, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw the rate, and the pool's, together."""
        at = rng.choice(len(self.weight), size, p=self.weight)
        return rng.beta(self.a[at], self.b[at]), self.pool[at]


@dataclass(frozen=True, eq=False)
class Pool:
    """The distribution that the rates of groups come from: its mean and its precision, each uncertain."""

    mean: Floats
    precision: Floats
    """A group counts as many deals of that mean as this, beside its own."""
    pool: Floats
    """Rate of all deals."""
    weight: Floats

    def posterior(self, rate: float, n: float) -> Posterior:
        """What is known of a group's rate from its own n effective deals and the pool."""
        a = self.mean * self.precision + rate * n
        return Posterior(a, (1 - self.mean) * self.precision + (1 - rate) * n, self.pool, self.weight)


def shrink(
    pool: tuple[float | None, float, float], groups: Sequence[tuple[float | None, float, float]]
) -> list[Posterior]:
    """Shrink the rates of groups to that of all; each is (own rate, completed rate, effective n)."""
    completed, n = (np.array([group[i] for group in groups], dtype=np.float64) for i in (1, 2))
    learned = learn_pool(pool[1], pool[2], completed, n)
    return [learned.posterior(float(p), float(m)) for p, m in zip(completed, n, strict=True)]


def learn_pool(rate: float, n: float, rates: Floats, effective: Floats) -> Pool:
    """Learn how far the rates of groups lie apart.

    Parameters
    ----------
    rate, n
        Rate of all deals, and its effective n.
    rates, effective
        (G,) rates of the groups, and their effective n; 0 where a group has none.

    Notes
    -----
    Beta-binomial, with effective deals for counts: given a mean m and a precision v, a group's rate is
    Beta(m v, (1 - m) v). v is weighed by its marginal likelihood over the groups, under the uniform-shrinkage prior
    (Daniels 1999, Canadian Journal of Statistics 27): v / (v + n0), what the pool is worth to a group of the median n0,
    is uniform. Weighing instead of taking the best v keeps intervals honest where few groups say little of it (Gelman
    et al., Bayesian Data Analysis, 5.3). m is the pool's rate, as uncertain as its effective n says, and as far from
    the mean of what groups there could be as a mean of so many groups, of these sizes, is by chance.
    """
    used = effective > 0
    rates, effective = rates[used], effective[used]
    n0 = float(np.median(effective)) if len(effective) else 1.0
    share, prior = _shares(LEAST_PRECISION / (LEAST_PRECISION + n0))
    precision = n0 * share / (1 - share)
    pool = _quantiles(rate, np.array([n]))
    uneven = float((effective**2).sum() / effective.sum() ** 2) if len(effective) else 1.0
    of_mean = 1.0 / max(n, EDGE) + uneven / (precision + 1.0)
    means = _quantiles(rate, 1.0 / of_mean)
    likelihood = np.zeros(len(share))
    if len(rates) > 1:
        centre = float(np.clip(rate, EDGE, 1 - EDGE))
        p, q = centre * precision[:, None], (1 - centre) * precision[:, None]
        of_groups = special.betaln(p + rates * effective, q + (1 - rates) * effective) - special.betaln(p, q)
        # groups scatter less about a mean that was taken from them: the mean is integrated out, by Laplace
        likelihood = of_groups.sum(axis=1) + 0.5 * np.log(of_mean)
    weight = prior * np.exp(likelihood - likelihood.max())
    weight = np.tile(weight / weight.sum() / MEANS, MEANS)
    return Pool(
        means.ravel(), np.tile(precision, MEANS), np.broadcast_to(pool, means.shape).ravel(), weight / weight.sum()
    )


def _shares(least: float) -> tuple[Floats, Floats]:
    """Middles of parts of (0, 1), and how long they are: even ones, the outermost halved down to `least`.

    Large groups that lie far apart say that the pool is worth next to nothing to them; to a small group it still is.
    """
    end = np.array([2.0**-i / SHARES for i in range(1, math.ceil(math.log2(1 / (SHARES * least))) + 1)][::-1])
    edges = np.concatenate([[0.0], end, np.arange(1, SHARES) / SHARES, 1 - end[::-1], [1.0]])
    return (edges[1:] + edges[:-1]) / 2, np.diff(edges)


def _quantiles(rate: float, n: Floats) -> Floats:
    """(MEANS, n) evenly spaced quantiles of a rate known from so many deals; Jeffreys' prior at 0 and 1."""
    a, b = rate * n, (1 - rate) * n
    thin = np.minimum(a, b) < 0.5
    a, b = np.where(thin, a + 0.5, a), np.where(thin, b + 0.5, b)
    q = (np.arange(MEANS)[:, None] + 0.5) / MEANS
    return np.clip(stats.beta.ppf(q, a, b), EDGE, 1 - EDGE)
