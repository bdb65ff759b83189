"""Distributions of durations, amounts and factors: survival, quantiles, means, and where they are not smooth."""

from simfunnel.funnel.distributions.base import Distribution, Equilibrium, Fixed, Never, Scaled, Shifted
from simfunnel.funnel.distributions.bounded import Beta, Triangular, Uniform
from simfunnel.funnel.distributions.empirical import QuantileTable, StepECDF
from simfunnel.funnel.distributions.mixture import Mixture
from simfunnel.funnel.distributions.parametric import Gamma, Lognormal, Weibull, level_lognormal

__all__ = [
    "Beta",
    "Distribution",
    "Equilibrium",
    "Fixed",
    "Gamma",
    "Lognormal",
    "Mixture",
    "Never",
    "QuantileTable",
    "Scaled",
    "Shifted",
    "StepECDF",
    "Triangular",
    "Uniform",
    "Weibull",
    "level_lognormal",
]
