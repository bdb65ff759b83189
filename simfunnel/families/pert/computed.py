"""PERT distributions (Malcolm et al. 1959)."""

from __future__ import annotations

from simfunnel.families.beta import Beta
from simfunnel.families.pert import written

MODE_WEIGHT = 4.0
"""The usual weight of the most likely value."""


def build(parameters: written.Pert) -> Beta:
    """Build what the parameters describe."""
    low, mode, high = parameters.low, parameters.mode, parameters.high
    width = high - low
    return Beta(1 + MODE_WEIGHT * (mode - low) / width, 1 + MODE_WEIGHT * (high - mode) / width, low, high)
