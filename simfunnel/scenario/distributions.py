"""Distributions as parts of a scenario: times in stage, which may never end, and quantities, which do."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from simfunnel.families.distribution import Distribution
from simfunnel.families.fixed.written import Fixed


def fixed(value: float) -> Distribution:
    """Make the distribution that is always `value`."""
    return Distribution(family="fixed", parameters=Fixed(value=value))


def _finite(value: Distribution) -> Distribution:
    if value.is_never:
        raise ValueError("`never` is for durations only; expected a number or a distribution")
    return value


Duration = Distribution
"""Days between entering and leaving a stage; may be `never`."""
Quantity = Annotated[Distribution, AfterValidator(_finite)]
"""An amount, a factor or a delay: a distribution that is not `never`."""
