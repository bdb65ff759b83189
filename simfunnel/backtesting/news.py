"""How alike windows are that lie some days apart: what comes on a day may resemble what came on those before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simfunnel.arrays import Floats, Ints

MEMORIES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
"""Shares of a day's news that the next one repeats, among which the likeliest is taken."""
NOISES = (0.0, 0.02, 0.1)
"""Shares of a score's variance that are its own: counts have their PITs drawn within a step."""
LEAST, MOST = 1e-6, 1 - 1e-6
"""Where PITs are cut before they become normal scores."""


def covariance(lag: Ints, horizon: int, memory: float) -> Floats:
    """Covariance of sums of daily news over windows that begin so many days apart, news of variance 1."""
    days = np.arange(1 - horizon, horizon)
    shared = horizon - np.abs(days)
    by_lag = np.array([shared @ memory ** np.abs(k + days) for k in range(int(lag.max(initial=0)) + 1)])
    return np.asarray(by_lag[lag])


def correlation(days: Ints, horizon: int, memory: float) -> Floats:
    """Give the correlation (n, n) of windows that begin at some days."""
    found = covariance(np.abs(days[:, None] - days[None, :]), horizon, memory)
    return np.asarray(found / found[0, 0])


@dataclass(frozen=True, eq=False)
class _Candidate:
    memory: float
    whitening: Floats
    """(n, n) turns scores with this memory into independent ones."""
    log_determinant: float

    def log_likelihood(self, scores: Floats) -> float:
        """Of normal scores whose mean and spread are their own: wrong forecasts have a memory as well."""
        n = len(scores)
        white, one = self.whitening @ scores, self.whitening @ np.ones(n)
        left = white - (one @ white) / (one @ one) * one
        return -n / 2 * math.log(max(float(left @ left) / n, LEAST**2)) - self.log_determinant / 2


def likeliest_memory(scores: Floats, days: tuple[int, ...], horizon: int) -> float:
    """Tell how much of a day's news the next repeats, by normal scores of overlapping windows.

    Scores of windows a few days apart differ by the news at their two ends: the less, the longer news lasts. So even
    few windows tell it, where their origins are close. By maximum likelihood, mean and spread of the scores free.

    Parameters
    ----------
    scores
        (n,) normal scores of the PITs.
    days
        (n,) of the windows' starts, rising.
    horizon
        Days of a window.
    """
    if len(days) < 3:
        return 0.0
    return max(_candidates(days, horizon), key=lambda candidate: candidate.log_likelihood(scores)).memory


@lru_cache(maxsize=4)
def _candidates(days: tuple[int, ...], horizon: int) -> tuple[_Candidate, ...]:
    alike = [(memory, correlation(np.array(days), horizon, memory)) for memory in MEMORIES]
    return tuple(_candidate(common, memory, noise) for memory, common in alike for noise in NOISES)


def _candidate(common: Floats, memory: float, noise: float) -> _Candidate:
    n = len(common)
    mixed = (1 - noise) * common + (noise + 1e-9) * np.eye(n)  # a whole matrix of ones has no root
    root = np.linalg.cholesky(mixed)
    return _Candidate(memory, np.linalg.inv(root), 2 * float(np.log(np.diag(root)).sum()))
