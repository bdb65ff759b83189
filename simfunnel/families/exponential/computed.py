"""Exponential distributions: Weibull ones of shape 1."""

from __future__ import annotations

from simfunnel.families.exponential import written
from simfunnel.families.weibull.computed import Weibull


def build(parameters: written.Exponential) -> Weibull:
    """Build what the parameters describe."""
    return Weibull(1.0, parameters.mean)
