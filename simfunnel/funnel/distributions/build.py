"""From a distribution as it is written in a scenario to one that can compute."""

from __future__ import annotations

from simfunnel.funnel.distributions.base import Distribution, Fixed, Never
from simfunnel.funnel.distributions.bounded import Beta, Triangular, Uniform
from simfunnel.funnel.distributions.empirical import QuantileTable, StepECDF
from simfunnel.funnel.distributions.mixture import Mixture
from simfunnel.funnel.distributions.parametric import Gamma, Lognormal, Weibull
from simfunnel.scenario import schema


def build_distribution(written: schema.Distribution) -> Distribution:
    """Build the distribution that a scenario spells out, whatever its spelling."""
    match written.parameters:
        case schema.Fixed(value=value):
            return Fixed(value)
        case schema.Exponential(mean=mean):
            return Weibull(1.0, mean)
        case schema.Lognormal() as p:
            return _by_spelling(p, Lognormal)
        case schema.Gamma() as p:
            return _by_spelling(p, Gamma)
        case schema.Weibull() as p:
            return _by_spelling(p, Weibull)
        case schema.Uniform(low=low, high=high):
            return Uniform(low, high)
        case schema.Triangular(low=low, mode=mode, high=high):
            return Triangular(low, mode, high)
        case schema.Pert(low=low, mode=mode, high=high):
            return Beta.pert(low, mode, high)
        case schema.Empirical(values=None) as p:
            return QuantileTable.of(p.points)
        case schema.Empirical(values=values):
            observations = StepECDF.of(values or ())
            return observations if len(observations.values) > 1 else Fixed(float(observations.values[0]))
        case schema.Mixture(components=components):
            total = sum(c.weight for c in components)
            parts = tuple(build_distribution(c.distribution) for c in components)
            if len(parts) == 1:
                return parts[0]
            return Mixture(tuple(c.weight / total for c in components), parts)
        case schema.Never():
            return Never()
    raise TypeError(f"unknown distribution {written!r}")


def _by_spelling(
    written: schema.Lognormal | schema.Gamma | schema.Weibull, family: type[Lognormal | Gamma | Weibull]
) -> Distribution:
    first, second = written.spelling
    a, b = float(getattr(written, first)), float(getattr(written, second))
    if written.spelling == ("mean", "sd"):
        return family.from_mean_sd(a, b)
    if written.spelling == ("median", "p90"):
        return family.from_median_p90(a, b)
    return family(a, b)
