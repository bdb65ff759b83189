"""What groups bring at their odds, so that together they bring what all deals do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import brentq

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.group_rates import absorbed
from simfunnel.estimation.transitions import StageExits

NEARLY = 0.005
"""Odds nearer to 1 than this are not written."""
DIGITS = 4
"""Of odds, as they are written."""
SWEEPS, SETTLED = 20, 1e-7
"""Rounds at most where deals go back, and the change of a factor at which they end."""
FURTHEST = 6.0
"""Log of the largest common factor."""


@dataclass(frozen=True, eq=False)
class GroupFlow:
    """Deals by group: those that are open, and those to come."""

    stages: tuple[StageExits, ...]
    stage: Ints
    """(n,) of each open deal."""
    age: Floats
    """(n,) days in it."""
    group: Ints
    """(n,)"""
    weight: Floats
    """(n,) what of its wins falls into the forecast."""
    new: Floats
    """(G, K) deals to come by group and the stage in which they begin, as many as would be won in the forecast if they
    had come long before it."""

    @property
    def K(self) -> int:  # noqa: N802 - the number of stages is K everywhere
        """Number of stages."""
        return len(self.stages)

    @cached_property
    def probability(self) -> Floats:
        """(K, K + 2) chance of each exit on entry."""
        return np.stack([stage.probability for stage in self.stages])

    @cached_property
    def on(self) -> Floats:
        """(K,) chance to go on: to a later stage, or to be won."""
        return np.array([self.probability[k, [*range(k + 1, self.K), self.K]].sum() for k in range(self.K)])

    @cached_property
    def back(self) -> Floats:
        """(K,) chance to go back, or into the stage anew."""
        return np.array([self.probability[k, : k + 1].sum() for k in range(self.K)])

    @cached_property
    def given(self) -> Floats:
        """(n, K + 2) chance of each exit of the open deals, by their age; the rest never ends."""
        found = np.zeros((len(self.stage), self.K + 2))
        for k, exits in enumerate(self.stages):
            here = self.stage == k
            curve = exits.incidence
            if not here.any() or not len(curve.age):
                continue
            at = np.searchsorted(curve.age, self.age[here], side="left")
            survival = np.concatenate([[1.0], curve.survival])[at]
            passed = np.concatenate([np.zeros((self.K + 2, 1)), curve.incidence], axis=1)[:, at]
            rest = np.clip(curve.incidence[:, -1:] - passed, 0.0, None)
            found[here] = (rest / np.where(survival > 0, survival, np.inf)).T
        return found

    def scales(self, k: int, odds: Floats) -> tuple[Floats, Floats]:
        """(G,) factors on the ways forward of a stage, and on what is lost or never ends, at the odds of each group."""
        f, b = float(self.on[k]), float(self.back[k])
        if not 0 < f < 1 - b:
            return np.ones(len(odds)), np.ones(len(odds))
        wanted = np.minimum(f * odds / (1 - f + f * odds), 1 - b)
        return wanted / f, (1 - b - wanted) / (1 - b - f)

    def exits_of(self, k: int, odds: Floats) -> tuple[Floats, Floats]:
        """(n_k, K + 2) exits of the open deals of a stage, and (G, K + 2) of those that enter it."""
        ahead, lost = self.scales(k, odds)
        here = self.stage == k
        groups = self.group[here]
        forward = np.zeros(self.K + 2, dtype=np.bool_)
        forward[[*range(k + 1, self.K), self.K]] = True
        backward = np.zeros(self.K + 2, dtype=np.bool_)
        backward[: k + 1] = True
        scale = np.where(forward, ahead[:, None], np.where(backward, 1.0, lost[:, None]))
        given = self.given[here] * scale[groups]
        never = (1.0 - self.given[here].sum(axis=1)) * lost[groups]
        whole = given.sum(axis=1) + np.clip(never, 0.0, None)
        return given / np.where(whole > 0, whole, 1.0)[:, None], self.probability[k] * scale

    def balanced(self, odds: Floats) -> tuple[Floats, Floats]:
        """Scale the odds of each stage so that of all deals together as many go on, and are won, as without odds.

        Parameters
        ----------
        odds
            (G, K)

        Returns
        -------
        tuple
            (K,) the common factors, and (G, K) the odds as they are written.
        """
        rough = np.abs(odds * self._factors(odds, np.zeros(odds.shape, dtype=np.bool_)) - 1) < NEARLY
        odds = np.where(rough, 1.0, odds)
        factor = self._factors(odds, rough)
        factor = factor * self._rest(np.where(rough, 1.0, odds * factor), rough)
        return factor, np.where(rough, 1.0, _rounded(odds * factor))

    def _rest(self, odds: Floats, fixed: Bools) -> Floats:
        """(K,) what is still missing to the wins of all: ways back and past a stage are not of one age."""

        def won(at: Floats) -> float:
            given, entering = self.wins(at)
            return float(self.weight @ given + (self.new * entering).sum())

        wanted, free = won(np.ones_like(odds)), ~fixed.all(axis=0)

        def missing(x: float) -> float:
            return won(np.where(fixed, 1.0, odds * math.exp(x))) - wanted

        ends = missing(-NEARLY * 10), missing(NEARLY * 10)
        if not free.any() or ends[0] >= 0 or ends[1] <= 0:
            return np.ones(self.K)
        return np.where(free, math.exp(brentq(missing, -NEARLY * 10, NEARLY * 10, xtol=1e-9)), 1.0)

    def _factors(self, odds: Floats, fixed: Bools) -> Floats:
        factor, returned = np.ones(self.K), np.zeros_like(self.new)
        for _ in range(SWEEPS):
            before = factor.copy()
            entering, again = self.new + returned, np.zeros_like(self.new)
            for k in range(self.K):
                factor[k] = self._factor(k, odds[:, k], fixed[:, k], entering[:, k])
                given, fresh = self.exits_of(k, np.where(fixed[:, k], 1.0, odds[:, k] * factor[k]))
                left = entering[:, k, None] * fresh[:, : self.K]
                here = self.stage == k
                np.add.at(left, self.group[here], given[:, : self.K] * self.weight[here, None])
                entering[:, k + 1 :] += left[:, k + 1 :]
                again[:, : k + 1] += left[:, : k + 1]
            returned = again
            if not returned.any() or np.abs(factor - before).max() < SETTLED:
                break
        return factor

    def _factor(self, k: int, odds: Floats, fixed: Bools, entering: Floats) -> float:
        if np.all(fixed | (odds == 1)):
            return 1.0
        onward, weight = [*range(k + 1, self.K), self.K], self.weight[self.stage == k]

        def go_on(at: Floats) -> float:
            given, fresh = self.exits_of(k, at)
            return float(weight @ given[:, onward].sum(axis=1) + entering @ fresh[:, onward].sum(axis=1))

        wanted = go_on(np.ones(len(odds)))

        def missing(x: float) -> float:
            return go_on(np.where(fixed, 1.0, odds * math.exp(x))) - wanted

        if missing(-FURTHEST) >= 0 or missing(FURTHEST) <= 0:  # nobody of them is there
            return 1.0
        return math.exp(brentq(missing, -FURTHEST, FURTHEST, xtol=1e-9))

    def wins(self, odds: Floats) -> tuple[Floats, Floats]:
        """(n,) final chance of each open deal, and (G, K) of deals that enter each stage, at odds (G, K)."""
        G = len(self.new)
        entering = np.zeros((G, self.K, self.K + 2))
        given = np.zeros((len(self.stage), self.K + 2))
        for k in range(self.K):
            given[self.stage == k], entering[:, k] = self.exits_of(k, odds[:, k])
        rate = np.stack([absorbed(p)[:, 0] for p in entering]) if G else np.zeros((0, self.K))
        onward = np.concatenate([rate, np.ones((G, 1)), np.zeros((G, 1))], axis=1)
        return np.asarray((given * onward[self.group]).sum(axis=1)), rate


def _rounded(odds: Floats) -> Floats:
    return np.array([[float(f"{x:.{DIGITS}g}") for x in row] for row in odds]).reshape(odds.shape)
