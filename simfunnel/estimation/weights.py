"""Weights by calendar time: what happened lately says more of what will happen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.risk import Risk

HALF_LIFE, LONG_HALF_LIFE, LONG = 45.0, 90.0, 730.0
"""Days; the second once `LONG` days were observed."""


def default_half_life(days: float) -> float:
    """Give the half-life for a history of so many days."""
    return LONG_HALF_LIFE if days >= LONG else HALF_LIFE


@dataclass(frozen=True)
class FixedHalfLife:
    """The same half-life for a history of any length; None weighs all alike."""

    half_life: float | None

    def __call__(self, observed: float) -> float | None:
        """Give the half-life for so many days observed."""
        return self.half_life


def time_weights(risk: Risk, half_life: float | None) -> Floats:
    """Give each spell its weight, of which each row has its share.

    An exit at calendar time c should weigh 2^(-(end - c) / half_life), and so should being at risk then. At one age all
    of these differ from 2^(-(end - entered) / half_life) by one common factor, which no ratio at that age sees: a
    weight by entry is therefore exactly a weight by calendar time.
    """
    if half_life is None or not len(risk.entered):
        return risk.shares
    weight = np.asarray(np.exp2((risk.entered - risk.end) / half_life))
    return weight if risk.share is None else weight * risk.share
