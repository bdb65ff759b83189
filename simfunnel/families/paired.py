"""Families that can be written with one of several pairs of parameters."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import model_validator

from simfunnel.families.json_schema import mapping, number
from simfunnel.families.written import Written
from simfunnel.values.frozen import faults
from simfunnel.values.numbers import Positive


class Paired(Written):
    """A family that is written with exactly one of its pairs."""

    PAIRS: ClassVar[tuple[tuple[str, str], ...]] = ()

    @property
    def spelling(self) -> tuple[str, str]:
        """The pair of parameters that is given."""
        return next(pair for pair in self.PAIRS if getattr(self, pair[0]) is not None)

    @property
    def given(self) -> tuple[float, float]:
        """Values of that pair."""
        first, second = self.spelling
        return float(getattr(self, first)), float(getattr(self, second))

    @model_validator(mode="after")
    def _one_pair(self) -> Self:
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        if not any(given == set(pair) for pair in self.PAIRS):
            pairs = " or ".join(f"{{{a}, {b}}}" for a, b in self.PAIRS)
            found = ", ".join(name for name in type(self).model_fields if name in given) or "none of them"
            raise ValueError(f"expected exactly one of the pairs {pairs}, found {found}")
        median, p90 = getattr(self, "median", None), getattr(self, "p90", None)
        if median is not None and p90 is not None and p90 <= median:
            raise faults(type(self).__name__, [(("p90",), f"must be above the median {median:g}, found {p90:g}")])
        return self

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Describe each pair."""
        return {"oneOf": [mapping({name: cls._parameter(name) for name in pair}, list(pair)) for pair in cls.PAIRS]}

    @classmethod
    def _parameter(cls, name: str) -> dict[str, Any]:
        return number(exclusiveMinimum=0)


class ShapeScale(Paired):
    """A family of a shape and a scale."""

    PAIRS = (("shape", "scale"), ("mean", "sd"), ("median", "p90"))
    shape: Positive | None = None
    """Shape parameter."""
    scale: Positive | None = None
    """Scale parameter, in the unit of the variable."""
    mean: Positive | None = None
    """Mean of the variable itself."""
    sd: Positive | None = None
    """Standard deviation of the variable itself."""
    median: Positive | None = None
    """Median of the variable."""
    p90: Positive | None = None
    """Value that 90 % of cases do not exceed."""
