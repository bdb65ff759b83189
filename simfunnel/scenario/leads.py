"""Where new opportunities come from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from simfunnel.scenario.distributions import Quantity
from simfunnel.scenario.stages import SHARES_TOLERANCE
from simfunnel.values.frozen import Frozen
from simfunnel.values.messages import show
from simfunnel.values.names import Name, clean
from simfunnel.values.numbers import (
    Fraction,
    NonNegative,
    NonNegativeFraction,
    Number,
    PositiveFraction,
    parse_integer,
)


def _month(value: object) -> int:
    try:
        month = parse_integer(value)
    except ValueError:
        month = 0
    if not 1 <= month <= 12:
        raise ValueError(f"expected a month from 1 to 12, found {show(value)}")
    return month


Month = Annotated[int, Field(ge=1, le=12), BeforeValidator(_month)]


class LeadRate(Frozen):
    """How many leads arrive."""

    per: Literal["day", "week", "month", "quarter", "year"]
    """Unit of time of `mean`."""
    mean: NonNegative
    """Mean number of leads per unit at `as_of`."""
    growth_per_year: Annotated[Fraction, Field(gt=-1)] = 0.0
    """Growth over a year: 0.2 is 20 % more."""
    seasonality: dict[Month, NonNegativeFraction] = Field(default_factory=dict)
    """Month (1 to 12) -> factor; months not listed have 1."""
    dispersion: Annotated[Number, Field(ge=1)] = 1.0
    """Variance / mean of the count per unit; 1 is Poisson."""
    level_sd: Annotated[NonNegativeFraction, Field(le=100)] = 0.0
    """Standard deviation of a lognormal factor of mean 1 on the whole source, once per trial."""


class LeadSource(Frozen):
    """A source of new opportunities."""

    name: Name
    """Name of the source."""
    stage: Name
    """The stage that leads enter, at age 0."""
    rate: LeadRate
    """How many leads arrive, and how that varies."""
    amount: Quantity | None = None
    """Amount of won deals; default that of the segment, else the one at the top level."""
    segment: str | dict[Name, PositiveFraction] | None = None
    """Segment of the leads: a name, or shares that sum to 1."""
    owner: str | dict[Name, PositiveFraction] | None = None
    """Owner of the leads: a name, or shares that sum to 1."""

    @field_validator("owner", "segment", mode="before")
    @classmethod
    def _name_or_shares(cls, value: Any) -> Any:
        if isinstance(value, str) and clean(value):
            return clean(value)
        if value is None or isinstance(value, dict):
            return value
        raise ValueError(f"expected a name, or shares such as {{Ann: 0.5, Bo: 0.5}}, found {show(value)}")

    @field_validator("owner", "segment", mode="after")
    @classmethod
    def _shares_sum_to_one(cls, value: Any) -> Any:
        if isinstance(value, dict) and abs(sum(value.values()) - 1) > SHARES_TOLERANCE:
            raise ValueError(f"shares must sum to 1, found {sum(value.values()):.10g}")
        return value

    @property
    def segment_shares(self) -> dict[str, float]:
        """Segment -> share; empty without a segment."""
        if self.segment is None:
            return {}
        return {self.segment: 1.0} if isinstance(self.segment, str) else dict(self.segment)

    @property
    def owner_shares(self) -> dict[str, float]:
        """Owner -> share; empty without an owner."""
        if self.owner is None:
            return {}
        return {self.owner: 1.0} if isinstance(self.owner, str) else dict(self.owner)
