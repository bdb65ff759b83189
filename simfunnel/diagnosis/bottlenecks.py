"""Where a group loses deals that others do not lose, how sure that is, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.diagnosis.results import FLAG, LEAST_N, Bottleneck
from simfunnel.diagnosis.shrinkage import Posterior

MARGIN = 0.9
"""A stage is below the pool's where its conversion is less than so many times the pool's."""
DRAWS = 2000


def bottleneck(
    group: str, k: int, names: Sequence[str], conversion: Posterior, onward: Sequence[Posterior], chances: Floats,
    *, entrants: float, n_effective: float,
) -> Bottleneck:  # fmt: skip
    """Compare the conversion of one stage of a group with the pool's.

    Wins lost are entrants x (pool's conversion - own) x the chance of a win of those who go on: the algebra of the
    funnel, in which everything else stays. Its standard error is that of draws of all the rates.

    Parameters
    ----------
    conversion
        Of the stage.
    onward
        Win rates of the group's stages.
    chances
        (K + 2,) the group's chances of each exit of the stage: they say where those who go on, go.
    entrants
        A quarter.
    n_effective
        Of the group's own rate.
    """
    rng = np.random.default_rng(1)
    K = len(names)
    own, pool = conversion.draw(DRAWS, rng)
    later = list(range(k + 1, K))
    ways = chances[[*later, K]]
    ways = ways / ways.sum() if ways.sum() > 0 else np.append(np.zeros(len(later)), 1.0)
    win = np.full(DRAWS, ways[-1])
    for j, share in zip(later, ways, strict=False):
        if share > 0:
            win = win + share * onward[j].draw(DRAWS, rng)[0]
    cost = entrants * (pool - own) * win
    p_below = conversion.below(MARGIN)
    return Bottleneck(
        group=group, stage=names[k], p_below=p_below, flagged=p_below >= FLAG and n_effective >= LEAST_N,
        conversion=conversion.mean, pool=float(conversion.weight @ conversion.pool), entrants=entrants,
        wins_lost=float(cost.mean()), stderr=float(cost.std()),
    )  # fmt: skip


def ranked(found: Sequence[Bottleneck]) -> tuple[Bottleneck, ...]:
    """Those that are flagged first; by what they cost."""
    return tuple(sorted(found, key=lambda b: (not b.flagged, -b.wins_lost)))
