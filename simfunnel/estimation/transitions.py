"""Where deals go from a stage, how sure that is, and when: one stage at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.incidence import CENSORED, Incidence, cumulative_incidence
from simfunnel.estimation.risk import Risk

WEEK, MONTH = 7.0, 365.25 / 12
LONG = 730.0
"""Days observed from which on events are resampled by month instead of by week."""
LEAST_PERIODS = 4
"""Weeks or months of events below which their spread says nothing: deals are then taken to be independent."""


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

    def age_at(self, cause: int, q: float) -> float | None:
        """Age by which a share of those who leave by an exit have left; None where nobody does."""
        found = self.incidence
        if not len(found.age) or found.incidence[cause, -1] <= 0:
            return None
        reached = found.incidence[cause] / found.incidence[cause, -1]
        return float(found.age[np.searchsorted(reached, q - 1e-12)])

    def interval(self, cause: int, level: float = 0.9) -> tuple[float, float]:
        """Interval of a chance, from a beta distribution with the effective n."""
        return beta_interval(float(self.probability[cause]), float(self.n_effective[cause]), level)


def stage_exits(risk: Risk, weight: Floats, stage: int) -> StageExits:
    """Estimate the exits of a stage, and how sure they are.

    Notes
    -----
    The variance is that of the martingale residuals (exits less expected exits) summed by calendar week of the event,
    because deals of one time share their luck: the estimator of Lin & Wei (1989) with weeks as clusters. Effective n is
    p (1 - p) / variance.
    """
    of = (risk.stage == stage) & (weight > 0)  # a weight may be smaller than any number
    mine, weight = risk.of(of), weight[of]
    shares = mine.shares
    causes = risk.stages + 2
    found = cumulative_incidence(mine.age, mine.cause, causes, entry=mine.entry, weight=weight)
    gone = mine.cause != CENSORED
    counts = np.bincount(mine.cause[gone], shares[gone], minlength=causes)
    used = np.flatnonzero(counts)
    variance = np.zeros(causes)
    variance[used] = _variance(mine, weight, found, used)
    p = found.probability
    with np.errstate(divide="ignore", invalid="ignore"):
        n = np.where(variance > 0, p * (1 - p) / variance, 0.0)
    known = gone if mine.seen is None else gone & mine.seen  # what was only inferred says nothing of its own
    left = weight[known]
    decided = 0.0
    if len(left):  # as many as their weights are worth
        decided = float(left.sum() ** 2 / (left**2 / shares[known]).sum())
    n = np.where((variance <= 0) | (n > decided), decided, n)
    order = np.argsort(mine.age, kind="stable")
    return StageExits(
        stage, found, round(float(shares.sum())), np.rint(counts).astype(np.int64), np.maximum(n, 1.0),
        mine.age[order], shares[order],
    )  # fmt: skip


def beta_interval(p: float, n: float, level: float = 0.9) -> tuple[float, float]:
    """Interval of a rate known as well as from n independent deals; Jeffreys' prior where it is 0 or 1."""
    a, b = p * n, (1 - p) * n
    if min(a, b) < 0.5:
        a, b = a + 0.5, b + 0.5
    return float(stats.beta.ppf((1 - level) / 2, a, b)), float(stats.beta.ppf((1 + level) / 2, a, b))


def _variance(mine: Risk, weight: Floats, found: Incidence, used: Ints) -> Floats:
    """Variance of the chance of each exit that was `used`."""
    causes, incidence = len(used), found.incidence[used]
    if not causes:
        return np.zeros(0)
    number = np.full(len(found.incidence), -1)
    number[used] = np.arange(causes)
    span = mine.end - float(mine.entered.min())
    width = MONTH if span >= LONG else WEEK
    started = max(float(mine.entered.min()), mine.since)
    at_risk = np.where(found.at_risk > 0, found.at_risk, 1.0)
    hazard = found.events[used] / at_risk
    before = np.concatenate([[1.0], found.survival[:-1]])
    rest = incidence[:, -1:] - incidence
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.where(found.survival > 0, rest * before / np.where(found.survival > 0, found.survival, 1.0), 0.0)
    # what an exit by cause c at an age adds to the chance of j: (j, c, m)
    added = (np.eye(causes)[:, :, None] * before - lost[:, None, :]) / at_risk
    expected = np.concatenate([np.zeros((causes, 1)), np.cumsum((added * hazard[None]).sum(axis=1), axis=1)], axis=1)

    exits = np.flatnonzero(mine.cause != CENSORED)
    place = np.searchsorted(found.age, mine.age[exits])
    period = np.floor((mine.left[exits] - started) / width).astype(np.int64)
    first = np.floor((mine.entered + np.maximum(mine.entry, 0.0) - started) / width).astype(np.int64)
    last = np.floor((mine.left - started) / width).astype(np.int64)
    periods = int(max(last.max(), period.max(initial=0))) + 1
    if len(np.unique(period)) < LEAST_PERIODS:
        return np.zeros(causes)
    residual = np.zeros((causes, periods))
    pieces = last - first + 1
    spell = np.repeat(np.arange(len(mine.age)), pieces)
    which = first[spell] + np.arange(len(spell)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin = np.maximum(started + which * width - mine.entered[spell], np.maximum(mine.entry[spell], -1.0))
    finish = np.minimum(started + (which + 1) * width - mine.entered[spell], mine.age[spell])
    # ages at the end of a piece belong to it, those at its beginning to the one before
    final = which == last[spell]
    low = np.searchsorted(found.age, begin, side="left")
    high = np.searchsorted(found.age, finish, side="left")
    high = np.where(final, np.searchsorted(found.age, finish, side="right"), high)
    low = np.where(which == first[spell], np.searchsorted(found.age, begin, side="right"), low)
    low = np.where((which == first[spell]) & ~np.isfinite(mine.entry[spell]), 0, low)
    for j in range(causes):
        contribution = weight[exits] * added[j, number[mine.cause[exits]], place]
        residual[j] += np.bincount(period, contribution, minlength=periods)
        residual[j] -= np.bincount(which, weight[spell] * (expected[j, high] - expected[j, low]), minlength=periods)
    seen = len(np.unique(period))
    return np.asarray((residual**2).sum(axis=1) * seen / max(seen - 1, 1))
