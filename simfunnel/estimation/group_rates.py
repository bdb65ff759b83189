"""Conversions and win rates of one group of deals: its own, and completed where it is too young to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.estimation.incidence import CENSORED, Incidence
from simfunnel.estimation.risk import Risk
from simfunnel.estimation.transitions import StageExits, stage_exits
from simfunnel.estimation.win_rates import drawn_win_rates

_NONE = -1.0


@dataclass(frozen=True, eq=False)
class Funnel:
    """Exits of all stages of one group.

    What a group has not yet seen, because its deals are younger than the pool's, is completed by the pool: a deal that
    is still undecided at the oldest age the group knows goes on as the pool's deals of that age do. Without this a new
    colleague's stages would look like bottlenecks.
    """

    exits: tuple[StageExits, ...]
    filled: tuple[StageExits, ...]
    """The same, with the pool's for stages in which the group never had a deal: others take its deals from there on."""
    onward: tuple[StageExits, ...]
    """The same with the exits to later stages and Won as one, that of a win."""
    chances: Floats
    """(K, K + 2) completed chance of each exit."""
    decided: Ints
    """(K,) deals among those who entered each stage that are won or lost: no rate is known better than from so many."""

    @property
    def K(self) -> int:  # noqa: N802 - the number of stages is K everywhere
        """Number of stages."""
        return len(self.exits)

    def counted(self, k: int) -> int:
        """Spells of a stage that ended in a known way."""
        return int(self.exits[k].counts.sum())

    def conversion(self, k: int) -> tuple[float | None, float, float]:
        """Own chance to go on, the completed one, and effective n; None and 0 where nothing is decided."""
        found = self.onward[k]
        if not self.counted(k):
            return None, self._completed(k), 0.0
        return float(found.probability[self.K]), self._completed(k), float(found.n_effective[self.K])

    def _completed(self, k: int) -> float:
        return float(np.clip(self.chances[k, [*range(k + 1, self.K), self.K]].sum(), 0.0, 1.0))

    @property
    def final(self) -> Floats:
        """(K, 2) completed chances that a deal entering each stage is won, and lost, in the end."""
        return absorbed(self.chances)

    def win_rates(self, entry: Floats, decided: int) -> tuple[list[tuple[float | None, float, float]], float, float]:
        """Win rates, chained.

        Parameters
        ----------
        entry
            (K,) shares of the stages in which deals begin.
        decided
            Deals of the group that are won or lost.

        Returns
        -------
        tuple
            For each stage own rate, completed rate and effective n; for deals that come in, own rate and effective n.
        """
        own = absorbed(np.stack([s.probability for s in self.filled]))[:, 0]
        drawn = drawn_win_rates(self.filled)
        variance = drawn.var(axis=0)
        found: list[tuple[float | None, float, float]] = []
        for k, (p, completed) in enumerate(zip(own.tolist(), self.final[:, 0].tolist(), strict=True)):
            n = _n(p, float(variance[k]), int(self.decided[k]))
            found.append((p if self.decided[k] else None, completed, n))
        total = float(entry @ own)
        return found, total, _n(total, float((drawn @ entry).var()), decided)


def funnel_of(
    risk: Risk, weight: Floats, deal_decided: Bools, pool: Sequence[StageExits] | None = None
) -> Funnel:  # fmt: skip
    """Estimate the exits of a group.

    Parameters
    ----------
    risk, weight
        Spells of the group.
    deal_decided
        (D,) whether a deal is won or lost.
    pool
        Exits of all deals, by which those of the group are completed; None for the pool itself.
    """
    K = risk.stages
    exits = tuple(stage_exits(risk, weight, k) for k in range(K))
    onward = tuple(stage_exits(onward_or_not(risk, k), weight, k) for k in range(K))
    own = [s.probability for s in exits]
    chances = own if pool is None else [completed(s, p) for s, p in zip(exits, pool, strict=True)]
    decided = [_deals_through(risk, k, deal_decided) for k in range(K)]
    filled = exits if pool is None else tuple(s if s.entered else p for s, p in zip(exits, pool, strict=True))
    return Funnel(exits, filled, onward, np.stack(chances), np.array(decided, dtype=np.int64))


def _deals_through(risk: Risk, stage: int, decided: Bools) -> int:
    """Decided deals that were in a stage; one that may have been counts by its chance."""
    of = risk.stage == stage
    through = np.minimum(np.bincount(risk.deal[of], risk.shares[of], minlength=len(decided)), 1.0)
    return round(float(through @ decided))


def onward_or_not(risk: Risk, stage: int) -> Risk:
    """Take all ways on from a stage as one, a win; ways back as the first stage."""
    K, cause = risk.stages, risk.cause
    on = ((cause > stage) & (cause < K)) | (cause == K)
    back = (cause >= 0) & (cause <= stage)
    kept = risk.kept
    if kept is not None:
        join = np.zeros((K + 2, K + 2))
        join[0, : stage + 1] = join[K, stage + 1 : K + 1] = join[K + 1, K + 1] = 1.0
        kept = partial(kept, join=join)
    cause = np.where(on, K, np.where(back, 0, np.where(cause == CENSORED, CENSORED, K + 1)))
    return replace(risk, cause=cause, kept=kept)


def completed(own: StageExits, pool: StageExits) -> Floats:
    """Chances of the exits: the group's own as far as it has seen, and beyond that age as the pool's."""
    mine, other = own.incidence, pool.incidence
    left = float(mine.survival[-1]) if len(mine.age) else 1.0
    passed, survival = _at(other, mine.oldest if own.entered else _NONE)
    if survival <= 0:
        return mine.probability
    return np.asarray(mine.probability + left * (other.probability - passed) / survival)


def _at(found: Incidence, age: float) -> tuple[Floats, float]:
    """Incidence, and survival, up to and including an age."""
    i = int(np.searchsorted(found.age, age, side="right")) - 1
    return (found.incidence[:, i], float(found.survival[i])) if i >= 0 else (np.zeros(len(found.incidence)), 1.0)


def absorbed(p: Floats) -> Floats:
    """(K, 2) chances that a deal in each stage is won, and lost, in the end."""
    K = len(p)
    return np.asarray(np.clip(np.linalg.solve(np.eye(K) - p[:, :K] * (1 - 1e-12), p[:, K:]), 0.0, 1.0))


def _n(p: float, variance: float, decided: int) -> float:
    """Effective n of a rate; no more than deals are decided."""
    spread = p * (1 - p)
    return float(decided) if variance <= 0 or spread <= 1e-12 else float(min(spread / variance, decided))
