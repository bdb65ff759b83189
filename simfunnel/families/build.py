"""From a distribution as it is written in a scenario to one that can compute."""

from __future__ import annotations

import importlib

from simfunnel.families.computed import Distribution
from simfunnel.families.distribution import Distribution as Written


def build_distribution(written: Written) -> Distribution:
    """Build the distribution that a scenario spells out, whatever its spelling."""
    built: Distribution = importlib.import_module(written.parameters.COMPUTED).build(written.parameters)
    return built
