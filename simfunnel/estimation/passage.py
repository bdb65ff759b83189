"""P(won within a window) from hazards by stage and age, step by step: what past windows are hindcast with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.incidence import cumulative_incidence
from simfunnel.estimation.risk import Risk

STEP, MOST_STEPS, MOST_AGES = 0.5, 182, 800
"""Days of a step, unless a window would have more than so many; ages are told apart up to so many steps."""


@dataclass(frozen=True, eq=False)
class Passage:
    """Chances of a win within a number of steps."""

    step: float
    value: Floats
    """(steps + 1, K, ages) P(won within so many steps | stage, age)."""

    def open(self, stage: Ints, age: Floats) -> Floats:
        """Chance of each open deal within the whole window."""
        at = np.clip((age / self.step).astype(np.int64), 0, self.value.shape[2] - 1)
        return np.asarray(self.value[-1, stage, at], dtype=np.float64)

    def entering(self, stage: Ints, days_left: Floats) -> Floats:
        """Chance of deals that enter a stage with so many days of the window left."""
        position = np.clip(days_left / self.step, 0.0, len(self.value) - 1.0)
        low = np.minimum(position.astype(np.int64), len(self.value) - 2)
        share = position - low
        found = (1 - share) * self.value[low, stage, 0] + share * self.value[low + 1, stage, 0]
        return np.asarray(found, dtype=np.float64)


def passage(risk: Risk, weight: Floats, horizon: float) -> Passage:
    """Compute the chances for a window of so many days from the hazards of all stages."""
    K = risk.stages
    step = max(STEP, horizon / MOST_STEPS)
    steps = max(1, round(horizon / step))
    step = horizon / steps
    oldest = float(risk.age.max(initial=0.0))
    A = int(min(MOST_AGES, oldest / step + steps + 2))
    hazard = np.zeros((K, K + 2, A))
    for k in range(K):
        of = risk.stage == k
        found = cumulative_incidence(risk.age[of], risk.cause[of], K + 2, entry=risk.entry[of], weight=weight[of])
        if len(found.age):
            at = np.minimum((found.age / step).astype(np.int64), A - 1)
            increments = found.events / np.where(found.at_risk > 0, found.at_risk, 1.0)
            for j in range(K + 2):
                hazard[k, j] = np.bincount(at, increments[j], minlength=A)
            beyond = max(found.oldest / step - (A - 1), 1.0)
            hazard[k, :, A - 1] /= beyond  # the last age stands for all that are older
    total = hazard.sum(axis=1)
    # several exits within a step share what leaves
    leaves = -np.expm1(-total)
    share = hazard * (leaves / np.where(total > 0, total, 1.0))[:, None, :]
    value = np.zeros((steps + 1, K, A), dtype=np.float32)
    stays = 1.0 - leaves
    onward = [(k, x) for k in range(K) for x in range(K) if x != k and share[k, x].any()]
    onward += [(k, k) for k in range(K) if share[k, k].any()]
    for i in range(1, steps + 1):
        older = np.concatenate([value[i - 1][:, 1:], value[i - 1][:, -1:]], axis=1)
        now = share[:, K] + stays * older
        for k, x in onward:
            now[k] += share[k, x] * value[i - 1, x, 0]
        value[i] = now
    return Passage(step, value.astype(np.float64))
