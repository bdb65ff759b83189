"""Which families there are: the name of each, and where its parameters are declared."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simfunnel.families.written import Written

FAMILIES = {
    "fixed": "simfunnel.families.fixed.written:Fixed",
    "exponential": "simfunnel.families.exponential.written:Exponential",
    "lognormal": "simfunnel.families.lognormal.written:Lognormal",
    "gamma": "simfunnel.families.gamma.written:Gamma",
    "weibull": "simfunnel.families.weibull.written:Weibull",
    "uniform": "simfunnel.families.uniform.written:Uniform",
    "triangular": "simfunnel.families.triangular.written:Triangular",
    "pert": "simfunnel.families.pert.written:Pert",
    "empirical": "simfunnel.families.empirical.written:Empirical",
    "mixture": "simfunnel.families.mixture.written:Mixture",
    "never": "simfunnel.families.never.written:Never",
}
"""Family name -> ``module:class`` of its parameters, imported on first use."""


def parameters_of(family: str) -> type[Written]:
    """Import the model of a family's parameters."""
    module, name = FAMILIES[family].split(":")
    found: type[Written] = getattr(importlib.import_module(module), name)
    return found
