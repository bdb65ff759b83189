"""P(won within a window) from hazards by stage and age, step by step: what past windows are hindcast with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.estimation.incidence import Incidence, cumulative_incidence
from simfunnel.estimation.laws import AT_ONCE
from simfunnel.estimation.risk import Risk

STEP, MOST_STEPS, MOST_AGES = 0.5, 182, 800
"""Days of a step, unless a window would have more than so many; steps of age that are tabled."""


@dataclass(frozen=True, eq=False)
class Passage:
    """Chances of a win within a number of steps."""

    step: float
    value: Floats
    """(K, ages) P(won within the whole window | stage, age)."""
    entering: Floats
    """(steps + 1, K) P(won within so many steps | just entered the stage)."""
    half: Floats
    """(K, ages) P(won within half of the steps | stage, age)."""
    beyond: Beyond | None = None
    """Ages above those of the tables; None where nobody is so old."""

    @property
    def half_days(self) -> float:
        """Days of half of the steps."""
        return self.step * ((len(self.entering) - 1) // 2)

    def open_half(self, stage: Ints, age: Floats) -> Floats:
        """Chance of each open deal within `half_days`."""
        return self._open(self.half, (len(self.entering) - 1) // 2, stage, age)

    def open(self, stage: Ints, age: Floats) -> Floats:
        """Chance of each open deal within the whole window."""
        return self._open(self.value, len(self.entering) - 1, stage, age)

    def _open(self, table: Floats, steps: int, stage: Ints, age: Floats) -> Floats:
        at = np.maximum((age / self.step).astype(np.int64), 0)
        found = np.asarray(table[stage, np.minimum(at, table.shape[1] - 1)])
        if self.beyond is not None:
            old = at >= self.beyond.first
            found[old] = self.beyond.chances(self.entering, steps, stage[old], at[old])
        return found

    def entered(self, stage: Ints, days_left: Floats) -> Floats:
        """Chance of deals that enter a stage with so many days of the window left."""
        position = np.clip(days_left / self.step, 0.0, len(self.entering) - 1.0)
        low = np.minimum(position.astype(np.int64), len(self.entering) - 2)
        share = position - low
        return np.asarray((1 - share) * self.entering[low, stage] + share * self.entering[low + 1, stage])

    def of_entering(self) -> Passage:
        """The chances of deals that enter alone: small enough to be kept by the hundred."""
        none = np.zeros((self.value.shape[0], 1))
        return Passage(self.step, none, self.entering, none)


@dataclass(frozen=True, eq=False)
class Beyond:
    """Exits at all ages, for deals too old for the tables: a chance is then a sum over the steps of a window."""

    first: int
    """Step of age from which on tables would not hold a whole window."""
    share: Floats
    """(K, causes, ages) exits in a step of those there at its beginning; none in the last step."""

    def chances(self, entering: Floats, steps: int, stage: Ints, at: Ints) -> Floats:
        """Chance of deals in a stage at a step of age to be won within so many steps."""
        K, _, ages = self.share.shape
        found = np.zeros(len(at))
        for k in np.unique(stage).tolist():
            of = stage == k
            step, back = np.unique(at[of], return_inverse=True)
            ahead = np.minimum(step[:, None] + np.arange(steps), ages - 1)
            left = np.cumprod((1.0 - self.share[k].sum(axis=0))[ahead], axis=1)
            there = np.concatenate([np.ones((len(step), 1)), left[:, :-1]], axis=1)
            won = self.share[k, K][ahead]
            for x in np.flatnonzero(self.share[k, :K].any(axis=1)).tolist():
                later = entering[:steps, x]
                if x > k:  # in the middle of its step, as in the tables
                    later = (entering[1 : steps + 1, x] + later) / 2
                won = won + self.share[k, x][ahead] * later[::-1]
            found[of] = (there * won).sum(axis=1)[back]
        return found


def passage(risk: Risk, weight: Floats, horizon: float) -> Passage:
    """Compute the chances for a window of so many days from the hazards of all stages."""
    return passage_of(incidences(risk, weight), float(risk.age.max(initial=0.0)), horizon)


def incidences(risk: Risk, weight: Floats) -> list[Incidence]:
    """Estimate the incidence of the exits of each stage."""
    found = []
    for k in range(risk.stages):
        of = risk.stage == k
        found.append(cumulative_incidence(
            risk.age[of], risk.cause[of], risk.stages + 2, entry=risk.entry[of], weight=weight[of]
        ))  # fmt: skip
    return found


def passage_of(found: Sequence[Incidence], oldest: float, horizon: float) -> Passage:
    """Compute the chances from the incidence of the exits of each stage.

    Parameters
    ----------
    found
        Incidence by stage; causes are the stages, then Won, then Lost.
    oldest
        Oldest age that is told apart, days.
    horizon
        Days of the window.
    """
    K = len(found)
    step = max(STEP, horizon / MOST_STEPS)
    steps = max(1, round(horizon / step))
    step = horizon / steps
    ages = int(oldest / step + steps + 2)
    A = min(MOST_AGES, ages)
    at_once, hazard = _hazards(found, step, ages)
    total = hazard.sum(axis=1)
    leaves = -np.expm1(-total)  # several exits within a step share what leaves
    share = hazard * (leaves / np.where(total > 0, total, 1.0))[:, None, :]
    beyond = Beyond(A - steps, share) if ages > A else None
    share, stays = share[:, :, :A], 1.0 - leaves[:, :A]
    value = half = np.zeros((K, A))
    entering = np.zeros((steps + 1, K))
    doors = [_Door.of(at_once[k], k) for k in range(K)]
    for k in range(K - 1, -1, -1):
        entering[0, k] = doors[k].chance(0.0, entering[0], np.zeros(K))
    onward = [[x for x in range(K) if share[k, x].any()] for k in range(K)]
    for i in range(1, steps + 1):
        older = np.concatenate([value[:, 1:], value[:, -1:]], axis=1)
        value = share[:, K] + stays * older
        for k in range(K - 1, -1, -1):  # later stages first: an exit falls in the middle of its step
            for x in onward[k]:
                value[k] += share[k, x] * ((entering[i, x] + entering[i - 1, x]) / 2 if x > k else entering[i - 1, x])
            entering[i, k] = doors[k].chance(float(value[k, 0]), entering[i], entering[i - 1])
        if i == steps // 2:
            half = value.copy()
    return Passage(step, value, entering, half, beyond)


def _hazards(stages: Sequence[Incidence], step: float, ages: int) -> tuple[Floats, Floats]:
    """Share of those who leave on entry, (K, causes), and cumulative hazards of the others by step, (K, causes, A)."""
    K = len(stages)
    at_once, hazard = np.zeros((K, K + 2)), np.zeros((K, K + 2, ages))
    for k, found in enumerate(stages):
        if not len(found.age):
            continue
        first = found.age < AT_ONCE
        if first.any():
            at_once[k] = found.incidence[:, first][:, -1]
        at = np.minimum((found.age[~first] / step).astype(np.int64), ages - 1)
        increments = (found.events / np.where(found.at_risk > 0, found.at_risk, 1.0))[:, ~first]
        together = np.clip(increments.sum(axis=0), 0.0, 1.0 - 1e-12)
        # exits of one age leave a share, not the exponential of a hazard: an atom would lose e^-1 of itself
        increments = increments * (-np.log1p(-together) / np.where(together > 0, together, 1.0))
        for j in range(K + 2):
            hazard[k, j] = np.bincount(at, increments[j], minlength=ages)
    return at_once, hazard


@dataclass(frozen=True, slots=True)
class _Door:
    """What becomes of deals that enter a stage, for those who leave it at once."""

    won: float
    stays: float
    """Share of those who do not leave at once."""
    onward: tuple[tuple[int, float, bool], ...]
    """Stages to which some go at once, with their share, and whether they are later ones."""

    @classmethod
    def of(cls, at_once: Floats, k: int) -> _Door:
        """Take the shares of those who leave stage `k` at once, by where they go."""
        K = len(at_once) - 2
        onward = tuple((x, float(at_once[x]), x > k) for x in np.flatnonzero(at_once[:K]).tolist())
        return cls(float(at_once[K]), 1.0 - float(at_once.sum()), onward)

    def chance(self, value: float, now: Floats, before: Floats) -> float:
        """Chance on entry: of those who leave at once the chance of where they go, of the others that of age 0."""
        found = self.won + self.stays * value
        for x, share, later in self.onward:
            found += share * float(now[x] if later else before[x])
        return found
