"""Exits of a stage pooled from a prior and a history, each by the deals that it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.calibration.prior import PriorStage
from simfunnel.estimation.incidence import Incidence
from simfunnel.estimation.transitions import StageExits
from simfunnel.estimation.win_rates import dirichlet_n
from simfunnel.families.build import build_distribution

LEAST_EXITS = 5
"""Exits (and won amounts) from which on their own distribution is written; below, that of the prior."""
_POINTS = 200
"""Equal shares in which a law of the prior is laid out."""


@dataclass(frozen=True, eq=False)
class PooledStage:
    """One stage, pooled."""

    exits: StageExits
    """With the pooled chances and laws."""
    found: StageExits
    """What the history alone says."""
    prior: PriorStage
    n_found: float
    """Independent deals that the rates found are worth; 0 where nobody left the stage."""
    own_law: tuple[bool, ...]
    """(causes,) whether the days to an exit are those of the history."""

    @property
    def n(self) -> float:
        """Deals that the pooled rates are worth."""
        return self.prior.n + self.n_found

    @property
    def weight(self) -> float:
        """Share of the prior in them."""
        return self.prior.n / self.n


def found_n(exits: StageExits) -> float:
    """Independent deals that the exits of a stage are worth, 0 where there are none."""
    p = exits.probability
    if p.sum() <= 0:
        return 0.0
    return float(exits.n_effective[p.argmax()]) if p.max() >= 1 - 1e-12 else dirichlet_n(exits)


def pool(found: StageExits, prior: PriorStage) -> PooledStage:
    """Pool the chances of the exits by n, and take the days to each from the history where it has enough of them.

    Parameters
    ----------
    found
        Exits of a stage in the history.
    prior
        The same stage in the prior.

    Returns
    -------
    PooledStage
        The chance of an exit is (n prior + m found) / (n + m), n and m the deals that the two are worth. A deal that is
        still undecided at the oldest age seen goes on as the prior says of deals of that age: a young history would
        else say that few deals ever end.
    """
    m = found_n(found)
    n = prior.n + m
    later = _later(found.incidence, prior)
    p = (prior.n * prior.probability + m * (found.probability + np.array([mass.sum() for _, mass in later]))) / n
    own = tuple(
        bool(found.probability[j] > 0 and (found.counts[j] >= LEAST_EXITS or not prior.laws[j])) for j in range(len(p))
    )
    exits = replace(
        found, incidence=_incidence(found.incidence, prior, p, own, later), n_effective=np.full(len(p), n),
        n_times=np.where(np.array(own)[:, None], found.n_times, 1.0),
    )  # fmt: skip
    return PooledStage(exits, found, prior, m, own)


Mass = tuple[Floats, Floats]
"""Ages, and the chance of an exit at each."""


def _later(found: Incidence, prior: PriorStage) -> list[Mass]:
    """Exits that the prior has beyond the oldest age seen, of those who are still there then, by end."""
    left = float(found.survival[-1]) if len(found.age) else 1.0
    laws = [_prior_law(prior, j) for j in range(len(prior.laws))]
    mass = [p * share for p, (_, share) in zip(prior.probability.tolist(), laws, strict=True)]
    beyond = [age > found.oldest for age, _ in laws]
    still = 1.0 - sum(float(m[~b].sum()) for m, b in zip(mass, beyond, strict=True))
    if still <= 1e-9:  # by the prior nobody stays so long
        return [(np.zeros(0), np.zeros(0)) for _ in laws]
    return [(age[b], left / still * m[b]) for (age, _), m, b in zip(laws, mass, beyond, strict=True)]


def _incidence(
    found: Incidence, prior: PriorStage, p: Floats, own: tuple[bool, ...], later: Sequence[Mass]
) -> Incidence:  # fmt: skip
    """Curves that end at the pooled chances, as if one deal had been seen to its end."""
    shapes = [_found_law(found, j, later[j]) if own[j] else _prior_law(prior, j) for j in range(len(p))]
    age = np.unique(np.concatenate([x for x, _ in shapes]))
    mass = np.zeros((len(p), len(age)))
    for j, (x, share) in enumerate(shapes):
        np.add.at(mass[j], np.searchsorted(age, x), p[j] * share)
    incidence = np.cumsum(mass, axis=1)
    survival = np.clip(1.0 - incidence.sum(axis=0), 0.0, 1.0)
    survival[survival < 1e-12] = 0.0
    before = np.concatenate([[1.0], survival[:-1]])
    return Incidence(age, survival, incidence, before, mass, max(found.oldest, float(age.max(initial=0.0))))


def _found_law(found: Incidence, j: int, later: Mass) -> Mass:
    mass = np.diff(found.incidence[j], prepend=0.0)
    age, share = np.append(found.age[mass > 0], later[0]), np.append(mass[mass > 0], later[1])
    return age, share / share.sum()


def _prior_law(prior: PriorStage, j: int) -> Mass:
    """Upper ends of equal shares, so that the median and the P90 are those of the law."""
    q = np.arange(1, _POINTS + 1) / _POINTS
    q[-1] = 1.0 - 0.5 / _POINTS
    ages, shares = [np.zeros(0)], [np.zeros(0)]
    total = sum(p for p, _ in prior.laws[j])
    for p, duration in prior.laws[j]:
        ages.append(build_distribution(duration).isf_low(q))
        shares.append(np.full(_POINTS, p / total / _POINTS))
    return np.concatenate(ages), np.concatenate(shares)
