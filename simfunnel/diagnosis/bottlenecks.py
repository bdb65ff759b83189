"""Where a group loses deals that others do not lose, how sure that is, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.diagnosis.results import FLAG, LEAST_N, Bottleneck
from simfunnel.estimation.shrinkage import Posterior

MARGIN = 0.9
"""A stage is below the pool's where its conversion is less than so many times the pool's."""
DRAWS = 2000


def bottleneck(
    group: str, k: int, names: Sequence[str], conversion: Posterior, onward: Sequence[Posterior], chances: Floats,
    *, entrants: float, n_effective: float,
) -> Bottleneck:  # fmt: skip
    """Compare the conversion of one stage of a group with the pool's.

    Wins lost are those of the law of the funnel with this one conversion set to the pool's and all else as it is: deals
    that enter the stage x (pool's conversion - own) x what going on is worth more than not, ways back included, over
    1 - what the change does to returns to the stage. Its standard error is that of draws of all the rates.

    Parameters
    ----------
    conversion
        Of the stage.
    onward
        Win rates of the group's stages.
    chances
        (K, K + 2) the group's chances of the exits of all stages: they say where those who go on, or do not, go.
    entrants
        A quarter, those who come back to the stage included.
    n_effective
        Of the group's own rate.
    """
    rng = np.random.default_rng(1)
    K = len(names)
    own, pool = conversion.draw(DRAWS, rng)
    drawn = np.stack([onward[j].draw(DRAWS, rng)[0] for j in range(K)], axis=1)
    ahead, back = ways(chances[k], k)
    worth = drawn @ (ahead - back)[:K] + (ahead - back)[K]
    visits = np.linalg.inv(np.eye(K) - chances[:, :K] * (1 - 1e-12))[:, k]
    returns = float((ahead - back)[:K] @ visits)
    cost = entrants * (pool - own) * worth / (1.0 - (pool - own) * returns)
    p_below = conversion.below(MARGIN)
    return Bottleneck(
        group=group, stage=names[k], p_below=p_below, flagged=p_below >= FLAG and n_effective >= LEAST_N,
        conversion=conversion.mean, pool=float(conversion.weight @ conversion.pool), entrants=entrants,
        wins_lost=float(cost.mean()), stderr=float(cost.std()),
    )  # fmt: skip


def ways(chances: Floats, k: int) -> tuple[Floats, Floats]:
    """(K + 1,) where deals that go on from a stage go, and where others go: a stage, or Won; lost is nowhere."""
    K = len(chances) - 2
    on = np.zeros(K + 1, dtype=np.bool_)
    on[k + 1 :] = True
    ahead, back = np.where(on, chances[: K + 1], 0.0), np.where(on, 0.0, chances[: K + 1])
    total = float(ahead.sum())
    if total <= 0:  # nobody went on: who would have, would have been won
        ahead[K] = 1.0
        return ahead, back
    return ahead / total, back / max(1.0 - total, 1e-12)


def ranked(found: Sequence[Bottleneck]) -> tuple[Bottleneck, ...]:
    """Those that are flagged first; by what they cost."""
    return tuple(sorted(found, key=lambda b: (not b.flagged, -b.wins_lost)))
